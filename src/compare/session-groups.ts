import { type ClockFit, type ClockSample, fitClock, onClockOfA } from './clock-fit.ts';
import { type Match, type Matchable, type MatchedBy, matchSessions } from './match.ts';
import { type Order, orderOf } from './order.ts';
import { WHOLE } from './packet-log.ts';
import { type NumberShift, numberShift, type PairedDirection, pairPackets } from './pair-packets.ts';
import { FROM_CLIENT, FROM_SERVER } from './trace.ts';

/** A session at one capture. */
export interface GroupMember {
  readonly capture: number;
  readonly session: Matchable;
  /** How it was found to be the group's; absent for the first. */
  readonly by?: MatchedBy;
}

/** One session, at every capture that has it. */
export interface SessionGroup {
  readonly members: GroupMember[];
}

/** The same session at two captures, packet by packet. */
export interface Meeting {
  readonly a: GroupMember;
  readonly b: GroupMember;
  /** Another TCP connection carries the same conversation. */
  readonly proxied: boolean;
  readonly shift: NumberShift;
  readonly paired: readonly [PairedDirection, PairedDirection];
  readonly order: Order;
}

/** Sessions of all captures, each once: those of a later capture are looked for in each earlier one in turn. */
export function groupSessions(captures: readonly (readonly Matchable[])[]): readonly SessionGroup[] {
  const groups: SessionGroup[] = [];
  const groupOf: Map<Matchable, SessionGroup>[] = captures.map(() => new Map());
  for (const [capture, sessions] of captures.entries()) {
    for (let earlier = 0; earlier < capture; earlier++) {
      const free = sessions.filter((one) => !groupOf[capture]?.has(one));
      const theirs = [...(groupOf[earlier]?.entries() ?? [])].filter(
        ([, group]) => !group.members.some((member) => member.capture === capture),
      );
      const matches = matchSessions(
        theirs.map(([one]) => one),
        free,
      );
      for (const match of matches) join(match, theirs, free, capture, groupOf);
    }
    for (const session of sessions) {
      if (groupOf[capture]?.has(session)) continue;
      const group = { members: [{ capture, session }] };
      groups.push(group);
      groupOf[capture]?.set(session, group);
    }
  }
  return groups;
}

function join(
  match: Match,
  theirs: readonly (readonly [Matchable, SessionGroup])[],
  free: readonly Matchable[],
  capture: number,
  groupOf: readonly Map<Matchable, SessionGroup>[],
): void {
  const group = (theirs[match.a] as readonly [Matchable, SessionGroup])[1];
  const session = free[match.b] as Matchable;
  group.members.push({ capture, session, by: match.by });
  groupOf[capture]?.set(session, group);
}

/** `epochDifferenceNs`: from the first packet of A's capture to that of B's, by their own clocks. */
export function meeting(a: GroupMember, b: GroupMember, epochDifferenceNs: number): Meeting {
  const proxied = isAnotherConnection(a.session, b.session, b.by ?? a.by);
  const shift = numberShift(a.session, b.session);
  const pair = (direction: 0 | 1): PairedDirection => {
    const paired = pairPackets(a.session, b.session, shift, direction);
    return proxied ? withSameContent(a.session, b.session, paired) : paired;
  };
  const paired = [pair(FROM_CLIENT), pair(FROM_SERVER)] as const;
  return { a, b, proxied, shift, paired, order: orderOf(a.session, b.session, paired, epochDifferenceNs) };
}

/** Cookies are the same but the SYN is another's: other time stamps, or other options where it has none. */
function isAnotherConnection(a: Matchable, b: Matchable, by: MatchedBy | undefined): boolean {
  if (by !== 'cookies') return false;
  const [one, other] = [a.packets.by[FROM_CLIENT][0], b.packets.by[FROM_CLIENT][0]];
  if (one === undefined || other === undefined) return true;
  const [logA, logB] = [a.trace.log, b.trace.log];
  const [stampA, stampB] = [logA.timestamp[one], logB.timestamp[other]];
  if (stampA !== 0 && stampB !== 0) return stampA !== stampB;
  const [ends, others] = [a.trace.view, b.trace.view];
  return ends.client.port !== others.client.port || logA.window[one] !== logB.window[other];
}

