import { IDENTIFIES, WHOLE } from './packet-log.ts';
import {
  FROM_CLIENT,
  FROM_SERVER,
  initialSequences,
  packetsOf,
  type Trace,
  type TracePackets,
} from './trace.ts';

/** By what two sessions of two captures were found to be one. */
export type MatchedBy =
  /** Same addresses, ports and initial sequence numbers. */
  | 'addresses'
  /** Other addresses or ports, but the same initial sequence numbers: translated (NAT). */
  | 'sequence-numbers'
  /** The cookies of the KEXINITs: the TCP connection is another, or was given other numbers. */
  | 'cookies'
  /** The contents of several packets that no other session has. */
  | 'payload'
  /** Same addresses and ports at the same time; the numbers differ. */
  | 'addresses-and-time';

export interface Match {
  /** Places in the lists that were matched. */
  readonly a: number;
  readonly b: number;
  readonly by: MatchedBy;
}

/** A trace with what its matching needs, made once. */
export interface Matchable {
  readonly trace: Trace;
  readonly packets: TracePackets;
  readonly initial: readonly [number | undefined, number | undefined];
}

export function matchable(trace: Trace): Matchable {
  const packets = packetsOf(trace);
  return { trace, packets, initial: initialSequences(trace, packets) };
}

/**
 * Which sessions of two captures are the same, each at most once. A join by hash for each kind of evidence, the
 * strongest first, so that the effort grows with the sessions and not with their pairs.
 */
export function matchSessions(a: readonly Matchable[], b: readonly Matchable[]): readonly Match[] {
  const join = new Join(a, b);
  join.inOrder('addresses', numberedAddresses);
  join.inOrder('addresses', addressesOfAnswer);
  join.unique('sequence-numbers', bothNumbers);
  join.unique('cookies', bothCookies);
  join.unique('cookies', ({ trace }) => trace.clientCookie);
  join.unique('cookies', ({ trace }) => trace.serverCookie);
  join.unique('sequence-numbers', numberAndOptions);
  join.inOrder('addresses', midwayAddresses, numbersMeet);
  join.votes();
  join.inOrder('addresses-and-time', addresses, (one, other) => join.sameTime(one, other));
  return join.matches;
}

class Join {
  readonly matches: Match[] = [];
  private readonly a: readonly Matchable[];
  private readonly b: readonly Matchable[];
  private readonly freeA: Set<number>;
  private readonly freeB: Set<number>;

  constructor(a: readonly Matchable[], b: readonly Matchable[]) {
    this.a = a;
    this.b = b;
    this.freeA = new Set(a.keys());
    this.freeB = new Set(b.keys());
  }

  /** Of several with the same key the first goes with the first. */
  inOrder(
    by: MatchedBy,
    keyOf: (one: Matchable) => string | undefined,
    fits: (a: Matchable, b: Matchable) => boolean = () => true,
  ): void {
    this.join(keyOf, (ofA, ofB) => {
      const left = [...ofB];
      for (const a of ofA) {
        const at = left.findIndex((b) => fits(this.a[a] as Matchable, this.b[b] as Matchable));
        if (at < 0) continue;
        this.take(a, left[at] as number, by);
        left.splice(at, 1);
      }
    });
  }

  /** Only what has a key that nothing else has. */
  unique(by: MatchedBy, keyOf: (one: Matchable) => string | undefined): void {
    this.join(keyOf, (ofA, ofB) => {
      if (ofA.length === 1 && ofB.length === 1) this.take(ofA[0] as number, ofB[0] as number, by);
    });
  }

  /** By the contents of packets: two that are in no other session, or more of them than of any other pair. */
  votes(): void {
    const holders = contents(this.b, this.freeB);
    const mine = contents(this.a, this.freeA);
    const votes = new Map<string, number>();
    for (const [content, a] of mine) {
      const b = holders.get(content);
      if (a < 0 || b === undefined || b < 0) continue;
      const pair = `${a} ${b}`;
      votes.set(pair, (votes.get(pair) ?? 0) + 1);
    }
    for (const [pair, count] of [...votes].sort((x, y) => y[1] - x[1])) {
      if (count < VOTES) break;
      const [a, b] = pair.split(' ').map(Number) as [number, number];
      if (this.freeA.has(a) && this.freeB.has(b)) this.take(a, b, 'payload');
    }
  }

  /** Whether two sessions began at the same time, by the clocks of those that are matched already. */
  sameTime(one: Matchable, other: Matchable): boolean {
    if (this.matches.length === 0) return false;
    const differences = this.matches
      .slice(0, SESSIONS_FOR_CLOCK)
      .map(({ a, b }) => startOf(this.b[b] as Matchable) - startOf(this.a[a] as Matchable))
      .sort((x, y) => x - y);
    const usual = differences[differences.length >> 1] as number;
    return Math.abs(startOf(other) - startOf(one) - usual) < SAME_TIME_NS;
  }

