/** Remembered: those of the last hours, or, of a capture that loses all the time, one that grows. */
const MAX_WINDOWS = 256;
/** Windows this near to each other are one. */
const JOINED_NS = 2e9;

/** When packets were lost by the capture. */
export class LossWindows {
  /** Packets that are known to be lost. */
  lost = 0;
  private readonly windows: { fromNs: number; toNs: number }[] = [];

  /** `count`: 0 where it is not known how many. */
  add(fromNs: number, toNs: number, count: number): void {
    this.lost += count;
    const last = this.windows.at(-1);
    if (last !== undefined && fromNs - last.toNs <= JOINED_NS) {
      last.toNs = Math.max(last.toNs, toNs);
      return;
    }
    this.windows.push({ fromNs, toNs });
    if (this.windows.length > MAX_WINDOWS) {
      // Two of the oldest become one, so that no session is ever called certain that was not.
      const first = this.windows.shift();
      const second = this.windows[0];
      if (first !== undefined && second !== undefined) second.fromNs = first.fromNs;
    }
  }

  between(fromNs: number, toNs: number): boolean {
    for (let i = this.windows.length - 1; i >= 0; i--) {
      const window = this.windows[i] as { fromNs: number; toNs: number };
      if (window.toNs < fromNs) return false;
      if (window.fromNs <= toNs) return true;
    }
    return false;
  }
}
