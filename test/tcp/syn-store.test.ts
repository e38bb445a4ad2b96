import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasTimestamps, mssOption, windowScaleOption } from '../../src/tcp/options.ts';
import { SynStore } from '../../src/tcp/syn-store.ts';
import { Segment } from '../../src/wire/segment.ts';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const byte = fc.nat(255);

describe('SynStore', () => {
  it('gives back every SYN as it was, also beyond its first capacity', () => {
    const syn = fc.record({
      timeNs: fc.integer({ min: -(2 ** 40), max: 2 ** 50 }),
      packetNumber: fc.integer({ min: 1, max: 2 ** 40 }),
      sequence: int32,
      window: fc.integer({ min: -1, max: 65535 }),
      ipId: fc.integer({ min: -1, max: 65535 }),
      hopLimit: byte,
      trafficClass: byte,
      flags: byte,
      mss: fc.option(fc.nat(65535), { nil: -1 }),
      windowScale: fc.option(fc.nat(254), { nil: -1 }),
      timestamps: fc.boolean(),
      number: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9000), syn), { maxLength: 20 }), (stored) => {
        const store = new SynStore();
        for (const [entry, { mss, windowScale, timestamps, number, ...fields }] of stored) {
          const segment = Object.assign(new Segment(), fields);
          segment.bytes = Uint8Array.from([
            ...(mss < 0 ? [] : [2, 4, mss >> 8, mss & 255]),
            ...(windowScale < 0 ? [] : [3, 3, windowScale]),
            ...(timestamps ? [8, 10, 1, 2, 3, 4, 0, 0, 0, 0] : []),
          ]);
          segment.optionsLength = segment.bytes.length;
          store.store(entry, segment, number);
        }
        for (const [entry, { mss, windowScale, timestamps, number, ...fields }] of new Map(stored)) {
          const { bytes, optionsOffset, optionsLength, ...replayed } = store.replay(entry);
          expect(replayed).toMatchObject(fields);
          expect(store.timeOf(entry)).toBe(fields.timeNs);
          expect(store.numberOf(entry)).toBe(number);
          expect(mssOption(bytes, optionsOffset, optionsLength)).toBe(mss);
          expect(windowScaleOption(bytes, optionsOffset, optionsLength)).toBe(windowScale);
          expect(hasTimestamps(bytes, optionsOffset, optionsLength)).toBe(timestamps);
        }
      }),
    );
  });

  it('keeps the time of an end without a SYN', () => {
    const store = new SynStore();
    store.setTime(5000, 1.5e12);
    expect(store.timeOf(5000)).toBe(1.5e12);
  });
});
