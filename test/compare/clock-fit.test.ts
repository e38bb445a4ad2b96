import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClockSample, fitClock, offsetAt, onClockOfA } from '../../src/compare/clock-fit.ts';

interface World {
  readonly offsetNs: number;
  readonly driftPpm: number;
  /** What a packet needs at least each way, and at most more. */
  readonly delayNs: readonly [number, number];
  readonly jitterNs: number;
  readonly seconds: number;
  readonly packets: number;
}

/** Samples of a world whose clocks are known; `random` gives numbers from 0 to 1. */
function samples(world: World, random: () => number): [ClockSample[], ClockSample[]] {
  const both: [ClockSample[], ClockSample[]] = [[], []];
  for (let n = 0; n < world.packets; n++) {
    const t = ((n + random()) / world.packets) * world.seconds * 1e9;
    for (const way of [0, 1] as const) {
      const delay = world.delayNs[way] + random() * world.jitterNs;
      // On its way back it is stamped at B first.
      const atB = way === 0 ? t + delay : t - delay;
      const shown = atB + world.offsetNs + atB * world.driftPpm * 1e-6;
      both[way].push({ t, difference: shown - t });
    }
  }
  return both;
}

const trueOffset = ({ offsetNs, driftPpm }: World, t: number): number => offsetNs + t * driftPpm * 1e-6;

describe('the fit of two clocks', () => {
  const worlds = fc.record({
    offsetNs: fc.integer({ min: -4e10, max: 4e10 }),
    driftPpm: fc.integer({ min: -100, max: 100 }),
    delayNs: fc.tuple(fc.integer({ min: 20_000, max: 4e6 }), fc.integer({ min: 20_000, max: 4e6 })),
    jitterNs: fc.integer({ min: 0, max: 3e6 }),
    seconds: fc.integer({ min: 1, max: 600 }),
    packets: fc.integer({ min: 30, max: 300 }),
    seed: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 17, maxLength: 17 }),
  });

  it('is no further from the truth than half of a round trip, whatever the path and the clocks', () => {
    fc.assert(
      fc.property(worlds, ({ seed, ...world }) => {
        let n = 0;
        const random = (): number => seed[n++ % seed.length] as number;
        const [there, back] = samples(world, random);
        const fit = fitClock(there, back);
        if (fit === undefined) throw new Error('no fit');
        const widest = (world.delayNs[0] + world.delayNs[1]) / 2 + world.jitterNs;
        for (const { t } of [there[0], there.at(-1)] as ClockSample[]) {
          expect(Math.abs(offsetAt(fit, t) - trueOffset(world, t))).toBeLessThanOrEqual(widest + 1e5);
        }
      }),
    );
  });

  it('finds 37 s and 50 ppm to the microsecond on a path without jitter', () => {
    const world = {
      offsetNs: 37e9,
      driftPpm: 50,
      delayNs: [4e5, 4e5],
      jitterNs: 0,
      seconds: 60,
      packets: 60,
    } as const;
    const fit = fitClock(...samples(world, () => 0.5));
    expect(Math.abs((fit?.driftPpm ?? 0) - 50)).toBeLessThan(0.05);
    expect(Math.abs((fit?.offsetNs ?? 0) - trueOffset(world, fit?.atNs ?? 0))).toBeLessThan(1000);
    expect(fit?.errorNs).toBeCloseTo(4e5, -2);
  });

  it('sees no drift in a second of packets', () => {
    const there = [0, 1e8, 5e8].map((t, n) => ({ t, difference: 1e6 + n * 3e4 }));
    const back = [5e7, 2e8, 6e8].map((t, n) => ({ t, difference: -1e6 - n * 2e4 }));
    expect(fitClock(there, back)?.driftPpm).toBe(0);
  });

  it('tells of one direction that the error is not known', () => {
    const fit = fitClock(
      [
        { t: 0, difference: 5e6 },
        { t: 1e9, difference: 4e6 },
      ],
      [],
    );
    expect(fit).toMatchObject({ offsetNs: 4e6, errorNs: undefined, roundTripNs: undefined });
  });

  it('is none without packets', () => {
    expect(fitClock([], [])).toBeUndefined();
  });

  it('turns a time of one clock into that of the other and back', () => {
    const fit = { offsetNs: 37e9, atNs: 1e9, driftPpm: 50, errorNs: 0, roundTripNs: 0 };
    for (const t of [0, 1e9, 3.6e12]) {
      expect(onClockOfA(fit, t + offsetAt(fit, t))).toBeCloseTo(t, -1);
    }
  });
});
