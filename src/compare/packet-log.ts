import { u8, u16 } from '../bytes.ts';
import { ACK, FIN, RST, type Segment, SYN } from '../wire/segment.ts';

/** What a packet log may hold. */
export interface PacketLogLimits {
  /** Packets in all. Each takes some 60 bytes: two million stay below 130 MB. */
  readonly packets: number;
  /** A session's first packets, with its handshake and key exchange, and its last ones, with its end. */
  readonly first: number;
  readonly last: number;
}

const DEFAULT_PACKET_LOG_LIMITS: PacketLogLimits = { packets: 1 << 21, first: 4096, last: 4096 };

const START = 1 << 12;
/** No further packet. */
const NONE = -1;

/** Bits of {@link PacketLog.traits}. */
export const FROM_LOW = 1;
/** The payload begins with `SSH-`. */
export const IDENTIFIES = 2;
/** The capture holds the whole payload. */
export const WHOLE = 4;
/** Its first SACK block is in the edges. */
export const SACKS = 8;
/** The capture holds all of its TCP header. */
export const WHOLE_HEADER = 16;

/** TCP option kinds that have a bit of their own in {@link PacketLog.optionKinds}; all others share the highest. */
const OTHER_OPTION = 1 << 30;
const [END, NO_OPERATION, MSS, WINDOW_SCALE, SACK, TIMESTAMPS] = [0, 1, 2, 3, 5, 8];

/**
 * What a comparison needs of every packet, in columns: objects for a million packets would take ten times the memory.
 * Each session's packets are a list: `next` leads from one to the following.
 */
export class PacketLog {
  /** Packets that the limits kept out. */
  dropped = 0;
  private readonly limits: PacketLogLimits;
  private used = 0;
  private capacity = START;
  next = new Int32Array(START);
  number = new Float64Array(START);
  /** Nanoseconds since the capture's first packet. */
  timeNs = new Float64Array(START);
  sequence = new Int32Array(START);
  acknowledgement = new Int32Array(START);
  length = new Int32Array(START);
  /** Of the payload that was captured. */
  hash = new Int32Array(START);
  /** TSval of the time stamps option; 0 without one. */
  timestamp = new Int32Array(START);
  /** A bit for each kind of TCP option. */
  optionKinds = new Int32Array(START);
  /** MSS and window scale of a SYN (-1 without); edges of the first SACK block of another segment. */
  left = new Int32Array(START);
  right = new Int32Array(START);
  window = new Int32Array(START);
  /** -1 in IPv6. */
  ipId = new Int32Array(START);
  flags = new Uint8Array(START);
  hopLimit = new Uint8Array(START);
  trafficClass = new Uint8Array(START);
  traits = new Uint8Array(START);

  constructor(limits: Partial<PacketLogLimits> = {}) {
    this.limits = { ...DEFAULT_PACKET_LOG_LIMITS, ...limits };
  }

  /** Adds a packet to a list that holds `list.count` packets. */
  append(list: PacketList, segment: Segment, fromLow: boolean): void {
    const place = this.placeFor(list);
    if (place === NONE) {
      list.dropped++;
      this.dropped++;
      return;
    }
    this.fill(place, segment, fromLow);
    this.next[place] = NONE;
    if (list.tail === NONE) list.head = place;
    else this.next[list.tail] = place;
    list.tail = place;
    list.count++;
    if (list.count === this.limits.first) list.anchor = place;
  }

  /** A session's packets in capture order. */
  placesOf(list: PacketList): number[] {
    const places: number[] = [];
    for (let place = list.head; place !== NONE; place = this.next[place] as number) places.push(place);
    return places;
  }

  /** Where the next packet goes: behind all, or onto the oldest of the session's last ones. */
  private placeFor(list: PacketList): number {
    if (list.count >= this.limits.first + this.limits.last) {
      const oldest = this.next[list.anchor] as number;
      if (list.firstDroppedNs === undefined) list.firstDroppedNs = this.timeNs[oldest] as number;
      list.lastDroppedNs = this.timeNs[oldest] as number;
      this.next[list.anchor] = this.next[oldest] as number;
      list.count--;
      list.dropped++;
      this.dropped++;
      return oldest;
    }
    if (this.used >= this.limits.packets) return NONE;
    if (this.used === this.capacity) this.grow();
    return this.used++;
  }

