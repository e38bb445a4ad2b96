import { copyOf, FIN, RST, type Segment, SYN } from '../wire/segment.ts';
import type { ReassemblyBudget } from './connection.ts';
import type { Half } from './half.ts';

/** Kept a side: what is damaged is sent again before much follows. */
const MAX_SEGMENTS = 8;

/**
 * Segments of one side with a wrong checksum. Their receiver decides what they were worth: what it acknowledges without
 * another copy it has received, so only the capture has it wrong; what is sent again was damaged.
 */
export class DoubtfulSegments {
  private segments: Segment[] = [];

  /** Keeps a copy; false when there is no room, or it is nothing but an acknowledgement. */
  keep(segment: Segment, budget: ReassemblyBudget): boolean {
    const isEmpty = spaceOf(segment) === 0 && (segment.flags & RST) === 0;
    if (isEmpty || this.segments.length === MAX_SEGMENTS || budget.isSpent) return false;
    const copy = copyOf(segment);
    budget.pendingBytes += copy.bytes.length;
    this.segments.push(copy);
    return true;
  }

  /** Takes out what is acknowledged. */
  settle(acknowledged: number, budget: ReassemblyBudget): readonly Segment[] {
    const isSettled = (segment: Segment): boolean =>
      spaceOf(segment) > 0 && ((acknowledged - segment.sequence - spaceOf(segment)) | 0) >= 0;
    const settled = this.segments.filter(isSettled);
    this.segments = this.segments.filter((segment) => !isSettled(segment));
    for (const segment of settled) budget.pendingBytes -= segment.bytes.length;
    return settled;
  }

  /** Takes out all. */
  takeOut(budget: ReassemblyBudget): readonly Segment[] {
    const { segments } = this;
    for (const segment of segments) budget.pendingBytes -= segment.bytes.length;
    this.segments = [];
    return segments;
  }
}

/** Whether the segment brings nothing new. */
export function hasReceived(half: Half, segment: Segment): boolean {
  if ((segment.flags & RST) !== 0) return half.rstPacket !== 0;
  if ((segment.flags & SYN) !== 0) return half.synCount > 0;
  const end = segment.sequence + spaceOf(segment);
  return half.finPacket !== 0 || (half.started && ((end - half.nextSequence) | 0) <= 0);
}

/** Sequence numbers that a receiver acknowledges: those of the payload, and one each for SYN and FIN. */
export function spaceOf({ flags, payloadLength }: Segment): number {
  if ((flags & RST) !== 0) return 0;
  return payloadLength + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
}
