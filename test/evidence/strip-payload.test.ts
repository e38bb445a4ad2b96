import { describe, expect, test } from 'vitest';
import type { StreamLayout } from '../../src/evidence/stream-layout.ts';
import { stripPayload } from '../../src/evidence/strip-payload.ts';
import { captureNamed, extracted, packetsOf } from './extracting.ts';

const layout = (parts: Partial<StreamLayout>): StreamLayout => ({
  base: 0,
  clearEnd: 100,
  isEncrypted: true,
  lengthFields: [],
  edits: [],
  length: 10_000,
  ...parts,
});

/** Payload of ones from an offset on, stripped: what is left of it, and whether it is cut. */
function stripped(offset: number, length: number, parts: Partial<StreamLayout> = {}): string {
  const bytes = new Uint8Array(length + 4).fill(1);
  const end = stripPayload({ bytes, start: 2, end: 2 + length, offset }, layout(parts));
  expect([...bytes.subarray(0, 2), ...bytes.subarray(2 + length)]).toEqual([1, 1, 1, 1]);
  return bytes.subarray(2, end).join('');
}

describe('what stands behind NEWKEYS', () => {
  test('is cut, and what stands before stays', () => {
    expect(stripped(90, 10)).toBe('1'.repeat(10));
    expect(stripped(95, 10)).toBe('11111');
    expect(stripped(100, 10)).toBe('');
    expect(stripped(500, 10)).toBe('');
  });

  test('keeps the length fields that are in clear, to the last of a segment', () => {
    const lengthFields = [100, 110, 130];
    expect(stripped(95, 20, { lengthFields })).toBe('11111' + '1111' + '000000' + '1111');
    expect(stripped(95, 10, { lengthFields })).toBe('11111' + '1111');
    expect(stripped(120, 5, { lengthFields })).toBe('');
    // A field that two segments share.
    expect(stripped(105, 7, { lengthFields })).toBe('00000' + '11');
    expect(stripped(112, 7, { lengthFields })).toBe('11');
  });

  test('is blanked and not cut where reading stopped for another reason', () => {
    expect(stripped(95, 10, { isEncrypted: false })).toBe('1111100000');
  });
});

test('nothing of it is in a stripped capture, and the lengths stay', async () => {
  const file = captureNamed('completed-scp.client');
  const whole = (await packetsOf((await extracted(file, { sessions: [1] })).file)).packets;
  const { packets } = await packetsOf(
    (await extracted(file, { sessions: [1] }, { stripPayload: true })).file,
  );
  expect(packets.map(({ originalLength }) => originalLength)).toEqual(
    whole.map(({ originalLength }) => originalLength),
  );
  const bytes = (list: readonly { readonly bytes: Buffer }[]) =>
    list.reduce((sum, one) => sum + one.bytes.length, 0);
  expect(bytes(packets)).toBeLessThan(bytes(whole) / 2);
  // Of a large segment all but the headers and some length fields is gone.
  const index = whole.findLastIndex(({ bytes: one }) => one.length > 1000);
  expect(packets[index]?.bytes.length).toBeLessThan(1000);
  const gone = whole[index]?.bytes.subarray(200, 232) as Buffer;
  expect(packets.some(({ bytes: one }) => one.includes(gone))).toBe(false);
});
