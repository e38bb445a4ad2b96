import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureInfo } from '../../src/capture/capture-info.ts';
import { Packet } from '../../src/capture/packet.ts';
import { NO_KEY, PacketRing } from '../../src/live/packet-ring.ts';

const INFO = { name: 'eth0' } as CaptureInfo;

function packet(length: number, timeNs: number): Packet {
  const made = new Packet();
  made.bytes = new Uint8Array(length + 3).fill(timeNs & 0xff);
  made.offset = 3;
  made.capturedLength = length;
  made.originalLength = length + 1;
  made.timeNs = timeNs;
  return made;
}

function taken(ring: PacketRing, key: number): { timeNs: number; length: number; whole: boolean }[] {
  const all: { timeNs: number; length: number; whole: boolean }[] = [];
  ring.take(key, ({ bytes, offset, capturedLength, timeNs }) => {
    const content = bytes.subarray(offset, offset + capturedLength);
    all.push({ timeNs, length: capturedLength, whole: content.every((byte) => byte === (timeNs & 0xff)) });
  });
  return all;
}

describe('PacketRing', () => {
  it('finds the packets of a key again, oldest first, and once', () => {
    const ring = new PacketRing(1000, 100);
    for (const [time, key] of [1, 2, 1, 1].map((each, n) => [n + 1, each] as const)) {
      ring.add(packet(10, time), INFO, 0, key);
    }
    expect(taken(ring, 1).map(({ timeNs }) => timeNs)).toEqual([1, 3, 4]);
    expect(taken(ring, 1)).toEqual([]);
    expect(taken(ring, 2).map(({ timeNs }) => timeNs)).toEqual([2]);
  });

  it('gives a packet its key later, also when room is made of it', () => {
    const ring = new PacketRing(35, 100);
    const number = ring.next;
    ring.add(packet(10, 1), INFO, 0, NO_KEY);
    ring.add(packet(10, 2), INFO, 0, 7);
    ring.add(packet(10, 3), INFO, 0, 7);
    ring.giveKey(number, 7);
    expect(taken(ring, 7)).toEqual([
      { timeNs: 2, length: 10, whole: true },
      { timeNs: 3, length: 10, whole: true },
      { timeNs: 1, length: 10, whole: true },
    ]);
    ring.giveKey(number, 7);
    expect(taken(ring, 7)).toEqual([]);
  });

  it('keeps the newest that fit, whole, whatever their sizes', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 2, max: 40 }), (sizes, entries) => {
        const ring = new PacketRing(256, entries);
        sizes.forEach((size, n) => {
          ring.add(packet(size, n + 1), INFO, 0, 7);
        });
        const found = taken(ring, 7);
        expect(found.every(({ whole }) => whole)).toBe(true);
        // The last ones without a gap, and always the very last.
        const times = found.map(({ timeNs }) => timeNs);
        expect(times).toEqual(times.map((_, n) => sizes.length - times.length + 1 + n));
        expect(times.at(-1)).toBe(sizes.length);
        // No fewer than surely fit: half the ring can be lost to packets that do not fit at its end.
        let sum = 0;
        const surely = sizes
          .slice()
          .reverse()
          .findIndex((size) => {
            sum += Math.max(1, size);
            return sum > 256 - 120;
          });
        const least = Math.min(surely === -1 ? sizes.length : surely, entries - 1);
        expect(times.length).toBeGreaterThanOrEqual(least);
      }),
      { numRuns: 300 },
    );
  });
});
