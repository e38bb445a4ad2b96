import { describe, expect, it } from 'vitest';
import { parseListenAddress, parseSize, parseWebAddress } from '../../src/cli/live-option-values.ts';

describe('parseSize', () => {
  it.each([
    ['1', 1],
    ['500k', 500_000],
    ['1.5M', 1_500_000],
    ['2GB', 2_000_000_000],
  ])('takes %s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(['', '0', '-1', '5X', 'M', '1e9'])("refuses '%s'", (text) => {
    expect(() => parseSize(text)).toThrow(/is no size\. Give one as in 500k, 100M or 2G\./);
  });
});

describe('parseListenAddress', () => {
  it.each([
    ['9108', '127.0.0.1', 9108],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:9108', '::1', 9108],
    ['localhost:9108', '127.0.0.1', 9108],
  ])('takes %s', (text, host, port) => expect(parseListenAddress(text)).toEqual({ host, port }));

  it.each(['', '::1', 'host', 'host:1', '1.2.3.4', '1.2.3.4:0', '1.2.3.4:65536', '1.2.3.4.5:1'])(
    "refuses '%s'",
    (text) => expect(() => parseListenAddress(text)).toThrow(/is no address to listen on/),
  );
});

describe('parseWebAddress', () => {
  it('takes http and https', () => {
    expect(parseWebAddress('https://hooks.example.org/x?y=1').href).toBe('https://hooks.example.org/x?y=1');
    expect(parseWebAddress('http://127.0.0.1:8080/').port).toBe('8080');
  });

  it('refuses what is none, and what holds a password, without repeating it', () => {
    expect(() => parseWebAddress('ftp://example.org')).toThrow(/is no web address/);
    expect(() => parseWebAddress('https://me:secret@example.org')).toThrow(/^(?!.*secret@).*Leave it out/);
  });
});
