import type { Segment } from '../wire/segment.ts';
import type { DoubtfulSegments } from './doubtful.ts';

/**
 * What one side of a connection sent. Sequence numbers are signed 32-bit integers compared by wrapping
 * subtraction; offsets are doubles counted from the first payload byte, so they do not wrap.
 *
 * Field order and types stay constant: hundreds of thousands of these live at once, and V8 keeps them fast only
 * with one shape.
 */
export class Half {
  // In use for every packet: together, so that they lie in few cache lines (measured: a tenth of the time)

  /** Packets of this side, duplicates included (as Wireshark counts). */
  packets = 0;
  /** Number of its last packet. */
  lastPacket = 0;
  /** Hop limit of the first packet; -1 before it. */
  hopLimit = -1;
  /** `base` is known: from the SYN, from the other side's ACK of it, or (midway) from the first segment. */
  started = false;
  /** Sequence number of stream offset 0. */
  base = 0;
  /** Next byte in order, and its offset. */
  nextSequence = 0;
  nextOffset = 0;
  /** End of the data seen furthest ahead. */
  maxSequence = 0;
  /** What its checksums are when nothing was damaged: those of some captures are wrong throughout. */
  checksums: 'unknown' | 'right' | 'wrong' = 'unknown';
  /** Highest acknowledgement by the other side, and that there was one. */
  acked = 0;
  hasAcked = false;
  /** Payload bytes in the stream that the capture holds, each once. */
  bytes = 0;
  /** Segments beyond a hole, sorted by sequence number. */
  pending: PendingSegment[] | undefined = undefined;
  /** Identity of the last segments that carried something: sequence, fingerprint, length, time in turn. */
  readonly recent: number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  recentCount = 0;
  recentAt = 0;
  /** As last announced, before scaling. */
  window = 0;
  /** DSCP << 2 of its latest segment that was no reset; -1 before it. */
  marking = -1;
  /** IP identification of its latest segment that was no reset; -1 before it, and in IPv6. */
  ipId = -1;
  /** Largest payload so far, the sequence number behind it, and the largest that was acknowledged. */
  largestLength = 0;
  largestEnd = 0;
  largestDelivered = 0;
  /** Keep-alive probes since the other side's last packet. */
  unansweredProbes = 0;
  finPacket = 0;
  /** It fits only where the capture lacks what lay before it. */
  finIsFar = false;
  finSequence = 0;
  rstPacket = 0;
  /** It fits only where the capture lacks what lay before it. */
  rstIsFar = false;
  /** Retransmissions since the last acknowledgement that advanced. */
  unackedRetransmissions = 0;
  /** When the oldest byte that is not acknowledged was first sent; meaningful while data is in flight. */
  unackedSinceNs = 0;
  /** First and last packet that retransmitted without being answered. */
  lastDataPacket = 0;
  lastDataNs = 0;
  synCount = 0;

  // In use now and then

  /** Stream bytes that the capture does not hold. */
  missedBytes = 0;
  /** Holes in the stream that were given up. */
  gaps = 0;
  retransmissions = 0;
  outOfOrder = 0;
  duplicates = 0;
  zeroWindows = 0;
  checksumErrors = 0;
  /** The other side acknowledged bytes that the capture does not hold (yet). */
  ackedUnseen = false;
  /** It acknowledged so much that was not seen that only a capture without data may lack it; the packet is 0 when it did not. */
  farAck = 0;
  farAckPacket = 0;
  initialSequence = 0;
  synPacket = 0;
  synNs = 0;
  /** -1 without the option. */
  mss = -1;
  /** Shift count; -1 without the option. */
  windowScale = -1;
  synTrafficClass = -1;
  finNs = 0;
  /** Offset of the FIN: all the data of this side is before it. */
  finOffset = 0;
  finAck = 0;
  finHasAck = false;
  finUnacknowledged = false;
  /** When it sent the FIN it had not received what the other side had repeated for seconds. */
  finUnhearing = false;
  rstNs = 0;
  rstSequence = 0;
  rstAck = 0;
  rstHasAck = false;
  rstHopLimit = 0;
  rstIpId = 0;
  rstWindow = 0;
  rstOptionsLength = 0;
  rstTrafficClass = 0;
  rstUnacknowledged = false;
  /** IP identification of its segment before the reset; -1 where there is none. */
  rstPreviousIpId = -1;
  resets = 0;
  /** This side sent new data after "its" reset, or repeated old data by a time-out: that reset was not its own. */
  spokeAfterReset = 0;
  /** Every other value, at most MAX_HOP_LIMITS. */
  otherHopLimits: number[] | undefined = undefined;
  /** Times of repeated SYN or SYN-ACK, at most MAX_SYN_NOTES packets. */
  synRepeats: number[] | undefined = undefined;
  /** The SYN or SYN-ACK had the time stamps option (RFC 7323). */
  timestamps = false;
  /** Every change of the marking, packet and DSCP << 2 in turn; undefined while it never changed. */
  markings: number[] | undefined = undefined;
  /** Repeats since the last acknowledgement that advanced: packet, time, payload length in turn. */
  unanswered: number[] | undefined = undefined;
  /** The other side said that it had received data behind a hole (RFC 2018): packet and bytes beyond the hole. */
  sackPacket = 0;
  sackNs = 0;
  sackAhead = 0;
  /** A hole that was still open when the connection was over and that nobody acknowledged. */
  openHole: OpenHole | undefined = undefined;
  /**
   * The last segments with new data: packet, time, payload length in turn; `tailCount` in all, so the next goes to its rest.
   * Undefined before the first.
   */
  tail: Float64Array | undefined = undefined;
  tailCount = 0;
  pendingBytes = 0;
  /** Segments with a wrong checksum; undefined before the first. */
  doubtful: DoubtfulSegments | undefined = undefined;
  /** Segments that arrived since the hole opened. */
  pendingAge = 0;

