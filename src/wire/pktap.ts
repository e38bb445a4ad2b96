import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';
import { layerOfLinkType } from './link-type.ts';
import { le32 } from './little-endian.ts';

/* LINKTYPE_PKTAP of macOS, little-endian: length of this header, record type (1: a packet), link type, more. */
const RECORD_TYPE = 4;
const LINK_TYPE = 8;
const MIN_LENGTH = 12;
const RECORD_PACKET = 1;

export function pktap(cursor: Cursor): Next {
  if (!cursor.has(MIN_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const length = le32(bytes, at);
  if (length < MIN_LENGTH) return 'malformed';
  if (le32(bytes, at + RECORD_TYPE) !== RECORD_PACKET) return 'not-ip';
  if (!cursor.has(length)) return cursor.short();
  cursor.at += length;
  return layerOfLinkType(le32(bytes, at + LINK_TYPE));
}
