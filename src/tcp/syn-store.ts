import { Segment } from '../wire/segment.ts';
import { mssOption, windowScaleOption } from './options.ts';

/**
 * A connection of which only one bare SYN was seen, in typed arrays instead of objects: a flood of millions of
 * them must fit into memory. Anything further replays the SYN into a full connection.
 */
export class SynStore {
  private capacity = 1 << 11;
  private timeNs = new Float64Array(this.capacity);
  private packet = new Float64Array(this.capacity);
  private sequence = new Int32Array(this.capacity);
  private number = new Uint32Array(this.capacity);
  private window = new Int32Array(this.capacity);
  private ipId = new Int32Array(this.capacity);
  private mss = new Int32Array(this.capacity);
  private windowScale = new Int8Array(this.capacity);
  private hopLimit = new Uint8Array(this.capacity);
  private trafficClass = new Uint8Array(this.capacity);
  private flags = new Uint8Array(this.capacity);
  private readonly replayed = new Segment();
  private readonly options = Uint8Array.of(2, 4, 0, 0, 3, 3, 0, 0);

  store(entry: number, segment: Segment, number: number): void {
    if (entry >= this.capacity) this.grow(entry);
    this.timeNs[entry] = segment.timeNs;
    this.packet[entry] = segment.packetNumber;
    this.sequence[entry] = segment.sequence;
    this.number[entry] = number;
    this.window[entry] = segment.window;
    this.ipId[entry] = segment.ipId;
    this.mss[entry] = mssOption(segment.bytes, segment.optionsOffset, segment.optionsLength);
    this.windowScale[entry] = windowScaleOption(segment.bytes, segment.optionsOffset, segment.optionsLength);
    this.hopLimit[entry] = segment.hopLimit;
    this.trafficClass[entry] = segment.trafficClass;
    this.flags[entry] = segment.flags;
  }

  /** Also for what follows a SYN: an ended connection keeps the time of its end here. */
  setTime(entry: number, timeNs: number): void {
    if (entry >= this.capacity) this.grow(entry);
    this.timeNs[entry] = timeNs;
  }

  timeOf(entry: number): number {
    return this.timeNs[entry] as number;
  }

  sequenceOf(entry: number): number {
    return this.sequence[entry] as number;
  }

  numberOf(entry: number): number {
    return this.number[entry] as number;
  }

  /** The stored SYN as a segment (addresses and ports are the caller's); valid until the next call. */
  replay(entry: number): Segment {
    const segment = this.replayed;
    segment.timeNs = this.timeNs[entry] as number;
    segment.packetNumber = this.packet[entry] as number;
    segment.sequence = this.sequence[entry] as number;
    segment.window = this.window[entry] as number;
    segment.ipId = this.ipId[entry] as number;
    segment.hopLimit = this.hopLimit[entry] as number;
    segment.trafficClass = this.trafficClass[entry] as number;
    segment.flags = this.flags[entry] as number;
    segment.bytes = this.options;
    // One option list for all: kinds that were absent become NOP (1).
    const { options } = this;
    const mss = this.mss[entry] as number;
    const scale = this.windowScale[entry] as number;
    // One by one: `set` with a literal took a tenth of the time of a short connection.
    options[0] = mss >= 0 ? 2 : 1;
    options[1] = mss >= 0 ? 4 : 1;
    options[2] = mss >= 0 ? mss >> 8 : 1;
    options[3] = mss >= 0 ? mss & 255 : 1;
    options[4] = scale >= 0 ? 3 : 1;
    options[5] = scale >= 0 ? 3 : 1;
    options[6] = scale >= 0 ? scale : 1;
    options[7] = 1;
    segment.optionsOffset = 0;
    segment.optionsLength = options.length;
    return segment;
  }

  private grow(entry: number): void {
    while (this.capacity <= entry) this.capacity *= 2;
    const { capacity } = this;
    this.timeNs = copyInto(new Float64Array(capacity), this.timeNs);
    this.packet = copyInto(new Float64Array(capacity), this.packet);
    this.sequence = copyInto(new Int32Array(capacity), this.sequence);
    this.number = copyInto(new Uint32Array(capacity), this.number);
    this.window = copyInto(new Int32Array(capacity), this.window);
    this.ipId = copyInto(new Int32Array(capacity), this.ipId);
    this.mss = copyInto(new Int32Array(capacity), this.mss);
    this.windowScale = copyInto(new Int8Array(capacity), this.windowScale);
    this.hopLimit = copyInto(new Uint8Array(capacity), this.hopLimit);
    this.trafficClass = copyInto(new Uint8Array(capacity), this.trafficClass);
    this.flags = copyInto(new Uint8Array(capacity), this.flags);
  }
}

function copyInto<T extends { set(source: T): void }>(larger: T, smaller: T): T {
  larger.set(smaller);
  return larger;
}
