import { type Checksum, FIN, RST, type Segment, SYN } from '../wire/segment.ts';
import { segmentChecksum } from '../wire/tcp-checksum.ts';
import type { Half } from './half.ts';

/**
 * Checksums are verified of so much of a stream, and then only where something is odd: what decides is said before, and to sum
 * up all takes half the time of a transfer.
 */
const VERIFIED_BYTES = 1 << 16;

/**
 * The TCP checksums of a capture, and what they are worth. On its way a packet may be damaged (a cable, a card, memory, a radio
 * link): a wrong checksum is how its receiver knows, and drops it. But captures in which most are wrong show other
 * things: addresses or payload that somebody replaced, or a network card that was to fill them in.
 */
export class Checksums {
  private good = 0;
  private bad = 0;

  note(checksum: Checksum): void {
    if (checksum === 'good') this.good++;
    else if (checksum === 'bad') this.bad++;
  }

  isBad(segment: Segment): boolean {
    if (segment.checksum === 'unknown') {
      segment.checksum = segmentChecksum(segment);
      this.note(segment.checksum);
    }
    return segment.checksum === 'bad';
  }

  /** Whether it is bad in a capture of which most are good, and so many at least. */
  isUnusual(segment: Segment, good: number): boolean {
    return this.isBad(segment) && this.good >= Math.max(good, this.bad);
  }
}

/**
 * Whether its checksum is worth the time: of SYN, FIN and RST, the handshake's last ACK, data up to the login, and numbers that
 * do not go on where the last ones ended.
 */
export function isDecisive(half: Half, peer: Half, segment: Segment, isEstablished: boolean): boolean {
  if ((segment.flags & (SYN | FIN | RST)) !== 0) return true;
  // Where only this side was captured, all that it acknowledges is unseen: what it says again says nothing new.
  const { acknowledgement } = segment;
  if (acknowledgement !== peer.acked && peer.started && ((acknowledgement - peer.maxSequence) | 0) > 0)
    return true;
  if (segment.payloadLength === 0) return !isEstablished;
  return half.nextOffset < VERIFIED_BYTES || segment.sequence !== half.nextSequence;
}
