import { u8 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/*
 * IEEE 802.11 §9.2.3 and §9.3.2, a data frame; all but the first 24 bytes depend on the flags:
 *
 *   0         2          4     10    16    22         24    30    32    36
 *  +---------+----------+-----+-----+-----+----------+-----+-----+-----+------
 *  | frame   | duration | 1   | 2   | 3   | sequence | 4   | QoS | HT  | LLC …
 *  | control |          |     |     |     | control  |     |     |     |
 *  +---------+----------+-----+-----+-----+----------+-----+-----+-----+------
 */
const FLAGS = 1;
const SEQUENCE_CONTROL = 22;
const HEADER_LENGTH = 24;
const ADDRESS_4_LENGTH = 6;
const QOS_LENGTH = 2;
const HT_CONTROL_LENGTH = 4;

const VERSION_AND_TYPE_MASK = 0x0f;
/** Version 0, type 2. */
const DATA_FRAME = 0x08;
const SUBTYPE_NO_DATA = 0x40;
const SUBTYPE_QOS = 0x80;
const FLAG_TO_DS = 0x01;
const FLAG_FROM_DS = 0x02;
const FLAG_MORE_FRAGMENTS = 0x04;
const FLAG_PROTECTED = 0x40;
const FLAG_ORDER = 0x80;
const FRAGMENT_NUMBER_MASK = 0x0f;
const QOS_A_MSDU = 0x80;

/** `padded`: the driver aligned the body to 4 bytes, as radiotap's flags say. */
export function ieee80211(cursor: Cursor, padded = false): Next {
  if (!cursor.has(2)) return cursor.short();
  const { bytes, at } = cursor;
  const control = u8(bytes, at);
  const flags = u8(bytes, at + FLAGS);
  if ((control & VERSION_AND_TYPE_MASK) !== DATA_FRAME || (control & SUBTYPE_NO_DATA) !== 0)
    return 'link-control';
  if ((flags & FLAG_PROTECTED) !== 0) return 'encrypted';

  let length = HEADER_LENGTH;
  if ((flags & FLAG_TO_DS) !== 0 && (flags & FLAG_FROM_DS) !== 0) length += ADDRESS_4_LENGTH;
  let aggregate = false;
  if ((control & SUBTYPE_QOS) !== 0) {
    if (!cursor.has(length + QOS_LENGTH)) return cursor.short();
    aggregate = (u8(bytes, at + length) & QOS_A_MSDU) !== 0;
    length += QOS_LENGTH;
    if ((flags & FLAG_ORDER) !== 0) length += HT_CONTROL_LENGTH;
  }
  if (padded) length = (length + 3) & ~3;
  if (!cursor.has(length)) return cursor.short();
  // Fragments of the radio link: only seen with thresholds set by hand, and not reassembled here.
  if ((flags & FLAG_MORE_FRAGMENTS) !== 0 || (u8(bytes, at + SEQUENCE_CONTROL) & FRAGMENT_NUMBER_MASK) !== 0)
    return 'fragment-incomplete';
  cursor.at += length;
  return aggregate ? 'a-msdu' : 'llc';
}
