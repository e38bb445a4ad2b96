/** How long to wait before trying again: twice as long each time, and never exactly as long as everybody else. */
export function backOffMs(attempt: number, random: () => number): number {
  const most = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** attempt);
  // "Full jitter" keeps clients that failed together from coming back together; a floor keeps it from being none.
  return most / 4 + random() * (most * 0.75);
}

/**
 * What a server asked for with Retry-After: seconds or a date (RFC 9110 §10.2.3). GitHub gives the end of its limit
 * in a header of its own, as seconds since 1970.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const after = headers.get('retry-after')?.trim();
  if (after !== undefined && after !== '') {
    if (/^\d{1,9}$/.test(after)) return Number(after) * 1000;
    const date = Date.parse(after);
    if (!Number.isNaN(date)) return Math.max(0, date - nowMs);
  }
  const reset = headers.get('x-ratelimit-reset');
  if (headers.get('x-ratelimit-remaining') === '0' && reset !== null && /^\d{1,12}$/.test(reset)) {
    return Math.max(0, Number(reset) * 1000 - nowMs);
  }
  return undefined;
}

const FIRST_BACK_OFF_MS = 1_000;
const MAX_BACK_OFF_MS = 30_000;
