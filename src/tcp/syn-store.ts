import { Segment } from '../wire/segment.ts';
import { hasTimestamps, mssOption, windowScaleOption } from './options.ts';
import { PAGE_MASK, RecordPages } from './record-pages.ts';

/** Words of a record, eight: a quarter fewer bytes than one for each member. The time is a double, which takes two. */
const TIME = 0;
const SEQUENCE = 2;
const NUMBER = 3;
/** Window scale (255: none), hop limit, traffic class and flags, a byte each from the top. */
const BYTES = 4;
/** The lower 32 bits of the packet's number. */
const PACKET = 5;
/**
 * From the top: which of window, IP identification, MSS and time stamps are there, 12 more bits of the packet's number, the
 * window.
 */
const MORE = 6;
/** MSS and IP identification. */
const PAIR = 7;
const WORDS = 8;
const HAS_WINDOW = 1 << 31;
const HAS_IP_ID = 1 << 30;
const HAS_MSS = 1 << 29;
const HAS_TIMESTAMPS = 1 << 28;
const PACKET_HIGH_MASK = 0xfff;
const NO_WINDOW_SCALE = 255;
/** RFC 7323; the values are not kept. */
const TIMESTAMPS = 8;
const TIMESTAMPS_LENGTH = 10;
const OPTIONS_LENGTH = 8 + TIMESTAMPS_LENGTH;

/**
 * A connection of which only one bare SYN was seen, as a record in typed arrays instead of an object: a flood of
 * millions of them must fit into memory. Anything further replays the SYN into a full connection.
 */
export class SynStore {
  private readonly pages = new RecordPages(WORDS);
  private readonly replayed = new Segment();
  /** MSS, window scale and time stamps. */
  private readonly options = new Uint8Array(OPTIONS_LENGTH);

  store(entry: number, segment: Segment, number: number): void {
    const { words, doubles } = this.pages.pageOf(entry);
    const at = (entry & PAGE_MASK) * WORDS;
    const scale = windowScaleOption(segment.bytes, segment.optionsOffset, segment.optionsLength);
    doubles[(at + TIME) >> 1] = segment.timeNs;
    const mss = mssOption(segment.bytes, segment.optionsOffset, segment.optionsLength);
    const { packetNumber, window, ipId } = segment;
    words[at + SEQUENCE] = segment.sequence;
    words[at + NUMBER] = number;
    words[at + PACKET] = packetNumber;
    words[at + MORE] =
      (window >= 0 ? HAS_WINDOW : 0) |
      (ipId >= 0 ? HAS_IP_ID : 0) |
      (mss >= 0 ? HAS_MSS : 0) |
      (hasTimestamps(segment.bytes, segment.optionsOffset, segment.optionsLength) ? HAS_TIMESTAMPS : 0) |
      ((Math.floor(packetNumber / 2 ** 32) & PACKET_HIGH_MASK) << 16) |
      (window & 0xffff);
    words[at + PAIR] = (mss << 16) | (ipId & 0xffff);
    words[at + BYTES] =
      ((scale < 0 ? NO_WINDOW_SCALE : scale) << 24) |
      (segment.hopLimit << 16) |
      (segment.trafficClass << 8) |
      segment.flags;
  }

  /** Also for what follows a SYN: an ended connection keeps the time of its end here. */
  setTime(entry: number, timeNs: number): void {
    this.pages.pageOf(entry).doubles[((entry & PAGE_MASK) * WORDS + TIME) >> 1] = timeNs;
  }

  timeOf(entry: number): number {
    return this.pages.pageOf(entry).doubles[((entry & PAGE_MASK) * WORDS + TIME) >> 1] as number;
  }

  sequenceOf(entry: number): number {
    return this.pages.pageOf(entry).words[(entry & PAGE_MASK) * WORDS + SEQUENCE] as number;
  }

  numberOf(entry: number): number {
    return (this.pages.pageOf(entry).words[(entry & PAGE_MASK) * WORDS + NUMBER] as number) >>> 0;
  }

  /** The stored SYN as a segment (addresses and ports are the caller's); valid until the next call. */
  replay(entry: number): Segment {
    const { replayed: segment, options } = this;
    const { words, doubles } = this.pages.pageOf(entry);
    const at = (entry & PAGE_MASK) * WORDS;
    const bytes = words[at + BYTES] as number;
    segment.timeNs = doubles[(at + TIME) >> 1] as number;
    const more = words[at + MORE] as number;
    const pair = words[at + PAIR] as number;
    segment.packetNumber =
      ((words[at + PACKET] as number) >>> 0) + ((more >>> 16) & PACKET_HIGH_MASK) * 2 ** 32;
    segment.sequence = words[at + SEQUENCE] as number;
    segment.window = (more & HAS_WINDOW) !== 0 ? more & 0xffff : -1;
    segment.ipId = (more & HAS_IP_ID) !== 0 ? pair & 0xffff : -1;
    segment.hopLimit = (bytes >>> 16) & 0xff;
    segment.trafficClass = (bytes >>> 8) & 0xff;
    segment.flags = bytes & 0xff;
    segment.bytes = options;
    // One option list for all: kinds that were absent become NOP (1).
    const mss = (more & HAS_MSS) !== 0 ? pair >>> 16 : -1;
    const scale = bytes >>> 24;
    const hasScale = scale !== NO_WINDOW_SCALE;
    // One by one: `set` with a literal took a tenth of the time of a short connection.
    options[0] = mss >= 0 ? 2 : 1;
    options[1] = mss >= 0 ? 4 : 1;
    options[2] = mss >= 0 ? mss >> 8 : 1;
    options[3] = mss >= 0 ? mss & 255 : 1;
    options[4] = hasScale ? 3 : 1;
    options[5] = hasScale ? 3 : 1;
    options[6] = hasScale ? scale : 1;
    options[7] = 1;
    options[8] = TIMESTAMPS;
    options[9] = TIMESTAMPS_LENGTH;
    segment.optionsOffset = 0;
    segment.optionsLength =
      (more & HAS_TIMESTAMPS) !== 0 ? OPTIONS_LENGTH : OPTIONS_LENGTH - TIMESTAMPS_LENGTH;
    return segment;
  }
}
