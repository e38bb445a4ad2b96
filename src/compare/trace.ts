import type { Cause, Endpoint, SessionRecord } from '../session/record.ts';
import { ACK, SYN } from '../wire/segment.ts';
import { FROM_LOW, type PacketList, type PacketLog } from './packet-log.ts';

/** One session of one capture: what was made of it, and its packets. */
export interface Trace {
  readonly view: SessionView;
  readonly log: PacketLog;
  readonly list: PacketList;
  readonly clientIsLow: boolean;
  /** Of the KEXINITs; undefined where the capture does not hold one from the stream's start on. */
  readonly clientCookie: string | undefined;
  readonly serverCookie: string | undefined;
}

/** What a comparison keeps of a session's record: ten thousand whole records would take gigabytes. */
export type SessionView = Pick<
  SessionRecord,
  'session' | 'fate' | 'stage' | 'ending' | 'endedBy' | 'certainty' | 'reason' | 'cause' | 'clientMessage'
> & {
  readonly client: Pick<Endpoint, 'address' | 'port' | 'identification'>;
  readonly server: Pick<Endpoint, 'address' | 'port' | 'identification'>;
  readonly start: string;
  readonly end: string;
  /** Nanoseconds since the capture's first packet. */
  readonly startNs: number;
  readonly endNs: number;
  /** All causes that fit, best first. */
  readonly causes: readonly Cause[];
  readonly icmp: NonNullable<SessionRecord['tcp']['icmp']>;
  readonly owed: SessionRecord['observed']['owed'];
  readonly disconnect: SessionRecord['disconnect'];
  /** What packets brought, where it is more than TCP: identification strings and messages in clear, by packet. */
  readonly messages: readonly { readonly packet: number; readonly what: string }[];
  readonly firstPacket: number;
  readonly lastPacket: number;
  readonly gaps: boolean;
};

/** Reads no more of the record than it needs: a session makes what is asked for. */
export function viewOf(record: SessionRecord, startNs: number, endNs: number): SessionView {
  const { cause, tcp, timeline } = record;
  // Written out: object spreads of getters took a third of the time.
  return {
    session: record.session,
    fate: record.fate,
    stage: record.stage,
    ending: record.ending,
    endedBy: record.endedBy,
    certainty: record.certainty,
    reason: record.reason,
    cause,
    clientMessage: record.clientMessage,
    client: endOf(record.client),
    server: endOf(record.server),
    start: record.start,
    end: record.end,
    startNs,
    endNs,
    causes: cause === undefined ? NO_CAUSES : [cause, ...(record.alternatives ?? [])],
    icmp: tcp.icmp ?? NO_ICMP,
    owed: record.observed.owed,
    disconnect: record.disconnect,
    messages: messagesOf(timeline),
    firstPacket: record.packets.first,
    lastPacket: record.packets.last,
    gaps: record.bytes.missed > 0,
  };
}

const NO_CAUSES: SessionView['causes'] = [];
const NO_ICMP: SessionView['icmp'] = [];

function messagesOf(timeline: SessionRecord['timeline']): SessionView['messages'] {
  const messages: { packet: number; what: string }[] = [];
  for (const { from, packet, what } of timeline) {
    if (from !== 'path' && !OF_TCP.has(what)) messages.push({ packet, what });
  }
  return messages;
}

const OF_TCP: ReadonlySet<string> = new Set(['SYN', 'SYN-ACK', 'ACK', 'FIN', 'RST']);

const endOf = ({ address, port, identification }: Endpoint): SessionView['client'] => ({
  address,
  port,
  identification,
});

/** Who sends: index of a direction. */
export const FROM_CLIENT = 0;
export const FROM_SERVER = 1;
export type Direction = 0 | 1;

export const opposite = (direction: Direction): Direction =>
  direction === FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;

/** Whose packets these are, in words, and who gets them. */
export const sideOf = (direction: Direction): 'client' | 'server' =>
  direction === FROM_CLIENT ? 'client' : 'server';
export const otherSide = (direction: Direction): 'client' | 'server' =>
  direction === FROM_CLIENT ? 'server' : 'client';

/** The places of a trace's packets in its log, by direction, in capture order. */
export interface TracePackets {
  readonly all: readonly number[];
  readonly by: readonly [readonly number[], readonly number[]];
}

export function packetsOf({ log, list, clientIsLow }: Trace): TracePackets {
  const all = log.placesOf(list);
  const by: [number[], number[]] = [[], []];
  for (const place of all) {
    const fromLow = ((log.traits[place] as number) & FROM_LOW) !== 0;
    by[fromLow === clientIsLow ? FROM_CLIENT : FROM_SERVER].push(place);
  }
  return { all, by };
}

/** Initial sequence numbers; undefined for a side whose SYN the capture does not hold. */
export function initialSequences(
  { log }: Trace,
  { by }: TracePackets,
): readonly [number | undefined, number | undefined] {
  const isSyn = (place: number): boolean => ((log.flags[place] as number) & SYN) !== 0;
  const client = by[FROM_CLIENT].find((place) => isSyn(place) && ((log.flags[place] as number) & ACK) === 0);
  const server = by[FROM_SERVER].find(isSyn);
  return [
    client === undefined ? undefined : log.sequence[client],
    server === undefined ? undefined : log.sequence[server],
  ];
}