  private join(
    keyOf: (one: Matchable) => string | undefined,
    pair: (ofA: readonly number[], ofB: readonly number[]) => void,
  ): void {
    const byKey = grouped(this.b, this.freeB, keyOf);
    if (byKey.size === 0) return;
    for (const [key, ofA] of grouped(this.a, this.freeA, keyOf)) {
      const ofB = byKey.get(key);
      if (ofB !== undefined) pair(ofA, ofB);
    }
  }

  private take(a: number, b: number, by: MatchedBy): void {
    this.freeA.delete(a);
    this.freeB.delete(b);
    this.matches.push({ a, b, by });
  }
}

/** The usual difference of two clocks is known from this many. */
const SESSIONS_FOR_CLOCK = 64;
/** Longer than a round trip and a lost SYN. */
const SAME_TIME_NS = 3e9;
/** Contents of a session that are looked for: the first and the last of them. */
const CONTENTS = 16;
/** Shorter payloads may be the same by chance; encrypted ones of this length are not. */
const MIN_CONTENT_BYTES = 16;
const VOTES = 2;
/** Sequence numbers of one session lie within this. */
const NEAR = 1 << 28;

const startOf = ({ trace }: Matchable): number => trace.view.startNs;

function grouped(
  all: readonly Matchable[],
  free: ReadonlySet<number>,
  keyOf: (one: Matchable) => string | undefined,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const n of free) {
    const key = keyOf(all[n] as Matchable);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [n]);
    else group.push(n);
  }
  return groups;
}

const addresses = ({ trace: { view } }: Matchable): string =>
  `${view.client.address} ${view.client.port} ${view.server.address} ${view.server.port}`;

const numberedAddresses = (one: Matchable): string | undefined =>
  one.initial[FROM_CLIENT] === undefined ? undefined : `${addresses(one)} ${one.initial[FROM_CLIENT]}`;

/** For captures that have the SYN-ACK but not the SYN. */
const addressesOfAnswer = (one: Matchable): string | undefined =>
  one.initial[FROM_SERVER] === undefined ? undefined : `${addresses(one)} ${one.initial[FROM_SERVER]}`;

function bothNumbers({ initial }: Matchable): string | undefined {
  const [client, server] = initial;
  return client === undefined || server === undefined ? undefined : `${client} ${server}`;
}

function bothCookies({ trace: { clientCookie, serverCookie } }: Matchable): string | undefined {
  return clientCookie === undefined || serverCookie === undefined
    ? undefined
    : `${clientCookie} ${serverCookie}`;
}

/** A SYN alone behind NAT: its number with what else a translation leaves alone. */
function numberAndOptions({ trace: { log }, packets, initial }: Matchable): string | undefined {
  const syn = packets.by[FROM_CLIENT][0];
  if (initial[FROM_CLIENT] === undefined || syn === undefined) return undefined;
  return `${initial[FROM_CLIENT]} ${log.window[syn]} ${log.timestamp[syn]}`;
}

/** Captures that joined midway have no initial numbers. */
const midwayAddresses = (one: Matchable): string | undefined => addresses(one);

/** At least one of the two joined midway, and what is known of their numbers is near. */
function numbersMeet(a: Matchable, b: Matchable): boolean {
  let known = false;
  for (const direction of [FROM_CLIENT, FROM_SERVER] as const) {
    if (a.initial[direction] !== undefined && b.initial[direction] !== undefined) {
      if (a.initial[direction] !== b.initial[direction]) return false;
      known = true;
      continue;
    }
    const [one, other] = [someNumber(a, direction), someNumber(b, direction)];
    if (one === undefined || other === undefined) continue;
    if (Math.abs((one - other) | 0) > NEAR) return false;
    known = true;
  }
  return known;
}

function someNumber({ trace: { log }, packets }: Matchable, direction: 0 | 1): number | undefined {
  const place = packets.by[direction][0];
  return place === undefined ? undefined : log.sequence[place];
}

/** Which session has a content; -1 for several. What is in clear many sessions say: only ciphertext tells. */
function contents(all: readonly Matchable[], free: ReadonlySet<number>): Map<string, number> {
  const holders = new Map<string, number>();
  for (const n of free) {
    const one = all[n] as Matchable;
    const { log, view } = one.trace;
    const encryptedFrom = isMidway(one)
      ? 0
      : (view.messages.find(({ what }) => what === 'SSH_MSG_NEWKEYS')?.packet ?? Number.POSITIVE_INFINITY);
    const own = new Set<string>();
    for (const direction of [FROM_CLIENT, FROM_SERVER] as const) {
      const telling = one.packets.by[direction].filter((place) => {
        const length = log.length[place] as number;
        if (length < MIN_CONTENT_BYTES || (log.number[place] as number) <= encryptedFrom) return false;
        return ((log.traits[place] as number) & (WHOLE | IDENTIFIES)) === WHOLE;
      });
      for (const place of [...telling.slice(0, CONTENTS), ...telling.slice(-CONTENTS)]) {
        own.add(`${direction} ${log.length[place]} ${log.hash[place]}`);
      }
    }
    for (const content of own) holders.set(content, holders.has(content) ? -1 : n);
  }
  return holders;
}

const isMidway = ({ initial }: Matchable): boolean => initial.every((number) => number === undefined);
