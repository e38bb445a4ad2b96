import { u8, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/*
 * RFC 1662 §3.1 (address and control, which may be compressed away) and RFC 1661 §2 (the protocol: two bytes, or
 * one when its lowest bit is set, §6.5):
 *
 *   0      1         2          4
 *  +------+---------+----------+------
 *  | 0xff | 0x03    | protocol | payload …
 *  +------+---------+----------+------
 */
const ADDRESS_AND_CONTROL = 0xff03;
const ADDRESS_AND_CONTROL_LENGTH = 2;

const PROTOCOL_IPV4 = 0x0021;
const PROTOCOL_ENCRYPTED = 0x0053;
const PROTOCOL_IPV6 = 0x0057;
/** With MPPE, which encrypts, as in PPTP. */
const PROTOCOL_COMPRESSED = 0x00fd;
const PROTOCOL_MPLS = 0x0281;
const PROTOCOL_MPLS_MULTICAST = 0x0283;
/** Network and link control protocols from here on, RFC 1661 §2. */
const FIRST_CONTROL_PROTOCOL = 0x8000;

export function ppp(cursor: Cursor): Next {
  if (cursor.has(ADDRESS_AND_CONTROL_LENGTH) && u16(cursor.bytes, cursor.at) === ADDRESS_AND_CONTROL)
    cursor.at += ADDRESS_AND_CONTROL_LENGTH;
  if (!cursor.has(1)) return cursor.short();
  let protocol = u8(cursor.bytes, cursor.at);
  if ((protocol & 1) === 0) {
    if (!cursor.has(2)) return cursor.short();
    protocol = u16(cursor.bytes, cursor.at);
    cursor.at += 1;
  }
  cursor.at += 1;
  switch (protocol) {
    case PROTOCOL_IPV4:
      return 'ipv4';
    case PROTOCOL_IPV6:
      return 'ipv6';
    case PROTOCOL_MPLS:
    case PROTOCOL_MPLS_MULTICAST:
      return 'mpls';
    case PROTOCOL_ENCRYPTED:
    case PROTOCOL_COMPRESSED:
      return 'encrypted';
    default:
      return protocol >= FIRST_CONTROL_PROTOCOL ? 'link-control' : 'not-ip';
  }
}

/** LINKTYPE_PPP_HDLC: PPP in HDLC-like framing, or Cisco's HDLC when the address is one of its own. */
export function pppHdlc(cursor: Cursor): Next {
  if (!cursor.has(1)) return cursor.short();
  const address = u8(cursor.bytes, cursor.at);
  return address === CISCO_UNICAST || address === CISCO_MULTICAST ? 'cisco-hdlc' : 'ppp';
}

const CISCO_UNICAST = 0x0f;
const CISCO_MULTICAST = 0x8f;
