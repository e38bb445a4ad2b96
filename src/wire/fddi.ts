import { u8 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/* LINKTYPE_FDDI, ISO 9314-2: frame control, two addresses of 6 bytes, LLC. */
const HEADER_LENGTH = 13;
const FORMAT_MASK = 0xf0;
/** Frames with LLC, whatever their priority; others are tokens and station management. */
const FORMAT_LLC = 0x50;

export function fddi(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  if ((u8(cursor.bytes, cursor.at) & FORMAT_MASK) !== FORMAT_LLC) return 'link-control';
  cursor.at += HEADER_LENGTH;
  return 'llc';
}
