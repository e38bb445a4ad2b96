import { FIN, RST, SYN } from '../wire/segment.ts';
import type { PlacedSession, RecordedCapture } from './compare-sessions.ts';
import type { JointSession } from './comparison.ts';
import type { LegDirection, Member } from './leg.ts';
import { isPureAck } from './packet-log.ts';
import { packetWords } from './packet-words.ts';
import { FROM_CLIENT, FROM_SERVER } from './trace.ts';

/** The packets of a session at two captures, in order: what a diagram draws. */
export interface Exchange {
  /** Names of the captures, the one nearer to the client first. */
  readonly captures: readonly [string, string];
  readonly packets: readonly ExchangedPacket[];
  /** Packets that are left out behind the first `firstKept` of these. */
  readonly left: number;
  readonly firstKept: number;
}

/** A packet, on its way past two captures. */
export interface ExchangedPacket {
  /** Who sent it. */
  readonly from: 'client' | 'server';
  /** What it is, in words. */
  readonly what: string;
  /** `missed`: it passed, but one capture does not hold it. */
  readonly course: 'whole' | 'lost' | 'inserted' | 'missed';
  /** Nanoseconds since the session's first packet, on the first capture's clock. */
  readonly sinceStartNs: number;
  /** Where each capture has it. */
  readonly first?: ExchangeMark | undefined;
  readonly second?: ExchangeMark | undefined;
  /** The verdict rests on it. */
  readonly decisive: boolean;
}

/** A packet as one capture has it. */
export interface ExchangeMark {
  /** Number there. */
  readonly packet: number;
  /** Nanoseconds since the session's first packet, on the first capture's clock. */
  readonly sinceStartNs: number;
}

/** A page holds so many; of a long session the first and the last. */
const FIRST = 16;
const LAST = 24;

/** The packets between the outermost neighbours that were compared; empty where none were. */
export function exchangeOf(
  placed: PlacedSession,
  session: JointSession,
  captures: readonly RecordedCapture[],
): Exchange {
  const leg = placed.legs.find((one) => one !== undefined && hasTrouble(one.by)) ?? placed.legs.find(Boolean);
  if (leg === undefined) return { captures: ['', ''], packets: [], left: 0, firstKept: 0 };
  const name = ({ capture }: Member): string => captures[capture]?.name ?? '';
  const decisive = new Set(session.verdict.evidence.map(({ capture, packet }) => `${capture} ${packet}`));
  const startNs = Math.min(
    ...[leg.first, leg.second].map((one) => one.commonNs(one.session.trace.view.startNs)),
  );
  const rows: ExchangedPacket[] = [];
  for (const direction of [FROM_CLIENT, FROM_SERVER] as const) {
    const one = leg.by[direction];
    const from = direction === FROM_CLIENT ? 'client' : 'server';
    const mark = (member: Member, place: number | undefined) => {
      if (place === undefined) return undefined;
      const { log } = member.session.trace;
      return {
        packet: log.number[place] as number,
        sinceStartNs: member.commonNs(log.timeNs[place] as number) - startNs,
      };
    };
    const add = (
      sent: number | undefined,
      received: number | undefined,
      course: ExchangedPacket['course'],
    ): void => {
      const member = sent === undefined ? one.receiver : one.sender;
      const place = (sent ?? received) as number;
      const { log } = member.session.trace;
      const [ofSender, ofReceiver] = [mark(one.sender, sent), mark(one.receiver, received)];
      const [first, second] = direction === FROM_CLIENT ? [ofSender, ofReceiver] : [ofReceiver, ofSender];
      const isDecisive =
        (first !== undefined && decisive.has(`${name(leg.first)} ${first.packet}`)) ||
        (second !== undefined && decisive.has(`${name(leg.second)} ${second.packet}`));
      const flags = log.flags[place] as number;
      if (course === 'whole' && !isDecisive && isPureAck(flags, log.length[place] as number)) return;
      rows.push({
        ...{ from, course, first, second },
        what: words(member, place),
        sinceStartNs: member.commonNs(log.timeNs[place] as number) - startNs,
        decisive: isDecisive,
      });
    };
    for (const { a, b } of one.pairs) add(a, b, 'whole');
    for (const { place, kind } of one.gone) {
      if (kind !== 'untold') add(place, undefined, kind === 'missed' ? 'missed' : 'lost');
    }
    for (const { place, kind } of one.extra) {
      if (kind !== 'untold') add(undefined, place, kind === 'forged' ? 'inserted' : 'missed');
    }
  }
  rows.sort((x, y) => x.sinceStartNs - y.sinceStartNs);
  const kept = rows.length <= FIRST + LAST ? rows : [...rows.slice(0, FIRST), ...rows.slice(-LAST)];
  return {
    captures: [name(leg.first), name(leg.second)],
    packets: kept,
    left: rows.length - kept.length,
    firstKept: FIRST,
  };
}

/** What a packet is; of one with SSH messages, these. */
function words({ session }: Member, place: number): string {
  const { log, view } = session.trace;
  const number = log.number[place] as number;
  const messages = view.messages.filter(({ packet }) => packet === number).map(({ what }) => what);
  const plain = packetWords(log, place);
  return messages.length === 0 ? plain : `${[...new Set(messages)].join(', ')} (${plain})`;
}

const hasTrouble = (by: readonly LegDirection[]): boolean =>
  by.some(
    ({ gone, extra, sender }) =>
      extra.some(({ kind }) => kind === 'forged') ||
      gone.some(({ kind, place }) => kind === 'for-good' && isTelling(sender, place)),
  );

const isTelling = ({ session }: Member, place: number): boolean =>
  ((session.trace.log.flags[place] as number) & (SYN | FIN | RST)) !== 0 ||
  (session.trace.log.length[place] as number) > 0;