  private fill(place: number, segment: Segment, fromLow: boolean): void {
    const { bytes, optionsOffset, optionsLength, payloadOffset, payloadCaptured } = segment;
    this.number[place] = segment.packetNumber;
    this.timeNs[place] = segment.timeNs;
    this.sequence[place] = segment.sequence;
    this.acknowledgement[place] = segment.acknowledgement;
    this.length[place] = segment.payloadLength;
    this.window[place] = segment.window;
    this.ipId[place] = segment.ipId;
    this.flags[place] = segment.flags;
    this.hopLimit[place] = segment.hopLimit;
    this.trafficClass[place] = segment.trafficClass;
    let traits = fromLow ? FROM_LOW : 0;
    if (payloadCaptured === segment.payloadLength) traits |= WHOLE;
    if (payloadOffset - optionsOffset === optionsLength) traits |= WHOLE_HEADER;
    if (payloadCaptured >= 4 && startsWithSsh(bytes, payloadOffset)) traits |= IDENTIFIES;
    this.traits[place] = traits;
    this.hash[place] = payloadCaptured === 0 ? 0 : hashOf(bytes, payloadOffset, payloadCaptured);
    this.options(place, bytes, optionsOffset, optionsOffset + optionsLength, (segment.flags & SYN) !== 0);
  }

  /** RFC 9293 §3.1; a broken length ends the list. */
  private options(place: number, bytes: Uint8Array, start: number, end: number, isSyn: boolean): void {
    let kinds = 0;
    this.timestamp[place] = 0;
    this.left[place] = isSyn ? -1 : 0;
    this.right[place] = isSyn ? -1 : 0;
    for (let at = start; at < end; ) {
      const kind = u8(bytes, at);
      if (kind === END) break;
      if (kind === NO_OPERATION) {
        at++;
        continue;
      }
      if (at + 1 >= end) break;
      const length = u8(bytes, at + 1);
      if (length < 2 || at + length > end) break;
      kinds |= kind < 30 ? 1 << kind : OTHER_OPTION;
      if (kind === TIMESTAMPS && length === 10) this.timestamp[place] = word(bytes, at + 2);
      else if (kind === MSS && isSyn && length === 4) this.left[place] = u16(bytes, at + 2);
      else if (kind === WINDOW_SCALE && isSyn && length === 3) this.right[place] = u8(bytes, at + 2);
      else if (kind === SACK && !isSyn && length >= 10) {
        this.left[place] = word(bytes, at + 2);
        this.right[place] = word(bytes, at + 6);
        this.traits[place] = (this.traits[place] as number) | SACKS;
      }
      at += length;
    }
    this.optionKinds[place] = kinds;
  }

  private grow(): void {
    this.capacity = Math.min(this.capacity * 2, this.limits.packets);
    const { capacity } = this;
    this.next = larger(this.next, new Int32Array(capacity));
    this.number = larger(this.number, new Float64Array(capacity));
    this.timeNs = larger(this.timeNs, new Float64Array(capacity));
    this.sequence = larger(this.sequence, new Int32Array(capacity));
    this.acknowledgement = larger(this.acknowledgement, new Int32Array(capacity));
    this.length = larger(this.length, new Int32Array(capacity));
    this.hash = larger(this.hash, new Int32Array(capacity));
    this.timestamp = larger(this.timestamp, new Int32Array(capacity));
    this.optionKinds = larger(this.optionKinds, new Int32Array(capacity));
    this.left = larger(this.left, new Int32Array(capacity));
    this.right = larger(this.right, new Int32Array(capacity));
    this.window = larger(this.window, new Int32Array(capacity));
    this.ipId = larger(this.ipId, new Int32Array(capacity));
    this.flags = larger(this.flags, new Uint8Array(capacity));
    this.hopLimit = larger(this.hopLimit, new Uint8Array(capacity));
    this.trafficClass = larger(this.trafficClass, new Uint8Array(capacity));
    this.traits = larger(this.traits, new Uint8Array(capacity));
  }
}

/** The packets of one session in a {@link PacketLog}. */
export class PacketList {
  head = NONE;
  tail = NONE;
  count = 0;
  /** The last of the first packets that are kept for good. */
  anchor = NONE;
  /** Packets that are not kept, and the times of the first and the last of those from the session's middle. */
  dropped = 0;
  firstDroppedNs: number | undefined = undefined;
  lastDroppedNs: number | undefined = undefined;
}

/** Sequence numbers that a segment takes: its bytes, and one each for SYN and FIN (RFC 9293 §3.4). */
export const spanOf = (flags: number, length: number): number =>
  length + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);

export const isPureAck = (flags: number, length: number): boolean =>
  length === 0 && (flags & (SYN | FIN | RST)) === 0 && (flags & ACK) !== 0;

function larger<T extends Float64Array | Int32Array | Uint8Array>(old: T, fresh: T): T {
  fresh.set(old);
  return fresh;
}

const word = (bytes: Uint8Array, at: number): number => (u16(bytes, at) << 16) | u16(bytes, at + 2);

const startsWithSsh = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0x53 && bytes[at + 1] === 0x53 && bytes[at + 2] === 0x48 && bytes[at + 3] === 0x2d;

/** FNV-1a: packets with the same place in the stream are compared, not looked up by it alone. */
function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5 | 0;
  const end = start + length;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash;
}
