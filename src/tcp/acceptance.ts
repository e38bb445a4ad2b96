import { ACK, type Segment } from '../wire/segment.ts';
import type { Half } from './half.ts';

/** Beyond this a sequence number is no reordering: larger than any window that Linux opens by default (6 MiB). */
export const MAX_AHEAD = 1 << 26;
/** Linux scales by 7 or 10. */
const UNKNOWN_SCALE = 10;
/** A window may have grown in a packet that the capture lost. */
const MIN_WINDOW = 1 << 16;

/**
 * Whether it is no FIN of an older connection, nor one that its receiver would drop (RFC 9293 §3.10.7.4). `isOutline`: of
 * what lay before it the capture has nothing.
 */
export function finFits(half: Half, peer: Half, segment: Segment, isOutline: boolean): boolean {
  if ((segment.flags & ACK) !== 0 && peer.synCount > 0 && ((segment.acknowledgement - peer.base) | 0) < 0) {
    return false;
  }
  if (!half.started) return true;
  const end = (segment.sequence + segment.payloadLength) | 0;
  const reached = half.ackedUnseen ? half.acked : half.nextSequence;
  if (isOutline) return ((end - half.nextSequence) | 0) >= 0;
  return (
    ((end - half.nextSequence) | 0) >= 0 && ((end - laterOf(half.maxSequence, reached)) | 0) <= windowOf(peer)
  );
}

/** A reset outside the window is ignored by its receiver (RFC 9293 §3.10.7.4), so it ends nothing. */
export function resetFits(
  half: Half,
  peer: Half,
  segment: Segment,
  isClients: boolean,
  isOutline: boolean,
): boolean {
  if (half.synCount === 0 && peer.synCount > 0 && half.bytes === 0 && half.nextOffset === 0) {
    // In answer to a SYN: it must acknowledge it. Without ACK only number 0 fits, as some middleboxes send.
    if ((segment.flags & ACK) === 0) return segment.sequence === 0 || isClients;
    return ((segment.acknowledgement - peer.base) | 0) >= 0;
  }
  if (!half.started) return true;
  if (isOutline) return ((segment.sequence - half.base) | 0) >= -1;
  const oldest = half.hasAcked ? half.acked : half.base;
  return (
    ((segment.sequence - oldest) | 0) >= -1 && ((segment.sequence - half.maxSequence) | 0) <= windowOf(peer)
  );
}

/** What lies further on of two sequence numbers. */
const laterOf = (a: number, b: number): number => (((b - a) | 0) > 0 ? b : a);

/** The window that a side last announced, scaled; generous where its scale is not known. */
function windowOf(receiver: Half): number {
  if (receiver.packets === 0) return MAX_AHEAD;
  const scale = receiver.synCount > 0 ? Math.max(0, receiver.windowScale) : UNKNOWN_SCALE;
  return Math.max(receiver.window << scale, MIN_WINDOW);
}
