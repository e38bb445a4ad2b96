import type { LegEvent, LegReport } from './comparison.ts';
import type { JudgedCapture } from './judged-capture.ts';
import type { Extra, Gone, LegDirection, Member } from './leg.ts';
import { packetWords } from './packet-words.ts';

/** Single packets that are told; the rest is in the counts. */
const MAX_EVENTS = 32;

/** One direction between two captures, in numbers and in its telling packets. */
export function legReport(direction: LegDirection, captures: readonly JudgedCapture[]): LegReport {
  const { pairs, gone, extra, recutA, recutB, delayNs, changes, sender, receiver } = direction;
  const lost = gone.filter(isLoss);
  const repaired = lost.filter(({ kind }) => kind === 'repaired').length;
  const inserted = extra.filter(isInserted).length;
  const repeated = extra.filter(({ kind }) => kind === 'repeated').length;
  const byReceiver = gone.filter(({ kind }) => kind === 'missed').length;
  const bySender = extra.filter(({ kind, outside }) => kind === 'missed' && !outside).length;
  const outside = [...gone, ...extra].filter((one) => one.outside).length;
  const events = eventsOf(direction, captures);
  const [logS, logR] = [sender.session.trace.log, receiver.session.trace.log];
  return {
    packets: pairs.length,
    ...(delayNs && {
      delayMs: { least: ms(delayNs.least), median: ms(delayNs.median), most: ms(delayNs.most) },
    }),
    ...(lost.length > 0 && { lost: { repaired, forGood: lost.length - repaired } }),
    ...(inserted > 0 && { inserted }),
    ...(repeated > 0 && { repeated }),
    ...(recutA.length + recutB.length > 0 && { recut: Math.max(recutA.length, recutB.length) }),
    ...(byReceiver + bySender > 0 && { missed: { bySender, byReceiver } }),
    ...(outside > 0 && { outside }),
    ...(changes.length > 0 && {
      changes: changes.map(({ kind, from, to, packets, example }) => ({
        ...{ kind, from, to, packets },
        example: {
          fromPacket: logS.number[example.a] as number,
          toPacket: logR.number[example.b] as number,
        },
      })),
    }),
    ...(events.length > 0 && { events }),
  };
}

const ms = (ns: number): number => Number((ns / 1e6).toFixed(6));

/** Lost on the way, as far as the other capture ran. */
const isLoss = ({ kind, outside }: Gone): boolean => !outside && (kind === 'repaired' || kind === 'for-good');

const isInserted = ({ kind, outside }: Extra): boolean => !outside && kind === 'forged';

function eventsOf(direction: LegDirection, captures: readonly JudgedCapture[]): readonly LegEvent[] {
  const { sender, receiver, gone, extra } = direction;
  const events: { readonly atNs: number; readonly event: LegEvent }[] = [];
  const add = (member: Member, kind: LegEvent['kind'], { place, timeNs }: Gone | Extra): void => {
    const capture = captures[member.capture] as JudgedCapture;
    const { log } = member.session.trace;
    events.push({
      atNs: timeNs,
      event: {
        kind,
        capture: capture.name,
        packet: log.number[place] as number,
        time: capture.iso(log.timeNs[place] as number),
        what: packetWords(log, place),
      },
    });
  };
  for (const one of gone) {
    if (one.outside || one.kind === 'untold') continue;
    add(sender, one.kind === 'for-good' ? 'lost' : one.kind, one);
  }
  for (const one of extra) {
    if (one.outside || one.kind === 'untold') continue;
    add(receiver, one.kind === 'forged' ? 'inserted' : one.kind, one);
  }
  return events
    .sort((x, y) => x.atNs - y.atNs)
    .slice(0, MAX_EVENTS)
    .map(({ event }) => event);
}
