import type { CaptureInfo, InterfaceDescription } from './capture-info.ts';
import type { CaptureParser } from './capture-parser.ts';
import { linkTypeOf, maximumCapturedLength } from './link-type.ts';
import { Packet, type PacketSink } from './packet.ts';
import {
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  EPB_DROPCOUNT,
  IF_DESCRIPTION,
  IF_FCSLEN,
  IF_FILTER,
  IF_HARDWARE,
  IF_NAME,
  IF_OS,
  IF_TSOFFSET,
  IF_TSRESOL,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  ISB_ENDTIME,
  ISB_IFDROP,
  ISB_OSDROP,
  OBSOLETE_PACKET,
  SECTION_HEADER,
  SHB_USERAPPL,
  SIMPLE_PACKET,
  TWO_TO_32,
  viewOf,
} from './pcapng-format.ts';
import { optionAt, optionTexts } from './pcapng-options.ts';

/** Largest block that is read, as in libpcap: a larger length is damage, and the read buffer need not hold more. */
export const MAXIMUM_BLOCK_LENGTH = 16 * 1024 * 1024;
/** Interfaces of one section; an obsolete packet block cannot name more, and merged captures have a few hundred. */
export const MAXIMUM_INTERFACES = 65_536;
/** Link types that are listed for the report; a real capture has one or two. */
const MAXIMUM_LINK_TYPES = 64;

/**
 * Blocks without a packet that Wireshark (since 3.6) shows as a line of its own, so that they take a packet number:
 * custom blocks, systemd journal entries, Sysdig events.
 */
const NUMBERED_BLOCKS: ReadonlySet<number> = new Set([
  0x0000_0bad, 0x4000_0bad, 0x0000_0009, 0x0000_0204, 0x0000_0208, 0x0000_0216, 0x0000_0217, 0x0000_0221,
  0x0000_0222,
]);

/** How the name of the program begins that wrote an evidence file. */
const OUR_APPLICATION = 'sshfate ';
const BYTE_ORDER_MAGIC_SWAPPED = 0x4d3c2b1a;
/** Type and length in front, the length once more behind. */
const BLOCK_OVERHEAD = 12;
/** Smallest complete block of each type that is decoded. */
const MINIMUM_LENGTH: ReadonlyMap<number, number> = new Map([
  [SECTION_HEADER, 28],
  [INTERFACE_DESCRIPTION, 20],
  [OBSOLETE_PACKET, 32],
  [SIMPLE_PACKET, 16],
  [INTERFACE_STATISTICS, 24],
  [ENHANCED_PACKET, 32],
]);

/** Byte order and version of the section header that the bytes begin with; `undefined` when they do not. */
export function readSectionHeader(
  bytes: Uint8Array,
): { readonly version: string; readonly versionKnown: boolean } | undefined {
  if (bytes.length < 16) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== SECTION_HEADER) return undefined;
  const magic = view.getUint32(8, true);
  if (magic !== BYTE_ORDER_MAGIC && magic !== BYTE_ORDER_MAGIC_SWAPPED) return undefined;
  return readVersion(view, 12, magic === BYTE_ORDER_MAGIC);
}

/** 1.2 was written by programs that meant 1.0 (draft-ietf-opsawg-pcapng §4.1). */
function readVersion(view: DataView, at: number, littleEndian: boolean) {
  const major = view.getUint16(at, littleEndian);
  const minor = view.getUint16(at + 2, littleEndian);
  return { version: `${major}.${minor}`, versionKnown: major === 1 && (minor === 0 || minor === 2) };
}

/** An interface of the section that is being read. */
interface Interface {
  /** Over all sections. */
  readonly id: number;
  readonly linkType: number;
  readonly snapLength: number;
  readonly maximumLength: number;
  /** Ticks of its clock in a second. */
  readonly ticksPerSecond: bigint;
  readonly precision: string;
  readonly offsetNs: bigint;
  /** Nanoseconds in a tick; 0 when that is no whole number, and then the time is computed with BigInt. */
  readonly nsPerTick: number;
  /** Time stamp of its first packet, the halves as written, and the same relative to the capture's first packet. */
  baseHigh: number;
  baseLow: number;
  baseNs: number;
  /** It has had a packet with a time stamp. */
  timed: boolean;
  /** Dropped packets: the last total that a statistics block gave, and the sum of those that packets gave. */
  totalDrops: number;
  packetDrops: number;
}

