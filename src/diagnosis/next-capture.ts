import type { NextCapture, SessionRecord } from '../session/record.ts';

/** Which capture to take next to learn what this one cannot tell; undefined where it tells enough. */
export function nextCapture(_record: SessionRecord): NextCapture | undefined {
  return undefined;
}
