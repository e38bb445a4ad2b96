import { FIN, RST, SYN } from '../wire/segment.ts';
import type { Matchable } from './match.ts';
import { isPureAck, type PacketLog, spanOf, WHOLE } from './packet-log.ts';
import { type Direction, FROM_CLIENT, FROM_SERVER, opposite } from './trace.ts';

/** A packet at both captures: its places in their logs. */
export interface Pair {
  readonly a: number;
  readonly b: number;
}

/** The packets of one direction of a session at two captures. */
export interface PairedDirection {
  readonly pairs: readonly Pair[];
  readonly onlyA: readonly number[];
  readonly onlyB: readonly number[];
  /** Packets at A whose bytes came to B in packets of other sizes, and the other way round (offloading, a proxy). */
  readonly recutA: readonly number[];
  readonly recutB: readonly number[];
}

/** The same with A and B exchanged. */
export const turned = ({ pairs, onlyA, onlyB, recutA, recutB }: PairedDirection): PairedDirection => ({
  pairs: pairs.map(({ a, b }) => ({ a: b, b: a })),
  onlyA: onlyB,
  onlyB: onlyA,
  recutA: recutB,
  recutB: recutA,
});

/** What is to be added to a sequence number at A to get that at B, by direction. */
export type NumberShift = readonly [number, number];

/** From the initial numbers, or from a content that both have; no shift where neither is there. */
export function numberShift(a: Matchable, b: Matchable): NumberShift {
  return [shiftOf(a, b, FROM_CLIENT), shiftOf(a, b, FROM_SERVER)];
}

function shiftOf(a: Matchable, b: Matchable, direction: Direction): number {
  const [one, other] = [a.initial[direction], b.initial[direction]];
  if (one !== undefined && other !== undefined) return (other - one) | 0;
  const contents = new Map<string, number>();
  for (const place of a.packets.by[direction].slice(0, LOOKED_THROUGH)) {
    const key = contentKey(a.trace.log, place);
    if (key !== undefined) contents.set(key, a.trace.log.sequence[place] as number);
  }
  for (const place of b.packets.by[direction].slice(0, LOOKED_THROUGH)) {
    const key = contentKey(b.trace.log, place);
    const sequence = key === undefined ? undefined : contents.get(key);
    if (sequence !== undefined) return ((b.trace.log.sequence[place] as number) - sequence) | 0;
  }
  return 0;
}

const LOOKED_THROUGH = 256;
const MIN_CONTENT_BYTES = 16;

function contentKey(log: PacketLog, place: number): string | undefined {
  const length = log.length[place] as number;
  if (length < MIN_CONTENT_BYTES || ((log.traits[place] as number) & WHOLE) === 0) return undefined;
  return `${length} ${log.hash[place]}`;
}

/**
 * Which packet at A is which at B: the same place in the stream, length and flags. Of several copies those with the same
 * IP identification go together, then those with the same time stamp option, then by their order.
 */