/**
 * Parser of pcapng (draft-ietf-opsawg-pcapng). Every block:
 *
 *      0  type
 *      4  total length, a multiple of 4
 *      8  body
 *     -4  total length again
 */
export class PcapngParser implements CaptureParser {
  readonly #info: CaptureInfo;
  readonly #packet = new Packet();
  #view: DataView = new DataView(new ArrayBuffer(0));
  #littleEndian = true;
  /** Of the current section. */
  #interfaces: Interface[] = [];
  #earlierInterfaces = 0;
  /** Offset in the input of the next byte to parse. */
  #position = 0;
  /** Length of the block at the front; 0 when not known yet. */
  #wanted = 0;
  #snapLengthUnlimited = false;
  /** Ticks a second of the finest clock that stamped a packet. */
  #finest = 0n;
  /** sshfate wrote the current section. */
  #isOurs = false;
  readonly #onInterface: ((described: InterfaceDescription) => void) | undefined;

  constructor(info: CaptureInfo, onInterface?: (described: InterfaceDescription) => void) {
    this.#info = info;
    this.#onInterface = onInterface;
  }

  parse(bytes: Uint8Array, start: number, end: number, sink: PacketSink): number {
    if (this.#packet.bytes !== bytes) {
      this.#packet.bytes = bytes;
      this.#view = viewOf(bytes);
    }
    const view = this.#view;
    const origin = this.#position - start;
    let at = start;
    while (this.#info.damage === undefined) {
      this.#position = origin + at;
      this.#wanted = 0;
      if (end - at < BLOCK_OVERHEAD) break;
      const type = view.getUint32(at, this.#littleEndian);
      if (type === SECTION_HEADER && !this.#readByteOrder(at)) break;
      const length = view.getUint32(at + 4, this.#littleEndian);
      if (length < BLOCK_OVERHEAD || length % 4 !== 0 || length > MAXIMUM_BLOCK_LENGTH) {
        this.#stop(
          `claims a length of ${length} bytes; blocks have 12 to ${MAXIMUM_BLOCK_LENGTH}, in steps of 4`,
        );
        break;
      }
      this.#wanted = length;
      if (at + length > end) break;
      const behind = view.getUint32(at + length - 4, this.#littleEndian);
      if (behind !== length) {
        this.#stop(`gives its length as ${length} in front and ${behind} behind`);
        break;
      }
      if (length < (MINIMUM_LENGTH.get(type) ?? 0)) {
        this.#stop(`is too short for its type ${type}: ${length} bytes`);
        break;
      }
      this.#block(type, at, at + length - 4, sink);
      if (this.#info.damage === undefined) at += length;
    }
    return at;
  }

  end(leftover: number): void {
    if (leftover === 0 || this.#info.damage !== undefined) return;
    const have = this.#wanted > 0 ? `${leftover} of its ${this.#wanted} bytes` : `${leftover} bytes of it`;
    this.#info.damage = {
      kind: 'cut-off',
      message: `The capture is cut off after packet ${this.#packet.number}, in the block at offset ${this.#position}: only ${have} are there.`,
      offset: this.#position,
    };
  }

  /** A section header states the byte order of all that follows, its own length included. */
  #readByteOrder(at: number): boolean {
    const magic = this.#view.getUint32(at + 8, true);
    if (magic !== BYTE_ORDER_MAGIC && magic !== BYTE_ORDER_MAGIC_SWAPPED) {
      this.#stop('begins a section without a byte-order magic number');
      return false;
    }
    this.#littleEndian = magic === BYTE_ORDER_MAGIC;
    return true;
  }

  /** `end` is the offset of the second length, so the body ends there. */
  #block(type: number, at: number, end: number, sink: PacketSink): void {
    switch (type) {
      case ENHANCED_PACKET:
        this.#packetBlock(this.#view.getUint32(at + 8, this.#littleEndian), at, end, sink, false);
        return;
      case SIMPLE_PACKET:
        this.#simplePacketBlock(at, end, sink);
        return;
      case OBSOLETE_PACKET:
        this.#packetBlock(this.#view.getUint16(at + 8, this.#littleEndian), at, end, sink, true);
        return;
      case SECTION_HEADER:
        this.#sectionHeader(at, end);
        return;
      case INTERFACE_DESCRIPTION:
        this.#interfaceDescription(at, end);
        return;
      case INTERFACE_STATISTICS:
        this.#interfaceStatistics(at, end);
        return;
      default:
        // Name resolution, decryption secrets and unknown blocks are passed over.
        if (NUMBERED_BLOCKS.has(type)) this.#packet.number++;
    }
  }

  #sectionHeader(at: number, end: number): void {
    const { version, versionKnown } = readVersion(this.#view, at + 12, this.#littleEndian);
    if (!versionKnown) {
      this.#stop(`begins a section of pcapng version ${version}, which is not known`);
      return;
    }
    this.#earlierInterfaces += this.#interfaces.length;
    this.#interfaces = [];
    this.#isOurs = this.#text(at + 24, end, SHB_USERAPPL)?.startsWith(OUR_APPLICATION) ?? false;
  }

  /**
   *      8  link type (16 bits), reserved (16 bits)
   *     12  snap length
   *     16  options
   */
  #interfaceDescription(at: number, end: number): void {
    if (this.#interfaces.length === MAXIMUM_INTERFACES) {
      this.#stop(`describes interface ${MAXIMUM_INTERFACES} of its section; no capture has so many`);
      return;
    }
    const linkType = linkTypeOf(this.#view.getUint16(at + 8, this.#littleEndian));
    const snapLength = this.#view.getUint32(at + 12, this.#littleEndian);
    const resolutionAt = this.#option(at + 16, end, IF_TSRESOL, 1);
    const offsetAt = this.#option(at + 16, end, IF_TSOFFSET, 8);
    // §4.2: a power of 10, or of 2 with the highest bit set; microseconds when the option is missing.
    const resolution = resolutionAt === -1 ? 6 : this.#view.getUint8(resolutionAt);
    const exponent = resolution & 0x7f;
    const binary = resolution >= 0x80;
    this.#interfaces.push({
      id: this.#earlierInterfaces + this.#interfaces.length,
      linkType,
      snapLength,
      maximumLength: maximumCapturedLength(linkType),
      ticksPerSecond: binary ? 2n ** BigInt(exponent) : 10n ** BigInt(exponent),
      precision: precisionName(exponent, binary),
      offsetNs: offsetAt === -1 ? 0n : this.#view.getBigInt64(offsetAt, this.#littleEndian) * 1_000_000_000n,
      nsPerTick: !binary && exponent <= 9 ? 10 ** (9 - exponent) : 0,
      baseHigh: 0,
      baseLow: 0,
      baseNs: 0,
      timed: false,
      totalDrops: 0,
      packetDrops: 0,
    });
    this.#noteSnapLength(snapLength);
    this.#onInterface?.(this.#described(at + 16, end, linkType, snapLength, resolution));
  }

