import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NONE, SynRepeats } from '../../src/tcp/syn-repeats.ts';
import { Segment } from '../../src/wire/segment.ts';

const repeat = fc.record({
  timeNs: fc.integer({ min: -(2 ** 40), max: 2 ** 50 }),
  packetNumber: fc.integer({ min: 1, max: 2 ** 40 }),
  window: fc.integer({ min: -1, max: 65_535 }),
  ipId: fc.integer({ min: -1, max: 65_535 }),
  hopLimit: fc.nat(255),
  trafficClass: fc.nat(255),
  flags: fc.nat(255),
});
/** To the list of which SYN a repeat is added, or which list is let go. */
const step = fc.oneof(fc.record({ add: fc.nat(3), repeat }), fc.record({ release: fc.nat(3) }));

describe('SynRepeats', () => {
  it('gives back the repeats of each SYN as they were, in their order, and uses the room of others again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const store = new SynRepeats();
        const lists = [0, 1, 2, 3].map(() => ({ last: NONE, repeats: [] as object[] }));
        for (const one of steps) {
          const list = lists['add' in one ? one.add : one.release]!;
          if ('add' in one) {
            list.last = store.add(list.last, Object.assign(new Segment(), one.repeat));
            list.repeats.push(one.repeat);
          } else {
            store.release(list.last);
            list.last = NONE;
            list.repeats = [];
          }
        }
        const syn = Object.assign(new Segment(), { sequence: -5, optionsLength: 0 });
        for (const { last, repeats } of lists) {
          const replayed: object[] = [];
          if (last !== NONE) store.replay(last, syn, (segment) => replayed.push({ ...segment }));
          expect(replayed).toMatchObject(repeats.map((fields) => ({ ...fields, sequence: -5 })));
          expect(store.countUpTo(last)).toBe(repeats.length);
        }
        expect(store.size).toBe(lists.reduce((sum, { repeats }) => sum + repeats.length, 0));
      }),
    );
  });

  it('goes on beyond its first page', () => {
    const store = new SynRepeats();
    const lasts = Array.from({ length: 20_000 }, (_, i) =>
      store.add(NONE, Object.assign(new Segment(), { timeNs: i })),
    );
    expect(store.timeOf(lasts[19_999]!)).toBe(19_999);
    expect(store.timeOf(lasts[8192]!)).toBe(8192);
  });
});
