import { u8, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/*
 * RFC 2516 §4:
 *
 *   0      1      2         4        6
 *  +------+------+---------+--------+------
 *  | 0x11 | code | session | length | PPP …
 *  +------+------+---------+--------+------
 */
const VERSION_AND_TYPE = 0x11;
const CODE = 1;
const SESSION = 2;
const LENGTH = 4;
const HEADER_LENGTH = 6;
const CODE_SESSION = 0;

export function pppoe(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  if (u8(bytes, at) !== VERSION_AND_TYPE) return 'malformed';
  if (u8(bytes, at + CODE) !== CODE_SESSION) return 'link-control';
  cursor.at += HEADER_LENGTH;
  cursor.limit(u16(bytes, at + LENGTH));
  cursor.inside('pppoe', u16(bytes, at + SESSION));
  return 'ppp';
}
