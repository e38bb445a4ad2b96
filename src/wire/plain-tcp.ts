import type { Packet } from '../capture/packet.ts';
import { ETHER_TYPE_IPV4 } from './ether-type.ts';
import { PROTOCOL_TCP } from './ip-protocol.ts';
import {
  IPV4_DESTINATION,
  IPV4_FLAGS_AND_OFFSET,
  IPV4_FRAGMENT_MASK,
  IPV4_IDENTIFICATION,
  IPV4_MIN_HEADER_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TOTAL_LENGTH,
  IPV4_TTL,
} from './ipv4.ts';
import { FIN, RST, type Segment, SYN } from './segment.ts';
import {
  TCP_ACKNOWLEDGEMENT,
  TCP_DATA_OFFSET,
  TCP_DESTINATION_PORT,
  TCP_FLAGS,
  TCP_MIN_HEADER_LENGTH,
  TCP_SEQUENCE,
  TCP_WINDOW,
} from './tcp.ts';

const ETHERNET_TYPE = 12;
const ETHERNET_HEADER_LENGTH = 14;
/** Version 4 and a header of five words: no options. */
const VERSION_AND_LENGTH = 0x45;
const PLAIN_HEADERS_LENGTH = ETHERNET_HEADER_LENGTH + IPV4_MIN_HEADER_LENGTH + TCP_MIN_HEADER_LENGTH;

/**
 * The decoders of Ethernet, IPv4 and TCP in one, for the packets that most captures consist of: captured whole, not
 * fragmented, without tags, IP options, SYN, FIN or RST (whose checksum is wanted). It says the same as the walk from
 * decoder to decoder does (a property holds that), in some three quarters of the time, and leaves all else to it.
 */
export class PlainTcp {
  readonly #watched: Uint8Array;
  readonly #notNested: readonly string[];
  #bytes: Uint8Array | undefined;
  #view = new DataView<ArrayBufferLike>(new ArrayBuffer(0));

  constructor(watched: Uint8Array, notNested: readonly string[]) {
    this.#watched = watched;
    this.#notNested = notNested;
  }

  /** Fills `segment` from an Ethernet frame; undefined when it is not that plain. */
  read(packet: Packet, segment: Segment): 'segment' | 'other-port' | undefined {
    const { bytes, offset, capturedLength } = packet;
    if (capturedLength < PLAIN_HEADERS_LENGTH) return undefined;
    if (bytes !== this.#bytes) {
      // Once a block, not once a packet.
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const view = this.#view;
    const ip = offset + ETHERNET_HEADER_LENGTH;
    if (
      view.getUint16(offset + ETHERNET_TYPE) !== ETHER_TYPE_IPV4 ||
      view.getUint8(ip) !== VERSION_AND_LENGTH ||
      view.getUint8(ip + IPV4_PROTOCOL) !== PROTOCOL_TCP ||
      (view.getUint16(ip + IPV4_FLAGS_AND_OFFSET) & IPV4_FRAGMENT_MASK) !== 0
    ) {
      return undefined;
    }
    const totalLength = view.getUint16(ip + IPV4_TOTAL_LENGTH);
    const tcp = ip + IPV4_MIN_HEADER_LENGTH;
    if (
      totalLength < IPV4_MIN_HEADER_LENGTH + TCP_MIN_HEADER_LENGTH ||
      totalLength > capturedLength - ETHERNET_HEADER_LENGTH
    ) {
      return undefined;
    }
    const sourcePort = view.getUint16(tcp);
    const destinationPort = view.getUint16(tcp + TCP_DESTINATION_PORT);
    const watched = this.#watched;
    if (((watched[sourcePort] as number) | (watched[destinationPort] as number)) === 0) return 'other-port';
    const flags = view.getUint8(tcp + TCP_FLAGS);
    const headerLength = (view.getUint8(tcp + TCP_DATA_OFFSET) >> 4) << 2;
    const payloadLength = totalLength - IPV4_MIN_HEADER_LENGTH - headerLength;
    if ((flags & (SYN | FIN | RST)) !== 0 || headerLength < TCP_MIN_HEADER_LENGTH || payloadLength < 0)
      return undefined;

    segment.bytes = bytes;
    segment.packetNumber = packet.number;
    segment.timeNs = packet.timeNs;
    segment.interfaceId = packet.interfaceId;
    segment.nesting = this.#notNested;
    segment.ipVersion = 4;
    segment.source0 = view.getInt32(ip + IPV4_SOURCE);
    segment.source1 = 0;
    segment.source2 = 0;
    segment.source3 = 0;
    segment.destination0 = view.getInt32(ip + IPV4_DESTINATION);
    segment.destination1 = 0;
    segment.destination2 = 0;
    segment.destination3 = 0;
    segment.hopLimit = view.getUint8(ip + IPV4_TTL);
    segment.trafficClass = view.getUint8(ip + IPV4_TOS);
    segment.ipId = view.getUint16(ip + IPV4_IDENTIFICATION);
    segment.sourcePort = sourcePort;
    segment.destinationPort = destinationPort;
    segment.sequence = view.getInt32(tcp + TCP_SEQUENCE);
    segment.acknowledgement = view.getInt32(tcp + TCP_ACKNOWLEDGEMENT);
    segment.flags = flags;
    segment.window = view.getUint16(tcp + TCP_WINDOW);
    segment.optionsOffset = tcp + TCP_MIN_HEADER_LENGTH;
    segment.optionsLength = headerLength - TCP_MIN_HEADER_LENGTH;
    segment.payloadOffset = tcp + headerLength;
    segment.payloadLength = payloadLength;
    segment.payloadCaptured = payloadLength;
    segment.headerOffset = tcp;
    segment.checksum = 'unknown';
    return 'segment';
  }
}