  /** The interface that was added last. */
  #described(
    options: number,
    end: number,
    linkType: number,
    snapLength: number,
    resolution: number,
  ): InterfaceDescription {
    const offsetAt = this.#option(options, end, IF_TSOFFSET, 8);
    const fcsAt = this.#option(options, end, IF_FCSLEN, 1);
    const filter = this.#text(options, end, IF_FILTER);
    const texts = {
      name: this.#text(options, end, IF_NAME),
      description: this.#text(options, end, IF_DESCRIPTION),
      // Kind 0 is libpcap's text, others are programs for its virtual machine.
      filter: filter?.startsWith('\0') ? filter.slice(1) : undefined,
      os: this.#text(options, end, IF_OS),
      hardware: this.#text(options, end, IF_HARDWARE),
      fcsLength: fcsAt === -1 ? undefined : this.#view.getUint8(fcsAt),
    };
    return {
      id: this.#earlierInterfaces + this.#interfaces.length - 1,
      linkType,
      snapLength,
      resolution,
      offsetSeconds: offsetAt === -1 ? 0n : this.#view.getBigInt64(offsetAt, this.#littleEndian),
      littleEndian: this.#littleEndian,
      ...(this.#isOurs && { isEvidence: true }),
      ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)),
    };
  }

  #text(options: number, end: number, code: number): string | undefined {
    const [text] = optionTexts(this.#view, this.#littleEndian, options, end, code, 1);
    return text;
  }

  #noteSnapLength(snapLength: number): void {
    if (snapLength === 0) this.#snapLengthUnlimited = true;
    this.#info.snapLength = this.#snapLengthUnlimited
      ? undefined
      : Math.max(snapLength, this.#info.snapLength ?? 0);
  }

  /**
   * Enhanced packet block (§4.3) and the obsolete packet block, which share their layout but for the first word:
   *
   *      8  interface; in the obsolete block 16 bits, and 16 bits of packets dropped since the last one
   *     12  time stamp, upper and lower 32 bits
   *     20  captured length
   *     24  original length
   *     28  the captured bytes, filled up to a multiple of 4; options
   */
  #packetBlock(interfaceIndex: number, at: number, end: number, sink: PacketSink, obsolete: boolean): void {
    const origin = this.#interfaces[interfaceIndex];
    if (origin === undefined) {
      this.#stop(`has a packet of interface ${interfaceIndex}, which is not described`);
      return;
    }
    const view = this.#view;
    const littleEndian = this.#littleEndian;
    const captured = view.getUint32(at + 20, littleEndian);
    if (captured > end - at - 28 || captured > origin.maximumLength) {
      this.#stop(`claims ${captured} captured bytes, more than it or any packet has`);
      return;
    }
    const options = at + 28 + ((captured + 3) & ~3);
    if (obsolete) {
      const drops = view.getUint16(at + 10, littleEndian);
      // 0xffff says that the number is not known.
      if (drops !== 0xffff) this.#noteDrops(origin, origin.totalDrops, origin.packetDrops + drops);
    } else if (end - options >= 12) {
      const dropsAt = this.#option(options, end, EPB_DROPCOUNT, 8);
      if (dropsAt !== -1) {
        this.#noteDrops(origin, origin.totalDrops, origin.packetDrops + this.#counter(dropsAt));
      }
    }
    const packet = this.#packet;
    packet.timeNs = this.#time(
      origin,
      view.getUint32(at + 12, littleEndian),
      view.getUint32(at + 16, littleEndian),
    );
    packet.offset = at + 28;
    packet.blockOffset = at;
    packet.capturedLength = captured;
    packet.originalLength = view.getUint32(at + 24, littleEndian);
    this.#deliver(origin, sink);
  }

  /**
   * Simple packet block (§4.4): interface 0, no time stamp. The packet gets the time of the one before it.
   *
   *      8  original length; the captured length is that or the snap length
   *     12  the captured bytes, filled up to a multiple of 4
   */
  #simplePacketBlock(at: number, end: number, sink: PacketSink): void {
    const origin = this.#interfaces[0];
    if (origin === undefined) {
      this.#stop('has a packet of interface 0, which is not described');
      return;
    }
    const original = this.#view.getUint32(at + 8, this.#littleEndian);
    const captured = origin.snapLength === 0 ? original : Math.min(original, origin.snapLength);
    if (captured > end - at - 12 || captured > origin.maximumLength) {
      this.#stop(`must have ${captured} captured bytes, more than it or any packet has`);
      return;
    }
    this.#packet.offset = at + 12;
    this.#packet.blockOffset = at;
    this.#packet.capturedLength = captured;
    this.#packet.originalLength = original;
    this.#deliver(origin, sink);
  }

  #deliver(origin: Interface, sink: PacketSink): void {
    const packet = this.#packet;
    const info = this.#info;
    packet.number++;
    packet.interfaceId = origin.id;
    if (packet.linkType !== origin.linkType || info.packets === 0) {
      packet.linkType = origin.linkType;
      if (!info.linkTypes.includes(origin.linkType) && info.linkTypes.length < MAXIMUM_LINK_TYPES) {
        info.linkTypes.push(origin.linkType);
      }
    }
    if (packet.originalLength > packet.capturedLength) info.cutPackets++;
    info.packets++;
    info.lastTimeNs = packet.timeNs;
    sink(packet);
  }

  /** Nanoseconds since the capture's first time stamp, without BigInt for whole-nanosecond clocks. */
  #time(origin: Interface, high: number, low: number): number {
    if (!origin.timed) this.#beginTime(origin, high, low);
    if (origin.nsPerTick !== 0) {
      const ticks = (high - origin.baseHigh) * TWO_TO_32 + (low - origin.baseLow);
      return origin.baseNs + ticks * origin.nsPerTick;
    }
    return Number(absoluteNs(origin, high, low) - (this.#info.epochNs as bigint));
  }

  #beginTime(origin: Interface, high: number, low: number): void {
    const now = absoluteNs(origin, high, low);
    this.#info.epochNs ??= now;
    origin.timed = true;
    origin.baseHigh = high;
    origin.baseLow = low;
    origin.baseNs = Number(now - this.#info.epochNs);
    if (origin.ticksPerSecond > this.#finest) {
      this.#finest = origin.ticksPerSecond;
      this.#info.precision = origin.precision;
    }
  }

  /**
   *      8  interface
   *     12  time stamp
   *     20  options
   */
  #interfaceStatistics(at: number, end: number): void {
    const origin = this.#interfaces[this.#view.getUint32(at + 8, this.#littleEndian)];
    if (origin === undefined) return;
    if (this.#isOurs) this.#noteEnd(origin, at, end);
    const interfaceAt = this.#option(at + 20, end, ISB_IFDROP, 8);
    const systemAt = this.#option(at + 20, end, ISB_OSDROP, 8);
    if (interfaceAt === -1 && systemAt === -1) return;
    const drops =
      (interfaceAt === -1 ? 0 : this.#counter(interfaceAt)) + (systemAt === -1 ? 0 : this.#counter(systemAt));
    // Totals since the capture began: a later block replaces an earlier one.
    this.#noteDrops(origin, drops, origin.packetDrops);
  }

  #noteEnd(origin: Interface, at: number, end: number): void {
    const { epochNs } = this.#info;
    const endAt = this.#option(at + 20, end, ISB_ENDTIME, 8);
    if (endAt === -1 || epochNs === undefined) return;
    const high = this.#view.getUint32(endAt, this.#littleEndian);
    const low = this.#view.getUint32(endAt + 4, this.#littleEndian);
    const untilNs = Number(absoluteNs(origin, high, low) - epochNs);
    this.#info.untilNs = Math.max(this.#info.untilNs ?? 0, untilNs);
  }

  /** Statistics and packets count the same losses, so the larger one holds for the interface. */
  #noteDrops(origin: Interface, totalDrops: number, packetDrops: number): void {
    const before = Math.max(origin.totalDrops, origin.packetDrops);
    origin.totalDrops = totalDrops;
    origin.packetDrops = packetDrops;
    this.#info.drops = (this.#info.drops ?? 0) + Math.max(totalDrops, packetDrops) - before;
  }

  /** A 64-bit counter; all ones say "unknown" and count as none. */
  #counter(at: number): number {
    const value = this.#view.getBigUint64(at, this.#littleEndian);
    return value === 0xffff_ffff_ffff_ffffn ? 0 : Number(value);
  }

  #option(start: number, end: number, code: number, length: number): number {
    return optionAt(this.#view, this.#littleEndian, start, end, code, length);
  }

  #stop(what: string): void {
    this.#info.damage = {
      kind: 'bad-block',
      message: `The block at offset ${this.#position}, after packet ${this.#packet.number}, ${what}.`,
      offset: this.#position,
    };
  }
}

function absoluteNs(origin: Interface, high: number, low: number): bigint {
  const ticks = (BigInt(high) << 32n) | BigInt(low);
  return (ticks * 1_000_000_000n) / origin.ticksPerSecond + origin.offsetNs;
}

function precisionName(exponent: number, binary: boolean): string {
  const named = binary ? undefined : { 0: 's', 3: 'ms', 6: 'us', 9: 'ns', 12: 'ps' }[exponent];
  return named ?? `${binary ? 2 : 10}^-${exponent} s`;
}
