import { u8 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';
import { layerOfLinkType } from './link-type.ts';
import { le16, le32 } from './little-endian.ts';

/* LINKTYPE_PPI, little-endian: version 0, flags, length of this header with its fields (2), link type (4). */
const LENGTH = 2;
const LINK_TYPE = 4;
const MIN_LENGTH = 8;

export function ppi(cursor: Cursor): Next {
  if (!cursor.has(MIN_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const length = le16(bytes, at + LENGTH);
  if (u8(bytes, at) !== 0 || length < MIN_LENGTH) return 'malformed';
  if (!cursor.has(length)) return cursor.short();
  cursor.at += length;
  return layerOfLinkType(le32(bytes, at + LINK_TYPE));
}
