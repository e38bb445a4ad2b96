/*
 * One side of a connection as Zeek keeps it: its numbers (TCP_Endpoint) and the bytes that came above a hole
 * (TCP_Reassembler). Which state it is in is decided in `zeek-state.ts`.
 */

export const INACTIVE = 0;
export const SYN_SENT = 1;
export const SYN_ACK_SENT = 2;
export const PARTIAL = 3;
export const ESTABLISHED = 4;
export const CLOSED = 5;
export const RESET = 6;

/** An ACK of 0, or a SYN or RST, that jumps this far is not believed. */
export const TOO_LARGE_JUMP = 1 << 20;
/** Bytes kept above a hole while nothing was acknowledged at all: beyond, Zeek looks for holes no more. */
const MAX_ABOVE_HOLE_WITHOUT_ACKS = 1 << 14;
/** Bytes kept since the last acknowledgement: beyond, the same. */
export const MAX_WITHOUT_FURTHER_ACKS = 10 << 20;
/** Runs of bytes above holes that are remembered; Zeek has no limit here. */
const MAX_RUNS = 128;

/** One side. Everything is a small integer; sequence numbers are signed 32-bit. */
export class Endpoint {
  state = INACTIVE;
  previousState = INACTIVE;
  /** 1 when the numbers below are known, be it from the other side's ACK. */
  numbered = 0;
  /** Number of the SYN, or of where it would have been. */
  start = 0;
  /** One past the furthest segment, and how often that passed 4 GiB. */
  last = 0;
  lastWraps = 0;
  /** Highest acknowledgement by the peer, and how often that passed 4 GiB. */
  acked = 0;
  ackedWraps = 0;
  hasFin = 0;
  /** One past the (latest) FIN. */
  finEnd = 0;
  /** Next byte that is not there yet, and the acknowledgement up to which holes are accounted for. */
  next = 0;
  accounted = 0;
  /** Holes are looked for no more. */
  blind = 0;
  /** Bits 1 << letter. */
  seen = 0;
  /** Place, from `start`, of the last one. */
  lastSyn = 0;
  lastFin = 0;
  lastRst = 0;
  badChecksums = 0;
  zeroWindows = 0;
  repeats = 0;
  gaps = 0;
  /** Runs of bytes beyond `next`: start and end in turn, ascending, not touching. */
  runs: number[] | undefined = undefined;

  reset(): void {
    this.state = INACTIVE;
    this.previousState = INACTIVE;
    this.numbered = 0;
    this.start = 0;
    this.last = 0;
    this.lastWraps = 0;
    this.acked = 0;
    this.ackedWraps = 0;
    this.hasFin = 0;
    this.finEnd = 0;
    this.next = 0;
    this.accounted = 0;
    this.blind = 0;
    this.seen = 0;
    this.lastSyn = 0;
    this.lastFin = 0;
    this.lastRst = 0;
    this.badChecksums = 0;
    this.zeroWindows = 0;
    this.repeats = 0;
    this.gaps = 0;
    this.runs = undefined;
  }
}

/** Sets the numbers of a side that has not sent anything yet. */
export function setNumbers(end: Endpoint, start: number, last: number): void {
  const first = (start + 1) | 0;
  end.numbered = 1;
  end.start = start;
  end.last = last;
  end.acked = start;
  end.next = first;
  end.accounted = first;
}

/** A further SYN: Zeek guesses that this one is what really sets up the connection. */
export function resetNumbers(end: Endpoint, start: number, last: number): void {
  switch (end.state) {
    case SYN_SENT:
    case SYN_ACK_SENT:
      if (end.start === start) return;
      break;
    case ESTABLISHED:
    case PARTIAL:
      break;
    case RESET:
      // The numbers are those of a reset, which may have been forged.
      if (end.previousState !== INACTIVE) return;
      break;
    default:
      return;
  }
  // Zeek's reassembler counts from the start and goes on counting.
  const shift = (start - end.start) | 0;
  end.next = (end.next + shift) | 0;
  end.accounted = (end.accounted + shift) | 0;
  if (shift !== 0) end.runs = undefined;
  end.start = start;
  end.last = last;
  end.lastWraps = 0;
  end.acked = start;
  end.ackedWraps = 0;
}

