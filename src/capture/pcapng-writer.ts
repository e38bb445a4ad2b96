import {
  BYTE_ORDER_MAGIC,
  END_OF_OPTIONS,
  ENHANCED_PACKET,
  EPB_DROPCOUNT,
  EPB_FLAGS,
  EPB_PACKETID,
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
  ISB_IFRECV,
  ISB_OSDROP,
  ISB_STARTTIME,
  OPT_COMMENT,
  SECTION_HEADER,
  SHB_HARDWARE,
  SHB_OS,
  SHB_USERAPPL,
  TWO_TO_32,
  viewOf,
} from './pcapng-format.ts';

/**
 * Writes pcapng (draft-ietf-opsawg-pcapng), little-endian, one section. The blocks gather in a buffer, so that a packet
 * costs no allocation; whoever writes them somewhere takes the buffer when it has grown large enough.
 *
 * ```ts
 * const blocks = new PcapngBlocks();
 * blocks.section({ application: 'sshfate 1.0.0' });
 * const interfaceId = blocks.interface({ linkType: 1, snapLength: 0, resolution: 9, epochNs });
 * await capture.read((packet) => {
 *   blocks.packet(packet, { interfaceId });
 *   if (blocks.length >= 1 << 18) file.write(blocks.take());
 * });
 * ```
 */
export class PcapngBlocks {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  readonly #capacity: number;
  readonly #clocks: Clock[] = [];

  /** @param capacity bytes that the buffer begins with; it grows for what does not fit. */
  constructor(capacity = 1 << 18) {
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(capacity);
    this.#view = viewOf(this.#bytes);
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#length;
  }

  /** The blocks since the last call. They are the caller's; the writer goes on in a buffer of its own. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(this.#capacity);
    this.#view = viewOf(this.#bytes);
    this.#length = 0;
    return taken;
  }

  /**
   * Section header block (§4.1), the first of a file:
   *
   *      8  byte-order magic
   *     12  version 1.0
   *     16  section length: −1, not stated
   *     24  options
   */
  section(section: SectionToWrite): void {
    const start = this.#begin(SECTION_HEADER, 16);
    this.#view.setUint32(start + 8, BYTE_ORDER_MAGIC, true);
    this.#view.setUint16(start + 12, 1, true);
    this.#view.setUint16(start + 14, 0, true);
    this.#view.setUint32(start + 16, 0xffff_ffff, true);
    this.#view.setUint32(start + 20, 0xffff_ffff, true);
    this.#texts(OPT_COMMENT, section.comments);
    this.#text(SHB_HARDWARE, section.hardware);
    this.#text(SHB_OS, section.os);
    this.#text(SHB_USERAPPL, section.application);
    this.#end(start, 24);
  }

  /**
   * Interface description block (§4.2):
   *
   *      8  link type (16 bits), reserved (16 bits)
   *     12  snap length
   *     16  options
   *
   * @returns the interface's number, for its packets.
   */
  interface(described: InterfaceToWrite): number {
    const start = this.#begin(INTERFACE_DESCRIPTION, 8);
    this.#view.setUint16(start + 8, described.linkType, true);
    this.#view.setUint16(start + 10, 0, true);
    this.#view.setUint32(start + 12, described.snapLength, true);
    this.#texts(OPT_COMMENT, described.comments);
    this.#text(IF_NAME, described.name);
    this.#text(IF_DESCRIPTION, described.description);
    this.#option(IF_TSRESOL, Uint8Array.of(described.resolution));
    if (described.filter !== undefined) {
      // Its first byte says what kind of filter follows: 0 is libpcap's text.
      const filter = utf8(described.filter, MAXIMUM_OPTION_LENGTH - 1);
      this.#option(IF_FILTER, Uint8Array.of(0, ...filter));
    }
    this.#text(IF_OS, described.os);
    if (described.fcsLength !== undefined) this.#option(IF_FCSLEN, Uint8Array.of(described.fcsLength));
    if (described.offsetSeconds !== undefined && described.offsetSeconds !== 0n) {
      const offset = new Uint8Array(8);
      viewOf(offset).setBigInt64(0, described.offsetSeconds, true);
      this.#option(IF_TSOFFSET, offset);
    }
    this.#text(IF_HARDWARE, described.hardware);
    this.#end(start, 16);
    this.#clocks.push(clockOf(described));
    return this.#clocks.length - 1;
  }