/** Of two connections only what a proxy handed on as it was tells of the time in between. */
function withSameContent(a: Matchable, b: Matchable, paired: PairedDirection): PairedDirection {
  const [logA, logB] = [a.trace.log, b.trace.log];
  const pairs = paired.pairs.filter(
    (pair) =>
      (logA.length[pair.a] as number) > 0 &&
      ((logA.traits[pair.a] as number) & (logB.traits[pair.b] as number) & WHOLE) !== 0 &&
      logA.hash[pair.a] === logB.hash[pair.b],
  );
  return { pairs, onlyA: [], onlyB: [], recutA: [], recutB: [] };
}

/** What turns a time of a capture's log into one of the first capture's clock. */
export type ToCommon = (timeNs: number) => number;

export interface CaptureTime {
  readonly toCommon: ToCommon;
  /** Against an earlier capture; undefined for the first, and for one that has no packet with an earlier one in common. */
  readonly fit: ClockFit | undefined;
}

/** Packets of one session that tell of clocks: the first of each direction, and some of its later ones. */
const SAMPLES = 24;

/**
 * The clocks of all captures, each against the earlier capture with which it has the most sessions in common. `epochs`:
 * nanoseconds since 1970 of each capture's first packet.
 */
export function captureTimes(
  epochs: readonly (bigint | undefined)[],
  meetings: readonly Meeting[],
): readonly CaptureTime[] {
  const first = epochs.find((epoch) => epoch !== undefined) ?? 0n;
  const times: CaptureTime[] = [];
  for (const [capture, epoch] of epochs.entries()) {
    const shiftNs = Number((epoch ?? first) - first);
    const reference = mostMeetings(meetings, capture);
    const of = meetings.filter(({ a, b }) => a.capture === reference && b.capture === capture);
    const fit =
      reference === undefined ? undefined : fitOf(of, Number((epochs[reference] ?? first) - first), shiftNs);
    const known = reference === undefined ? undefined : times[reference];
    if (fit === undefined || known === undefined) {
      times.push({ toCommon: (timeNs) => timeNs + shiftNs, fit: undefined });
      continue;
    }
    const referenceShiftNs = Number((epochs[reference as number] ?? first) - first);
    times.push({
      toCommon: (timeNs) => known.toCommon(onClockOfA(fit, timeNs + shiftNs) - referenceShiftNs),
      fit,
    });
  }
  return times;
}

function mostMeetings(meetings: readonly Meeting[], capture: number): number | undefined {
  const counts = new Map<number, number>();
  for (const { a, b } of meetings) {
    if (b.capture === capture) counts.set(a.capture, (counts.get(a.capture) ?? 0) + 1);
  }
  return [...counts].sort((x, y) => y[1] - x[1] || x[0] - y[0])[0]?.[0];
}

function fitOf(meetings: readonly Meeting[], shiftA: number, shiftB: number): ClockFit | undefined {
  const [there, back]: [ClockSample[], ClockSample[]] = [[], []];
  const unordered: ClockSample[] = [];
  for (const { a, b, paired, order } of meetings) {
    for (const direction of [FROM_CLIENT, FROM_SERVER] as const) {
      const goesThere = (direction === FROM_CLIENT) === (order === 'a-first');
      const isOrdered = order === 'a-first' || order === 'b-first';
      const into = !isOrdered ? unordered : goesThere ? there : back;
      for (const pair of spread(paired[direction].pairs)) {
        const t = (a.session.trace.log.timeNs[pair.a] as number) + shiftA;
        into.push({ t, difference: (b.session.trace.log.timeNs[pair.b] as number) + shiftB - t });
      }
    }
  }
  // Captures at one place, or whose order nobody can tell: what they have in common is stamped at the same time.
  if (there.length + back.length === 0) return fitClock(unordered, unordered);
  return fitClock(there, back);
}

/** The first ones, and the rest evenly. */
function spread<T>(all: readonly T[]): readonly T[] {
  if (all.length <= SAMPLES) return all;
  const head = all.slice(0, SAMPLES / 2);
  const step = (all.length - head.length) / (SAMPLES / 2);
  return [...head, ...head.map((_, n) => all[head.length + Math.floor(n * step)] as T)];
}
