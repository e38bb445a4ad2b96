import type {
  ClockedRecord,
  DataPacket,
  Moment,
  PacketTime,
  ResetRecord,
  SessionRecord,
} from '../session/record.ts';

/* What causes after the handshake ask of a record's end. */

export type Side = 'client' | 'server';

export const otherSide = (side: Side): Side => (side === 'client' ? 'server' : 'client');

/** The capture lacks packets. Where it only lacks the ends of packets their sizes are known, and the order. */
export const lacksPackets = ({ tcp }: SessionRecord): boolean => tcp.gaps.client + tcp.gaps.server > 0;

/** A request to log in with a key and its algorithm's name is longer on the wire than one with a padded password. */
export const KEY_REQUEST_BYTES = 110;

export interface SaidPacket extends DataPacket, Moment {
  readonly from: Side;
}

/**
 * The last packets with new data of both sides, oldest first. Some ten causes ask of the same record, one after the
 * other (measured: a sixth of an attack's time while each made the list).
 */
export function lastSaid(record: SessionRecord): readonly SaidPacket[] {
  const { last } = record.tcp;
  if (last === undefined) return NOTHING;
  if (last !== latest) {
    latest = last;
    said = merged(last);
  }
  return said;
}

const NOTHING: readonly SaidPacket[] = [];
let latest: NonNullable<SessionRecord['tcp']['last']> | undefined;
let said = NOTHING;

/** Of the same packet, which a hostile capture may hold, the client's side comes first. */
function merged({ client, server }: NonNullable<typeof latest>): readonly SaidPacket[] {
  const all: SaidPacket[] = [];
  let c = 0;
  let s = 0;
  while (c < client.data.length || s < server.data.length) {
    const ofClient = client.data[c];
    const ofServer = server.data[s];
    if (ofServer === undefined || (ofClient !== undefined && ofClient.packet <= ofServer.packet)) {
      all.push(saidBy('client', ofClient as DataPacket));
      c++;
    } else {
      all.push(saidBy('server', ofServer));
      s++;
    }
  }
  return all;
}

const saidBy = (from: Side, packet: DataPacket): SaidPacket => new Said(from, packet);

/** Its time is made when it is asked for. */
class Said implements SaidPacket {
  readonly from: Side;
  readonly packet: number;
  readonly bytes: number;
  private readonly data: DataPacket & Moment;

  constructor(from: Side, data: DataPacket) {
    this.from = from;
    this.packet = data.packet;
    this.bytes = data.bytes;
    this.data = data;
  }

  get time(): string {
    return this.data.time;
  }

  get epochMs(): number | undefined {
    return this.data.epochMs;
  }
}

/** Milliseconds from one packet to another. */
export const msBetween = (from: Moment, to: Moment): number => msOf(to) - msOf(from);

const msOf = ({ epochMs, time }: Moment): number => epochMs ?? parsedMs(time);

/** `2026-11-27T14:56:32.123456Z` without its seconds. */
const SECOND_AT = '2026-11-27T14:56:'.length;
let minute = 'none';
let minuteMs = 0;

/** As `Date.parse`, which takes a microsecond; times that are compared are mostly of one minute. */
function parsedMs(time: string): number {
  // Fractions of fewer than three digits are left to `Date`.
  if (time.length <= SECOND_AT + 6) return Date.parse(time);
  if (!time.startsWith(minute)) {
    const ms = Date.parse(`${time.slice(0, SECOND_AT)}00Z`);
    if (Number.isNaN(ms)) return ms;
    minute = time.slice(0, SECOND_AT);
    minuteMs = ms;
  }
  const seconds = Number(time.slice(SECOND_AT, SECOND_AT + 2));
  return minuteMs + seconds * 1000 + Number(time.slice(SECOND_AT + 3, SECOND_AT + 6));
}

/**
 * Remembers the answer for the record that was asked of last: several causes ask the same, one after the other.
 */
