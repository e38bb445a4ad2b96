import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress, parsePrefix } from '../../src/wire/address.ts';

const canonical = (text: string): string | undefined => {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address.ipVersion, ...address.words);
};

describe('addresses', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['127.0.0.1', '127.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::ffff:ffff:ffff:ffff', 'fe80::ffff:ffff:ffff:ffff'],
  ])('%s is printed as %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.01',
    '10.0.0.1 ',
    '1.2.3.4.5',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    ':1:2:3:4:5:6:7',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '::1.2.3',
    '::1.2.3.4:5',
    '1.2.3.4::',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('are what Node takes for addresses, in all that is printed', () => {
    const words = fc.tuple(
      ...([0, 1, 2, 3].map(() => fc.oneof(fc.constantFrom(0, 0xffff, 1), fc.integer())) as [
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
      ]),
    );
    fc.assert(
      fc.property(words, (four) => {
        const text = formatAddress(6, ...four);
        expect(isIP(text)).toBe(6);
        expect(parseAddress(text)?.words).toEqual(four);
        expect(parseAddress(formatAddress(4, four[0], 0, 0, 0))?.words[0]).toBe(four[0]);
      }),
    );
  });

  it('of any text do not throw, and are what Node takes for addresses', () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.') }),
    );
    fc.assert(
      fc.property(text, (some) => {
        expect(parseAddress(some)?.ipVersion ?? 0).toBe(isIP(some));
      }),
    );
  });
});

describe('prefixes', () => {
  const matches = (prefix: string, text: string): boolean | undefined => {
    const address = parseAddress(text);
    if (address === undefined) throw new Error(text);
    return parsePrefix(prefix)?.matches(address.ipVersion, ...address.words);
  };

  it('take in the addresses that begin like them', () => {
    expect(matches('10.0.0.0/8', '10.255.255.255')).toBe(true);
    expect(matches('10.0.0.0/8', '11.0.0.0')).toBe(false);
    expect(matches('192.0.2.128/25', '192.0.2.127')).toBe(false);
    expect(matches('0.0.0.0/0', '255.255.255.255')).toBe(true);
    expect(matches('2001:db8::/33', '2001:db8:7fff::1')).toBe(true);
    expect(matches('2001:db8::/33', '2001:db8:8000::1')).toBe(false);
    expect(matches('::/0', 'ffff::')).toBe(true);
    expect(matches('fe80::/10', 'febf::1')).toBe(true);
    expect(matches('fe80::/10', 'fec0::1')).toBe(false);
  });

  it('do not take in the other version', () => {
    expect(matches('0.0.0.0/0', '::')).toBe(false);
    expect(matches('::/0', '10.0.0.1')).toBe(false);
  });

  it('may be one address', () => {
    expect(matches('192.0.2.1', '192.0.2.1')).toBe(true);
    expect(matches('192.0.2.1', '192.0.2.2')).toBe(false);
    expect(matches('2001:db8::1', '2001:db8::1')).toBe(true);
    expect(matches('2001:db8::1/127', '2001:db8::')).toBe(true);
  });

  it('are printed without what is beyond their length', () => {
    expect(parsePrefix('10.1.2.3/8')?.text).toBe('10.0.0.0/8');
    expect(parsePrefix('2001:db8:ffff::/36')?.text).toBe('2001:db8:f000::/36');
    expect(parsePrefix('10.1.2.3')?.text).toBe('10.1.2.3/32');
  });

  it.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/08',
    '::/129',
    'x/8',
    '10.0.0.0/8 ',
  ])('%j is none', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });
});
