import { LONGEST_POSSIBLE_PACKET } from './binary-packet.ts';
import type { PacketShape } from './packet-shape.ts';

/**
 * Finds where packets begin and end after NEWKEYS, where their length field is in clear (AES-GCM, RFC 5647; MACs of
 * the encrypt-then-MAC kind). Nothing is decrypted. chacha20-poly1305 and the MACs of RFC 4253 hide the length.
 * A rekey changes keys and not the algorithms, so the boundaries stay readable.
 */
export class PacketBoundaries {
  /** Length on the wire of the packet that ended last; 0 before the first. */
  lastLength = 0;
  /** A length field was impossible: from there on nothing is known. */
  lost = false;

  private readonly shape: PacketShape;
  /** Bytes of the length field that are there, and their value. */
  private fieldBytes = 0;
  private field = 0;
  private total = 0;
  private remaining = 0;

  constructor(shape: PacketShape) {
    this.shape = shape;
  }

  /** Inside of a packet: the last byte seen is not its last. */
  get within(): boolean {
    return this.fieldBytes > 0 || this.remaining > 0;
  }

  /** `next` came to the end of a packet. */
  ended = false;

  /**
   * Goes on to the end of the next packet, or to `end`.
   *
   * @returns the position behind it.
   */
  next(bytes: Uint8Array, start: number, end: number): number {
    this.ended = false;
    let at = start;
    if (this.remaining === 0) {
      while (this.fieldBytes < 4 && at < end) {
        this.field = this.field * 256 + (bytes[at++] as number);
        this.fieldBytes++;
      }
      if (this.fieldBytes < 4) return at;
      this.begin(this.field);
      this.fieldBytes = 0;
      this.field = 0;
      if (this.lost) return end;
    }
    return at + this.passOver(end - at);
  }

  /** Bytes that are not in the capture: the boundaries survive when they lie inside of one packet. */
  gap(lengthBytes: number): void {
    this.ended = false;
    if (lengthBytes > this.remaining) this.lost = true;
    else this.passOver(lengthBytes);
  }

  private passOver(lengthBytes: number): number {
    const taken = Math.min(this.remaining, lengthBytes);
    this.remaining -= taken;
    if (this.remaining === 0) {
      this.lastLength = this.total;
      this.ended = true;
    }
    return taken;
  }

  private begin(length: number): void {
    const { shape } = this;
    if (length < shape.block || length > LONGEST_POSSIBLE_PACKET || length % shape.block !== 0) {
      this.lost = true;
      return;
    }
    this.total = 4 + length + shape.tag;
    this.remaining = length + shape.tag;
  }
}
