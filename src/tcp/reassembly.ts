import type { Side } from '../ssh/conversation-api.ts';
import type { Segment } from '../wire/segment.ts';
import type { Connection } from './connection.ts';
import type { Half, PendingSegment } from './half.ts';

/* Streams in order again: what waits for a hole to be filled, and holes that never are. */

/** Bytes and segments kept a direction while a hole is open: a hole is filled within a round trip or never. */
const MAX_PENDING_BYTES = 1 << 18;
const MAX_PENDING_SEGMENTS = 512;
/** The same for all connections together. */
const MAX_PENDING_BYTES_TOTAL = 1 << 26;
/**
 * A hole that the receiver has acknowledged was lost by the capture, not by the network. Captures of several
 * queues or interfaces show the data somewhat later than the acknowledgement, so it is waited for.
 */
const GAP_AFTER_SEGMENTS = 32;
const GAP_AFTER_NS = 1e9;

/** Shared by all connections of a tracker, so that their buffers together have a limit. */
export class ReassemblyBudget {
  pendingBytes = 0;
  /** Segments that were not kept because a buffer was full. */
  refused = 0;

  get isSpent(): boolean {
    return this.pendingBytes > MAX_PENDING_BYTES_TOTAL;
  }
}

/** What is used of the connection that a stream belongs to. */
type StreamOwner = Pick<Connection, 'anomaly' | 'budget' | 'deliver' | 'lastNs' | 'lastPacket' | 'ssh'>;

/** Keeps a segment for later, in order, trimmed to what is new. First bytes win. */
export function keep(
  owner: StreamOwner,
  side: Side,
  half: Half,
  segment: Segment,
  sequence: number,
  length: number,
): void {
  const { budget } = owner;
  let pending = half.pending;
  if (pending === undefined) {
    pending = [];
    half.pending = pending;
    half.pendingAge = 0;
  }
  const captured = segment.payloadCaptured;
  const copy = segment.bytes.slice(segment.payloadOffset, segment.payloadOffset + captured);
  let at = pending.length;
  while (at > 0 && (((pending[at - 1] as PendingSegment).sequence - sequence) | 0) > 0) at--;
  const before = pending[at - 1];
  const after = pending[at];
  if (
    (before !== undefined && differs(before, sequence, copy)) ||
    (after !== undefined && differs(after, sequence, copy))
  ) {
    owner.anomaly('overlap-differs', side, segment.packetNumber);
  }
  pending.splice(at, 0, {
    sequence,
    length,
    bytes: copy,
    packet: segment.packetNumber,
    timeNs: segment.timeNs,
  });
  half.pendingBytes += captured;
  budget.pendingBytes += captured;
  if (half.pendingBytes > MAX_PENDING_BYTES || pending.length > MAX_PENDING_SEGMENTS || budget.isSpent) {
    budget.refused++;
    owner.anomaly('buffer-limit', side, segment.packetNumber);
    flush(owner, side, half);
  }
}

/** Delivers kept segments that are in order now. */
export function drain(owner: StreamOwner, side: Side, half: Half): void {
  const pending = half.pending;
  if (pending === undefined) return;
  let taken = 0;
  for (const kept of pending) {
    const ahead = (kept.sequence - half.nextSequence) | 0;
    if (ahead > 0) break;
    taken++;
    const skip = -ahead;
    if (skip >= kept.length) continue;
    half.nextSequence = (kept.sequence + kept.length) | 0;
    const from = Math.min(skip, kept.bytes.length);
    owner.deliver(
      side,
      half,
      kept.bytes,
      from,
      kept.bytes.length - from,
      kept.length - skip,
      kept.packet,
      kept.timeNs,
    );
  }
  if (taken === 0) return;
  for (let i = 0; i < taken; i++) forget(owner, half, pending[i] as PendingSegment);
  if (taken === pending.length) {
    half.pending = undefined;
  } else {
    pending.splice(0, taken);
    half.pendingAge = 0;
  }
}

function forget({ budget }: StreamOwner, half: Half, kept: PendingSegment): void {
  half.pendingBytes -= kept.bytes.length;
  budget.pendingBytes -= kept.bytes.length;
}

/** Skips holes whose bytes the receiver has, as its acknowledgements say: the capture lost them. */
export function giveUpLostHoles(owner: StreamOwner, side: Side, half: Half, nowNs: number): void {
  for (;;) {
    const first = half.pending?.[0];
    if (first === undefined) return;
    if (!half.hasAcked || ((half.acked - first.sequence) | 0) < 0) return;
    if (half.pendingAge < GAP_AFTER_SEGMENTS && nowNs - first.timeNs < GAP_AFTER_NS) return;
    skipHole(owner, side, half, first);
  }
}

/** Gives up all holes. */
export function flush(owner: StreamOwner, side: Side, half: Half): void {
  for (;;) {
    const first = half.pending?.[0];
    if (first === undefined) return;
    skipHole(owner, side, half, first);
  }
}

function skipHole(owner: StreamOwner, side: Side, half: Half, first: PendingSegment): void {
  const hole = (first.sequence - half.nextSequence) | 0;
  if (hole > 0) miss(owner, side, half, hole, first.packet, first.timeNs);
  half.nextSequence = first.sequence;
  drain(owner, side, half);
}

function miss(
  { ssh }: StreamOwner,
  side: Side,
  half: Half,
  length: number,
  packet: number,
  timeNs: number,
): void {
  half.nextOffset += length;
  // Of a direction that was not captured at all nobody knows how much it was: acknowledgements count a FIN too.
  if (half.packets > 0) {
    half.gaps++;
    half.missedBytes += length;
  }
  ssh.gap(side, length, packet, timeNs);
}

/** Bytes at the end of the stream that were acknowledged (or lie before the FIN) but never seen. */
export function missAcknowledged(owner: StreamOwner, side: Side, half: Half): void {
  if (!half.started) return;
  let end = half.nextSequence;
  if (half.finPacket !== 0 && ((half.finSequence - end) | 0) > 0) end = half.finSequence;
  if (half.ackedUnseen && half.finPacket === 0 && ((half.acked - end) | 0) > 0) end = half.acked;
  const length = (end - half.nextSequence) | 0;
  if (length <= 0) return;
  half.nextSequence = end;
  miss(owner, side, half, length, owner.lastPacket, owner.lastNs);
}

/** Notes a hole that is still open when the connection is over. */
export function noteOpenHole(half: Half): void {
  const first = half.pending?.[0];
  if (first === undefined || (half.hasAcked && ((half.acked - first.sequence) | 0) >= 0)) return;
  half.openHole = {
    lengthBytes: (first.sequence - half.nextSequence) | 0,
    packet: first.packet,
    timeNs: first.timeNs,
  };
}

/** Whether something waits for a hole to be filled, or what is unseen was acknowledged or lies before the FIN. */
export function hasHole(half: Half): boolean {
  if (half.pending !== undefined && half.pending.length > 0) return true;
  if (!half.started) return false;
  if (half.finPacket !== 0 && ((half.finSequence - half.nextSequence) | 0) > 0) return true;
  return half.ackedUnseen && half.finPacket === 0 && ((half.acked - half.nextSequence) | 0) > 0;
}

/** Whether two segments claim different bytes for the same place. */
function differs(kept: PendingSegment, sequence: number, bytes: Uint8Array): boolean {
  const shift = (sequence - kept.sequence) | 0;
  const start = Math.max(0, shift);
  const end = Math.min(kept.bytes.length, shift + bytes.length);
  for (let i = start; i < end; i++) {
    if (kept.bytes[i] !== bytes[i - shift]) return true;
  }
  return false;
}