export function advanceLast(end: Endpoint, last: number): void {
  if ((last - end.start) >>> 0 < (end.last - end.start) >>> 0) end.lastWraps++;
  end.last = last;
}

export function advanceAcked(end: Endpoint, acked: number): void {
  const advance = (acked - end.acked) | 0;
  if (advance <= 0 || (acked === 0 && advance > TOO_LARGE_JUMP)) return;
  if ((acked - end.start) >>> 0 < (end.acked - end.start) >>> 0) end.ackedWraps++;
  end.acked = acked;
}

function isUnacknowledged(end: Endpoint): boolean {
  return end.ackedWraps === 0 && (end.acked === end.start || end.acked === ((end.start + 1) | 0));
}

/** A lot of bytes was not acknowledged: of a side that never was, one waits no more; else it is the peer that is lost. */
export function leaveUnacknowledged(end: Endpoint): void {
  if (isUnacknowledged(end)) end.accounted = end.next;
  else end.blind = 1;
}

/** Bytes from..to came, not simply the next ones. */
export function arrive(end: Endpoint, from: number, to: number): void {
  if (end.blind !== 0 || ((to - end.next) | 0) <= 0) return;
  if (((from - end.next) | 0) <= 0) {
    if (((from - end.start) | 0) < 0 && offset(end, end.last, end.lastWraps) < 0x8000_0000) return;
    end.next = to;
    if (end.runs !== undefined) joinRuns(end, end.runs);
    return;
  }
  const runs = end.runs ?? [];
  // The runs that touch from..to: those between low and high become one with it.
  let low = runs.length;
  while (low > 0 && (((runs[low - 1] as number) - from) | 0) >= 0) low -= 2;
  let high = low;
  while (high < runs.length && (((runs[high] as number) - to) | 0) <= 0) high += 2;
  if (low === high && runs.length >= 2 * MAX_RUNS) return;
  if (low !== high) {
    const first = runs[low] as number;
    const last = runs[high - 1] as number;
    runs.splice(low, high - low, ((first - from) | 0) < 0 ? first : from, ((last - to) | 0) > 0 ? last : to);
  } else {
    runs.splice(low, 0, from, to);
  }
  end.runs = runs;
  const top = runs[runs.length - 1] as number;
  if (((top - end.next) | 0) > MAX_ABOVE_HOLE_WITHOUT_ACKS && isUnacknowledged(end)) {
    end.blind = 1;
    end.runs = undefined;
  }
}

/** Takes up the runs that `next` has reached. */
export function joinRuns(end: Endpoint, runs: number[]): void {
  let taken = 0;
  while (taken < runs.length && (((runs[taken] as number) - end.next) | 0) <= 0) {
    const to = runs[taken + 1] as number;
    if (((to - end.next) | 0) > 0) end.next = to;
    taken += 2;
  }
  dropRuns(end, runs, taken);
}

export function dropRuns(end: Endpoint, runs: number[], taken: number): void {
  if (taken >= runs.length) end.runs = undefined;
  else if (taken > 0) runs.splice(0, taken);
}

/** Distance of a sequence number from the side's start. */
function offset(end: Endpoint, sequence: number, wraps: number): number {
  return wraps * 0x1_0000_0000 + ((sequence - end.start) >>> 0);
}

/** Payload bytes by the sequence numbers: without the SYN, and without the FIN if there was one. */
export function size(end: Endpoint, peer: Endpoint): number {
  // A half-open connection was found and aborted: its numbers are another connection's.
  if (
    end.previousState === SYN_SENT &&
    end.state === RESET &&
    peer.state === INACTIVE &&
    !isUnacknowledged(end)
  ) {
    return 0;
  }
  let bytes = Math.max(offset(end, end.last, end.lastWraps), offset(end, end.acked, end.ackedWraps));
  if (bytes > 0) bytes--;
  if (bytes > 0 && end.hasFin !== 0) bytes--;
  return bytes;
}
