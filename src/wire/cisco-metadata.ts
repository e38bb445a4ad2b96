import { u8, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { etherTypePayload } from './ether-type.ts';
import type { Next } from './layer.ts';

/*
 * Cisco TrustSec's security group tag (draft-smith-kandula-sxp, inline tagging), behind the type 0x8909:
 *
 *   0         1        2        4       6       8
 *  +---------+--------+--------+-------+-------+------
 *  | version | length | option | tag   | type  | payload …
 *  +---------+--------+--------+-------+-------+------
 */
const VERSION_1 = 1;
const LENGTH = 1;
/** Of one option; more than one has not been seen. */
const ONE_OPTION = 1;
const TYPE = 6;
const HEADER_LENGTH = 8;

export function ciscoMetadata(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  if (u8(bytes, at) !== VERSION_1 || u8(bytes, at + LENGTH) !== ONE_OPTION) return 'not-ip';
  cursor.at += HEADER_LENGTH;
  return etherTypePayload(cursor, u16(bytes, at + TYPE));
}
