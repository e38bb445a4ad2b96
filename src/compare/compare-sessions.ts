import { type ClockFit, offsetAt } from './clock-fit.ts';
import type {
  CaptureClock,
  ComparedCapture,
  Comparison,
  JointLeg,
  JointPlace,
  JointSession,
  SessionSeen,
} from './comparison.ts';
import { type Exchange, exchangeOf } from './exchange.ts';
import { hints } from './hints.ts';
import { judgeSession } from './joint-verdict.ts';
import { type JudgedCapture, judgedCaptures } from './judged-capture.ts';
import { type Leg, leg, type Member } from './leg.ts';
import { legReport } from './leg-report.ts';
import { matchable } from './match.ts';
import { turned } from './pair-packets.ts';
import {
  captureTimes,
  type GroupMember,
  groupSessions,
  type Meeting,
  meeting,
  type SessionGroup,
} from './session-groups.ts';
import { FROM_CLIENT, FROM_SERVER, type Trace } from './trace.ts';
import { hops } from './vantage.ts';

/** What was recorded of one capture. */
export interface RecordedCapture {
  readonly name: string;
  /** Nanoseconds since 1970 of its first packet; undefined for a capture without packets. */
  readonly epochNs: bigint | undefined;
  /** Of its last packet, since the first. */
  readonly lastTimeNs: number;
  /** Prints a time since the first packet. */
  readonly iso: (timeNs: number) => string;
  readonly traces: readonly Trace[];
  readonly droppedPackets: number;
  readonly droppedSessions: number;
}

/** A session as it went between the captures. */
export interface PlacedSession {
  /** In the order of the way, where that is known. */
  readonly members: readonly Member[];
  readonly order: JointSession['order'];
  readonly connection: JointSession['connection'];
  readonly proxied: boolean;
  /** One for each pair of neighbours; undefined where the two are at one place or are two connections. */
  readonly legs: readonly (Leg | undefined)[];
  readonly by: ReadonlyMap<Member, GroupMember>;
}

/** What is told of a comparison besides its result. */
export interface CompareOptions {
  /** Gives the packets of each session for a diagram. */
  readonly onSession?: (session: JointSession, exchange: () => Exchange) => void;
}

/** What the captures tell together. */
export function compareSessions(
  captures: readonly RecordedCapture[],
  options: CompareOptions = {},
): Comparison {
  const sessions = captures.map(({ traces }) => traces.map(matchable));
  const groups = groupSessions(sessions);
  const meetings = new Map(groups.map((group) => [group, meetingsOf(group, captures)]));
  const times = captureTimes(
    captures.map(({ epochNs }) => epochNs),
    [...meetings.values()].flat(),
  );
  const memberOf = ({ capture, session }: GroupMember): Member => {
    const { toCommon } = times[capture] as (typeof times)[number];
    const { lastTimeNs } = captures[capture] as RecordedCapture;
    return { capture, session, commonNs: toCommon, startNs: toCommon(0), endNs: toCommon(lastTimeNs) };
  };
  const usual = usualOrders([...meetings.values()].flat());
  const placed = groups
    .map((group) => placeSession(group, meetings.get(group) ?? [], memberOf, usual))
    .sort((x, y) => startOf(x) - startOf(y));
  const judged = judgedCaptures(captures, placed, times);
  const joint = placed.map((one, n) => jointSession(one, n + 1, judged, captures));
  joint.forEach((session, n) => {
    options.onSession?.(session, () => exchangeOf(placed[n] as PlacedSession, session, captures));
  });
  return {
    schema: 'sshfate/comparison@1',
    captures: captures.map((capture, n) => compared(capture, judged[n] as JudgedCapture, times[n]?.fit)),
    summary: summaryOf(joint),
    ...withHints(hints(captures, placed, judged)),
    sessions: joint,
  };
}

const withHints = (texts: readonly string[]) => (texts.length > 0 ? { hints: texts } : {});

/** Each pair of a group's captures. */
function meetingsOf({ members }: SessionGroup, captures: readonly RecordedCapture[]): readonly Meeting[] {
  const epoch = ({ capture }: GroupMember): bigint => captures[capture]?.epochNs ?? 0n;
  return members.flatMap((b, n) =>
    members.slice(0, n).map((a) => meeting(a, b, Number(epoch(b) - epoch(a)))),
  );
}

/** For sessions whose own packets do not tell: what others to the same server tell of the same two captures. */
function usualOrders(meetings: readonly Meeting[]): ReadonlyMap<string, number> {
  const votes = new Map<string, number>();
  for (const one of meetings) {
    if (one.order !== 'a-first' && one.order !== 'b-first') continue;
    const key = orderKey(one);
    votes.set(key, (votes.get(key) ?? 0) + (one.order === 'a-first' ? 1 : -1));
  }
  return votes;
}

const orderKey = ({ a, b }: Meeting): string =>
  `${a.capture} ${b.capture} ${a.session.trace.view.server.address} ${b.session.trace.view.server.address}`;

