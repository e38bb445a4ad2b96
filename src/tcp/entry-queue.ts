/** A first-in first-out queue of table entries, each with a time, over typed arrays. */
export class EntryQueue {
  private entries = new Int32Array(1 << 10);
  private times = new Float64Array(1 << 10);
  private head = 0;
  size = 0;

  push(entry: number, timeNs: number): void {
    if (this.size === this.entries.length) this.grow();
    const at = (this.head + this.size) & (this.entries.length - 1);
    this.entries[at] = entry;
    this.times[at] = timeNs;
    this.size++;
  }

  /** Time of the oldest; Infinity when the queue is empty. */
  get oldestNs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : (this.times[this.head] as number);
  }

  /** Takes the oldest off; only when there is one. */
  shift(): number {
    const entry = this.entries[this.head] as number;
    this.head = (this.head + 1) & (this.entries.length - 1);
    this.size--;
    return entry;
  }

  private grow(): void {
    const { length } = this.entries;
    const entries = new Int32Array(length * 2);
    const times = new Float64Array(length * 2);
    for (let i = 0; i < this.size; i++) {
      const at = (this.head + i) & (length - 1);
      entries[i] = this.entries[at] as number;
      times[i] = this.times[at] as number;
    }
    this.entries = entries;
    this.times = times;
    this.head = 0;
  }
}
