import { describe, expect, it } from 'vitest';
import { backOffMs, retryAfterMs } from '../../src/tickets/retry.ts';

describe('backOffMs', () => {
  it('doubles up to half a minute, and is never the same for everybody', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((attempt) => backOffMs(attempt, () => 1))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
    expect(backOffMs(2, () => 0)).toBe(1000);
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-11-23T23:00:00Z');
  it.each([
    ['retry-after', '120', 120_000],
    ['retry-after', 'Mon, 23 Nov 2026 23:00:30 GMT', 30_000],
    ['retry-after', 'Mon, 23 Nov 2026 22:00:00 GMT', 0],
    ['retry-after', 'soon', undefined],
    ['retry-after', '99999999999999999999', undefined],
    ['x-other', '5', undefined],
  ] as const)('reads %s: %s', (name, value, expected) => {
    expect(retryAfterMs(new Headers({ [name]: value }), now)).toBe(expected);
  });
  it("reads the end of GitHub's limit, when there is nothing left of it", () => {
    const reset = String(now / 1000 + 60);
    const headers = (remaining: string) =>
      new Headers({ 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset });
    expect(retryAfterMs(headers('0'), now)).toBe(60_000);
    expect(retryAfterMs(headers('1'), now)).toBeUndefined();
  });
});