  /**
   * Enhanced packet block (§4.3):
   *
   *      8  interface
   *     12  time stamp, upper and lower 32 bits
   *     20  captured length
   *     24  original length
   *     28  the captured bytes, filled up to a multiple of 4; options
   */
  packet(packet: PacketToWrite, options: PacketOptions): void {
    const { bytes, offset, capturedLength } = packet;
    const padded = (capturedLength + 3) & ~3;
    const start = this.#begin(ENHANCED_PACKET, 20 + padded);
    const view = this.#view;
    const clock = this.#clocks[options.interfaceId];
    if (clock === undefined) throw new Error(`Interface ${options.interfaceId} is not described yet.`);
    view.setUint32(start + 8, options.interfaceId, true);
    if (options.ticks === undefined) {
      // No BigInt, which would allocate. Rounded: beyond 104 days a double of nanoseconds is no whole number any more.
      const ticks = Math.round((packet.timeNs + clock.restNs) / clock.nsPerTick) + clock.baseLow;
      const carry = Math.floor(ticks / TWO_TO_32);
      view.setUint32(start + 12, clock.baseHigh + carry, true);
      view.setUint32(start + 16, ticks - carry * TWO_TO_32, true);
    } else {
      view.setUint32(start + 12, options.ticks.high, true);
      view.setUint32(start + 16, options.ticks.low, true);
    }
    view.setUint32(start + 20, capturedLength, true);
    view.setUint32(start + 24, packet.originalLength, true);
    const data = start + 28;
    this.#bytes.set(bytes.subarray(offset, offset + capturedLength), data);
    this.#bytes.fill(0, data + capturedLength, data + padded);
    this.#texts(OPT_COMMENT, options.comments);
    if (options.flags !== undefined) this.#word(EPB_FLAGS, options.flags);
    if (options.dropCount !== undefined) this.#counter(EPB_DROPCOUNT, options.dropCount);
    if (options.packetId !== undefined) this.#counter(EPB_PACKETID, options.packetId);
    this.#end(start, 28 + padded);
  }

  /**
   * Interface statistics block (§4.6):
   *
   *      8  interface
   *     12  time stamp, upper and lower 32 bits
   *     20  options
   */
  statistics(statistics: StatisticsToWrite): void {
    const start = this.#begin(INTERFACE_STATISTICS, 12);
    this.#view.setUint32(start + 8, statistics.interfaceId, true);
    this.#ticks(start + 12, statistics.ticks);
    this.#texts(OPT_COMMENT, statistics.comments);
    if (statistics.startTicks !== undefined) this.#time(ISB_STARTTIME, statistics.startTicks);
    if (statistics.endTicks !== undefined) this.#time(ISB_ENDTIME, statistics.endTicks);
    if (statistics.received !== undefined) this.#counter(ISB_IFRECV, statistics.received);
    if (statistics.dropped !== undefined) this.#counter(ISB_IFDROP, statistics.dropped);
    if (statistics.systemDropped !== undefined) this.#counter(ISB_OSDROP, statistics.systemDropped);
    this.#end(start, 20);
  }

