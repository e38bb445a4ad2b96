export interface BackOff {
  /** After the first failure. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Short for a receiver that is restarted, and one request in some minutes for one that is away for a day. */
export const DEFAULT_BACK_OFF: BackOff = { firstMs: 1000, longestMs: 300_000 };

/** A receiver may ask for more patience than ours, but not for ever. */
const MOST_RETRY_AFTER_MS = 3_600_000;

/**
 * The pause after so many failures in a row: twice as long each time, and half of it by chance, so that many senders do not
 * come back at the same moment. `random`: from 0 to 1.
 */
export function pauseMs(failures: number, { firstMs, longestMs }: BackOff, random: number): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return wholeMs * (0.5 + random / 2);
}

/** `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. Undefined when it is neither. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  if (Number.isNaN(ms)) return undefined;
  return Math.min(MOST_RETRY_AFTER_MS, Math.max(0, ms));
}
