import { u8 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { MAX_EXTENSION_HEADERS } from './ipv6.ts';
import type { Next } from './layer.ts';

/*
 * RFC 4302 §2. Nothing is hidden by it, so that it is skipped; the length counts 4 bytes, without the first two of
 * them:
 *
 *   0      1        2          4                8          12
 *  +------+--------+----------+----------------+----------+-----------------------
 *  | next | length | reserved | SPI            | sequence | integrity check value
 *  +------+--------+----------+----------------+----------+-----------------------
 */
const LENGTH = 1;
const MIN_LENGTH = 12;

export function ah(cursor: Cursor): Next {
  if (!cursor.has(MIN_LENGTH)) return cursor.short();
  cursor.extensionHeaders += 1;
  if (cursor.extensionHeaders > MAX_EXTENSION_HEADERS) return 'too-deep';
  const { bytes, at } = cursor;
  const length = (u8(bytes, at + LENGTH) + 2) * 4;
  if (length < MIN_LENGTH) return 'malformed';
  if (!cursor.has(length)) return cursor.short();
  cursor.protocol = u8(bytes, at);
  cursor.at += length;
  return 'ip-payload';
}
