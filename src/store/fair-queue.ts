/** Whose turn it is: owners one after another, of each what came first. */
export class FairQueue<T> {
  /** In the order of turns. */
  private readonly owners = new Map<string, T[]>();

  add(owner: string, item: T): void {
    const items = this.owners.get(owner);
    if (items === undefined) this.owners.set(owner, [item]);
    else items.push(item);
  }

  next(): T | undefined {
    for (const [owner, items] of this.owners) {
      const item = items.shift();
      this.owners.delete(owner);
      if (items.length > 0) this.owners.set(owner, items);
      return item;
    }
    return undefined;
  }

  remove(item: T): void {
    for (const [owner, items] of this.owners) {
      const at = items.indexOf(item);
      if (at < 0) continue;
      items.splice(at, 1);
      if (items.length === 0) this.owners.delete(owner);
      return;
    }
  }

  /** From 1; undefined for what is not in it. */
  position(item: T): number | undefined {
    let rounds = -1;
    let ofOwner: readonly T[] | undefined;
    for (const items of this.owners.values()) {
      const at = items.indexOf(item);
      if (at < 0) continue;
      rounds = at;
      ofOwner = items;
    }
    if (ofOwner === undefined) return undefined;
    let before = 0;
    let isBeforeIt = true;
    for (const items of this.owners.values()) {
      if (items === ofOwner) isBeforeIt = false;
      else before += Math.min(items.length, isBeforeIt ? rounds + 1 : rounds);
    }
    return before + rounds + 1;
  }

  get length(): number {
    let length = 0;
    for (const items of this.owners.values()) length += items.length;
    return length;
  }
}
