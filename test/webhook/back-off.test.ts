import { describe, expect, test } from 'vitest';
import { DEFAULT_BACK_OFF, pauseMs, retryAfterMs } from '../../src/webhook/back-off.ts';

describe('pauses', () => {
  const { firstMs, longestMs } = DEFAULT_BACK_OFF;
  test('double with each failure up to the longest', () => {
    const pauses = Array.from({ length: 12 }, (_, index) => pauseMs(index + 1, DEFAULT_BACK_OFF, 1));
    expect(pauses.slice(0, 4)).toEqual([firstMs, 2 * firstMs, 4 * firstMs, 8 * firstMs]);
    expect(pauses.at(-1)).toBe(longestMs);
    expect(pauseMs(1e9, DEFAULT_BACK_OFF, 1)).toBe(longestMs);
  });
  test('are half chance', () => {
    expect(pauseMs(3, DEFAULT_BACK_OFF, 0)).toBe(2 * firstMs);
    expect(pauseMs(3, DEFAULT_BACK_OFF, 0.5)).toBe(3 * firstMs);
  });
});

describe('Retry-After', () => {
  const nowMs = Date.parse('2026-11-23T11:26:46Z');
  test('is a number of seconds or a date', () => {
    expect(retryAfterMs('7', nowMs)).toBe(7000);
    expect(retryAfterMs('Mon, 23 Nov 2026 11:27:00 GMT', nowMs)).toBe(14_000);
  });
  test('is no more than an hour, and never in the past', () => {
    expect(retryAfterMs('999999999', nowMs)).toBe(3_600_000);
    expect(retryAfterMs('Mon, 23 Nov 2026 11:00:00 GMT', nowMs)).toBe(0);
  });
  test('is ignored when it is neither', () => {
    for (const wrong of [null, '', 'soon', '-1', '1e99', '9'.repeat(400)]) {
      const ms = retryAfterMs(wrong, nowMs);
      expect(ms === undefined || ms <= 3_600_000).toBe(true);
    }
    expect(retryAfterMs('soon', nowMs)).toBeUndefined();
    expect(retryAfterMs(null, nowMs)).toBeUndefined();
  });
});
