import { i32, u8, u16, u32 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { isIpv6Extension, PROTOCOL_FRAGMENT, PROTOCOL_TCP } from './ip-protocol.ts';
import { IPV4_DESTINATION, IPV4_MIN_HEADER_LENGTH, IPV4_PROTOCOL, IPV4_SOURCE, IPV4_TTL } from './ipv4.ts';
import {
  IPV6_DESTINATION,
  IPV6_HEADER_LENGTH,
  IPV6_HOP_LIMIT,
  IPV6_SOURCE,
  MAX_EXTENSION_HEADERS,
} from './ipv6.ts';
import type { Next } from './layer.ts';
import type { IcmpError } from './segment.ts';
import { TCP_DESTINATION_PORT, TCP_SEQUENCE } from './tcp.ts';

/*
 * RFC 792 and RFC 4443 §3, the errors:
 *
 *   0      1      2          4                          8
 *  +------+------+----------+--------------------------+-------------------------
 *  | type | code | checksum | depends on the type      | the packet in question …
 *  +------+------+----------+--------------------------+-------------------------
 *
 * "Fragmentation needed" has the next hop's MTU at 6 (RFC 1191 §4), "packet too big" at 4 (RFC 4443 §3.2).
 */
const CODE = 1;
const MTU = 4;
const MTU_IPV4 = 6;
const HEADER_LENGTH = 8;

const TYPE_UNREACHABLE = 3;
const CODE_FRAGMENTATION_NEEDED = 4;
const TYPE_TIME_EXCEEDED = 11;
const TYPE_PARAMETER_PROBLEM = 12;

const TYPE6_UNREACHABLE = 1;
const TYPE6_PACKET_TOO_BIG = 2;
const TYPE6_TIME_EXCEEDED = 3;
const TYPE6_PARAMETER_PROBLEM = 4;
const TYPE6_NEIGHBOUR_SOLICITATION = 135;
const TYPE6_NEIGHBOUR_ADVERTISEMENT = 136;

/** RFC 792 promises 8 bytes of the quoted segment: ports and sequence number. */
const QUOTED_TCP_LENGTH = 8;

export function icmp(cursor: Cursor, watched: Uint8Array, error: IcmpError): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const type = u8(bytes, at);
  if (type !== TYPE_UNREACHABLE && type !== TYPE_TIME_EXCEEDED && type !== TYPE_PARAMETER_PROBLEM)
    return 'not-tcp';
  const tooBig = type === TYPE_UNREACHABLE && u8(bytes, at + CODE) === CODE_FRAGMENTATION_NEEDED;
  return quoted(cursor, watched, error, tooBig ? u16(bytes, at + MTU_IPV4) : 0);
}

export function icmpv6(cursor: Cursor, watched: Uint8Array, error: IcmpError): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  switch (u8(bytes, at)) {
    case TYPE6_UNREACHABLE:
    case TYPE6_TIME_EXCEEDED:
    case TYPE6_PARAMETER_PROBLEM:
      return quoted(cursor, watched, error, 0);
    case TYPE6_PACKET_TOO_BIG:
      return quoted(cursor, watched, error, u32(bytes, at + MTU));
    case TYPE6_NEIGHBOUR_SOLICITATION:
    case TYPE6_NEIGHBOUR_ADVERTISEMENT:
      return 'neighbour-discovery';
    default:
      return 'not-tcp';
  }
}

function quoted(cursor: Cursor, watched: Uint8Array, error: IcmpError, mtu: number): Next {
  const { bytes, end } = cursor;
  const quote = cursor.at + HEADER_LENGTH;
  const tcpAt = cursor.ipVersion === 4 ? tcpInIpv4(cursor, quote) : tcpInIpv6(cursor, quote);
  if (typeof tcpAt !== 'number') return tcpAt;
  if (tcpAt + QUOTED_TCP_LENGTH > end) return cursor.short();
  const sourcePort = u16(bytes, tcpAt);
  const destinationPort = u16(bytes, tcpAt + TCP_DESTINATION_PORT);
  if (!watched[sourcePort] && !watched[destinationPort]) return 'other-port';

  error.packetNumber = cursor.packet?.number ?? 0;
  error.timeNs = cursor.packet?.timeNs ?? 0;
  error.ipVersion = cursor.ipVersion;
  error.type = u8(bytes, cursor.at);
  error.code = u8(bytes, cursor.at + CODE);
  error.mtu = mtu;
  error.sourcePort = sourcePort;
  error.destinationPort = destinationPort;
  error.sequence = i32(bytes, tcpAt + TCP_SEQUENCE);
  fillAddresses(error, cursor, quote);
  return 'icmp-error';
}