export function pairPackets(
  a: Matchable,
  b: Matchable,
  shift: NumberShift,
  direction: Direction,
): PairedDirection {
  const [logA, logB] = [a.trace.log, b.trace.log];
  const [there, back] = [shift[direction], shift[opposite(direction)]];
  const same = pairsInStep(a, b, there, back, direction);
  if (same !== undefined) return { pairs: same, onlyA: [], onlyB: [], recutA: [], recutB: [] };
  const copiesOfB = new Map<number, number[]>();
  for (const place of b.packets.by[direction]) add(copiesOfB, keyOf(logB, place, there, back), place);
  const copiesOfA = new Map<number, number[]>();
  for (const place of a.packets.by[direction]) add(copiesOfA, keyOf(logA, place, 0, 0), place);
  const paired: Paired = { pairs: [], onlyA: [], onlyB: [] };
  const { pairs, onlyA, onlyB } = paired;
  for (const [key, ofA] of copiesOfA) {
    const ofB = copiesOfB.get(key);
    if (ofB === undefined) {
      onlyA.push(...ofA);
      continue;
    }
    copiesOfB.delete(key);
    if (ofA.length === 1 && ofB.length === 1) pairs.push({ a: ofA[0] as number, b: ofB[0] as number });
    else pairCopies(logA, logB, ofA, ofB, paired);
  }
  for (const ofB of copiesOfB.values()) onlyB.push(...ofB);
  onlyA.sort((x, y) => x - y);
  onlyB.sort((x, y) => x - y);
  pairs.sort((x, y) => x.a - y.a);
  const first = a.packets.by[direction][0];
  if (first === undefined) return { pairs, onlyA, onlyB, recutA: [], recutB: [] };
  const base = logA.sequence[first] as number;
  return {
    pairs,
    ...withoutRecut({ log: logA, only: onlyA, base }, { log: logB, only: onlyB, base: (base + there) | 0 }),
  };
}

/**
 * Most sessions passed both captures packet by packet, in the same order: then the tables are not needed (measured:
 * they took nine tenths of the time of pairing). Copies have their marks in the same order, too, so they would be paired
 * like this.
 */
function pairsInStep(
  a: Matchable,
  b: Matchable,
  there: number,
  back: number,
  direction: Direction,
): Pair[] | undefined {
  const [logA, logB] = [a.trace.log, b.trace.log];
  const [ofA, ofB] = [a.packets.by[direction], b.packets.by[direction]];
  if (ofA.length !== ofB.length) return undefined;
  const pairs: Pair[] = [];
  let before = -1;
  for (let n = 0; n < ofA.length; n++) {
    const one = ofA[n] as number;
    const other = ofB[n] as number;
    // Where a full log was written over, places are not in capture order.
    if (one < before) return undefined;
    before = one;
    if (
      logA.ipId[one] !== logB.ipId[other] ||
      logA.timestamp[one] !== logB.timestamp[other] ||
      keyOf(logA, one, 0, 0) !== keyOf(logB, other, there, back)
    ) {
      return undefined;
    }
    pairs.push({ a: one, b: other });
  }
  return pairs;
}

function add(groups: Map<number, number[]>, key: number, place: number): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [place]);
  else group.push(place);
}

const CONTROL = SYN | FIN | RST;

/** Sequence number, length and control flags in one number below 2^53; of a pure ACK what it acknowledges, below 0. */
function keyOf(log: PacketLog, place: number, there: number, back: number): number {
  const flags = log.flags[place] as number;
  const length = log.length[place] as number;
  if (isPureAck(flags, length)) {
    const acknowledged = ((log.acknowledgement[place] as number) - back) >>> 0;
    return -(acknowledged * 0x10000 + ((log.window[place] as number) & 0xffff)) - 1;
  }
  const sequence = ((log.sequence[place] as number) - there) >>> 0;
  return (sequence * 0x10000 + Math.min(length, 0xffff)) * 8 + (flags & CONTROL);
}

/** Pairs, and the packets that are left over at either capture. */
interface Paired {
  readonly pairs: Pair[];
  readonly onlyA: number[];
  readonly onlyB: number[];
}

function pairCopies(
  logA: PacketLog,
  logB: PacketLog,
  ofA: readonly number[],
  ofB: readonly number[],
  { pairs, onlyA, onlyB }: Paired,
): void {
  const left = [...ofB];
  let waiting = [...ofA];
  for (const same of [sameIdentification, sameTimestamp]) {
    const unpaired: number[] = [];
    for (const place of waiting) {
      const at = left.findIndex((other) => same(logA, place, logB, other));
      if (at < 0) unpaired.push(place);
      else pairs.push({ a: place, b: left.splice(at, 1)[0] as number });
    }
    waiting = unpaired;
  }
  // Where marks tell copies apart, what is left over is no pair.
  const marked = (log: PacketLog, place: number): boolean => (log.ipId[place] as number) > 0;
  if (waiting.some((place) => marked(logA, place)) && left.some((place) => marked(logB, place))) {
    const translated = pairs.length > 0;
    if (translated && waiting.length !== left.length) {
      onlyA.push(...waiting);
      onlyB.push(...left);
      return;
    }
  }
  // The last copies go together: what was sent first is what was lost.
  while (waiting.length > 0 && left.length > 0) {
    pairs.push({ a: waiting.pop() as number, b: left.pop() as number });
  }
  onlyA.push(...waiting);
  onlyB.push(...left);
}