function placeSession(
  { members }: SessionGroup,
  meetings: readonly Meeting[],
  memberOf: (member: GroupMember) => Member,
  usual: ReadonlyMap<string, number>,
): PlacedSession {
  const points = new Map<GroupMember, number>(members.map((member) => [member, 0]));
  let order: JointSession['order'] = members.length > 1 ? 'known' : undefined;
  for (const one of meetings) {
    const sign =
      one.order === 'untold' ? Math.sign(usual.get(orderKey(one)) ?? 0) : one.order === 'a-first' ? 1 : -1;
    if (one.order === 'same-place') order = members.length === 2 ? 'same-place' : order;
    else if (sign === 0) order = 'unknown';
    else points.set(sign > 0 ? one.a : one.b, (points.get(sign > 0 ? one.a : one.b) ?? 0) + 1);
  }
  const sorted = [...members].sort((x, y) => (points.get(y) ?? 0) - (points.get(x) ?? 0));
  const placed = sorted.map(memberOf);
  const between = (x: GroupMember, y: GroupMember): Meeting | undefined =>
    meetings.find(({ a, b }) => (a === x && b === y) || (a === y && b === x));
  const legs = sorted.slice(1).map((member, n) => {
    const before = sorted[n] as GroupMember;
    const met = between(before, member);
    if (met === undefined || met.proxied || met.order === 'same-place' || order === 'unknown')
      return undefined;
    return legOf(met, met.a === before, placed[n] as Member, placed[n + 1] as Member);
  });
  const outermost = between(sorted[0] as GroupMember, sorted.at(-1) as GroupMember);
  return {
    members: placed,
    order,
    connection: connectionOf(meetings),
    proxied: outermost?.proxied ?? false,
    legs,
    by: new Map(placed.map((member, n) => [member, sorted[n] as GroupMember])),
  };
}

function legOf({ paired, shift }: Meeting, inOrder: boolean, first: Member, second: Member): Leg {
  if (inOrder) return leg(first, second, paired, shift);
  return leg(first, second, [turned(paired[0]), turned(paired[1])], [-shift[0] | 0, -shift[1] | 0]);
}

function connectionOf(meetings: readonly Meeting[]): JointSession['connection'] {
  if (meetings.some(({ proxied }) => proxied)) return 'proxied';
  if (meetings.some(({ shift }) => shift[0] !== 0 || shift[1] !== 0)) return 'renumbered';
  const ends = ({ session }: GroupMember): string => {
    const { client, server } = session.trace.view;
    return `${client.address} ${client.port} ${server.address} ${server.port}`;
  };
  return meetings.some(({ a, b }) => ends(a) !== ends(b)) ? 'translated' : undefined;
}

const startOf = ({ members }: PlacedSession): number =>
  Math.min(...members.map(({ session, commonNs }) => commonNs(session.trace.view.startNs)));

function jointSession(
  placed: PlacedSession,
  session: number,
  judged: readonly JudgedCapture[],
  captures: readonly RecordedCapture[],
): JointSession {
  const { members, legs, order, connection } = placed;
  const reports = legs
    .filter((one) => one !== undefined)
    .map((one): JointLeg => {
      const name = ({ capture }: Member): string => captures[capture]?.name ?? '';
      return {
        from: name(one.first),
        to: name(one.second),
        clientToServer: legReport(one.by[FROM_CLIENT], judged),
        serverToClient: legReport(one.by[FROM_SERVER], judged),
      };
    });
  return {
    session,
    seen: members.map((member) => seen(member, placed, captures)),
    ...(order !== undefined && { order }),
    ...(connection !== undefined && { connection }),
    verdict: judgeSession(placed, judged),
    ...(reports.length > 0 && { legs: reports }),
  };
}

function seen(member: Member, { by }: PlacedSession, captures: readonly RecordedCapture[]): SessionSeen {
  const { view } = member.session.trace;
  const cause = view.cause;
  const matchedBy = by.get(member)?.by;
  const [hopsToClient, hopsToServer] = [hops(member, FROM_CLIENT), hops(member, FROM_SERVER)];
  return {
    capture: captures[member.capture]?.name ?? '',
    session: view.session,
    ...(matchedBy !== undefined && { matchedBy }),
    client: view.client,
    server: view.server,
    start: view.start,
    end: view.end,
    packets: { first: view.firstPacket, last: view.lastPacket },
    fate: view.fate,
    stage: view.stage,
    ending: view.ending,
    endedBy: view.endedBy,
    certainty: view.certainty,
    ...(cause !== undefined && { cause: { id: cause.id, confidence: cause.confidence } }),
    ...(hopsToClient !== undefined && { hopsToClient }),
    ...(hopsToServer !== undefined && { hopsToServer }),
  };
}

function compared(
  capture: RecordedCapture,
  { missed, missedShare }: JudgedCapture,
  fit: ClockFit | undefined,
): ComparedCapture {
  const { name, traces, epochNs, iso, lastTimeNs, droppedPackets, droppedSessions } = capture;
  return {
    name,
    sessions: traces.length,
    ...(epochNs !== undefined && { start: iso(0), end: iso(lastTimeNs) }),
    ...(fit !== undefined && { clock: clockOf(fit) }),
    ...(missed > 0 && { missed: { packets: missed, share: rounded(missedShare, 4) } }),
    ...(droppedPackets + droppedSessions > 0 && {
      notCompared: { packets: droppedPackets, sessions: droppedSessions },
    }),
  };
}

function clockOf(fit: ClockFit): CaptureClock {
  return {
    offsetMs: rounded(offsetAt(fit, fit.atNs) / 1e6, 6),
    ...(fit.errorNs !== undefined && { errorMs: rounded(fit.errorNs / 1e6, 6) }),
    ...(fit.driftPpm !== 0 && { driftPpm: rounded(fit.driftPpm, 2) }),
  };
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

function summaryOf(sessions: readonly JointSession[]): Comparison['summary'] {
  const places: Partial<Record<JointPlace, number>> = {};
  const causes: Record<string, number> = {};
  for (const { verdict } of sessions) {
    places[verdict.place] = (places[verdict.place] ?? 0) + 1;
    if (verdict.cause !== undefined) causes[verdict.cause.id] = (causes[verdict.cause.id] ?? 0) + 1;
  }
  return {
    sessions: sessions.length,
    matched: sessions.filter(({ seen }) => seen.length > 1).length,
    ...{ places, causes },
  };
}
