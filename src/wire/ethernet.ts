import { u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { ETHER_TYPE_IPV4, etherTypePayload } from './ether-type.ts';
import type { Next } from './layer.ts';

/*
 * IEEE 802.3 §3.1.1:
 *
 *   0       6        12      14
 *  +-------+--------+-------+------
 *  | to    | from   | type  | payload …
 *  +-------+--------+-------+------
 */
const TYPE = 12;
const HEADER_LENGTH = 14;

export function ethernet(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const type = u16(cursor.bytes, cursor.at + TYPE);
  cursor.at += HEADER_LENGTH;
  return type === ETHER_TYPE_IPV4 ? 'ipv4' : etherTypePayload(cursor, type);
}
