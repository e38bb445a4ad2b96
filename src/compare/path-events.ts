import { FIN, RST, SYN } from '../wire/segment.ts';
import type { PlacedSession } from './compare-sessions.ts';
import { type Gone, isClose, type Leg, type LegDirection, type Member } from './leg.ts';
import { type Direction, FROM_CLIENT, FROM_SERVER } from './trace.ts';

/** A FIN or RST in the name of one side. */
export interface Close {
  readonly direction: Direction;
  readonly member: Member;
  readonly place: number;
  /** On the common clock. */
  readonly timeNs: number;
  readonly isReset: boolean;
  /** Between which captures it was made; undefined for one that passed the capture nearest to its sender. */
  readonly madeIn: Leg | undefined;
  /** The capture that lacks it holds nothing of that time. */
  readonly outside: boolean;
}

/** All closes of a session, first ones first: those that the ends sent, and those that were made between. */
export function closesOf({ members, legs }: PlacedSession): readonly Close[] {
  const closes: Close[] = [];
  for (const direction of [FROM_CLIENT, FROM_SERVER] as const) {
    const member = direction === FROM_CLIENT ? members[0] : members.at(-1);
    if (member !== undefined) closes.push(...sentCloses(member, direction));
    for (const leg of legs) {
      if (leg === undefined) continue;
      const { receiver, extra } = leg.by[direction];
      const { log } = receiver.session.trace;
      for (const { place, timeNs, kind, outside } of extra) {
        const flags = log.flags[place] as number;
        if (kind !== 'forged' || !isClose(flags)) continue;
        const isReset = (flags & RST) !== 0;
        closes.push({ direction, member: receiver, place, timeNs, isReset, madeIn: leg, outside });
      }
    }
  }
  return closes.sort((x, y) => x.timeNs - y.timeNs);
}

function sentCloses(member: Member, direction: Direction): Close[] {
  const { log } = member.session.trace;
  return member.session.packets.by[direction]
    .filter((place) => isClose(log.flags[place] as number))
    .map((place) => ({
      ...{ direction, member, place },
      timeNs: member.commonNs(log.timeNs[place] as number),
      isReset: ((log.flags[place] as number) & RST) !== 0,
      ...{ madeIn: undefined, outside: false },
    }));
}

/** What one direction lost for good between two captures. */
export interface Loss {
  readonly direction: Direction;
  readonly leg: Leg;
  readonly side: LegDirection;
  /** Data, SYN or FIN that never arrived, every copy of it, first ones first. */
  readonly packets: readonly Gone[];
  /** Copies of what was sent most often. */
  readonly copies: number;
  /** Different places in the stream. */
  readonly segments: number;
  /** Of the first, on the common clock. */
  readonly sinceNs: number;
  readonly kind: 'syn' | 'syn-ack' | 'data';
  /** The capture that lacks it holds nothing of that time: it may have ended. */
  readonly outside: boolean;
}

export function lossesOf({ legs }: PlacedSession): readonly Loss[] {
  const losses: Loss[] = [];
  for (const leg of legs) {
    if (leg === undefined) continue;
    for (const direction of [FROM_CLIENT, FROM_SERVER] as const) {
      const side = leg.by[direction];
      for (const outside of [false, true]) {
        const packets = side.gone.filter((one) => one.kind === 'for-good' && one.outside === outside);
        if (packets.length > 0) losses.push(lossOf(direction, leg, side, packets, outside));
      }
    }
  }
  return losses.sort((x, y) => x.sinceNs - y.sinceNs);
}

function lossOf(
  direction: Direction,
  leg: Leg,
  side: LegDirection,
  packets: readonly Gone[],
  outside: boolean,
): Loss {
  const { log } = side.sender.session.trace;
  const copies = new Map<number, number>();
  for (const { place } of packets) {
    const sequence = log.sequence[place] as number;
    copies.set(sequence, (copies.get(sequence) ?? 0) + 1);
  }
  const isSyn = packets.every(({ place }) => ((log.flags[place] as number) & SYN) !== 0);
  return {
    ...{ direction, leg, side, packets, outside },
    copies: Math.max(...copies.values()),
    segments: copies.size,
    sinceNs: Math.min(...packets.map(({ timeNs }) => timeNs)),
    kind: !isSyn ? 'data' : direction === FROM_CLIENT ? 'syn' : 'syn-ack',
  };
}

/** What passed and what did not, by payload bytes. */
export interface Sizes {
  /** The smallest data packet that was lost for good; 0 without one. */
  readonly lost: number;
  /** The largest that came through before the first loss, and since; undefined when nothing did since. */
  readonly passedBefore: number;
  readonly passedSince: number | undefined;
  /** Small packets, also such without data, were lost as well. */
  readonly smallLost: boolean;
}

export function sizesOf({ side, packets, sinceNs }: Loss): Sizes {
  const { log } = side.sender.session.trace;
  const isData = (place: number): boolean => ((log.flags[place] as number) & (SYN | FIN)) === 0;
  const lengths = packets
    .filter(({ place }) => isData(place))
    .map(({ place }) => log.length[place] as number);
  const lost = lengths.length === 0 ? 0 : Math.min(...lengths);
  let [passedBefore, passedSince]: [number, number | undefined] = [0, undefined];
  for (const { a } of side.pairs) {
    const length = log.length[a] as number;
    if (side.sender.commonNs(log.timeNs[a] as number) <= sinceNs)
      passedBefore = Math.max(passedBefore, length);
    else passedSince = Math.max(passedSince ?? 0, length);
  }
  const smallLost = side.gone.some(
    ({ place, timeNs, kind }) =>
      timeNs >= sinceNs && kind !== 'missed' && kind !== 'repaired' && (log.length[place] as number) < SMALL,
  );
  return { lost, passedBefore, passedSince, smallLost };
}

/** Payloads that fit any path: IPv4 hosts take datagrams of 576 bytes (RFC 791). */
const SMALL = 512;

/** The one DSCP of all that was lost, where nothing with it came through and something with another did. */
export function lostMarking({ side, packets }: Loss): number | undefined {
  const { log } = side.sender.session.trace;
  const marking = (place: number): number => (log.trafficClass[place] as number) >> 2;
  const lost = new Set(packets.map(({ place }) => marking(place)));
  if (lost.size !== 1 || side.pairs.length === 0) return undefined;
  const [dscp] = lost;
  return side.pairs.some(({ a }) => marking(a) === dscp) ? undefined : dscp;
}
