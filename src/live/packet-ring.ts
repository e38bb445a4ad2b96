import type { CaptureInfo } from '../capture/capture-info.ts';
import type { Packet } from '../capture/packet.ts';

/** Chains of packets with the same key, by some bits of it. A power of two. */
const CHAINS = 1 << 16;

type PacketToKeep = Pick<
  Packet,
  'bytes' | 'offset' | 'capturedLength' | 'originalLength' | 'timeNs' | 'linkType'
>;

/** A packet that is still in the ring. Valid during the call. */
export interface KeptPacket {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly capturedLength: number;
  readonly originalLength: number;
  readonly timeNs: number;
  readonly linkType: number;
  readonly info: CaptureInfo;
  readonly interfacePosition: number;
}

/** The last packets, up to a number of bytes, each with a key by which it is found again. */
export class PacketRing {
  private readonly bytes: Uint8Array;
  private readonly entries: number;
  // By entry; an entry is the packet's number modulo their count.
  private readonly offsets: Int32Array;
  private readonly lengths: Int32Array;
  private readonly originals: Int32Array;
  private readonly keys: Int32Array;
  private readonly positions: Uint8Array;
  private readonly linkTypes: Uint16Array;
  private readonly times: Float64Array;
  private readonly infos: (CaptureInfo | undefined)[];
  /** Number of the packet before with the same chain. */
  private readonly previous: Float64Array;
  private readonly newest = new Float64Array(CHAINS).fill(-1);
  private count = 0;
  private oldest = 0;
  private writeAt = 0;

  /** `entries`: the most packets that are kept, however small. */
  constructor(sizeBytes: number, entries: number) {
    this.bytes = new Uint8Array(sizeBytes);
    this.entries = entries;
    this.offsets = new Int32Array(entries);
    this.lengths = new Int32Array(entries);
    this.originals = new Int32Array(entries);
    this.keys = new Int32Array(entries);
    this.positions = new Uint8Array(entries);
    this.linkTypes = new Uint16Array(entries);
    this.times = new Float64Array(entries);
    this.infos = new Array<CaptureInfo | undefined>(entries).fill(undefined);
    this.previous = new Float64Array(entries);
  }

  /** The number that the next packet gets. */
  get next(): number {
    return this.count;
  }

  add(packet: PacketToKeep, info: CaptureInfo, interfacePosition: number, key: number): void {
    const length = Math.min(packet.capturedLength, this.bytes.length);
    // An empty one takes a byte, so that packets lie in the order in which they came.
    const offset = this.room(Math.max(1, length));
    const number = this.count++;
    const at = number % this.entries;
    this.bytes.set(packet.bytes.subarray(packet.offset, packet.offset + length), offset);
    this.offsets[at] = offset;
    this.lengths[at] = length;
    this.originals[at] = packet.originalLength;
    this.keys[at] = key;
    this.positions[at] = interfacePosition;
    this.linkTypes[at] = packet.linkType;
    this.times[at] = packet.timeNs;
    this.infos[at] = info;
    const chain = key & (CHAINS - 1);
    this.previous[at] = this.newest[chain] as number;
    this.newest[chain] = number;
  }

  /** Hands out the packets with this key, oldest first, and forgets that they had it: none is handed out twice. */
  take(key: number, use: (packet: KeptPacket) => void): void {
    const numbers: number[] = [];
    for (let number = this.newest[key & (CHAINS - 1)] as number; number >= this.oldest; ) {
      const at = number % this.entries;
      if (this.keys[at] === key) numbers.push(number);
      number = this.previous[at] as number;
    }
    for (const number of numbers.reverse()) {
      this.keys[number % this.entries] = NO_KEY;
      use(this.packet(number));
    }
  }

  /** Gives a packet that was added with {@link NO_KEY} its key; it is the newest then. */
  giveKey(number: number, key: number): void {
    if (number < this.oldest || number >= this.count) return;
    const { info, interfacePosition, ...packet } = this.packet(number);
    // Its bytes are copied as they are now, also where room is made of them.
    this.add(packet, info, interfacePosition, key);
  }

  private packet(number: number): KeptPacket {
    const at = number % this.entries;
    return {
      bytes: this.bytes,
      offset: this.offsets[at] as number,
      capturedLength: this.lengths[at] as number,
      originalLength: this.originals[at] as number,
      timeNs: this.times[at] as number,
      linkType: this.linkTypes[at] as number,
      info: this.infos[at] as CaptureInfo,
      interfacePosition: this.positions[at] as number,
    };
  }

  /** Where so many bytes in one piece are free; the oldest packets make room. */
  private room(length: number): number {
    if (this.count - this.oldest >= this.entries) this.oldest++;
    let offset = this.writeAt;
    if (offset + length > this.bytes.length) {
      // What lies between here and the end is older than what lies at the start.
      this.forget(offset, this.bytes.length);
      offset = 0;
    }
    this.forget(offset, offset + length);
    this.writeAt = offset + length;
    return offset;
  }

  private forget(from: number, to: number): void {
    while (this.oldest < this.count) {
      const at = this.oldest % this.entries;
      const offset = this.offsets[at] as number;
      const end = offset + Math.max(1, this.lengths[at] as number);
      if (offset >= to || end <= from) return;
      this.infos[at] = undefined;
      this.oldest++;
    }
  }
}

/** Of packets that are not found by a key: it is not known yet, or they were handed out. */
export const NO_KEY = 0;
