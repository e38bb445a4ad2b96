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
  /** Nanoseconds of the last digit. */
  private readonly unit: number;
  private readonly unitsPerSecond: number;
  private readonly slackNs: number;
  private readonly seconds = new Float64Array(KEPT_SECONDS).fill(Number.NaN);
  private readonly texts: string[] = new Array<string>(KEPT_SECONDS).fill('');
  private readonly bytes: Uint8Array[] = new Array<Uint8Array>(KEPT_SECONDS).fill(new Uint8Array(0));

  /** `epochNs`: absolute time of the first packet. `digits`: of the fraction, 6 for µs and 9 for ns. */
  constructor(epochNs: bigint, digits: number) {
    const fraction = ((epochNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    this.epochFractionNs = Number(fraction);
    this.epochSeconds = Number((epochNs - fraction) / 1_000_000_000n);
    this.digits = digits;
    this.unit = 10 ** (9 - digits);
    this.unitsPerSecond = 10 ** digits;
    this.slackNs = digits < 9 ? SLACK_NS : 0;
  }

  /** What `Date.parse` makes of {@link iso}: milliseconds since 1970, cut off. */
  epochMs(timeNs: number): number {
    this.split(timeNs);
    return this.second * 1000 + Math.floor((this.fraction * 1000) / this.unitsPerSecond);
  }

  /** {@link iso} as ASCII, at most {@link ISO_BYTES}; returns the offset behind it. */
  write(timeNs: number, into: Uint8Array, start: number): number {
    const { digits } = this;
    if (digits !== 6 && digits !== 9) return writeAscii(this.iso(timeNs), into, start);
    this.split(timeNs);
    const text = this.bytes[this.slotOf(this.second)] as Uint8Array;
    let at = start;
    for (let i = 0; i < text.length; i++) into[at++] = text[i] as number;
    let { fraction } = this;
    for (let place = at + digits - 1; place >= at; place--) {
      const rest = (fraction / 10) | 0;
      into[place] = ZERO + fraction - rest * 10;
      fraction = rest;
    }
    at += digits;
    into[at++] = ZULU;
    return at;
  }

  private slotOf(second: number): number {
    const slot = Math.abs(second) % KEPT_SECONDS;
    if (second !== this.seconds[slot]) {
      this.seconds[slot] = second;
      const text = this.digits === 0 ? `${secondText(second)}Z` : `${secondText(second)}.`;
      this.texts[slot] = text;
      const bytes = new Uint8Array(text.length);
      writeAscii(text, bytes, 0);
      this.bytes[slot] = bytes;
    }
    return slot;
  }

  private second = 0;
  private fraction = 0;

  /** Into {@link second}, since 1970, and {@link fraction}, in the capture's own unit: no object for each time. */
  private split(timeNs: number): void {
    // Counted in units: after 104 days a double of nanoseconds is no whole number any more.
    const { unitsPerSecond } = this;
    const units = Math.floor((this.epochFractionNs + timeNs + this.slackNs) / this.unit);
    const carry = Math.floor(units / unitsPerSecond);
    const fraction = units - carry * unitsPerSecond;
    const second = this.epochSeconds + carry;
    this.second = clampedSecond(second);
    // After some centuries a double is off by more than the rest of a second.
    this.fraction = second === this.second ? Math.max(0, Math.min(unitsPerSecond - 1, fraction)) : 0;
  }

  iso(timeNs: number): string {
    this.split(timeNs);
    const text = this.texts[this.slotOf(this.second)] as string;
    const { fraction } = this;
    switch (this.digits) {
      case 0:
        return text;
      case 3:
        return `${text}${THOUSANDTHS[fraction]}Z`;
      case 6:
        return `${text}${THOUSANDTHS[(fraction / 1000) | 0]}${THOUSANDTHS[fraction % 1000]}Z`;
      default: {
        const micros = (fraction / 1000) | 0;
        return `${text}${THOUSANDTHS[(micros / 1000) | 0]}${THOUSANDTHS[micros % 1000]}${THOUSANDTHS[fraction % 1000]}Z`;
      }
    }
  }
}

/** Room for {@link Clock.write}. */
export const ISO_BYTES = '9999-12-31T23:59:59.000000000Z'.length;
const ZERO = 0x30;
const ZULU = 0x5a;

function writeAscii(text: string, into: Uint8Array, start: number): number {
  for (let i = 0; i < text.length; i++) into[start + i] = text.charCodeAt(i);
  return start + text.length;
}

/** More than a double of nanoseconds is off after ten years, where the unit is coarser. */
const SLACK_NS = 64;

/** Three digits each: to print a number and cut its first digit off takes twice as long. */
const THOUSANDTHS = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));

/**
 * A hostile pcapng can claim any time. What lies beyond is told as the last second whose year has four digits: everybody
 * can read that, and dates that are reckoned from it are dates.
 */
const FIRST_SECOND = Date.parse('0000-01-01T00:00:00Z') / 1000;
const LAST_SECOND = Date.parse('9999-12-31T23:59:59Z') / 1000;

/** The nearest time that is told, in milliseconds since 1970. */
export const toldMs = (ms: number): number => Math.max(FIRST_SECOND * 1000, Math.min(LAST_SECOND * 1000, ms));

const clampedSecond = (second: number): number => Math.max(FIRST_SECOND, Math.min(LAST_SECOND, second));

const secondText = (second: number): string => new Date(second * 1000).toISOString().slice(0, -5);

/** Digits of the fraction for a precision such as 'us' or '2^-10'. */
export function fractionDigits(precision: string | undefined): number {
  if (precision === 's') return 0;
  if (precision === 'ms') return 3;
  if (precision === 'us') return 6;
  return 9;
}
