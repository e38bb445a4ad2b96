import { FATES, type Fate } from '../fate/vocabulary.ts';

/** One session, as much as others may ask of it. */
export interface PastSession {
  readonly number: number;
  /** Told apart by a number: see `clientNumber` in `surroundings.ts`. */
  readonly client: number;
  readonly startNs: number;
  /** Infinity without a login. */
  readonly authenticatedNs: number;
  /** Infinity while open. */
  readonly endNs: number;
  readonly fate: Fate;
  readonly cause: string | undefined;
  readonly firstPacket: number;
  readonly lastPacket: number;
}

/**
 * The last sessions of a server or a client, oldest first: as many as the limit at least, and fewer than twice as many.
 *
 * A column for each member instead of an object for each session: 100,000 of them outlived the young generation and
 * were copied, and every session of a record in NDJSON asks 500 others (measured: 270 µs a session, now 15).
 */
export class PastSessions {
  length = 0;
  private readonly limit: number;
  private capacity: number;
  private columns: Float64Array;

  constructor(limit: number, capacity: number) {
    this.limit = limit;
    this.capacity = capacity;
    this.columns = new Float64Array(capacity * COLUMNS);
  }

  add(past: PastSession): void {
    if (this.length >= 2 * this.limit) this.forgetOldest();
    if (this.length === this.capacity) this.grow();
    const { columns, capacity } = this;
    const at = this.length++;
    columns[at] = past.number;
    columns[at + capacity] = past.startNs;
    columns[at + 2 * capacity] = past.endNs;
    columns[at + 3 * capacity] = past.authenticatedNs;
    columns[at + 4 * capacity] = FATES.indexOf(past.fate);
    columns[at + 5 * capacity] = past.client;
    columns[at + 6 * capacity] = past.firstPacket;
    columns[at + 7 * capacity] = past.lastPacket;
    columns[at + 8 * capacity] = past.cause === undefined ? NO_CAUSE : numberOfCause(past.cause);
  }

  number(index: number): number {
    return this.columns[index] as number;
  }
  startNs(index: number): number {
    return this.columns[this.capacity + index] as number;
  }
  endNs(index: number): number {
    return this.columns[2 * this.capacity + index] as number;
  }
  authenticatedNs(index: number): number {
    return this.columns[3 * this.capacity + index] as number;
  }
  /** Its place in {@link FATES}. */
  fateNumber(index: number): number {
    return this.columns[4 * this.capacity + index] as number;
  }
  fate(index: number): Fate {
    return FATES[this.fateNumber(index)] as Fate;
  }
  client(index: number): number {
    return this.columns[5 * this.capacity + index] as number;
  }
  firstPacket(index: number): number {
    return this.columns[6 * this.capacity + index] as number;
  }
  lastPacket(index: number): number {
    return this.columns[7 * this.capacity + index] as number;
  }
  cause(index: number): string | undefined {
    return CAUSES[this.columns[8 * this.capacity + index] as number];
  }

  private forgetOldest(): void {
    const { columns, capacity, limit } = this;
    for (let start = 0; start < columns.length; start += capacity) {
      columns.copyWithin(start, start + limit, start + this.length);
    }
    this.length -= limit;
  }

  private grow(): void {
    const { columns, capacity } = this;
    const larger = Math.min(capacity * 2, 2 * this.limit);
    const grown = new Float64Array(larger * COLUMNS);
    for (let column = 0; column < COLUMNS; column++) {
      grown.set(columns.subarray(column * capacity, (column + 1) * capacity), column * larger);
    }
    this.columns = grown;
    this.capacity = larger;
  }
}

const COLUMNS = 9;

/** The ids met so far: as many as the catalogue of causes has. */
const CAUSES: (string | undefined)[] = [undefined];
const NO_CAUSE = 0;

function numberOfCause(id: string): number {
  const known = CAUSES.indexOf(id);
  return known >= 0 ? known : CAUSES.push(id) - 1;
}
