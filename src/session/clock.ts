/** Sessions that end together began within a minute or two. */
const KEPT_SECONDS = 128;

/**
 * Turns capture time (nanoseconds since the capture's first packet) into ISO 8601 UTC with the capture's own
 * precision. Formatting dates is slow and records are many, so the texts of some seconds are kept.
 */
export class Clock {
  private readonly epochSeconds: number;
  private readonly epochFractionNs: number;
  private readonly digits: number;
  /** Nanoseconds of the last digit, and a number with one digit more: a cheap way to print leading zeros. */
  private readonly unit: number;
  private readonly limit: number;
  private readonly seconds = new Float64Array(KEPT_SECONDS).fill(Number.NaN);
  private readonly texts: string[] = new Array<string>(KEPT_SECONDS).fill('');

  /** `epochNs`: absolute time of the first packet. `digits`: of the fraction, 6 for µs and 9 for ns. */
  constructor(epochNs: bigint, digits: number) {
    const fraction = ((epochNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    this.epochFractionNs = Number(fraction);
    this.epochSeconds = Number((epochNs - fraction) / 1_000_000_000n);
    this.digits = digits;
    this.unit = 10 ** (9 - digits);
    this.limit = 10 ** digits;
  }

  iso(timeNs: number): string {
    const ns = this.epochFractionNs + Math.round(timeNs);
    const carry = Math.floor(ns / 1e9);
    const second = this.epochSeconds + carry;
    const slot = Math.abs(second) % KEPT_SECONDS;
    if (second !== this.seconds[slot]) {
      this.seconds[slot] = second;
      this.texts[slot] = secondText(second);
    }
    const text = this.texts[slot] as string;
    if (this.digits === 0) return `${text}Z`;
    const fraction = Math.floor((ns - carry * 1e9) / this.unit);
    return `${text}.${String(this.limit + fraction).slice(1)}Z`;
  }
}

/** Date reaches ±8.64e12 seconds; a hostile pcapng can claim more. */
const MAX_SECOND = 8.64e12;

function secondText(second: number): string {
  const clamped = Math.max(-MAX_SECOND, Math.min(MAX_SECOND, second));
  return new Date(clamped * 1000).toISOString().slice(0, -5);
}

/** Digits of the fraction for a precision such as 'us' or '2^-10'. */
export function fractionDigits(precision: string | undefined): number {
  if (precision === 's') return 0;
  if (precision === 'ms') return 3;
  if (precision === 'us') return 6;
  return 9;
}
