import { u8, u16, u32 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { etherTypePayload } from './ether-type.ts';
import type { Next } from './layer.ts';

/*
 * RFC 8926 §3.4; the length of the options counts 4 bytes:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---+-----------+-+-+-----------+-------------------------------+
 *  |Ver| Opt. len. |O|C| Reserved  |         Protocol type         |
 *  +---+-----------+-+-+-----------+---------------+---------------+
 *  |         Virtual network identifier            |    Reserved   |
 *  +-----------------------------------------------+---------------+
 *  |                           Options …                           |
 */
const PROTOCOL_TYPE = 2;
const NETWORK = 4;
const HEADER_LENGTH = 8;
const OPTIONS_LENGTH_MASK = 0x3f;

export function geneve(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const first = u8(bytes, at);
  if (first >> 6 !== 0) return 'not-tcp';
  const length = HEADER_LENGTH + (first & OPTIONS_LENGTH_MASK) * 4;
  if (!cursor.has(length)) return cursor.short();
  cursor.at += length;
  if (!cursor.enterTunnel('geneve', u32(bytes, at + NETWORK) >>> 8)) return 'too-deep';
  return etherTypePayload(cursor, u16(bytes, at + PROTOCOL_TYPE));
}
