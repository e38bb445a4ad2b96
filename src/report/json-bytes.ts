import { ISO_BYTES } from '../session/clock.ts';
import { ClockedTime } from '../session/clocked-time.ts';
import type { PacketTime } from '../session/record.ts';
import { forJson } from './escape.ts';

/**
 * Writes JSON as ASCII bytes into one growing buffer. `JSON.stringify` takes 30 µs for a session record of 8 kB and
 * string concatenation 20 µs, most of it to flatten; with constant parts as ready-made bytes it is a quarter of that,
 * which decides how fast a capture with 100,000 sessions is printed. Text that is not plain ASCII goes through
 * {@link forJson}.
 */
export class JsonBytes {
  private bytes = new Uint8Array(INITIAL_BYTES);
  private readonly fragments = new WeakMap<object, Uint8Array>();
  length = 0;

  /** What was written so far; valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(INITIAL_BYTES);
  }

  /** Ready-made JSON: punctuation and member names. See {@link literals}. */
  raw(part: Uint8Array): void {
    const end = this.length + part.length;
    if (end > this.bytes.length) this.grow(end);
    if (part.length > SHORT_PART) this.bytes.set(part, this.length);
    else {
      const { bytes } = this;
      for (let at = this.length, from = 0; at < end; at++, from++) bytes[at] = part[from] as number;
    }
    this.length = end;
  }

  /** A string that comes again and again (a label, an algorithm, a message name), with its surroundings. */
  word(phrase: Phrase, text: string): void {
    let json = phrase.known.get(text);
    if (json === undefined) {
      json = ENCODER.encode(phrase.before + forJson(JSON.stringify(text)) + phrase.after);
      if (phrase.known.size < MAX_WORDS && text.length <= MAX_WORD_LENGTH) phrase.known.set(text, json);
    }
    this.raw(json);
  }

  /** A string that hardly repeats (a time, an address). */
  text(text: string): void {
    const count = text.length;
    const end = this.length + count + 2;
    if (end > this.bytes.length) this.grow(end);
    const bytes = this.bytes;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < count; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        this.raw(ENCODER.encode(forJson(JSON.stringify(text))));
        return;
      }
      bytes[at++] = code;
    }
    bytes[at] = QUOTE;
    this.length = end;
  }

  /** The time of a packet: its clock writes it without a string in between. */
  timeOf(packet: PacketTime): void {
    if (!(packet instanceof ClockedTime)) {
      this.text(packet.time);
      return;
    }
    if (this.length + ISO_BYTES + 2 > this.bytes.length) this.grow(this.length + ISO_BYTES + 2);
    const { bytes } = this;
    bytes[this.length] = QUOTE;
    const end = packet.writeTime(bytes, this.length + 1);
    bytes[end] = QUOTE;
    this.length = end + 1;
  }

  number(value: number): void {
    if (value >= 0 && value < 1e9) {
      // Milliseconds have six decimals at most: nanoseconds. Fifteen digits name a double exactly.
      const whole = value | 0;
      const millionths = Math.round((value - whole) * 1e6);
      if ((whole * 1e6 + millionths) / 1e6 === value) {
        this.integer(whole);
        if (millionths > 0) this.fraction(millionths);
        return;
      }
    }
    this.value(value);
  }

  boolean(value: boolean): void {
    this.raw(value ? TRUE : FALSE);
  }

  /** An object that many records share and that never changes (a proposal): its JSON is kept as long as it lives. */
  shared(value: object): void {
    let json = this.fragments.get(value);
    if (json === undefined) {
      json = ENCODER.encode(forJson(JSON.stringify(value)));
      this.fragments.set(value, json);
    }
    this.raw(json);
  }

  /** Any other value, the ordinary way. */
  value(value: unknown): void {
    this.raw(ENCODER.encode(forJson(JSON.stringify(value))));
  }

  private integer(value: number): void {
    if (this.length + MAX_DIGITS > this.bytes.length) this.grow(this.length + MAX_DIGITS);
    let at = this.length + digitCount(value);
    this.length = at;
    let rest = value;
    do {
      const tenth = (rest / 10) | 0;
      this.bytes[--at] = ZERO + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
  }

  private fraction(millionths: number): void {
    if (this.length + MAX_DIGITS > this.bytes.length) this.grow(this.length + MAX_DIGITS);
    this.bytes[this.length++] = POINT;
    for (let rest = millionths, unit = 100_000; rest > 0; unit /= 10) {
      const digit = (rest / unit) | 0;
      this.bytes[this.length++] = ZERO + digit;
      rest -= digit * unit;
    }
  }

  private grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

/** A place in the JSON that holds one of few strings: what stands around it, and the strings seen there as bytes. */
export interface Phrase {
  readonly before: string;
  readonly after: string;
  readonly known: Map<string, Uint8Array>;
}

export function phrase(before: string, after = ''): Phrase {
  return { before, after, known: new Map() };
}

/** Constant JSON parts by name, as bytes. */
export function literals<Name extends string>(
  parts: Record<Name, string>,
): Readonly<Record<Name, Uint8Array>> {
  const encoded = Object.entries<string>(parts).map(([name, part]) => [name, ENCODER.encode(part)]);
  return Object.fromEntries(encoded) as Record<Name, Uint8Array>;
}

/** Up to this many bytes a loop is faster than a call of `set` (measured: 11 to 21 ns instead of 40). */
const SHORT_PART = 8;
const INITIAL_BYTES = 128 * 1024;
/** One giant record shall not hold its memory for the rest of the run. */
const KEPT_BYTES = 1024 * 1024;
/** Per place, more distinct strings than an honest capture has; those beyond it are encoded each time. */
const MAX_WORDS = 1024;
const MAX_WORD_LENGTH = 512;
const MAX_DIGITS = 10;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const POINT = 0x2e;
const ZERO = 0x30;
const ENCODER = new TextEncoder();
const TRUE = ENCODER.encode('true');
const FALSE = ENCODER.encode('false');

function digitCount(value: number): number {
  if (value < 100) return value < 10 ? 1 : 2;
  if (value < 10_000) return value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  if (value < 100_000_000) return value < 10_000_000 ? 7 : 8;
  return 9;
}