  /** Type, and room for a body of this length; the lengths of the block follow at its end. */
  #begin(type: number, bodyLength: number): number {
    const start = this.#length;
    this.#reserve(8 + bodyLength + 4);
    this.#view.setUint32(start, type, true);
    this.#length = start + 8 + bodyLength;
    return start;
  }

  /** @param fixed bytes of the block before its options. */
  #end(start: number, fixed: number): void {
    this.#reserve(8);
    if (this.#length > start + fixed) {
      this.#view.setUint32(this.#length, END_OF_OPTIONS, true);
      this.#length += 4;
    }
    const total = this.#length + 4 - start;
    this.#view.setUint32(this.#length, total, true);
    this.#view.setUint32(start + 4, total, true);
    this.#length += 4;
  }

  #option(code: number, value: Uint8Array): void {
    const padded = (value.length + 3) & ~3;
    this.#reserve(4 + padded);
    const at = this.#length;
    this.#view.setUint16(at, code, true);
    this.#view.setUint16(at + 2, value.length, true);
    this.#bytes.set(value, at + 4);
    this.#bytes.fill(0, at + 4 + value.length, at + 4 + padded);
    this.#length = at + 4 + padded;
  }

  #text(code: number, text: string | undefined): void {
    if (text !== undefined) this.#option(code, utf8(text, MAXIMUM_OPTION_LENGTH));
  }

  #texts(code: number, texts: readonly string[] | undefined): void {
    if (texts !== undefined) for (const text of texts) this.#text(code, text);
  }

  #word(code: number, value: number): void {
    this.#reserve(8);
    const at = this.#length;
    this.#view.setUint16(at, code, true);
    this.#view.setUint16(at + 2, 4, true);
    this.#view.setUint32(at + 4, value, true);
    this.#length = at + 8;
  }

  #counter(code: number, value: number): void {
    this.#reserve(12);
    const at = this.#length;
    this.#view.setUint16(at, code, true);
    this.#view.setUint16(at + 2, 8, true);
    const high = Math.floor(value / TWO_TO_32);
    this.#view.setUint32(at + 4, value - high * TWO_TO_32, true);
    this.#view.setUint32(at + 8, high, true);
    this.#length = at + 12;
  }

  /** Time stamps have their upper half first, whatever the byte order. */
  #time(code: number, ticks: bigint): void {
    this.#reserve(12);
    const at = this.#length;
    this.#view.setUint16(at, code, true);
    this.#view.setUint16(at + 2, 8, true);
    this.#ticks(at + 4, ticks);
    this.#length = at + 12;
  }

  #ticks(at: number, ticks: bigint): void {
    this.#view.setUint32(at, Number((ticks >> 32n) & 0xffff_ffffn), true);
    this.#view.setUint32(at + 4, Number(ticks & 0xffff_ffffn), true);
  }

  #reserve(count: number): void {
    const wanted = this.#length + count;
    if (wanted <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

/** Texts of options are cut at 65535 bytes of UTF-8, which is all that an option can hold. */
export interface SectionToWrite {
  readonly comments?: readonly string[] | undefined;
  readonly hardware?: string | undefined;
  readonly os?: string | undefined;
  /** The writing program and its version. */
  readonly application?: string | undefined;
}

export interface InterfaceToWrite {
  /** LINKTYPE_ value. */
  readonly linkType: number;
  /** 0 is "unlimited". */
  readonly snapLength: number;
  /** if_tsresol: 6 for microseconds, 9 for nanoseconds; with the highest bit set a power of 2. */
  readonly resolution: number;
  /** Absolute time of a packet whose `timeNs` is 0; needed unless packets bring their ticks. */
  readonly epochNs?: bigint | undefined;
  /** if_tsoffset: seconds to be added to each time stamp. */
  readonly offsetSeconds?: bigint | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly filter?: string | undefined;
  readonly os?: string | undefined;
  readonly hardware?: string | undefined;
  readonly fcsLength?: number | undefined;
  readonly comments?: readonly string[] | undefined;
}

/** What is written of a packet; the reader's `Packet` is one. */
export interface PacketToWrite {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly capturedLength: number;
  readonly originalLength: number;
  /** Nanoseconds since the interface's `epochNs`. */
  readonly timeNs: number;
}

export interface PacketOptions {
  readonly interfaceId: number;
  /** The time stamp as it is to stand, instead of `timeNs`: the halves of 64 bits. */
  readonly ticks?: { readonly high: number; readonly low: number } | undefined;
  readonly comments?: readonly string[] | undefined;
  /** epb_flags: direction, kind of reception, FCS length, errors. */
  readonly flags?: number | undefined;
  /** Packets lost between the interface's packet before and this one. */
  readonly dropCount?: number | undefined;
  /** epb_packetid. */
  readonly packetId?: number | undefined;
}

export interface StatisticsToWrite {
  readonly interfaceId: number;
  /** Times in ticks of the interface since 1970, less its offset. */
  readonly ticks: bigint;
  readonly startTicks?: bigint | undefined;
  readonly endTicks?: bigint | undefined;
  readonly received?: number | undefined;
  readonly dropped?: number | undefined;
  readonly systemDropped?: number | undefined;
  readonly comments?: readonly string[] | undefined;
}

/** Ticks of an absolute time, as an interface counts them; a part of a tick is lost. */
export function ticksOf(
  absoluteNs: bigint,
  { resolution, offsetSeconds = 0n }: Pick<InterfaceToWrite, 'resolution' | 'offsetSeconds'>,
): bigint {
  return ((absoluteNs - offsetSeconds * 1_000_000_000n) * ticksPerSecond(resolution)) / 1_000_000_000n;
}

/** §4.2: a power of 10, or of 2 with the highest bit set. */
const ticksPerSecond = (resolution: number): bigint =>
  resolution >= 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);

/** Longest value of an option: its length is 16 bits. */
export const MAXIMUM_OPTION_LENGTH = 65_535;

/** An interface's clock: the halves of the tick at `timeNs` 0, and the nanoseconds from that tick to there. */
interface Clock {
  readonly nsPerTick: number;
  readonly restNs: number;
  readonly baseHigh: number;
  readonly baseLow: number;
}

function clockOf(described: InterfaceToWrite): Clock {
  const { epochNs = 0n, offsetSeconds = 0n } = described;
  const base = ticksOf(epochNs, described);
  const perSecond = ticksPerSecond(described.resolution);
  return {
    nsPerTick: 1e9 / Number(perSecond),
    restNs: Number(epochNs - offsetSeconds * 1_000_000_000n - (base * 1_000_000_000n) / perSecond),
    baseHigh: Number((base >> 32n) & 0xffff_ffffn),
    baseLow: Number(base & 0xffff_ffffn),
  };
}

const ENCODER = new TextEncoder();

/** At the most so many bytes, and no character cut in two. */
function utf8(text: string, maximum: number): Uint8Array {
  const bytes = ENCODER.encode(text);
  if (bytes.length <= maximum) return bytes;
  let end = maximum;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
