/** Where memory is bounded, and for how long things are kept (capture time). */
export interface TrackerLimits {
  /** Connections beyond their SYN. Each takes some 7 kB with all that is noted of it: 65,536 some 500 MB. */
  readonly connections: number;
  /** Connections with nothing but a SYN, some 70 bytes each, and as many repeats of SYNs, 32 bytes each. */
  readonly syns: number;
  /** A closed connection waits this long for stragglers. */
  readonly lingerNs: number;
  /** With more than these waiting, the oldest wait no longer than {@link crowdedLingerNs}. */
  readonly uncrowded: number;
  /** Longer than a round trip and a first retransmission, for which it is worth waiting. */
  readonly crowdedLingerNs: number;
  /** As many wait at the most. */
  readonly lingering: number;
  /** Its key is remembered this much longer, so that later stragglers make no session. */
  readonly tombstoneNs: number;
  /** A handshake that goes on no more: longer than the longest pause between SYNs (64 s in Linux). */
  readonly handshakeNs: number;
  /** An open connection without a packet. TCP keeps such connections for ever; a table cannot. */
  readonly idleNs: number;
}

export const DEFAULT_LIMITS: TrackerLimits = {
  connections: 1 << 16,
  syns: 1 << 22,
  lingerNs: 20e9,
  // Few, so that those in use stay in the processor's cache (measured: 64 take a seventh less time than 512).
  uncrowded: 64,
  crowdedLingerNs: 1e9,
  lingering: 512,
  tombstoneNs: 130e9,
  handshakeNs: 130e9,
  idleNs: 24 * 3600e9,
};
