import { hostPort } from '../../diagnosis/cause-definition.ts';
import type { DataPacket, Evidence, PacketTime, SessionRecord, TimelineEntry } from '../../session/record.ts';
import type { Sequence, SequenceMessage, SequenceRow } from '../figures/sequence.ts';
import { counted, duration } from '../layout.ts';
import { HEALTHY_FATES } from '../severity.ts';
import { microseconds, sinceStart } from '../since-start.ts';

/** The decisive packets of a session as a diagram of its two ends, with the stages that it came through. */
export function sessionSequence(record: SessionRecord): Sequence {
  const rows: SequenceRow[] = [];
  const evidence = byPacket(record.cause?.evidence ?? []);
  const ending = endingPacket(record);
  const { shown, left } = bounded(entriesOf(record));
  let before: Entry | undefined;
  let stage: string | undefined;
  let newKeys = 0;
  for (const entry of shown) {
    if (entry.what === 'skipped') {
      rows.push({ kind: 'pause', label: `${counted(left, 'packet')} more` });
      continue;
    }
    const next = entry.what === NOTE ? (stage ?? UNKNOWN_STAGE) : stageOf(entry, newKeys, stage);
    if (entry.what === 'SSH_MSG_NEWKEYS') newKeys++;
    const quietMs = before === undefined ? 0 : (microseconds(entry.time) - microseconds(before.time)) / 1000;
    if (quietMs >= TELLING_PAUSE_MS) rows.push({ kind: 'pause', label: `${duration(quietMs)} later` });
    if (next !== stage) rows.push({ kind: 'phase', label: next });
    stage = next;
    const shows = evidence.get(entry.packet);
    rows.push(
      entry.what === NOTE
        ? { kind: 'note', label: shows?.what ?? '', left: markOf(record, entry) }
        : messageOf(record, entry, shows, ending),
    );
    before = entry;
  }
  const end = record.ending === 'open' ? 'open when the capture ended' : ENDINGS[record.ending];
  const by = record.endedBy === 'nobody' || record.endedBy === 'unknown' ? '' : ` by ${record.endedBy}`;
  rows.push({ kind: 'phase', label: `${end}${by}, stage ${record.stage}` });
  return {
    title: `Session ${record.session}: its decisive packets`,
    columns: [
      { name: 'client', detail: hostPort(record.client) },
      { name: 'server', detail: hostPort(record.server) },
    ],
    rows,
  };
}

/** A shorter one is part of an exchange. */
const TELLING_PAUSE_MS = 1000;
/** More does not fit on a page; those in the middle are counted. */
const MAX_ENTRIES = 36;

const ENDINGS = {
  fin: 'closed with FIN',
  rst: 'reset',
  icmp: 'ended with an ICMP error',
  silence: 'nothing more came',
} as const;

/** What the timeline has, and what else tells: repeats, and data that nobody acknowledged. */
interface Entry extends PacketTime {
  readonly from: TimelineEntry['from'];
  readonly what: string;
  readonly detail?: string | undefined;
}

function entriesOf(record: SessionRecord): Entry[] {
  const entries = new Map<number, Entry[]>();
  const add = (entry: Entry): void => {
    const there = entries.get(entry.packet) ?? [];
    // A packet may hold several messages, but what is only data to TCP is told when nothing better is.
    if (there.length > 0 && entry.what.startsWith('data')) return;
    if (there.some(({ what }) => what === entry.what)) return;
    entries.set(entry.packet, [...there, entry]);
  };
  for (const entry of record.timeline) add(entry);
  const { synRepeats, last } = record.tcp;
  for (const side of ['client', 'server'] as const) {
    for (const { packet, time } of synRepeats?.[side] ?? []) {
      add({ packet, time, from: side, what: side === 'client' ? 'SYN again' : 'SYN-ACK again' });
    }
    const data =
      (what: string) =>
      ({ packet, time, bytes }: DataPacket) =>
        add({ packet, time, from: side, what: `data${what}`, detail: counted(bytes, 'byte') });
    const { unanswered } = last?.[side] ?? {};
    if (unanswered !== undefined) {
      last?.[side].data.slice(-2).forEach(data(''));
      unanswered.forEach(data(' again, never acknowledged'));
    }
  }
  for (const reset of record.tcp.resets ?? []) add({ ...reset, what: 'RST' });
  for (const { packet, time, type, code } of record.tcp.icmp ?? []) {
    add({ packet, time, from: 'path', what: 'ICMP', detail: `type ${type} code ${code}` });
  }
  const { first, last: end } = record.packets;
  for (const { packet, time } of record.cause?.evidence ?? []) {
    // Evidence may be of other sessions.
    if (packet >= first && packet <= end && !entries.has(packet))
      add({ packet, time, from: 'path', what: NOTE });
  }
  return [...entries.values()].flat().sort((a, b) => a.packet - b.packet);
}

