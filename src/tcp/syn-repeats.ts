import { Segment } from '../wire/segment.ts';
import { PAGE_MASK, RecordPages } from './record-pages.ts';

/** Words of a record. The time is a double, which takes two. */
const TIME = 0;
const PACKET = 2;
const PACKET_HIGH = 3;
const WINDOW = 4;
const IP_ID = 5;
/** How many there are up to this one, hop limit, traffic class and flags, a byte each from the top. */
const BYTES = 6;
/** The repeat before it, or the next free record; {@link NONE} without one. */
const PREVIOUS = 7;
const WORDS = 8;

export const NONE = -1;

/** More of one SYN only hostile traffic has: Linux stops after 6, others after 11. */
export const MAX_REPEATS = 15;

/**
 * Repeats of SYNs that nobody answered, as records in typed arrays, linked from the last to the first: where a server is
 * down or a scanner is patient, every client asks three to seven times, and a connection for each takes kilobytes.
 */
export class SynRepeats {
  private readonly pages = new RecordPages(WORDS);
  private used = 0;
  private firstFree = NONE;
  private readonly replayed = new Segment();
  private readonly order: number[] = [];
  /** Records in use. */
  size = 0;

  /** Keeps a repeat behind the one before; returns its index. */
  add(previous: number, segment: Segment): number {
    const index = this.allocate();
    const { words, doubles } = this.pages.pageOf(index);
    const at = (index & PAGE_MASK) * WORDS;
    const { packetNumber, hopLimit, trafficClass, flags } = segment;
    doubles[(at + TIME) >> 1] = segment.timeNs;
    words[at + PACKET] = packetNumber;
    words[at + PACKET_HIGH] = Math.floor(packetNumber / 2 ** 32);
    words[at + WINDOW] = segment.window;
    words[at + IP_ID] = segment.ipId;
    words[at + BYTES] =
      ((this.countUpTo(previous) + 1) << 24) | (hopLimit << 16) | (trafficClass << 8) | flags;
    words[at + PREVIOUS] = previous;
    this.size++;
    return index;
  }

  /** How many there are from the first to this one. */
  countUpTo(index: number): number {
    return index === NONE ? 0 : this.word(index, BYTES) >>> 24;
  }

  timeOf(index: number): number {
    return this.pages.pageOf(index).doubles[((index & PAGE_MASK) * WORDS + TIME) >> 1] as number;
  }

  /** Hands on all up to `last`, oldest first, with sequence number and options of `syn`; valid during the call. */
  replay(last: number, syn: Segment, hand: (segment: Segment) => void): void {
    const { order, replayed } = this;
    order.length = 0;
    for (let index = last; index !== NONE; index = this.word(index, PREVIOUS)) order.push(index);
    replayed.sequence = syn.sequence;
    replayed.bytes = syn.bytes;
    replayed.optionsOffset = syn.optionsOffset;
    replayed.optionsLength = syn.optionsLength;
    for (let place = order.length - 1; place >= 0; place--) {
      const index = order[place] as number;
      const bytes = this.word(index, BYTES);
      replayed.timeNs = this.timeOf(index);
      replayed.packetNumber = (this.word(index, PACKET) >>> 0) + this.word(index, PACKET_HIGH) * 2 ** 32;
      replayed.window = this.word(index, WINDOW);
      replayed.ipId = this.word(index, IP_ID);
      replayed.hopLimit = (bytes >>> 16) & 0xff;
      replayed.trafficClass = (bytes >>> 8) & 0xff;
      replayed.flags = bytes & 0xff;
      hand(replayed);
    }
  }

  /** Forgets all up to `last`. */
  release(last: number): void {
    for (let index = last; index !== NONE; ) {
      const previous = this.word(index, PREVIOUS);
      this.pages.pageOf(index).words[(index & PAGE_MASK) * WORDS + PREVIOUS] = this.firstFree;
      this.firstFree = index;
      this.size--;
      index = previous;
    }
  }

  private allocate(): number {
    const free = this.firstFree;
    if (free === NONE) return this.used++;
    this.firstFree = this.word(free, PREVIOUS);
    return free;
  }

  private word(index: number, word: number): number {
    return this.pages.pageOf(index).words[(index & PAGE_MASK) * WORDS + word] as number;
  }
}
