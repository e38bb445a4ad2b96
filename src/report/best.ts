/** Keeps the `capacity` items with the smallest keys of however many are offered, in little memory and time. */
export class Best<Item> {
  private kept: Entry<Item>[] = [];
  private worst: Entry<Item> | undefined;
  private offered = 0;
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Offers an item, which is only made when there is room for it. Of equal keys the earlier comes first. */
  offer(key: number | string, make: () => Item): void {
    const order = this.offered++;
    if (this.capacity === 0) return;
    if (this.worst !== undefined && !isBefore(key, order, this.worst)) return;
    this.kept.push({ key, order, item: make() });
    // Sorting twice the capacity now and then costs less than keeping order all the time.
    if (this.kept.length >= this.capacity * 2) this.trim();
  }

  items(): Item[] {
    this.trim();
    return this.kept.map((entry) => entry.item);
  }

  private trim(): void {
    this.kept.sort((a, b) => (isBefore(a.key, a.order, b) ? -1 : 1));
    if (this.kept.length < this.capacity) return;
    this.kept.length = this.capacity;
    this.worst = this.kept[this.capacity - 1];
  }
}

interface Entry<Item> {
  readonly key: number | string;
  readonly order: number;
  readonly item: Item;
}

function isBefore(key: number | string, order: number, other: Entry<unknown>): boolean {
  return key < other.key || (key === other.key && order < other.order);
}
