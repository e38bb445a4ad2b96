import { expect, it } from 'vitest';
import { hostNames } from '../../src/cli/host-names.ts';

it('knows this machine, on every port', () => {
  const { isOwnHost } = hostNames('127.0.0.1', []);
  for (const host of ['localhost', 'localhost:8422', '127.0.0.1:8422', '127.0.0.9', '[::1]:8422']) {
    expect(isOwnHost(host), host).toBe(true);
  }
  for (const host of [
    '',
    ':',
    'a b',
    'evil.example',
    'localhost.evil.example',
    '192.0.2.7',
    '[2001:db8::7]',
  ]) {
    expect(isOwnHost(host), host).toBe(false);
  }
});

it('knows the address on which it listens, however that was written', () => {
  expect(hostNames('192.0.2.7', []).isOwnHost('192.0.2.7:8422')).toBe(true);
  expect(hostNames('2001:DB8:0:0::7', []).isOwnHost('[2001:db8::7]:8422')).toBe(true);
});

it.each([
  ['Captures.Example', 'captures.example'],
  ['2001:DB8:0::7', '[2001:db8::7]'],
  ['[2001:db8::7]', '[2001:db8::7]'],
])('takes the name %s, with any port', (given, host) => {
  const { isOwnHost, isGivenName } = hostNames('127.0.0.1', [given]);
  expect([isOwnHost(host), isOwnHost(`${host}:8443`)]).toEqual([true, true]);
  // A page of another port is another page.
  expect([isGivenName(host), isGivenName(`${host}:8443`)]).toEqual([true, false]);
});

it('takes a name that was given with its port, only with that', () => {
  const { isOwnHost, isGivenName } = hostNames('127.0.0.1', ['Captures.Example:8443']);
  for (const is of [isOwnHost, isGivenName]) {
    expect([is('captures.example:8443'), is('captures.example'), is('captures.example:1')]).toEqual([
      true,
      false,
      false,
    ]);
  }
});
