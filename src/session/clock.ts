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

  /** What `Date.parse` makes of {@link iso}: milliseconds since 1970, cut off; NaN for what no date can be. */
  epochMs(timeNs: number): number {
    const units = Math.floor((this.epochFractionNs + timeNs + this.slackNs) / this.unit);
    const second = this.epochSeconds + Math.floor(units / this.unitsPerSecond);
    if (Math.abs(second) > MAX_SECOND) return Number.NaN;
    return this.epochSeconds * 1000 + Math.floor((units * 1000) / this.unitsPerSecond);
  }

  /** {@link iso} as ASCII, at most {@link ISO_BYTES}; returns the offset behind it. */
  write(timeNs: number, into: Uint8Array, start: number): number {
    const { digits } = this;
    if (digits !== 6 && digits !== 9) return writeAscii(this.iso(timeNs), into, start);
    const units = Math.floor((this.epochFractionNs + timeNs + this.slackNs) / this.unit);
    const carry = Math.floor(units / this.unitsPerSecond);
    const slot = this.slotOf(this.epochSeconds + carry);
    const text = this.bytes[slot] as Uint8Array;
    let at = start;
    for (let i = 0; i < text.length; i++) into[at++] = text[i] as number;
    let fraction = units - carry * this.unitsPerSecond;
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

  iso(timeNs: number): string {
    // Counted in the capture's own unit: after 104 days a double of nanoseconds is no whole number any more.
    const units = Math.floor((this.epochFractionNs + timeNs + this.slackNs) / this.unit);
    const carry = Math.floor(units / this.unitsPerSecond);
    const text = this.texts[this.slotOf(this.epochSeconds + carry)] as string;
    const fraction = units - carry * this.unitsPerSecond;
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

/** Room for {@link Clock.write}: a year of seven characters, and nine digits of the fraction. */
export const ISO_BYTES = '+275760-09-13T00:00:00.000000000Z'.length;
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
