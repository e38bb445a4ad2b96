import { u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { etherTypePayload } from './ether-type.ts';
import type { Next } from './layer.ts';

/*
 * The tags of port extenders. Cisco's VN-Tag (0x8926) is 4 bytes between its EtherType and the next one, the
 * E-TAG of IEEE 802.1BR §7.5 (0x893f) is 6.
 */
const VN_TAG_LENGTH = 4;
const E_TAG_LENGTH = 6;
const TYPE_LENGTH = 2;

export const vnTag = (cursor: Cursor): Next => skipTag(cursor, 'vntag', VN_TAG_LENGTH);

export const eTag = (cursor: Cursor): Next => skipTag(cursor, 'etag', E_TAG_LENGTH);

function skipTag(cursor: Cursor, name: string, length: number): Next {
  if (!cursor.has(length + TYPE_LENGTH)) return cursor.short();
  const type = u16(cursor.bytes, cursor.at + length);
  cursor.at += length + TYPE_LENGTH;
  cursor.inside(name);
  return etherTypePayload(cursor, type);
}
