import type { Place } from './conversation-api.ts';

/** One shape for all places, so that the hot path stays monomorphic. */
export class SeenPlace implements Place {
  readonly packet: number;
  readonly timeNs: number;
  readonly endOffset: number;

  constructor(packet: number, timeNs: number, endOffset: number) {
    this.packet = packet;
    this.timeNs = timeNs;
    this.endOffset = endOffset;
  }
}
