import type { Cursor } from './cursor.ts';
import type { Next, SkipReason } from './layer.ts';

/** https://www.iana.org/assignments/protocol-numbers */
export const PROTOCOL_HOP_BY_HOP = 0;
const PROTOCOL_ICMP = 1;
const PROTOCOL_IPV4 = 4;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
const PROTOCOL_IPV6 = 41;
export const PROTOCOL_ROUTING = 43;
export const PROTOCOL_FRAGMENT = 44;
const PROTOCOL_GRE = 47;
const PROTOCOL_ESP = 50;
const PROTOCOL_AH = 51;
const PROTOCOL_ICMPV6 = 58;
export const PROTOCOL_NO_NEXT_HEADER = 59;
const PROTOCOL_DESTINATION_OPTIONS = 60;
const PROTOCOL_ETHERIP = 97;
const PROTOCOL_MOBILITY = 135;
const PROTOCOL_MPLS = 137;
const PROTOCOL_HOST_IDENTITY = 139;
const PROTOCOL_SHIM6 = 140;

/** RFC 3378 §3: version 3 and zeros, then an Ethernet frame. */
const ETHERIP_HEADER_LENGTH = 2;

export function isIpv6Extension(protocol: number): boolean {
  switch (protocol) {
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_FRAGMENT:
    case PROTOCOL_DESTINATION_OPTIONS:
    case PROTOCOL_MOBILITY:
    case PROTOCOL_HOST_IDENTITY:
    case PROTOCOL_SHIM6:
      return true;
    default:
      return false;
  }
}

/** Goes on behind an IP header, and its extension headers so far, by the cursor's protocol number. */
export function ipPayload(cursor: Cursor): Next {
  const overIpv4 = cursor.ipVersion === 4;
  switch (cursor.protocol) {
    case PROTOCOL_TCP:
      return 'tcp';
    case PROTOCOL_UDP:
      return 'udp';
    case PROTOCOL_ICMP:
      return overIpv4 ? 'icmp' : 'not-tcp';
    case PROTOCOL_ICMPV6:
      return overIpv4 ? 'not-tcp' : 'icmpv6';
    case PROTOCOL_IPV4:
      return cursor.enterTunnel(overIpv4 ? 'ipip' : '4in6') ? 'ipv4' : 'too-deep';
    case PROTOCOL_IPV6:
      return cursor.enterTunnel(overIpv4 ? '6in4' : '6in6') ? 'ipv6' : 'too-deep';
    case PROTOCOL_GRE:
      return 'gre';
    case PROTOCOL_MPLS:
      return cursor.enterTunnel('mplsip') ? 'mpls' : 'too-deep';
    case PROTOCOL_ETHERIP:
      if (!cursor.has(ETHERIP_HEADER_LENGTH)) return cursor.short();
      cursor.at += ETHERIP_HEADER_LENGTH;
      return cursor.enterTunnel('etherip') ? 'ethernet' : 'too-deep';
    case PROTOCOL_AH:
      return 'ah';
    case PROTOCOL_ESP:
      return 'encrypted';
    default:
      return !overIpv4 && isIpv6Extension(cursor.protocol) ? 'ipv6-extension' : 'not-tcp';
  }
}

/** Why no datagram of this protocol can be of interest; undefined when it can. */
export function protocolVerdict(cursor: Cursor): SkipReason | undefined {
  switch (cursor.protocol) {
    case PROTOCOL_TCP:
    case PROTOCOL_UDP:
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
    case PROTOCOL_IPV4:
    case PROTOCOL_IPV6:
    case PROTOCOL_GRE:
    case PROTOCOL_MPLS:
    case PROTOCOL_ETHERIP:
    case PROTOCOL_AH:
      return undefined;
    case PROTOCOL_ESP:
      return 'encrypted';
    default:
      return isIpv6Extension(cursor.protocol) ? undefined : 'not-tcp';
  }
}
