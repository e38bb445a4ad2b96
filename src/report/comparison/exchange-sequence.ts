import type { JointSession } from '../../compare/comparison.ts';
import type { Exchange, ExchangedPacket } from '../../compare/exchange.ts';
import type { Sequence, SequenceRow } from '../figures/sequence.ts';
import { counted, duration } from '../layout.ts';

/** A session's packets between two captures: the lost end in the middle, the forged begin there. */
export function exchangeSequence(session: JointSession, exchange: Exchange): Sequence {
  const { packets, captures, left } = exchange;
  const rows: SequenceRow[] = [];
  let before: ExchangedPacket | undefined;
  const skipAt = left > 0 ? exchange.firstKept : -1;
  packets.forEach((packet, n) => {
    if (n === skipAt) rows.push({ kind: 'pause', label: `${counted(left, 'packet')} more` });
    else if (before !== undefined && packet.sinceStartNs - before.sinceStartNs >= TELLING_PAUSE_NS) {
      const ms = (packet.sinceStartNs - before.sinceStartNs) / 1e6;
      rows.push({ kind: 'pause', label: `${duration(ms)} later` });
    }
    rows.push(rowOf(packet, captures));
    before = packet;
  });
  return {
    title: `Session ${session.session} between two captures`,
    columns: captures.map((name, n) => ({
      name: shortName(name),
      detail: n === 0 ? 'client side' : 'server side',
    })),
    rows,
  };
}

/** A shorter one is part of an exchange. */
const TELLING_PAUSE_NS = 1e9;

/** A path's last part: the head of a column holds no more. */
const shortName = (name: string): string => name.split(/[/\\]/).at(-1) || name;

const sinceStart = (ns: number): string => `${ns < 0 ? '-' : '+'}${(Math.abs(ns) / 1e9).toFixed(6)} s`;

function rowOf(packet: ExchangedPacket, captures: Exchange['captures']): SequenceRow {
  const { from, what, course, first, second, decisive } = packet;
  const lacking = first === undefined ? captures[0] : captures[1];
  const detail =
    course === 'missed'
      ? `not in ${shortName(lacking)}, which missed it`
      : course === 'lost'
        ? `never came to ${shortName(lacking)}`
        : course === 'inserted'
          ? `never sent: not in ${shortName(lacking)}`
          : undefined;
  const mark = (there: ExchangedPacket['first']) =>
    there && { packet: there.packet, time: sinceStart(there.sinceStartNs) };
  return {
    kind: 'message',
    from: from === 'client' ? 0 : 1,
    to: from === 'client' ? 1 : 0,
    course: course === 'missed' ? 'whole' : course,
    label: what,
    detail,
    emphasis: course === 'lost' || course === 'inserted' ? 'trouble' : decisive ? 'decisive' : undefined,
    left: mark(first),
    right: mark(second),
  };
}