  /** As new: halves are reused, because the garbage of a hundred thousand sessions costs as much as reading them. */
  reset(): void {
    this.packets = 0;
    this.lastPacket = 0;
    this.bytes = 0;
    this.missedBytes = 0;
    this.gaps = 0;
    this.retransmissions = 0;
    this.outOfOrder = 0;
    this.duplicates = 0;
    this.zeroWindows = 0;
    this.checksumErrors = 0;
    this.started = false;
    this.base = 0;
    this.nextSequence = 0;
    this.nextOffset = 0;
    this.maxSequence = 0;
    this.acked = 0;
    this.hasAcked = false;
    this.ackedUnseen = false;
    this.farAck = 0;
    this.farAckPacket = 0;
    this.unackedSinceNs = 0;
    this.unackedRetransmissions = 0;
    this.lastDataPacket = 0;
    this.lastDataNs = 0;
    this.initialSequence = 0;
    this.synPacket = 0;
    this.synNs = 0;
    this.synCount = 0;
    this.mss = -1;
    this.windowScale = -1;
    this.synTrafficClass = -1;
    this.window = 0;
    this.unansweredProbes = 0;
    this.finPacket = 0;
    this.finIsFar = false;
    this.finNs = 0;
    this.finOffset = 0;
    this.finSequence = 0;
    this.finAck = 0;
    this.finHasAck = false;
    this.finUnacknowledged = false;
    this.finUnhearing = false;
    this.rstPacket = 0;
    this.rstIsFar = false;
    this.rstNs = 0;
    this.rstSequence = 0;
    this.rstAck = 0;
    this.rstHasAck = false;
    this.rstHopLimit = 0;
    this.rstIpId = 0;
    this.rstWindow = 0;
    this.rstOptionsLength = 0;
    this.rstTrafficClass = 0;
    this.rstUnacknowledged = false;
    this.resets = 0;
    this.spokeAfterReset = 0;
    this.hopLimit = -1;
    this.otherHopLimits = undefined;
    this.synRepeats = undefined;
    this.timestamps = false;
    this.marking = -1;
    this.markings = undefined;
    this.ipId = -1;
    this.rstPreviousIpId = -1;
    this.largestLength = 0;
    this.largestEnd = 0;
    this.largestDelivered = 0;
    this.unanswered = undefined;
    this.sackPacket = 0;
    this.sackNs = 0;
    this.sackAhead = 0;
    this.openHole = undefined;
    this.tailCount = 0;
    this.recentCount = 0;
    this.recentAt = 0;
    this.pending = undefined;
    this.pendingBytes = 0;
    this.pendingAge = 0;
    this.doubtful = undefined;
    this.checksums = 'unknown';
  }
}

/** Bytes before data that was seen, which never came. */
export interface OpenHole {
  readonly lengthBytes: number;
  /** The first segment behind it. */
  readonly packet: number;
  readonly timeNs: number;
}

/** Last data segments kept a side: as many as show that something comes at even intervals. */
export const TAIL = 6;

/** A segment kept until the bytes before it arrive. */
export interface PendingSegment {
  sequence: number;
  length: number;
  /** Captured bytes, copied; may be shorter than `length`. */
  readonly bytes: Uint8Array;
  readonly packet: number;
  readonly timeNs: number;
}

/** A NAT or a load balancer shows a handful; more only shows that somebody plays. */
const MAX_HOP_LIMITS = 8;
/** Linux sends at most 7 SYNs by default; some stacks 11. */
export const MAX_SYN_NOTES = 16;
/** Segments remembered to tell a copy of a packet from a retransmission: copies follow at once. */
const RECENT = 4;

