import { u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';

/*
 * IEEE 802.11 §9.3.2.2: several frames in one, each padded to 4 bytes but the last:
 *
 *   0     6      12       14
 *  +-----+------+--------+-------
 *  | to  | from | length | LLC …
 *  +-----+------+--------+-------
 */
const LENGTH = 12;
const HEADER_LENGTH = 14;
/** An aggregate has at most 11454 bytes; with less than 180 a frame nothing worth aggregating is left. */
export const MAX_SUBFRAMES = 64;

/** Calls `decode` with the cursor at the LLC header of each frame. */
export function aMsdu(cursor: Cursor, decode: () => void): void {
  const { bytes, end, wireEnd, declaredEnd, nesting, tunnels } = cursor;
  let start = cursor.at;
  for (let frames = 0; frames < MAX_SUBFRAMES && start + HEADER_LENGTH <= end; frames += 1) {
    const length = u16(bytes, start + LENGTH);
    cursor.bytes = bytes;
    cursor.at = start + HEADER_LENGTH;
    cursor.end = end;
    cursor.wireEnd = wireEnd;
    cursor.declaredEnd = declaredEnd;
    cursor.nesting = nesting;
    cursor.tunnels = tunnels;
    cursor.limit(length);
    decode();
    start += (HEADER_LENGTH + length + 3) & ~3;
  }
}
