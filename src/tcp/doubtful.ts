import { copyOf, FIN, RST, type Segment, SYN } from '../wire/segment.ts';
import type { Half } from './half.ts';
import type { ReassemblyBudget } from './reassembly.ts';

/** Kept a side: what is damaged is sent again before much follows. */
const MAX_SEGMENTS = 8;

/**
 * Segments of one side with a wrong checksum. Their receiver decides what they were worth: what it acknowledges without
 * another copy it has received, so only the capture has it wrong; what is sent again was damaged.
 */
export class DoubtfulSegments {
  private segments: Segment[] = [];
  /** Which packets of the side they are, from 1. */
  private positions: number[] = [];

  get all(): readonly Segment[] {
    return this.segments;
  }

  /** Keeps a copy; false when there is no room, or it is nothing but an acknowledgement. */
  keep(segment: Segment, position: number, budget: ReassemblyBudget): boolean {
    const isEmpty = spaceOf(segment) === 0 && (segment.flags & RST) === 0;
    if (isEmpty || this.segments.length === MAX_SEGMENTS || budget.isSpent) return false;
    const copy = copyOf(segment);
    budget.pendingBytes += copy.bytes.length;
    this.segments.push(copy);
    this.positions.push(position);
    return true;
  }

  /** Takes out what is acknowledged. */
  settle(acknowledged: number, budget: ReassemblyBudget): readonly Segment[] {
    return this.takeOut(budget, (segment) => spaceOf(segment) > 0 && isBefore(segment, acknowledged));
  }

  /** Takes out the SYN that a side has sent whose sequence numbers go on there. */
  settleSyn(sequence: number, budget: ReassemblyBudget): readonly Segment[] {
    return this.takeOut(
      budget,
      ({ flags, sequence: first }) => (flags & SYN) !== 0 && ((first + 1) | 0) === sequence,
    );
  }

  /** Takes out all that are meant. */
  takeOut(budget: ReassemblyBudget, isMeant: (segment: Segment) => boolean = () => true): readonly Segment[] {
    const { segments, positions } = this;
    const meant = segments.map(isMeant);
    this.segments = segments.filter((_, i) => !meant[i]);
    this.positions = positions.filter((_, i) => !meant[i]);
    const taken = segments.filter((_, i) => meant[i]);
    for (const segment of taken) budget.pendingBytes -= segment.bytes.length;
    return taken;
  }

  /** The one with which the side said the very same, so much earlier at least; a reset is not said again by a time-out. */
  sameAs(segment: Segment, earlierNs: number): Segment | undefined {
    if ((segment.flags & RST) !== 0) return undefined;
    return this.segments.find(
      (kept) =>
        kept.sequence === segment.sequence &&
        kept.acknowledgement === segment.acknowledgement &&
        kept.flags === segment.flags &&
        kept.window === segment.window &&
        kept.payloadLength === segment.payloadLength &&
        segment.timeNs - kept.timeNs >= earlierNs &&
        Buffer.compare(payloadOf(kept), payloadOf(segment)) === 0,
    );
  }

  /** Whether there is no room for more and they follow each other in the stream from there on: none of them came again. */
  isFullStream(from: number): boolean {
    let next = from;
    return (
      this.segments.length === MAX_SEGMENTS &&
      this.segments.every((segment) => {
        const follows = segment.sequence === next;
        next = (segment.sequence + spaceOf(segment)) | 0;
        return follows;
      })
    );
  }

  /** Those behind which the side has sent nothing else in its so many packets. */
  last(packets: number): readonly Segment[] {
    const { segments, positions } = this;
    return segments.filter((_, i) => (positions[i] as number) + segments.length - 1 - i === packets);
  }
}

const payloadOf = ({ bytes, payloadOffset, payloadCaptured }: Segment): Uint8Array =>
  bytes.subarray(payloadOffset, payloadOffset + payloadCaptured);

const isBefore = (segment: Segment, sequence: number): boolean =>
  ((sequence - segment.sequence - spaceOf(segment)) | 0) >= 0;

/** Whether the segment brings nothing new. */
export function hasReceived(half: Half, segment: Segment): boolean {
  if ((segment.flags & RST) !== 0) return half.rstPacket !== 0;
  if ((segment.flags & SYN) !== 0) return half.synCount > 0;
  if (!half.started) return false;
  const ahead = (segment.sequence + segment.payloadLength - half.nextSequence) | 0;
  // Behind what looks like a FIN and is none, the stream goes on.
  const isNoNewFin = (segment.flags & FIN) === 0 || half.finPacket !== 0;
  return ahead < 0 || (ahead === 0 && isNoNewFin);
}

/** Sequence numbers that a receiver acknowledges: those of the payload, and one each for SYN and FIN. */
export function spaceOf({ flags, payloadLength }: Segment): number {
  if ((flags & RST) !== 0) return 0;
  return payloadLength + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
}

/** Whether a segment is believed that nobody acknowledged until the connection was over. */
export function isBelievedAtEnd(half: Half, segment: Segment, isLast: boolean): boolean {
  if (hasReceived(half, segment)) return false;
  if ((segment.flags & RST) !== 0) return isLast;
  if ((segment.flags & SYN) !== 0) return !half.started;
  if (half.started && segment.sequence !== half.nextSequence) return false;
  const end = (segment.sequence + spaceOf(segment)) | 0;
  // Data behind what looks like a FIN says that it is none.
  const isNoFin = (segment.flags & FIN) !== 0 && ((half.maxSequence - end) | 0) >= 0;
  return isLast || (!isNoFin && goesBeyond(half, end));
}

/** Whether the side's own numbers say that it has sent all before this one. */
function goesBeyond(half: Half, sequence: number): boolean {
  if (((half.maxSequence - sequence) | 0) >= 0) return true;
  if (half.finPacket !== 0 && ((half.finSequence - sequence) | 0) >= 0) return true;
  return half.rstPacket !== 0 && ((half.rstSequence - sequence) | 0) >= 0;
}

/** Whether anything in doubt would be believed at the end. */
export function hasLastWord(half: Half): boolean {
  if (half.doubtful === undefined) return false;
  const lastWords = half.doubtful.last(half.packets);
  return half.doubtful.all.some((segment) => isBelievedAtEnd(half, segment, lastWords.includes(segment)));
}
