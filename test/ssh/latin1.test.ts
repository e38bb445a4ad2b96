import { describe, expect, it } from 'vitest';
import { isPrintable, latin1 } from '../../src/ssh/latin1.ts';

describe('latin1', () => {
  it('gives one character a byte, from a view too', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const text = latin1(all.subarray(100), 50, 156);
    expect([...text].map((character) => character.charCodeAt(0))).toEqual([...all.subarray(150)]);
  });

  it('gives nothing for an empty or reversed range', () => {
    expect(latin1(Uint8Array.of(65), 1, 1)).toBe('');
    expect(latin1(Uint8Array.of(65), 1, 0)).toBe('');
  });
});

describe('isPrintable', () => {
  it('takes space to tilde and nothing else', () => {
    const printable = (byte: number): boolean => isPrintable(Uint8Array.of(byte), 0, 1);
    expect([0x1f, 0x20, 0x7e, 0x7f, 0x00, 0xe4].map(printable)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
