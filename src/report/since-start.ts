import type { SessionRecord } from '../session/record.ts';

/** '+0.010128 s': seconds since the session's first packet. */
export function sinceStart(record: SessionRecord, time: string): string {
  const us = microseconds(time) - microseconds(record.start);
  return `${us < 0 ? '-' : '+'}${(Math.abs(us) / 1e6).toFixed(6)} s`;
}

/** Since 1970. ISO times have more digits than `Date.parse` keeps. */
export function microseconds(time: string): number {
  const fraction = /\.(\d+)Z$/.exec(time)?.[1] ?? '';
  const seconds = Date.parse(`${time.slice(0, 19)}Z`) / 1000;
  return seconds * 1e6 + Number(fraction.padEnd(6, '0').slice(0, 6));
}
