import { i32, u8 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { IPV6_HOP_LIMIT, IPV6_SOURCE } from './ipv6.ts';
import type { Next } from './layer.ts';
import type { NeighbourMessage } from './segment.ts';

/*
 * RFC 4861 §4.3 and §4.4, solicitation (135) and advertisement (136):
 *
 *   0      1      2          4                  8              24
 *  +------+------+----------+------------------+--------------+----------
 *  | type | code | checksum | flags, reserved  | target       | options …
 *  +------+------+----------+------------------+--------------+----------
 */
const TARGET = 8;
const LENGTH = 24;
const TYPE_SOLICITATION = 135;
/** §7.1: with less it came through a router, and counts for nothing. */
const HOP_LIMIT = 255;

export function neighbourDiscovery(cursor: Cursor, message: NeighbourMessage): Next {
  if (!cursor.has(LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  if (u8(cursor.ipBytes, cursor.ipAt + IPV6_HOP_LIMIT) !== HOP_LIMIT) return 'malformed';
  message.packetNumber = cursor.packet?.number ?? 0;
  message.timeNs = cursor.packet?.timeNs ?? 0;
  message.ipVersion = 6;
  message.kind = u8(bytes, at) === TYPE_SOLICITATION ? 'request' : 'reply';
  message.address0 = i32(bytes, at + TARGET);
  message.address1 = i32(bytes, at + TARGET + 4);
  message.address2 = i32(bytes, at + TARGET + 8);
  message.address3 = i32(bytes, at + TARGET + 12);
  const source = cursor.ipAt + IPV6_SOURCE;
  message.asker0 = i32(cursor.ipBytes, source);
  message.asker1 = i32(cursor.ipBytes, source + 4);
  message.asker2 = i32(cursor.ipBytes, source + 8);
  message.asker3 = i32(cursor.ipBytes, source + 12);
  return 'neighbour';
}
