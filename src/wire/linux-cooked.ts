import { u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { ETHER_TYPE_IPV4, etherTypePayload } from './ether-type.ts';
import type { Next } from './layer.ts';

/*
 * LINKTYPE_LINUX_SLL, the cooked header of `tcpdump -i any`:
 *
 *   0        2        4         6          14      16
 *  +--------+--------+---------+----------+-------+------
 *  | packet | ARPHRD | address | link     | type  | payload …
 *  | type   | type   | length  | address  |       |
 *  +--------+--------+---------+----------+-------+------
 *
 * The address field has 8 bytes whatever its length says. LINKTYPE_LINUX_SLL2:
 *
 *   0       2          4           8        10       11        12        20
 *  +-------+----------+-----------+--------+--------+---------+---------+------
 *  | type  | reserved | interface | ARPHRD | packet | address | link    | payload …
 *  |       |          | index     | type   | type   | length  | address |
 *  +-------+----------+-----------+--------+--------+---------+---------+------
 */
const SLL_HARDWARE = 2;
const SLL_TYPE = 14;
const SLL_LENGTH = 16;
const SLL2_HARDWARE = 8;
const SLL2_LENGTH = 20;

/** Types up to here have no EtherType: 802.2 behind Linux' ETH_P_802_2, Novell's raw 802.3, CAN … */
const MAX_LINUX_TYPE = 1500;
const LINUX_TYPE_802_2 = 4;
/** Interfaces of this kind put the type of a netlink message where the EtherType stands. */
const HARDWARE_NETLINK = 824;

export function linuxCooked(cursor: Cursor): Next {
  if (!cursor.has(SLL_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  return cookedPayload(cursor, SLL_LENGTH, u16(bytes, at + SLL_TYPE), u16(bytes, at + SLL_HARDWARE));
}

export function linuxCooked2(cursor: Cursor): Next {
  if (!cursor.has(SLL2_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  return cookedPayload(cursor, SLL2_LENGTH, u16(bytes, at), u16(bytes, at + SLL2_HARDWARE));
}

function cookedPayload(cursor: Cursor, headerLength: number, type: number, hardware: number): Next {
  cursor.at += headerLength;
  if (hardware === HARDWARE_NETLINK) return 'not-ip';
  if (type === ETHER_TYPE_IPV4) return 'ipv4';
  if (type > MAX_LINUX_TYPE) return etherTypePayload(cursor, type);
  return type === LINUX_TYPE_802_2 ? 'llc' : 'not-ip';
}
