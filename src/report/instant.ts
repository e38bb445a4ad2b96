import { Clock } from '../session/clock.ts';

/** Nanoseconds since 1970, and how many digits of a second's fraction the capture gave. */
export interface Instant {
  readonly ns: bigint;
  readonly digits: number;
}

export function instant(text: string): Instant {
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? '';
  const seconds = Date.parse(fraction === '' ? text : text.replace(/\.\d+Z$/, 'Z')) / 1000;
  return { ns: BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')), digits: fraction.length };
}

/** So many nanoseconds after it. */
export function after({ ns, digits }: Instant, laterNs: number): Instant {
  return { ns: ns + BigInt(Math.round(laterNs)), digits };
}

export function iso({ ns, digits }: Instant): string {
  return new Clock(ns, digits).iso(0);
}
