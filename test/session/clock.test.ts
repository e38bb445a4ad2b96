import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock, fractionDigits, ISO_BYTES } from '../../src/session/clock.ts';

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

  it('tells times that no year of four digits has as the nearest that one has', () => {
    expect(new Clock(-(10n ** 24n), 6).iso(0)).toBe('0000-01-01T00:00:00.000000Z');
    expect(new Clock(10n ** 25n, 9).iso(1e18)).toBe('9999-12-31T23:59:59.000000000Z');
    expect(new Clock(0n, 3).iso(1e300)).toBe('9999-12-31T23:59:59.000Z');
  });

  const anyEpoch = fc.oneof(
    fc.bigInt({ min: 0n, max: 4n * 10n ** 18n }),
    fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }),
  );
  const anyTime = fc.oneof(
    fc.integer({ min: -(10 ** 12), max: 10 ** 15 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );

  it('prints a date of its digits, whatever a capture claims, and the same as bytes and as milliseconds', () => {
    fc.assert(
      fc.property(anyEpoch, anyTime, fc.constantFrom(0, 3, 6, 9), (epochNs, timeNs, digits) => {
        const clock = new Clock(epochNs, digits);
        const text = clock.iso(timeNs);
        const fraction = digits === 0 ? '' : `\\.\\d{${digits}}`;
        expect(text).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d${fraction}Z$`));
        expect(clock.epochMs(timeNs)).toBe(Date.parse(text));
        const bytes = new Uint8Array(ISO_BYTES + 1);
        const end = clock.write(timeNs, bytes, 1);
        expect(Buffer.from(bytes.subarray(1, end)).toString()).toBe(text);
      }),
    );
  });

  it('knows the digits of a precision', () => {
    expect(['s', 'ms', 'us', 'ns', '2^-10', undefined].map(fractionDigits)).toEqual([0, 3, 6, 9, 9, 9]);
  });
});