/** Only the evidence says what this packet is. */
const NOTE = 'note';
const SKIPPED: Entry = { packet: 0, time: '', from: 'path', what: 'skipped' };

/** The first and the last of too many. */
function bounded(entries: readonly Entry[]): { shown: readonly Entry[]; left: number } {
  const left = entries.length - MAX_ENTRIES;
  if (left <= 0) return { shown: entries, left: 0 };
  const head = Math.ceil((MAX_ENTRIES * 2) / 3);
  return { shown: [...entries.slice(0, head), SKIPPED, ...entries.slice(head + left)], left };
}

const UNKNOWN_STAGE = 'the capture joins here';

function stageOf(entry: Entry, newKeys: number, before: string | undefined): string {
  const { what } = entry;
  if (/^(?:SYN|SYN-ACK|ACK)\b/.test(what)) return 'TCP handshake';
  if (what === 'identification string' || what === 'text') return 'identification';
  if (what === 'authenticated') return 'authenticated: a session';
  if (what.startsWith('SSH_MSG_')) return 'key exchange';
  // What follows both NEWKEYS is encrypted.
  if (newKeys >= 2 && before === 'key exchange') return 'authentication';
  return before ?? UNKNOWN_STAGE;
}

function messageOf(
  record: SessionRecord,
  entry: Entry,
  evidence: Evidence | undefined,
  ending: number | undefined,
): SequenceMessage {
  const isEnding = entry.packet === ending && /^(?:FIN|RST|ICMP|SSH_MSG_DISCONNECT)/.test(entry.what);
  const isPath = entry.from === 'path';
  // An ICMP error is sent to whoever sent what it refuses.
  const error = isPath ? record.tcp.icmp?.find(({ packet }) => packet === entry.packet) : undefined;
  const sender = entry.from === 'path' ? opposite(error?.about ?? 'client') : entry.from;
  const from = sender === 'client' ? 0 : 1;
  const said = [entry.detail, error && `from ${error.reporter}`].filter((text) => text !== undefined);
  const shows = evidence?.what;
  const detail = [...said.filter((text) => !shows?.includes(text)), shows].filter((text) => text);
  return {
    kind: 'message',
    from,
    to: 1 - from,
    course: isPath ? 'inserted' : 'whole',
    label: entry.what,
    detail: detail.length > 0 ? detail.join(' · ') : undefined,
    emphasis: isEnding ? 'trouble' : evidence === undefined ? undefined : 'decisive',
    left: markOf(record, entry),
  };
}

const markOf = (record: SessionRecord, { packet, time }: Entry) => ({
  packet,
  time: sinceStart(record, time),
});

const opposite = (side: 'client' | 'server') => (side === 'client' ? 'server' : 'client');

/** The packet that ended a session which did not end well. */
function endingPacket({ fate, ending, observed }: SessionRecord): number | undefined {
  if (HEALTHY_FATES.has(fate)) return undefined;
  return ending === 'icmp' ? observed.icmp?.packet : observed.closes[0]?.packet;
}

function byPacket(evidence: readonly Evidence[]): ReadonlyMap<number, Evidence> {
  const packets = new Map<number, Evidence>();
  for (const item of evidence) if (!packets.has(item.packet)) packets.set(item.packet, item);
  return packets;
}
