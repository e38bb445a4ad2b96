import { u8 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { ieee80211 } from './ieee80211.ts';
import type { Next } from './layer.ts';
import { le16, le32 } from './little-endian.ts';

/*
 * LINKTYPE_IEEE802_11_RADIOTAP, https://www.radiotap.org, little-endian: version 0, padding, length of this header
 * (2), bit mask of the fields that follow (4, again as long as bit 31 is set), then the fields. Of these only the
 * flags matter; they come behind the 8-byte time stamp.
 */
const LENGTH = 2;
const PRESENT = 4;
const MIN_LENGTH = 8;
const PRESENT_TIMESTAMP = 0x1;
const PRESENT_FLAGS = 0x2;
const PRESENT_MORE = 0x80000000;
const TIMESTAMP_LENGTH = 8;
/** One for each antenna of the largest access points. */
const MAX_PRESENT_WORDS = 32;

const FLAG_CHECKSUM_AT_END = 0x10;
const FLAG_PADDED = 0x20;
const FLAG_BAD_CHECKSUM = 0x40;
const CHECKSUM_LENGTH = 4;

export function radiotap(cursor: Cursor): Next {
  if (!cursor.has(MIN_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const length = le16(bytes, at + LENGTH);
  if (u8(bytes, at) !== 0 || length < MIN_LENGTH) return 'malformed';
  if (!cursor.has(length)) return cursor.short();
  const flags = radiotapFlags(bytes, at, at + length);
  // No station takes such a frame, so its bytes prove nothing.
  if ((flags & FLAG_BAD_CHECKSUM) !== 0) return 'malformed';
  cursor.at += length;
  if ((flags & FLAG_CHECKSUM_AT_END) !== 0)
    cursor.limit(Math.max(0, cursor.wireEnd - cursor.at - CHECKSUM_LENGTH));
  return ieee80211(cursor, (flags & FLAG_PADDED) !== 0);
}

function radiotapFlags(bytes: Uint8Array, start: number, end: number): number {
  const present = le32(bytes, start + PRESENT);
  if ((present & PRESENT_FLAGS) === 0) return 0;
  let at = start + PRESENT;
  for (let words = 0; (le32(bytes, at) & PRESENT_MORE) !== 0; words += 1) {
    at += 4;
    if (words === MAX_PRESENT_WORDS || at + 4 > end) return 0;
  }
  at += 4;
  // Fields are aligned to their size, counted from the beginning of this header.
  if ((present & PRESENT_TIMESTAMP) !== 0) at = start + ((at - start + 7) & ~7) + TIMESTAMP_LENGTH;
  return at < end ? u8(bytes, at) : 0;
}