/** TSval of the option layouts that Linux, BSD and Windows send (NOP NOP TS), else 0: there the time must tell. */
function timestampOf(segment: Segment): number {
  const at = segment.optionsOffset;
  const bytes = segment.bytes;
  if (segment.optionsLength < 12 || bytes[at] !== 1 || bytes[at + 2] !== 8) return 0;
  return (
    ((bytes[at + 4] as number) << 24) |
    ((bytes[at + 5] as number) << 16) |
    ((bytes[at + 6] as number) << 8) |
    (bytes[at + 7] as number)
  );
}

/** No stack retransmits sooner (RFC 6298 asks for 1 s, Linux takes 200 ms); a copy follows within milliseconds. */
const COPY_NS = 100e6;

/**
 * The same bits arriving again (a mirror port, `-i any`, a network that duplicates) have the same IP
 * identification and time stamp option; a retransmission mostly has others, and comes later.
 */
function fingerprint(segment: Segment): number {
  return (
    (Math.imul(timestampOf(segment), 31) ^ (segment.ipId << 16) ^ segment.flags ^ segment.acknowledgement) | 0
  );
}

/** Whether this very segment was seen just before; remembers it if not. */
export function isCopy(half: Half, segment: Segment): boolean {
  const { recent, recentCount } = half;
  if (recentCount === 0) return false;
  const print = fingerprint(segment);
  for (let i = 0; i < recentCount * 4; i += 4) {
    if (
      recent[i] === segment.sequence &&
      recent[i + 1] === print &&
      recent[i + 2] === segment.payloadLength &&
      segment.timeNs - (recent[i + 3] as number) < COPY_NS
    ) {
      return true;
    }
  }
  return false;
}

/** Remembers a segment with payload, SYN, FIN or RST for {@link isCopy}. */
export function remember(half: Half, segment: Segment): void {
  const { recent } = half;
  const at = half.recentAt * 4;
  recent[at] = segment.sequence;
  recent[at + 1] = fingerprint(segment);
  recent[at + 2] = segment.payloadLength;
  recent[at + 3] = segment.timeNs;
  half.recentAt = (half.recentAt + 1) % RECENT;
  if (half.recentCount < RECENT) half.recentCount++;
}

export function noteHopLimit(half: Half, hopLimit: number): void {
  if (half.hopLimit === -1) {
    half.hopLimit = hopLimit;
    return;
  }
  const others = half.otherHopLimits ?? [];
  if (others.includes(hopLimit) || others.length >= MAX_HOP_LIMITS) return;
  others.push(hopLimit);
  half.otherHopLimits = others;
}

const MAX_MARKINGS = 8;
/** Retransmissions kept: Linux gives up after 15, and the first ones tell. */
const MAX_UNANSWERED = 8;
const DSCP = 0xfc;

/** Notes the DSCP of a segment where it is another than before. */
export function noteMarking(half: Half, segment: Segment): void {
  const marking = segment.trafficClass & DSCP;
  if (marking === half.marking) return;
  const before = half.marking;
  half.marking = marking;
  if (before === -1) return;
  const markings = half.markings ?? [];
  if (markings.length < 2 * MAX_MARKINGS) markings.push(segment.packetNumber, marking);
  half.markings = markings;
}

export function noteUnanswered(half: Half, segment: Segment): void {
  const unanswered = half.unanswered ?? [];
  if (unanswered.length < 3 * MAX_UNANSWERED) {
    unanswered.push(segment.packetNumber, segment.timeNs, segment.payloadLength);
  }
  half.unanswered = unanswered;
}

/** Notes a segment with new data among the last ones. */
export function noteTail(half: Half, segment: Segment): void {
  // Not for those that never send: of many connections nothing comes but a handshake.
  half.tail ??= new Float64Array(TAIL * 3);
  const { tail } = half;
  const at = (half.tailCount % TAIL) * 3;
  tail[at] = segment.packetNumber;
  tail[at + 1] = segment.timeNs;
  tail[at + 2] = segment.payloadLength;
  half.tailCount++;
}

/** When the last new data before a moment was sent, where that is among what is remembered; else when the last of all was. */
export function lastDataBefore({ lastDataNs, tail, tailCount }: Half, ns: number): number {
  if (lastDataNs < ns || tail === undefined) return lastDataNs;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < Math.min(tailCount, TAIL); i++) {
    const timeNs = tail[i * 3 + 1] as number;
    if (timeNs < ns && timeNs > last) last = timeNs;
  }
  return last === Number.NEGATIVE_INFINITY ? lastDataNs : last;
}

/** Stream offset of a sequence number. */
export function offsetOf(half: Half, sequence: number): number {
  return half.nextOffset + ((sequence - half.nextSequence) | 0);
}
