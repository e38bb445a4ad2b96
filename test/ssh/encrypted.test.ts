import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketBoundaries } from '../../src/ssh/encrypted.ts';
import { type PacketShape, packetShape } from '../../src/ssh/packet-shape.ts';
import { u32 } from './wire.ts';

const GCM = packetShape('aes128-gcm@openssh.com', '<implicit>', 'none') as PacketShape;

const packet = (length: number): Buffer => Buffer.concat([u32(length), Buffer.alloc(length + GCM.tag, 0xee)]);

/** Lengths of the packets that end, when the bytes come in pieces of these sizes. */
function lengths(bytes: Buffer, sizes: readonly number[], boundaries = new PacketBoundaries(GCM)): number[] {
  const found: number[] = [];
  let turn = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + Math.max(1, sizes[turn++ % sizes.length] as number));
    let at = start;
    while (at < end && !boundaries.lost) {
      at = boundaries.next(bytes, at, end);
      if (boundaries.ended) found.push(boundaries.lastLength);
    }
    start = end;
  }
  return found;
}

describe('PacketBoundaries', () => {
  it('finds the same packets however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
        (blocks, sizes) => {
          const bytes = Buffer.concat(blocks.map((count) => packet(count * 16)));
          expect(lengths(bytes, sizes)).toEqual(blocks.map((count) => 4 + count * 16 + 16));
        },
      ),
    );
  });

  it('says whether it stands within a packet', () => {
    const boundaries = new PacketBoundaries(GCM);
    expect(boundaries.within).toBe(false);
    boundaries.next(packet(16), 0, 2);
    expect(boundaries.within).toBe(true);
    boundaries.next(packet(16), 2, 36);
    expect(boundaries).toMatchObject({ within: false, lastLength: 36 });
  });

  it('is lost at a length that cannot be, and stays so', () => {
    for (const length of [0, 8, 17, 262_160, 0xffff_fff0]) {
      const boundaries = new PacketBoundaries(GCM);
      boundaries.next(u32(length), 0, 4);
      expect(boundaries.lost, String(length)).toBe(true);
    }
  });

  it('survives a gap inside of a packet and no other', () => {
    const inside = new PacketBoundaries(GCM);
    inside.next(packet(32), 0, 10);
    inside.gap(42);
    expect(inside).toMatchObject({ lost: false, within: false, lastLength: 52 });
    const beyond = new PacketBoundaries(GCM);
    beyond.next(packet(32), 0, 10);
    beyond.gap(43);
    expect(beyond.lost).toBe(true);
  });
});