/** Where the quoted segment begins, or why there is none. */
function tcpInIpv4(cursor: Cursor, quote: number): number | Next {
  const { bytes, end } = cursor;
  if (quote + IPV4_MIN_HEADER_LENGTH > end) return cursor.short();
  const versionAndLength = u8(bytes, quote);
  const headerLength = (versionAndLength & 15) << 2;
  if (versionAndLength >> 4 !== 4 || headerLength < IPV4_MIN_HEADER_LENGTH) return 'malformed';
  const laterFragment = (u16(bytes, quote + QUOTED_FLAGS_AND_OFFSET) & QUOTED_OFFSET_MASK) !== 0;
  if (u8(bytes, quote + IPV4_PROTOCOL) !== PROTOCOL_TCP || laterFragment) return 'not-tcp';
  return quote + headerLength;
}

const QUOTED_FLAGS_AND_OFFSET = 6;
const QUOTED_OFFSET_MASK = 0x1fff;
const QUOTED_NEXT_HEADER = 6;
const FRAGMENT_HEADER_LENGTH = 8;
const FRAGMENT_OFFSET = 2;
const FRAGMENT_OFFSET_MASK = 0xfff8;

/** The quote may have extension headers (RFC 8200 §4) before its segment. */
function tcpInIpv6(cursor: Cursor, quote: number): number | Next {
  const { bytes, end } = cursor;
  if (quote + IPV6_HEADER_LENGTH > end) return cursor.short();
  if (u8(bytes, quote) >> 4 !== 6) return 'malformed';
  let protocol = u8(bytes, quote + QUOTED_NEXT_HEADER);
  let at = quote + IPV6_HEADER_LENGTH;
  for (let headers = 0; isIpv6Extension(protocol); headers += 1) {
    if (headers === MAX_EXTENSION_HEADERS) return 'too-deep';
    if (at + FRAGMENT_HEADER_LENGTH > end) return cursor.short();
    const next = u8(bytes, at);
    if (protocol === PROTOCOL_FRAGMENT) {
      if ((u16(bytes, at + FRAGMENT_OFFSET) & FRAGMENT_OFFSET_MASK) !== 0) return 'not-tcp';
      at += FRAGMENT_HEADER_LENGTH;
    } else {
      at += (u8(bytes, at + 1) + 1) * 8;
    }
    protocol = next;
  }
  return protocol === PROTOCOL_TCP ? at : 'not-tcp';
}

function fillAddresses(error: IcmpError, cursor: Cursor, quote: number): void {
  const { bytes, ipBytes, ipAt } = cursor;
  if (cursor.ipVersion === 4) {
    error.hopLimit = u8(ipBytes, ipAt + IPV4_TTL);
    error.reporter0 = i32(ipBytes, ipAt + IPV4_SOURCE);
    error.source0 = i32(bytes, quote + IPV4_SOURCE);
    error.destination0 = i32(bytes, quote + IPV4_DESTINATION);
    error.reporter1 = error.reporter2 = error.reporter3 = 0;
    error.source1 = error.source2 = error.source3 = 0;
    error.destination1 = error.destination2 = error.destination3 = 0;
    return;
  }
  error.hopLimit = u8(ipBytes, ipAt + IPV6_HOP_LIMIT);
  error.reporter0 = i32(ipBytes, ipAt + IPV6_SOURCE);
  error.reporter1 = i32(ipBytes, ipAt + IPV6_SOURCE + 4);
  error.reporter2 = i32(ipBytes, ipAt + IPV6_SOURCE + 8);
  error.reporter3 = i32(ipBytes, ipAt + IPV6_SOURCE + 12);
  error.source0 = i32(bytes, quote + IPV6_SOURCE);
  error.source1 = i32(bytes, quote + IPV6_SOURCE + 4);
  error.source2 = i32(bytes, quote + IPV6_SOURCE + 8);
  error.source3 = i32(bytes, quote + IPV6_SOURCE + 12);
  error.destination0 = i32(bytes, quote + IPV6_DESTINATION);
  error.destination1 = i32(bytes, quote + IPV6_DESTINATION + 4);
  error.destination2 = i32(bytes, quote + IPV6_DESTINATION + 8);
  error.destination3 = i32(bytes, quote + IPV6_DESTINATION + 12);
}
