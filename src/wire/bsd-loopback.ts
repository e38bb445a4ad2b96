import { u32 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';
import { le32 } from './little-endian.ts';

/*
 * LINKTYPE_NULL: the address family in 4 bytes, in the byte order of the machine that captured; LINKTYPE_LOOP: the
 * same in network order.
 */
const HEADER_LENGTH = 4;
const MAX_FAMILY = 0xffff;
const FAMILY_IPV4 = 2;
/** AF_INET6 of Linux; of Windows; of NetBSD, OpenBSD and BSD/OS; of FreeBSD; of Darwin. */
const FAMILIES_IPV6: ReadonlySet<number> = new Set([10, 23, 24, 28, 30]);

export function bsdNull(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const family = le32(cursor.bytes, cursor.at);
  return familyPayload(cursor, family <= MAX_FAMILY ? family : u32(cursor.bytes, cursor.at));
}

export function bsdLoop(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  return familyPayload(cursor, u32(cursor.bytes, cursor.at));
}

function familyPayload(cursor: Cursor, family: number): Next {
  cursor.at += HEADER_LENGTH;
  if (family === FAMILY_IPV4) return 'ipv4';
  return FAMILIES_IPV6.has(family) ? 'ipv6' : 'not-ip';
}
