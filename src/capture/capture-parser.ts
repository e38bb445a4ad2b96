import type { PacketSink } from './packet.ts';

/**
 * A capture format without I/O. The driver feeds bytes in order, in pieces of any size: the packets do not depend on
 * where the pieces end. What the parser learns, and the damage that stops it, it writes into the
 * {@link import('./capture-info.ts').CaptureInfo} that it was made with.
 */
export interface CaptureParser {
  /**
   * Hands each complete packet in `bytes[start … end)` to the sink and returns the offset of the first byte that it
   * did not use. The next call must begin with that byte, wherever the driver has moved it.
   */
  parse(bytes: Uint8Array, start: number, end: number, sink: PacketSink): number;
  /** The input is over and `leftover` bytes of it were never used: notes a capture that was cut off. */
  end(leftover: number): void;
}
