import type { SessionRecord } from '../session/record.ts';
import type { CaptureRecord } from './document.ts';

/**
 * What a reporter is told of a session: its record, whose costly members are made when they are read, and what
 * counting, filtering and ranking need without them, because a flood has millions of sessions. Valid only during
 * the call that hands it over.
 */
export interface ReportedSession extends SessionRecord {
  /** Of the likeliest cause; undefined without one. */
  readonly causeId: string | undefined;
  /** Times of the first and last packet, nanoseconds since the capture's first packet. */
  readonly startNs: number;
  readonly endNs: number;
  readonly firstPacket: number;
  readonly ipVersion: 4 | 6;
  /** Four 32-bit words, IPv4 in the first. */
  readonly clientAddressWords: AddressWords;
  readonly serverAddressWords: AddressWords;
  readonly clientPort: number;
  readonly serverPort: number;
  /** The record, to be kept. */
  toJSON(): SessionRecord;
}

export type AddressWords = readonly [number, number, number, number];

/** Takes what an analysis finds, in this order: each capture's sessions, the capture itself, and once the end. */
export interface Reporter {
  session(session: ReportedSession): void;
  /** An input was read to its end (or as far as could be). */
  capture(capture: CaptureRecord): void;
  end(): void;
}

/**
 * Where a report goes. A write returns when the text was taken (bytes may be reused then): a slow reader slows the
 * analysis down, nothing piles up.
 */
export interface ReportOutput {
  write(data: string | Uint8Array): void;
}
