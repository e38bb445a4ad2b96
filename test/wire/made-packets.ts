import { Packet } from '../../src/capture/packet.ts';
import { parseAddress } from '../../src/wire/address.ts';
import type { DissectorOptions } from '../../src/wire/dissector.ts';
import { ACK } from '../../src/wire/segment.ts';
import { Dissected, type SeenSegment } from './dissected.ts';

/** Packets made by hand: layers are lists of bytes, each function puts its header before its payload. */
export type Bytes = readonly number[];

export const LINK_ETHERNET = 1;
export const LINK_RAW = 101;

export const u16 = (value: number): Bytes => [(value >> 8) & 0xff, value & 0xff];
export const u32 = (value: number): Bytes => [...u16(value >>> 16), ...u16(value & 0xffff)];
export const hex = (text: string): Bytes => [...Buffer.from(text.replace(/\s/g, ''), 'hex')];
const ascii = (text: string): Bytes => [...Buffer.from(text, 'latin1')];
export const zeros = (length: number): Bytes => new Array<number>(length).fill(0);

export function addressBytes(text: string): Bytes {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address.ipVersion === 4 ? u32(address.words[0]) : address.words.flatMap(u32);
}

export const macAddresses: Bytes = hex('020000000002 020000000001');

export const ethernet = (type: number, payload: Bytes): Bytes => [...macAddresses, ...u16(type), ...payload];

export const vlan = (id: number, type: number, payload: Bytes): Bytes => [
  ...u16(0x2000 | id),
  ...u16(type),
  ...payload,
];

interface Ipv4Fields {
  readonly from?: string;
  readonly to?: string;
  readonly protocol?: number;
  readonly id?: number;
  readonly timeToLive?: number;
  readonly typeOfService?: number;
  readonly options?: Bytes;
  readonly totalLength?: number;
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
  readonly checksum?: number;
}

export function ipv4(payload: Bytes, fields: Ipv4Fields = {}): Bytes {
  const options = fields.options ?? [];
  const headerLength = 20 + options.length;
  const flags = (fields.moreFragments ? 0x2000 : 0) | ((fields.fragmentOffset ?? 0) / 8);
  const header = [
    0x40 | (headerLength / 4),
    fields.typeOfService ?? 0,
    ...u16(fields.totalLength ?? headerLength + payload.length),
    ...u16(fields.id ?? 0x1234),
    ...u16(flags),
    fields.timeToLive ?? 64,
    fields.protocol ?? 6,
    ...u16(0),
    ...addressBytes(fields.from ?? '10.0.0.1'),
    ...addressBytes(fields.to ?? '10.0.0.2'),
    ...options,
  ];
  header.splice(10, 2, ...u16(fields.checksum ?? internetChecksum(header)));
  return [...header, ...payload];
}

interface Ipv6Fields {
  readonly from?: string;
  readonly to?: string;
  readonly next?: number;
  readonly hopLimit?: number;
  readonly trafficClass?: number;
  readonly payloadLength?: number;
}

export function ipv6(payload: Bytes, fields: Ipv6Fields = {}): Bytes {
  return [
    ...u32((6 << 28) | ((fields.trafficClass ?? 0) << 20)),
    ...u16(fields.payloadLength ?? payload.length),
    fields.next ?? 6,
    fields.hopLimit ?? 64,
    ...addressBytes(fields.from ?? '2001:db8::1'),
    ...addressBytes(fields.to ?? '2001:db8::2'),
    ...payload,
  ];
}

interface TcpFields {
  readonly from?: number;
  readonly to?: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly checksum?: number;
  readonly options?: Bytes;
  readonly dataOffset?: number;
}

export function tcp(payload = '', fields: TcpFields = {}): Bytes {
  const options = fields.options ?? [];
  return [
    ...u16(fields.from ?? 50_000),
    ...u16(fields.to ?? 22),
    ...u32(fields.sequence ?? 1000),
    ...u32(fields.acknowledgement ?? 2000),
    (fields.dataOffset ?? 5 + options.length / 4) << 4,
    fields.flags ?? ACK,
    ...u16(fields.window ?? 512),
    ...u16(fields.checksum ?? 0),
    ...u16(0),
    ...options,
    ...ascii(payload),
  ];
}

export const udp = (to: number, payload: Bytes, length = 8 + payload.length): Bytes => [
  ...u16(40_000),
  ...u16(to),
  ...u16(length),
  ...u16(0),
  ...payload,
];

export const PROTOCOL_UDP = 17;

/** A segment in Ethernet and IPv4, as plain as they come. */
export const plainPacket = (payload = 'hello', fields: TcpFields = {}): Bytes =>
  ethernet(0x0800, ipv4(tcp(payload, fields)));

/** RFC 1071, the slow and obvious way. */
export function internetChecksum(bytes: Bytes): number {
  let sum = 0;
  for (const [index, byte] of bytes.entries()) {
    sum += index % 2 === 0 ? byte * 256 : byte;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

interface MadePacket {
  readonly bytes: Bytes;
  readonly originalLength?: number;
  readonly timeNs?: number;
}

/** Bytes around a packet, as other packets are in a reader's buffer: whoever reads beyond the end finds these. */
const SURROUNDINGS = 64;
const SURROUNDING_BYTE = 0xa5;

export function dissect(
  linkType: number,
  packets: readonly (Bytes | MadePacket)[],
  options?: Partial<DissectorOptions>,
  surroundingByte = SURROUNDING_BYTE,
): Dissected {
  const dissected = new Dissected(options);
  for (const [index, made] of packets.entries()) {
    const { bytes, originalLength, timeNs } = 'bytes' in made ? made : ({ bytes: made } as MadePacket);
    const packet = new Packet();
    packet.bytes = new Uint8Array(bytes.length + 2 * SURROUNDINGS).fill(surroundingByte);
    packet.bytes.set(bytes, SURROUNDINGS);
    packet.offset = SURROUNDINGS;
    packet.capturedLength = bytes.length;
    packet.originalLength = originalLength ?? bytes.length;
    packet.number = index + 1;
    packet.timeNs = timeNs ?? index * 1_000_000;
    packet.linkType = linkType;
    dissected.dissector.packet(packet);
  }
  return dissected;
}

/** The segment of a packet that must give one. */
export function segmentOf(linkType: number, bytes: Bytes): SeenSegment {
  const { segments, dissector } = dissect(linkType, [bytes]);
  const [segment] = segments;
  if (segment === undefined) throw new Error(`skipped: ${JSON.stringify(dissector.skippedPackets())}`);
  return segment;
}

/** The reason why a packet gives nothing. */
export function reasonOf(linkType: number, bytes: Bytes, originalLength = bytes.length): string {
  const { segments, icmpErrors, neighbours, dissector } = dissect(linkType, [{ bytes, originalLength }]);
  if (segments.length + icmpErrors.length + neighbours.length > 0) return 'handed on';
  return Object.keys(dissector.skippedPackets()).join();
}
