import { FATES, type Fate } from '../fate/vocabulary.ts';

/** One session, as much as others may ask of it. */
export interface PastSession {
  readonly number: number;
  /** Told apart by a number: `ClientNotes.number`, or `numberOfUnnoted` (server-notes.ts). */
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
 * Numbers in one array instead of an object for each session: 100,000 of them outlived the young generation and
 * were copied, and every session of a record in NDJSON asks 500 others (measured: 270 µs a session, now 15).
 */
export class PastSessions {
  length = 0;
  /** All that were added so far, those that are forgotten too. */
  added = 0;
  private readonly limit: number;
  private readonly layout: 'columns' | 'rows';
  private capacity: number;
  private members: Float64Array;
  /** From a session to the next, and from a member to the next. */
  private step: number;
  private stride: number;

  /** In columns for those that are looked through, in rows for those that are mostly added to: see {@link add}. */
  constructor(limit: number, capacity: number, layout: 'columns' | 'rows') {
    this.limit = limit;
    this.layout = layout;
    this.capacity = capacity;
    this.members = new Float64Array(capacity * MEMBERS);
    this.places = layout === 'columns' ? new Int32Array(2 * limit) : NO_PLACES;
    this.step = layout === 'columns' ? 1 : MEMBERS;
    this.stride = layout === 'columns' ? capacity : 1;
  }

  /** A row lies in two cache lines, and not in nine. */
  add(past: PastSession): void {
    if (this.length >= 2 * this.limit) this.forgetOldest();
    if (this.length === this.capacity) this.grow();
    this.added++;
    const { members, stride } = this;
    const at = this.length++ * this.step;
    members[at] = past.number;
    members[at + stride] = past.startNs;
    members[at + 2 * stride] = past.endNs;
    members[at + 3 * stride] = past.authenticatedNs;
    members[at + 4 * stride] = FATES.indexOf(past.fate);
    members[at + 5 * stride] = past.client;
    members[at + 6 * stride] = past.firstPacket;
    members[at + 7 * stride] = past.lastPacket;
    members[at + 8 * stride] = past.cause === undefined ? NO_CAUSE : numberOfCause(past.cause);
  }

  number(index: number): number {
    return this.member(index, 0);
  }
  startNs(index: number): number {
    return this.member(index, 1);
  }
  endNs(index: number): number {
    return this.member(index, 2);
  }
  authenticatedNs(index: number): number {
    return this.member(index, 3);
  }
  /** Its place in {@link FATES}. */
  fateNumber(index: number): number {
    return this.member(index, 4);
  }
  fate(index: number): Fate {
    return FATES[this.fateNumber(index)] as Fate;
  }
  client(index: number): number {
    return this.member(index, 5);
  }
  firstPacket(index: number): number {
    return this.member(index, 6);
  }
  lastPacket(index: number): number {
    return this.member(index, 7);
  }
  cause(index: number): string | undefined {
    return CAUSES[this.member(index, 8)];
  }

  /** How many {@link endedAlike} found. */
  found = 0;
  private readonly places: Int32Array;

  /**
   * Where those are that had this fate and ended within a time of a moment, or have not ended; valid until the next
   * question. Session `except` is left out.
   */
  endedAlike(fateNumber: number, except: number, nearNs: number, withinNs: number): Int32Array {
    const { members, step, stride, places, length } = this;
    const [ends, fates] = [2 * stride, 4 * stride];
    const [fromNs, toNs] = [nearNs - withinNs, nearNs + withinNs];
    let found = 0;
    for (let i = 0, at = 0; i < length; i++, at += step) {
      if (members[at + fates] !== fateNumber) continue;
      const endNs = members[at + ends] as number;
      if (!((endNs >= fromNs && endNs <= toNs) || endNs === Number.POSITIVE_INFINITY)) continue;
      if (members[at] !== except) places[found++] = i;
    }
    this.found = found;
    return places;
  }

  private member(index: number, member: number): number {
    return this.members[index * this.step + member * this.stride] as number;
  }

  private forgetOldest(): void {
    const { members, capacity, limit } = this;
    if (this.layout === 'rows') members.copyWithin(0, limit * MEMBERS, this.length * MEMBERS);
    else {
      for (let start = 0; start < members.length; start += capacity) {
        members.copyWithin(start, start + limit, start + this.length);
      }
    }
    this.length -= limit;
  }

  private grow(): void {
    const { members, capacity } = this;
    const larger = Math.min(capacity * 2, 2 * this.limit);
    const grown = new Float64Array(larger * MEMBERS);
    if (this.layout === 'rows') grown.set(members);
    else {
      for (let member = 0; member < MEMBERS; member++) {
        grown.set(members.subarray(member * capacity, (member + 1) * capacity), member * larger);
      }
      this.stride = larger;
    }
    this.members = grown;
    this.capacity = larger;
  }
}

const MEMBERS = 9;
/** Those in rows are not asked who ended alike. */
const NO_PLACES = new Int32Array(0);

/** The ids met so far: as many as the catalogue of causes has. */
const CAUSES: (string | undefined)[] = [undefined];
const NO_CAUSE = 0;

function numberOfCause(id: string): number {
  const known = CAUSES.indexOf(id);
  return known >= 0 ? known : CAUSES.push(id) - 1;
}