const sameIdentification = (logA: PacketLog, a: number, logB: PacketLog, b: number): boolean =>
  (logA.ipId[a] as number) > 0 && logA.ipId[a] === logB.ipId[b];

const sameTimestamp = (logA: PacketLog, a: number, logB: PacketLog, b: number): boolean =>
  logA.timestamp[a] !== 0 && logA.timestamp[a] === logB.timestamp[b];

/** Packets of one capture that are not in the other, and the number from which their bytes are counted. */
interface LeftOver {
  readonly log: PacketLog;
  readonly only: readonly number[];
  readonly base: number;
}

/** Takes out what came in other pieces: a network card cuts large segments, or puts small ones together. */
function withoutRecut(a: LeftOver, b: LeftOver): Omit<PairedDirection, 'pairs'> {
  const [onlyA, onlyB] = [a.only, b.only];
  if (onlyA.length === 0 || onlyB.length === 0) return { onlyA, onlyB, recutA: [], recutB: [] };
  const rangesA = onlyA.map((place) => rangeOf(a.log, place, a.base)).filter(isRange);
  const rangesB = onlyB.map((place) => rangeOf(b.log, place, b.base)).filter(isRange);
  const [wholeA, wholeB] = [coverage(rangesA), coverage(rangesB)];
  const recutA = new Set(rangesA.filter((range) => wholeB.covers(range)).map(({ place }) => place));
  const recutB = new Set(rangesB.filter((range) => wholeA.covers(range)).map(({ place }) => place));
  return {
    onlyA: onlyA.filter((place) => !recutA.has(place)),
    onlyB: onlyB.filter((place) => !recutB.has(place)),
    recutA: [...recutA],
    recutB: [...recutB],
  };
}

/** Bytes of a stream, counted from some number that both captures share. */
export interface Range {
  readonly place: number;
  readonly start: number;
  readonly end: number;
}

export function rangeOf(log: PacketLog, place: number, base: number): Range | undefined {
  const flags = log.flags[place] as number;
  const length = log.length[place] as number;
  if ((flags & RST) !== 0) return undefined;
  const span = spanOf(flags, length);
  if (span === 0) return undefined;
  const start = ((log.sequence[place] as number) - base) | 0;
  return { place, start, end: start + span };
}

export const isRange = (range: Range | undefined): range is Range => range !== undefined;

export interface Coverage {
  covers(range: Range): boolean;
  readonly end: number;
}

/** The union of ranges. */
export function coverage(ranges: readonly Range[]): Coverage {
  const [starts, ends]: [number[], number[]] = [[], []];
  for (const { start, end } of [...ranges].sort((x, y) => x.start - y.start)) {
    const last = ends.length - 1;
    if (last >= 0 && start <= (ends[last] as number)) ends[last] = Math.max(ends[last] as number, end);
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  return {
    covers({ start, end }) {
      let [low, high] = [0, starts.length - 1];
      while (low <= high) {
        const middle = (low + high) >> 1;
        if ((starts[middle] as number) > start) high = middle - 1;
        else if ((ends[middle] as number) < start + 1) low = middle + 1;
        else return (ends[middle] as number) >= end;
      }
      return false;
    },
    end: ends[ends.length - 1] ?? Number.NEGATIVE_INFINITY,
  };
}
