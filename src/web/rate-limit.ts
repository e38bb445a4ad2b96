/** How many different ones are counted; beyond that the oldest are forgotten. */
const MAX_COUNTED = 10_000;

/** So many in a time, for each key. */
export class RateLimit {
  private readonly most: number;
  private readonly timeMs: number;
  private readonly counts = new Map<string, { count: number; readonly untilMs: number }>();

  constructor(most: number, timeMs: number) {
    this.most = most;
    this.timeMs = timeMs;
  }

  /** Counts one; whether it is still within the limit. */
  take(key: string, nowMs = performance.now()): boolean {
    let entry = this.counts.get(key);
    if (entry === undefined || entry.untilMs <= nowMs) {
      entry = { count: 0, untilMs: nowMs + this.timeMs };
      this.counts.delete(key);
      this.counts.set(key, entry);
      if (this.counts.size > MAX_COUNTED) this.counts.delete(this.counts.keys().next().value as string);
    }
    return ++entry.count <= this.most;
  }
}
