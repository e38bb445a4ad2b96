/** TCP flag bits as in byte 13 of the header (RFC 9293 §3.1). */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/**
 * What the TCP checksum says. 'not-filled': the sending machine left it to its network card. 'unknown': nobody has asked, or
 * bytes are missing.
 */
export type Checksum = 'unknown' | 'good' | 'bad' | 'not-filled';

/**
 * One TCP segment as found in a packet, innermost when tunnelled. The dissector owns one instance and reuses it.
 * Addresses are four 32-bit words (signed integers, so that they stay small integers in V8): an IPv4 address is
 * in word 0 and the others are 0.
 */
export class Segment {
  /** The packet's buffer (or the buffer of a reassembled datagram). */
  bytes: Uint8Array = new Uint8Array(0);
  packetNumber = 0;
  timeNs = 0;
  interfaceId = 0;
  ipVersion: 4 | 6 = 4;
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** Sequence and acknowledgement numbers as signed 32-bit integers: compare with `(a - b) | 0`. */
  sequence = 0;
  acknowledgement = 0;
  flags = 0;
  /** As in the header, before window scaling; -1 when the snap length cut it off. */
  window = 0;
  /** TTL or hop limit of the (inner) IP header. */
  hopLimit = 0;
  /** The whole traffic class / TOS byte: DSCP << 2 | ECN. */
  trafficClass = 0;
  /** IPv4 identification; -1 where there is none (IPv6). */
  ipId = 0;
  /** Bytes of TCP options; 0 when there are none or the snap length cut the header. */
  optionsOffset = 0;
  optionsLength = 0;
  payloadOffset = 0;
  /** Payload bytes on the wire, from the IP length. */
  payloadLength = 0;
  /** Payload bytes that the capture holds, from `payloadOffset` on; never more than `payloadLength`. */
  payloadCaptured = 0;
  /** Offset of the TCP header in `bytes`; -1 when bytes of the segment are missing. */
  headerOffset = -1;
  /** Told at once for SYN, FIN and RST; `segmentChecksum` (tcp-checksum.ts) tells it for any other. */
  checksum: Checksum = 'unknown';
  /** Encapsulation between the capture's link layer and this IP header, outermost first, e.g. ['vlan 42', 'vxlan 7']; shared, do not change. */
  nesting: readonly string[] = [];
}

/** The segment with bytes of its own, which outlive the packet. */
export function copyOf(segment: Segment): Segment {
  const start = segment.optionsOffset;
  const copy = Object.assign(new Segment(), segment);
  copy.bytes = segment.bytes.slice(start, segment.payloadOffset + segment.payloadCaptured);
  copy.optionsOffset = 0;
  copy.payloadOffset = segment.payloadOffset - start;
  copy.headerOffset = -1;
  return copy;
}

/** An ICMP or ICMPv6 error that quotes a TCP segment. Reused like {@link Segment}. */
export class IcmpError {
  packetNumber = 0;
  timeNs = 0;
  ipVersion: 4 | 6 = 4;
  /** Who sent the error. */
  reporter0 = 0;
  reporter1 = 0;
  reporter2 = 0;
  reporter3 = 0;
  type = 0;
  code = 0;
  hopLimit = 0;
  /** Next-hop MTU of "fragmentation needed" (RFC 1191) or "packet too big"; 0 when not given. */
  mtu = 0;
  /** The quoted segment's addresses, ports and sequence number, as its sender wrote them. */
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  sourcePort = 0;
  destinationPort = 0;
  sequence = 0;
}

/** ARP or neighbour discovery for an address. Reused like {@link Segment}. */
export class NeighbourMessage {
  packetNumber = 0;
  timeNs = 0;
  ipVersion: 4 | 6 = 4;
  /** 'request' asks who has the address; 'reply' says that somebody has. */
  kind: 'request' | 'reply' = 'request';
  address0 = 0;
  address1 = 0;
  address2 = 0;
  address3 = 0;
  /** Who asks; of no meaning in a reply. */
  asker0 = 0;
  asker1 = 0;
  asker2 = 0;
  asker3 = 0;
}

/** What the dissector hands on. Arguments are only valid during the call. */
export interface WireHandler {
  segment(segment: Segment): void;
  icmpError(error: IcmpError): void;
  neighbour(message: NeighbourMessage): void;
}
