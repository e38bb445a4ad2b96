import { u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';
import { le16 } from './little-endian.ts';

/*
 * LINKTYPE_NFLOG (`tcpdump -i nflog`): family, version 0, resource id, then attributes whose lengths and types
 * stand in the byte order of the machine that captured, each padded to 4 bytes:
 *
 *   0        1         2          4        6      8
 *  +--------+---------+----------+--------+------+-------
 *  | family | version | resource | length | type | value …
 *  +--------+---------+----------+--------+------+-------
 */
const HEADER_LENGTH = 4;
const ATTRIBUTE_TYPE = 2;
const ATTRIBUTE_HEADER_LENGTH = 4;
/** The kernel defines 20 kinds of attributes; none comes twice. */
const MAX_ATTRIBUTES = 32;
const ATTRIBUTE_PAYLOAD = 9;

export function nflog(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH + ATTRIBUTE_HEADER_LENGTH)) return cursor.short();
  cursor.at += HEADER_LENGTH;
  const { bytes } = cursor;
  const littleEndian = le16(bytes, cursor.at) <= cursor.wireEnd - cursor.at;
  const read16 = littleEndian ? le16 : u16;
  for (let attributes = 0; attributes < MAX_ATTRIBUTES; attributes += 1) {
    if (!cursor.has(ATTRIBUTE_HEADER_LENGTH)) return cursor.short();
    const length = read16(bytes, cursor.at);
    const type = read16(bytes, cursor.at + ATTRIBUTE_TYPE);
    if (length < ATTRIBUTE_HEADER_LENGTH) return 'malformed';
    if (type === ATTRIBUTE_PAYLOAD) {
      cursor.limit(length);
      cursor.at += ATTRIBUTE_HEADER_LENGTH;
      return 'ip';
    }
    cursor.at += (length + 3) & ~3;
  }
  return 'malformed';
}
