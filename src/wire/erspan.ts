import { u8, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/*
 * draft-foschiano-erspan §4.2 (type II, 8 bytes) and §4.3 (type III, 12 bytes, and 8 more with flag O, the lowest bit
 * of byte 11). Both begin with:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------+-----------------------+-----+-------+-----------------+
 *  |Version|         VLAN          | COS |       |   Session id    |
 *  +-------+-----------------------+-----+-------+-----------------+
 *
 * The VLAN of the header is that of the mirrored port; a tag in the frame says it again where there is one.
 */
const SESSION = 2;
const SESSION_MASK = 0x03ff;
const TYPE_2_LENGTH = 8;
const TYPE_3_LENGTH = 12;
const FRAME_TYPE = 10;
const FLAGS = 11;
const FLAG_SUBHEADER = 0x01;
const SUBHEADER_LENGTH = 8;
const FRAME_TYPE_ETHERNET = 0;
const FRAME_TYPE_IP = 2;

export function erspan2(cursor: Cursor): Next {
  if (!cursor.has(TYPE_2_LENGTH)) return cursor.short();
  const session = u16(cursor.bytes, cursor.at + SESSION) & SESSION_MASK;
  cursor.at += TYPE_2_LENGTH;
  return cursor.enterTunnel('erspan', session) ? 'ethernet' : 'too-deep';
}

export function erspan3(cursor: Cursor): Next {
  if (!cursor.has(TYPE_3_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const session = u16(bytes, at + SESSION) & SESSION_MASK;
  const frameType = (u8(bytes, at + FRAME_TYPE) >> 2) & 0x1f;
  cursor.at += TYPE_3_LENGTH + ((u8(bytes, at + FLAGS) & FLAG_SUBHEADER) !== 0 ? SUBHEADER_LENGTH : 0);
  if (!cursor.enterTunnel('erspan', session)) return 'too-deep';
  switch (frameType) {
    case FRAME_TYPE_ETHERNET:
      return 'ethernet';
    case FRAME_TYPE_IP:
      return 'ip';
    default:
      return 'not-ip';
  }
}
