import { u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { etherTypePayload } from './ether-type.ts';
import type { Next } from './layer.ts';

/* LINKTYPE_C_HDLC: address (0x0f or 0x8f), control 0, EtherType. */
const TYPE = 2;
const HEADER_LENGTH = 4;
const TYPE_KEEPALIVE = 0x8035;

export function ciscoHdlc(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const type = u16(cursor.bytes, cursor.at + TYPE);
  cursor.at += HEADER_LENGTH;
  return type === TYPE_KEEPALIVE ? 'link-control' : etherTypePayload(cursor, type);
}