export function remembered<T>(answer: (record: SessionRecord) => T): (record: SessionRecord) => T {
  let last: { readonly record: SessionRecord; readonly answer: T } | undefined;
  return (record) => {
    if (last === undefined || last.record !== record) last = { record, answer: answer(record) };
    return last.answer;
  };
}

/** The packet that ended the session, and what kind it was. */
export interface DecidingPacket extends PacketTime {
  readonly side: Side;
  readonly kind: 'fin' | 'rst';
}

export const deciding = remembered((record): DecidingPacket | undefined => {
  const close = record.observed.closes[0];
  return close && new LazyDecidingPacket(record, close);
});

/** Its time is made when it is asked for: that takes the timeline, and most sessions need only milliseconds. */
class LazyDecidingPacket implements DecidingPacket {
  readonly packet: number;
  readonly side: Side;
  readonly kind: 'fin' | 'rst';
  private readonly record: SessionRecord;
  private readonly atMs: number;
  private madeTime: string | undefined;

  constructor(
    record: SessionRecord,
    { packet, side, kind, atMs }: SessionRecord['observed']['closes'][number],
  ) {
    this.record = record;
    this.packet = packet;
    this.side = side;
    this.kind = kind;
    this.atMs = atMs;
  }

  get time(): string {
    const { record, packet, atMs } = this;
    this.madeTime ??=
      record.timeline.find((each) => each.packet === packet)?.time ??
      new Date(Date.parse(record.start) + atMs).toISOString();
    return this.madeTime;
  }
}

/** Milliseconds from a packet to the one that ended the session. */
export function msUntilClose(record: ClockedRecord, from: Moment): number {
  const atMs = record.observed.closes[0]?.atMs ?? 0;
  return atMs - (msOf(from) - (record.startEpochMs ?? Date.parse(record.start)));
}

/** The reset that ended the session. */
export function decidingReset(record: SessionRecord): ResetRecord | undefined {
  const close = record.observed.closes[0];
  if (close?.kind !== 'rst') return undefined;
  return record.tcp.resets?.find((reset) => reset.packet === close.packet);
}

/** Messages are hidden, but every header is there: what rests on headers alone can be told. */
export const hasAllHeaders = ({ observed }: SessionRecord): boolean =>
  observed.missing === undefined || observed.missing === 'snap-length';

/** Part of the packets that are duplicates where a capture holds each twice. */
const MIRRORED = 1 / 4;

/** Each packet twice, from both sides of a router: hop limits tell nothing. */
export function isMirrored({ tcp, packets }: SessionRecord): boolean {
  const { client = [], server = [] } = tcp.hopLimits;
  if (client.length < 2 || server.length < 2) return false;
  const duplicates = tcp.duplicates.client + tcp.duplicates.server;
  return duplicates > (packets.clientToServer + packets.serverToClient) * MIRRORED;
}

/** `0.8 s`, `24.7 s`, `120 s`, `2 h 10 min`: as precise as it matters. */
export function seconds(ms: number): string {
  // Times are made of parts, and a packet may hold both moments.
  if (ms < 0) return seconds(0);
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  if (whole < 7200) return `${whole} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The command that shows what sshd logged around a moment. */
export function journalAround(time: string): string {
  return `journalctl -u ssh -u sshd ${aroundMoment(time)}`;
}

/** The options of journalctl for what was logged around a moment. */
export function aroundMoment(time: string): string {
  return `--since '${secondsFrom(time, -10)}' --until '${secondsFrom(time, 10)}'`;
}

/** A moment so many seconds later, as journalctl takes it. */
function secondsFrom(time: string, later: number): string {
  const second = Number(time.slice(SECOND_AT, SECOND_AT + 2)) + later;
  // Mostly within the minute: dates took a fiftieth of the time of an attack's report.
  if (second >= 0 && second < 60) {
    return `${time.slice(0, 10)} ${time.slice(11, SECOND_AT)}${String(second).padStart(2, '0')} UTC`;
  }
  const text = new Date(Date.parse(time) + later * 1000).toISOString();
  return `${text.slice(0, 19).replace('T', ' ')} UTC`;
}
