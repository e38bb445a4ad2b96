import { i32, u8, u16, u32 } from '../bytes.ts';
import { type Cursor, MAX_PACKET_LENGTH } from './cursor.ts';
import {
  isIpv6Extension,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_NO_NEXT_HEADER,
  PROTOCOL_ROUTING,
  PROTOCOL_TCP,
} from './ip-protocol.ts';
import type { Next } from './layer.ts';

/*
 * RFC 8200 §3:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------+---------------+---------------------------------------+
 *  |Version| Traffic class |              Flow label               |
 *  +-------+---------------+-------+---------------+---------------+
 *  |        Payload length         |  Next header  |   Hop limit   |
 *  +-------------------------------+---------------+---------------+
 *  |                   Source address (16 bytes)                   |
 *  +---------------------------------------------------------------+
 *  |                Destination address (16 bytes)                 |
 *  +---------------------------------------------------------------+
 */
const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
export const IPV6_HOP_LIMIT = 7;
export const IPV6_SOURCE = 8;
export const IPV6_DESTINATION = 24;
export const IPV6_HEADER_LENGTH = 40;
const ADDRESS_LENGTH = 16;

/**
 * RFC 8200 §4.1 wants each header once and destination options twice, which makes eight; a chain without limit would
 * let one packet cost as much as hundreds.
 */
export const MAX_EXTENSION_HEADERS = 16;

export function ipv6(cursor: Cursor): Next {
  const { bytes, at } = cursor;
  if (!cursor.has(IPV6_HEADER_LENGTH)) return cursor.short();
  if (u8(bytes, at) >> 4 !== 6) return 'malformed';
  const payloadLength = u16(bytes, at + PAYLOAD_LENGTH);

  cursor.ipVersion = 6;
  cursor.ipBytes = bytes;
  cursor.ipAt = at;
  cursor.destinationAt = at + IPV6_DESTINATION;
  cursor.extensionHeaders = 0;
  cursor.protocol = u8(bytes, at + NEXT_HEADER);
  cursor.at = at + IPV6_HEADER_LENGTH;
  if (payloadLength === 0) {
    if (!limitToJumboLength(cursor)) return 'malformed';
  } else cursor.limitToIpLength(cursor.at + payloadLength);
  return cursor.protocol === PROTOCOL_TCP ? 'tcp' : 'ip-payload';
}

/*
 * RFC 8200 §4.3, §4.4 and §4.6, the form of all extension headers but the fragment header:
 *
 *   0      1        2
 *  +------+--------+------
 *  | next | length | …          length in 8 bytes, without the first 8
 *  +------+--------+------
 *
 * Routing, §4.4: type at 2, segments left at 3, addresses from 8 on.
 * Fragment, §4.5: reserved at 1, offset and flags at 2, identification at 4.
 */
const EXTENSION_LENGTH = 1;
const EXTENSION_UNIT = 8;
const ROUTING_TYPE = 2;
const ROUTING_SEGMENTS_LEFT = 3;
const ROUTING_ADDRESSES = 8;
const FRAGMENT_OFFSET = 2;
const FRAGMENT_IDENTIFICATION = 4;
const FRAGMENT_OFFSET_MASK = 0xfff8;
const FRAGMENT_MORE = 1;

export function ipv6Extension(cursor: Cursor): Next {
  while (isIpv6Extension(cursor.protocol)) {
    cursor.extensionHeaders += 1;
    if (cursor.extensionHeaders > MAX_EXTENSION_HEADERS) return 'too-deep';
    if (!cursor.has(EXTENSION_UNIT)) return cursor.short();
    const { bytes, at, protocol } = cursor;
    const next = u8(bytes, at);
    if (protocol === PROTOCOL_FRAGMENT) {
      const offsetAndFlags = u16(bytes, at + FRAGMENT_OFFSET);
      cursor.at += EXTENSION_UNIT;
      cursor.protocol = next;
      // RFC 6946: a fragment that is the whole datagram belongs to no other.
      if ((offsetAndFlags & (FRAGMENT_OFFSET_MASK | FRAGMENT_MORE)) === 0) continue;
      cursor.fragmentId = i32(bytes, at + FRAGMENT_IDENTIFICATION);
      cursor.fragmentOffset = offsetAndFlags & FRAGMENT_OFFSET_MASK;
      cursor.moreFragments = (offsetAndFlags & FRAGMENT_MORE) !== 0;
      return 'ip-fragment';
    }
    const length = (u8(bytes, at + EXTENSION_LENGTH) + 1) * EXTENSION_UNIT;
    if (!cursor.has(length)) return cursor.short();
    if (protocol === PROTOCOL_ROUTING) followRoute(cursor, length);
    cursor.at += length;
    cursor.protocol = next;
  }
  return 'ip-payload';
}

const ROUTING_SOURCE_ROUTE = 0;
const ROUTING_MOBILE = 2;
const ROUTING_SEGMENTS = 4;

/** Takes the final destination from a routing header that is not yet used up. */
function followRoute(cursor: Cursor, length: number): void {
  const { bytes, at } = cursor;
  if (bytes !== cursor.ipBytes || length < ROUTING_ADDRESSES + ADDRESS_LENGTH) return;
  if (u8(bytes, at + ROUTING_SEGMENTS_LEFT) === 0) return;
  switch (u8(bytes, at + ROUTING_TYPE)) {
    case ROUTING_SOURCE_ROUTE:
    case ROUTING_MOBILE:
      // RFC 5095 retired type 0; RFC 6275 §6.4. The last address is the goal.
      cursor.destinationAt = at + length - ADDRESS_LENGTH;
      break;
    case ROUTING_SEGMENTS:
      // RFC 8754 §2: segments are listed from the last one on.
      cursor.destinationAt = at + ROUTING_ADDRESSES;
      break;
  }
}

/*
 * RFC 2675 §2, in the hop-by-hop options: type 0xc2, length 4, then the payload length in 32 bits. An option of
 * type 0 is one byte of padding, all others have a length.
 */
const OPTION_PAD_1 = 0;
const OPTION_JUMBO = 0xc2;
const JUMBO_VALUE_LENGTH = 4;
const FIRST_OPTION = 2;
/** §3: what the header's own field can say is not for the option. */
const MAX_PAYLOAD_LENGTH = 0xffff;

/**
 * A payload length of 0 means a jumbogram, nothing at all, or segmentation offload that left it out. False for a
 * jumbogram that is none.
 */
function limitToJumboLength(cursor: Cursor): boolean {
  const { bytes, at } = cursor;
  if (cursor.protocol === PROTOCOL_NO_NEXT_HEADER) {
    cursor.limitToIpLength(at);
    return true;
  }
  if (cursor.protocol === PROTOCOL_HOP_BY_HOP && cursor.has(EXTENSION_UNIT)) {
    const end = Math.min(cursor.end, at + (u8(bytes, at + EXTENSION_LENGTH) + 1) * EXTENSION_UNIT);
    // At most 2048 rounds, when all is padding.
    for (let option = at + FIRST_OPTION; option + 1 < end; ) {
      const type = u8(bytes, option);
      if (type === OPTION_JUMBO && option + 2 + JUMBO_VALUE_LENGTH <= end) {
        const length = u32(bytes, option + 2);
        if (length <= MAX_PAYLOAD_LENGTH || length > MAX_PACKET_LENGTH) return false;
        cursor.limitToIpLength(at + length);
        return true;
      }
      option += type === OPTION_PAD_1 ? 1 : 2 + u8(bytes, option + 1);
    }
  }
  cursor.anomalies['ip-length-zero'] += 1;
  return true;
}
