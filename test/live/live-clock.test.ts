import { describe, expect, it } from 'vitest';
import { LiveClock } from '../../src/live/live-clock.ts';

const START_MS = 1_700_000_000_000;

function clocks() {
  const time = { monotonicMs: 5000, wallMs: START_MS };
  const clock = new LiveClock({ monotonicMs: () => time.monotonicMs, wallMs: () => time.wallMs });
  return {
    clock,
    goOn(ms: number): void {
      time.monotonicMs += ms;
      time.wallMs += ms;
    },
    set(byMs: number): void {
      time.wallMs += byMs;
    },
    /** A packet that is stamped now, by the wall clock: its time since the clock's epoch. */
    stamp: (agoMs = 0): number => (time.wallMs - agoMs) * 1e6 - Number(clock.epochNs),
  };
}

describe('LiveClock', () => {
  it('counts from its start, and leaves the times of packets alone', () => {
    const { clock, goOn, stamp } = clocks();
    goOn(1500);
    expect(clock.nowNs()).toBe(1.5e9);
    expect(clock.packetNs(stamp(20))).toBeCloseTo(1.48e9, -4);
    expect(clock.check()).toBe(0);
  });

  it.each([
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ])('goes on when the wall clock is set %s', (_, byMs) => {
    const { clock, goOn, set, stamp } = clocks();
    goOn(1000);
    const before = stamp(5);
    set(byMs);
    goOn(10);
    expect(clock.packetNs(stamp(2))).toBeCloseTo(1.008e9, -4);
    // It was noticed by that packet, and packets from before the step still find their place.
    expect(clock.steps).toBe(1);
    expect(clock.packetNs(before - byMs * 1e6)).toBeCloseTo(0.995e9, -4);
    expect(Number(clock.epochNs)).toBeCloseTo((START_MS + byMs) * 1e6, -4);
  });

  it('takes packets that come late for late, not for a step', () => {
    const { clock, goOn, stamp } = clocks();
    goOn(60_000);
    expect(clock.packetNs(stamp(5000))).toBeCloseTo(55e9, -4);
    expect(clock.steps).toBe(0);
  });

  it('does not take slewing for a step', () => {
    const { clock, goOn, set } = clocks();
    for (let second = 0; second < 600; second++) {
      goOn(1000);
      set(0.5);
      if (second % 10 === 0) expect(clock.check()).toBe(0);
    }
  });
});
