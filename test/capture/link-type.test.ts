import { expect, test } from 'vitest';
import { linkTypeOf, maximumCapturedLength } from '../../src/capture/link-type.ts';

test("the platforms' two values of DLT_RAW become LINKTYPE_RAW", () => {
  expect([12, 14].map(linkTypeOf)).toEqual([101, 101]);
});

test('LINKTYPE_ values stay as they are, known or not', () => {
  const values = [0, 1, 9, 101, 105, 108, 113, 228, 229, 276, 65_535];
  expect(values.map(linkTypeOf)).toEqual(values);
});

test('a packet may have 256 KiB, and more only on the link types where libpcap allows it', () => {
  expect([1, 101, 113, 276].map(maximumCapturedLength)).toEqual([262_144, 262_144, 262_144, 262_144]);
  expect([231, 249, 279].every((linkType) => maximumCapturedLength(linkType) > 262_144)).toBe(true);
});
