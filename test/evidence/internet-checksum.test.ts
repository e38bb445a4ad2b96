import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold, sumOf, updated } from '../../src/evidence/internet-checksum.ts';

const words = fc.uint8Array({ minLength: 40, maxLength: 40 });

test('an updated checksum is right where the old one was, and as wrong as that was', () => {
  fc.assert(
    fc.property(words, words, fc.nat(40), fc.nat(0xffff), (one, other, length, wrongBy) => {
      const [before, after] = [one.subarray(0, length), other.subarray(0, length)];
      const right = ~fold(sumOf(before, 0, length)) & 0xffff;
      const wrong = fold(right + wrongBy);
      const result = updated(wrong, sumOf(before, 0, length), sumOf(after, 0, length));
      // One's complement has two zeros: they are the same.
      const off = (checksum: number, bytes: Uint8Array): number =>
        fold(checksum + sumOf(bytes, 0, length)) % 0xffff;
      expect(off(result, after)).toBe(off(wrong, before));
    }),
  );
});

test('what has not changed leaves a checksum as it is', () => {
  expect(updated(0, 0x1234, 0x1234)).toBe(0);
  expect(updated(0xffff, 5, 5)).toBe(0xffff);
});
