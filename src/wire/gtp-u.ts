import { u8, u16, u32 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/*
 * 3GPP TS 29.281 §5.1; the last four bytes only when one of the flags E, S and PN is set:
 *
 *   0       1      2        4         8          10      11        12
 *  +-------+------+--------+---------+----------+-------+---------+------
 *  | flags | type | length | tunnel  | sequence | N-PDU | next    | payload …
 *  |       |      |        |         | number   | number| ext.    |
 *  +-------+------+--------+---------+----------+-------+---------+------
 *
 * An extension header (§5.2.1): its length in 4 bytes, content, and in its last byte the next one's type.
 */
const TYPE = 1;
const LENGTH = 2;
const TUNNEL = 4;
const MIN_LENGTH = 8;
const OPTIONAL_LENGTH = 4;
const NEXT_EXTENSION = 11;

const VERSION_AND_PROTOCOL_MASK = 0xf0;
const VERSION_1_GTP = 0x30;
const FLAGS_OPTIONAL = 0x07;
const FLAG_EXTENSION = 0x04;
const TYPE_USER_DATA = 255;
/** Nine kinds are defined, and each comes once. */
const MAX_EXTENSIONS = 16;

export function gtpU(cursor: Cursor): Next {
  if (!cursor.has(MIN_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const flags = u8(bytes, at);
  if ((flags & VERSION_AND_PROTOCOL_MASK) !== VERSION_1_GTP || u8(bytes, at + TYPE) !== TYPE_USER_DATA)
    return 'not-tcp';
  cursor.limit(MIN_LENGTH + u16(bytes, at + LENGTH));
  cursor.at += MIN_LENGTH;
  if ((flags & FLAGS_OPTIONAL) !== 0) {
    if (!cursor.has(OPTIONAL_LENGTH)) return cursor.short();
    cursor.at += OPTIONAL_LENGTH;
    const failed =
      (flags & FLAG_EXTENSION) !== 0 ? skipExtensions(cursor, u8(bytes, at + NEXT_EXTENSION)) : undefined;
    if (failed !== undefined) return failed;
  }
  return cursor.enterTunnel('gtp', u32(bytes, at + TUNNEL)) ? 'ip' : 'too-deep';
}

function skipExtensions(cursor: Cursor, firstType: number): Next | undefined {
  let type = firstType;
  for (let extensions = 0; type !== 0; extensions += 1) {
    if (extensions === MAX_EXTENSIONS) return 'too-deep';
    if (!cursor.has(1)) return cursor.short();
    const length = u8(cursor.bytes, cursor.at) * 4;
    if (length === 0) return 'malformed';
    if (!cursor.has(length)) return cursor.short();
    cursor.at += length;
    type = u8(cursor.bytes, cursor.at - 1);
  }
  return undefined;
}
