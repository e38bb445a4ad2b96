import { u8, u32 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/*
 * RFC 7348 §5; draft-ietf-nvo3-vxlan-gpe §3 puts the kind of the payload at 3:
 *
 *   0       1          3      4                     7          8
 *  +-------+----------+------+---------------------+----------+-------------
 *  | flags | reserved | next | VXLAN network (VNI) | reserved | frame …
 *  +-------+----------+------+---------------------+----------+-------------
 */
const NEXT_PROTOCOL = 3;
const NETWORK = 4;
const HEADER_LENGTH = 8;
const FLAG_NETWORK_VALID = 0x08;
const FLAG_NEXT_PROTOCOL = 0x04;

const NEXT_IPV4 = 1;
const NEXT_IPV6 = 2;
const NEXT_ETHERNET = 3;
const NEXT_MPLS = 5;

export function vxlan(cursor: Cursor): Next {
  const entered = enter(cursor, 'vxlan');
  return entered === undefined ? 'ethernet' : entered;
}

export function vxlanGpe(cursor: Cursor): Next {
  const { bytes, at } = cursor;
  const entered = enter(cursor, 'vxlan-gpe');
  if (entered !== undefined) return entered;
  if ((u8(bytes, at) & FLAG_NEXT_PROTOCOL) === 0) return 'ethernet';
  switch (u8(bytes, at + NEXT_PROTOCOL)) {
    case NEXT_IPV4:
      return 'ipv4';
    case NEXT_IPV6:
      return 'ipv6';
    case NEXT_ETHERNET:
      return 'ethernet';
    case NEXT_MPLS:
      return 'mpls';
    default:
      return 'not-ip';
  }
}

/** Steps over the header; a reason when that fails. */
function enter(cursor: Cursor, name: string): Next | undefined {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  // Without the flag it is something else that happens to use the port.
  if ((u8(bytes, at) & FLAG_NETWORK_VALID) === 0) return 'not-tcp';
  cursor.at += HEADER_LENGTH;
  return cursor.enterTunnel(name, u32(bytes, at + NETWORK) >>> 8) ? undefined : 'too-deep';
}
