import { describe, expect, it } from 'vitest';
import { Clock, fractionDigits } from '../../src/session/clock.ts';

describe('Clock', () => {
  const epoch = 1_700_000_000_999_999_000n;

  it('prints as many digits as the capture had', () => {
    expect(new Clock(epoch, 6).iso(0)).toBe('2023-11-14T22:13:20.999999Z');
    expect(new Clock(epoch, 9).iso(1)).toBe('2023-11-14T22:13:20.999999001Z');
    expect(new Clock(epoch, 0).iso(0)).toBe('2023-11-14T22:13:20Z');
  });

  it('carries into the next second and back', () => {
    const clock = new Clock(epoch, 6);
    expect(clock.iso(1000)).toBe('2023-11-14T22:13:21.000000Z');
    expect(clock.iso(-1_000_000_000)).toBe('2023-11-14T22:13:19.999999Z');
  });

  it('prints the same time of a packet years after the first one as of one that is the first', () => {
    const start = 1_300_000_000_915_007_000n;
    for (const micros of [1, 39_738_916, 776_965]) {
      const time = 4 * 365 * 86_400 * 1e9 + micros * 1000;
      expect(new Clock(start, 6).iso(time)).toBe(new Clock(start + BigInt(time), 6).iso(0));
    }
  });

  it('survives times that no calendar has', () => {
    expect(new Clock(-(10n ** 24n), 6).iso(0)).toMatch(/Z$/);
    expect(new Clock(10n ** 25n, 9).iso(1e18)).toMatch(/Z$/);
  });

  it('knows the digits of a precision', () => {
    expect(['s', 'ms', 'us', 'ns', '2^-10', undefined].map(fractionDigits)).toEqual([0, 3, 6, 9, 9, 9]);
  });
});
