/** A change between wall clock and monotonic clock that is no slewing (NTP slews at most 0.5 ms a second). */
const STEP_MS = 500;
/** As long after a step, packets stamped before it may still come. */
const GRACE_NS = 10e9;
/** A packet cannot come from the future: more than this ahead is a clock that was set. */
const AHEAD_NS = 250e6;
/** A packet this far behind came late, or is stamped by a clock that was set back. */
const BEHIND_NS = 2e9;

export interface Clocks {
  /** Milliseconds since 1970, of the clock that stamps packets; it may be set. */
  readonly wallMs: () => number;
  /** Milliseconds, always forward. */
  readonly monotonicMs: () => number;
}

export const SYSTEM_CLOCKS: Clocks = {
  // Date.now() has whole milliseconds, and follows the clock when it is set; performance.timeOrigin does not.
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/**
 * Time for a watch that goes on while the clock is set: nanoseconds since it began, always at the pace of the monotonic
 * clock. Packets carry the wall clock's time; what it was set by is taken out.
 */
export class LiveClock {
  /** Time zero on the wall clock as it stands now, nanoseconds since 1970. */
  epochNs: bigint;
  /** How often the wall clock was set. */
  steps = 0;
  private readonly clocks: Clocks;
  private readonly startMs: number;
  /** Wall minus monotonic when last looked at. */
  private differenceMs: number;
  private stepNs = 0;
  private steppedAtNs = Number.NEGATIVE_INFINITY;

  constructor(clocks: Clocks) {
    this.clocks = clocks;
    this.startMs = clocks.monotonicMs();
    const wallMs = clocks.wallMs();
    this.differenceMs = wallMs - this.startMs;
    this.epochNs = nanoseconds(wallMs);
  }

  /** Nanoseconds since the watch began. */
  nowNs(): number {
    return (this.clocks.monotonicMs() - this.startMs) * 1e6;
  }

  /** Looks whether the wall clock was set; returns by how many milliseconds, 0 when it was not. */
  check(): number {
    const differenceMs = this.clocks.wallMs() - this.clocks.monotonicMs();
    const stepMs = differenceMs - this.differenceMs;
    if (Math.abs(stepMs) < STEP_MS) return 0;
    this.differenceMs = differenceMs;
    this.steps++;
    this.stepNs = stepMs * 1e6;
    this.steppedAtNs = this.nowNs();
    this.epochNs += nanoseconds(stepMs);
    return stepMs;
  }

  /** Time of a packet, from its time stamp as the difference to {@link epochNs}. */
  packetNs(sinceEpochNs: number): number {
    const nowNs = this.nowNs();
    if (sinceEpochNs <= nowNs + AHEAD_NS && sinceEpochNs >= nowNs - BEHIND_NS) return sinceEpochNs;
    return this.unusual(sinceEpochNs, nowNs);
  }

  private unusual(sinceEpochNs: number, nowNs: number): number {
    const stepMs = this.check();
    const timeNs = sinceEpochNs - stepMs * 1e6;
    if (nowNs - this.steppedAtNs > GRACE_NS) return Math.min(timeNs, nowNs);
    // Stamped before the step or after it: the one that is nearer to now, and not ahead of it.
    const before = timeNs + this.stepNs;
    const distance = (candidate: number) =>
      candidate > nowNs + AHEAD_NS ? Number.POSITIVE_INFINITY : nowNs - candidate;
    return Math.min(distance(before) < distance(timeNs) ? before : timeNs, nowNs);
  }
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1000)) * 1000n;
}
