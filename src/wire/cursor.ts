import type { Packet } from '../capture/packet.ts';
import { ANOMALIES, type Anomaly, type SkipReason, zeroCounts } from './layer.ts';
import { type Nesting, NestingTree } from './nesting.ts';

/**
 * Tunnels in tunnels: an overlay in a VPN in a mirror session makes three. Each level multiplies what a crafted
 * packet can cost.
 */
export const MAX_TUNNELS = 4;

/**
 * Twice what Linux lets a segmentation offload carry (GSO_MAX_SIZE); a record that states more is damaged, and the
 * length of a payload that follows from it would not fit the sequence space.
 */
export const MAX_PACKET_LENGTH = 1024 * 1024;

/** Above any offset, and still a small integer for V8. */
const NOT_DECLARED = 0x7fffffff;

/**
 * Where in a packet the decoders are and what they know so far. A decoder finds `at` at its header and leaves it
 * behind. `end` only ever narrows; `wireEnd` too, but for an IP header that states more bytes than the packet's record.
 * One cursor is reused for all packets: the hot path allocates nothing.
 */
export class Cursor {
  packet: Packet | undefined;
  /** The packet's buffer, or that of a reassembled datagram. */
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** End of the current layer's bytes that the capture holds. */
  end = 0;
  /** Where the current layer ended on the wire; behind `end` when the snap length cut the packet. */
  wireEnd = 0;
  /** The end that a header around this layer states: nothing inside reaches farther. */
  declaredEnd = NOT_DECLARED;
  nesting: Nesting;
  tunnels = 0;

  /** The innermost IP header so far; it stays in the packet's buffer when a datagram is reassembled. */
  ipVersion: 4 | 6 = 4;
  ipBytes: Uint8Array = this.bytes;
  ipAt = 0;
  /** Offset in `ipBytes` of the final destination, which with source routing is not that of the IP header. */
  destinationAt = 0;
  /** Protocol number (next header) of what stands at `at`. */
  protocol = 0;
  extensionHeaders = 0;
  fragmentId = 0;
  fragmentOffset = 0;
  moreFragments = false;

  readonly anomalies: Record<Anomaly, number> = zeroCounts(ANOMALIES);
  readonly #nestings = new NestingTree();

  constructor() {
    this.nesting = this.#nestings.root;
  }

  begin(packet: Packet): void {
    this.packet = packet;
    this.bytes = packet.bytes;
    this.at = packet.offset;
    this.end = packet.offset + packet.capturedLength;
    this.wireEnd = this.end;
    if (packet.originalLength > packet.capturedLength)
      this.wireEnd = packet.offset + Math.min(packet.originalLength, MAX_PACKET_LENGTH);
    this.declaredEnd = NOT_DECLARED;
    this.nesting = this.#nestings.root;
    this.tunnels = 0;
  }

  /** Whether the capture holds `length` bytes from `at` on. */
  has(length: number): boolean {
    return this.at + length <= this.end;
  }

  /** The reason when it does not: the snap length's fault or the sender's. */
  short(): SkipReason {
    return this.end < this.wireEnd ? 'header-cut' : 'malformed';
  }

  /** The current layer has no more than `length` bytes from `at` on; what follows is padding or a trailer. */
  limit(length: number): void {
    const end = this.at + length;
    if (end < this.end) this.end = end;
    if (end < this.wireEnd) this.wireEnd = end;
    if (end < this.declaredEnd) this.declaredEnd = end;
  }

  /**
   * An IP header says that its packet ends at `end`. It is believed against the packet's record, whose original length
   * is lost in many conversions, but not against a header around it: then the rest is that layer's padding.
   */
  limitToIpLength(end: number): void {
    let believed = end;
    if (end > this.wireEnd) {
      this.anomalies['ip-length-beyond-packet'] += 1;
      believed = Math.min(end, this.declaredEnd);
    }
    this.wireEnd = believed;
    this.declaredEnd = believed;
    if (believed < this.end) this.end = believed;
  }

  inside(protocol: string, id?: number): void {
    this.nesting = this.nesting.inside(protocol, id);
  }

  /** False when there are too many tunnels: the packet is then 'too-deep'. */
  enterTunnel(protocol: string, id?: number): boolean {
    this.tunnels += 1;
    if (this.tunnels > MAX_TUNNELS) return false;
    this.inside(protocol, id);
    return true;
  }
}
