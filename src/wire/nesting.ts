/**
 * How many different nestings are remembered. A busy mirror port has some hundreds (VLANs times tunnels); a
 * hostile capture can invent 2^24 VXLAN networks, and then the memory begins anew.
 */
export const MAX_NESTINGS = 4096;

/**
 * The encapsulation around a packet, as a path in a tree of all encapsulations seen: equal nestings are one
 * object, so that a packet in a known one costs a comparison and no memory.
 */
export class Nesting {
  /** Outermost first, e.g. `['vlan 42', 'vxlan 7']`. */
  readonly names: readonly string[];
  readonly #tree: NestingTree;
  readonly #children = new Map<string, Nesting>();
  /** The child taken last: packets come in runs. */
  #lastProtocol = '';
  #lastId: number | undefined;
  #last: Nesting | undefined;

  constructor(names: readonly string[], tree: NestingTree) {
    this.names = names;
    this.#tree = tree;
  }

  /** This nesting with one more encapsulation inside; `id` is its VLAN, label, network or session number. */
  inside(protocol: string, id?: number): Nesting {
    if (this.#last !== undefined && this.#lastProtocol === protocol && this.#lastId === id) return this.#last;
    const name = id === undefined ? protocol : `${protocol} ${id}`;
    let child = this.#children.get(name);
    if (child === undefined) {
      child = new Nesting([...this.names, name], this.#tree);
      this.#children.set(name, child);
      this.#tree.grown();
    }
    this.#lastProtocol = protocol;
    this.#lastId = id;
    this.#last = child;
    return child;
  }
}

export class NestingTree {
  root = new Nesting([], this);
  #size = 0;

  grown(): void {
    this.#size += 1;
    if (this.#size < MAX_NESTINGS) return;
    this.#size = 0;
    this.root = new Nesting([], this);
  }
}
