import type { Cause } from '../session/record.ts';
import { ACK, RST, SYN } from '../wire/segment.ts';
import {
  type Behind,
  behind,
  behindWords,
  captureThere,
  iptables,
  lookOnPath,
  pathBehind,
  pathWords,
  placeBehind,
  sureBehind,
} from './behind.ts';
import type { Case } from './case.ts';
import { isOfPath, isOfWaiting } from './cause-place.ts';
import type { JointEvidence, JointVerdict } from './comparison.ts';
import { isClose, type Member } from './leg.ts';
import { packetWords } from './packet-words.ts';
import { type Direction, FROM_CLIENT, FROM_SERVER, opposite, sideOf } from './trace.ts';

/** An end that acknowledges nothing any more of what passed the capture nearest to it, until it closes or for good. */
export interface SilentEnd {
  readonly side: 'client' | 'server';
  /** The capture nearest to it. */
  readonly member: Member;
  /** Copies of the first data that it owes an acknowledgement of. */
  readonly copies: readonly number[];
  /** It goes on sending, so that it is there and does not get what is sent to it. */
  readonly goesOn: number | undefined;
  /** It repeats what was acknowledged to it: not even small packets come to it. */
  readonly repeats: boolean;
}

/** Repeated for so long, data is not late but lost, or not taken. */
const LONG_NS = 1e9;
const MAX_EVIDENCE = 4;

/** The end whose silence the session broke on; undefined where both acknowledged what came to them. */
export function silentEnd(one: Case): SilentEnd | undefined {
  if (one.placed.order === 'unknown') return undefined;
  const found = [
    silence(one.nearServer, FROM_SERVER),
    // At one place both ends are on the other side of the same capture.
    silence(one.nearClient, FROM_CLIENT),
  ].filter((each) => each !== undefined);
  const since = ({ member, copies }: SilentEnd): number =>
    member.commonNs(member.session.trace.log.timeNs[copies[0] as number] as number);
  return found.sort((x, y) => since(x) - since(y))[0];
}

/** Whether the end that a direction comes from is silent, as one capture has it. */
function silence(member: Member, from: Direction): SilentEnd | undefined {
  const { log } = member.session.trace;
  const own = member.session.packets.by[from];
  const toIt = member.session.packets.by[opposite(from)];
  const flagsOf = (place: number): number => log.flags[place] as number;
  let acknowledged: number | undefined;
  for (const place of own) {
    if ((flagsOf(place) & (ACK | RST)) !== ACK) continue;
    const number = log.acknowledgement[place] as number;
    if (acknowledged === undefined || ((number - acknowledged) | 0) > 0) acknowledged = number;
  }
  if (acknowledged === undefined) return undefined;
  const upTo = acknowledged;
  const endOf = (place: number): number =>
    ((log.sequence[place] as number) + (log.length[place] as number)) | 0;
  const timeOf = (place: number): number => log.timeNs[place] as number;
  const owed = toIt.filter(
    (place) =>
      (log.length[place] as number) > 0 &&
      (flagsOf(place) & SYN) === 0 &&
      ((endOf(place) - upTo) | 0) > 0 &&
      (((log.sequence[place] as number) - upTo) | 0) <= 0,
  );
  const [first] = owed;
  if (first === undefined) return undefined;
  const later = own.filter((place) => timeOf(place) > timeOf(first));
  const close = later.find((place) => isClose(flagsOf(place)));
  // What is not acknowledged before it closes need not have been on its way for long.
  const copies = close === undefined ? owed : owed.filter((place) => timeOf(place) < timeOf(close));
  const last = copies.at(-1);
  if (last === undefined || copies.length < 2 || timeOf(last) - timeOf(first) < LONG_NS) return undefined;
  return {
    side: sideOf(from),
    member,
    copies,
    goesOn: later.findLast((place) => (flagsOf(place) & RST) === 0),
    repeats: repeatsAcknowledged(member, from),
  };
}

/** Three copies behind their acknowledgement: one may cross it, a second one may be a lost acknowledgement's. */
const REPEATED = 3;

function repeatsAcknowledged(member: Member, from: Direction): boolean {
  const { log } = member.session.trace;
  const acknowledgements = member.session.packets.by[opposite(from)].filter(
    (place) => ((log.flags[place] as number) & (ACK | RST)) === ACK,
  );
  const data = member.session.packets.by[from].filter((place) => (log.length[place] as number) > 0);
  let repeated = 0;
  let highest: number | undefined;
  let next = 0;
  for (const place of data) {
    for (; next < acknowledgements.length; next++) {
      const each = acknowledgements[next] as number;
      if ((log.timeNs[each] as number) >= (log.timeNs[place] as number)) break;
      const number = log.acknowledgement[each] as number;
      if (highest === undefined || ((number - highest) | 0) > 0) highest = number;
    }
    const end = ((log.sequence[place] as number) + (log.length[place] as number)) | 0;
    if (highest !== undefined && ((highest - end) | 0) >= 0) repeated++;
  }
  return repeated >= REPEATED;
}

/**
 * What is said of a silent end, and of the path behind the capture that is nearest to it. `chosen`: what the session would
 * be called without looking at who is silent.
 */
export function silentVerdict(one: Case, silent: SilentEnd, chosen: Cause | undefined): JointVerdict {
  const { side, member, copies, goesOn } = silent;
  const there = behind(one, side);
  const cause = causeBehind(one, silent, there, chosen);
  const other = side === 'server' ? 'client' : 'server';
  const { log } = member.session.trace;
  const first = copies[0] as number;
  const alive =
    goesOn === undefined
      ? ''
      : ` The ${side} goes on sending (${one.packet(member, goesOn)}), so it is up, and does not get what is sent to it.`;
  const reading = cause === undefined || OWN_WORDS.includes(cause.id) ? '' : `${cause.summary} `;
  const isPath = cause !== undefined && ONLY_OF_PATH.includes(cause.id);
  return {
    ...(isPath ? { place: 'path', ...pathBehind(there) } : placeBehind(there)),
    ...(cause && { cause: { id: cause.id, confidence: sureBehind(there, cause.confidence) } }),
    summary: `${reading}What the ${other} sent came to ${there.label}, and nothing that acknowledges it came back there: ${packetWords(log, first)} came ${copies.length} times, first as ${one.packet(member, first)}.${alive} ${isPath ? pathWords(there) : behindWords(there, ownDoing(silent))}`,
    evidence: evidenceOf(one, silent, other),
    nextSteps: [...stepsBehind(one, side), ...(isPath ? cause.nextSteps : [])],
  };
}

/** What an end does that has no router before it. */
const ownDoing = ({ goesOn }: SilentEnd): string =>
  goesOn === undefined
    ? 'it is frozen or down, or its own firewall drops the packets'
    : 'its own firewall drops the packets';

type PathCause = Pick<Cause, 'id' | 'confidence' | 'summary' | 'nextSteps'>;

/** Their summaries say what the captures together know better. */
const OWN_WORDS: readonly string[] = ['path-lost', 'keepalive-failed'];
/** No end makes these. */
const ONLY_OF_PATH: readonly string[] = ['path-mtu-black-hole', 'marking-dropped', 'idle-time-out-on-path'];

/** None of the path where there is no path but a link. */
function causeBehind(
  one: Case,
  { member, repeats }: SilentEnd,
  { routers }: Behind,
  chosen: Cause | undefined,
): PathCause | undefined {
  if (chosen?.id === 'keepalive-failed') return chosen;
  if (routers === 0) return undefined;
  const told = [member, ...one.placed.members].flatMap((each) => one.view(each).causes);
  const fits = ({ id }: Cause): boolean => id === 'path-lost' || (ONLY_OF_PATH.includes(id) && !repeats);
  return told.find(fits) ?? { id: 'path-lost', confidence: 'likely', summary: '', nextSteps: [] };
}

/** Causes of a side that waited in vain, or closed meanwhile: beside a silent end, they are what it made of that. */
export const isOfSilence = ({ id }: Cause): boolean =>
  isOfPath(id) || isOfWaiting(id) || id === 'server-process-died';

function evidenceOf(
  one: Case,
  { side, member, copies, goesOn }: SilentEnd,
  other: string,
): readonly JointEvidence[] {
  const { log } = member.session.trace;
  const shown =
    copies.length <= MAX_EVIDENCE ? copies : [...copies.slice(0, MAX_EVIDENCE - 1), copies.at(-1) as number];
  return [
    ...shown.map((place) =>
      one.evidence(member, place, `${packetWords(log, place)} of the ${other}, never acknowledged`),
    ),
    ...(goesOn === undefined
      ? []
      : [one.evidence(member, goesOn, `the ${side} still sends: ${packetWords(log, goesOn)}`)]),
  ];
}

/** Where to look for what became of packets behind the capture nearest to an end. */
function stepsBehind(one: Case, side: SilentEnd['side']): readonly string[] {
  const there = behind(one, side);
  const { client, server } = one.view(side === 'server' ? one.nearServer : one.nearClient);
  const [address, port] =
    side === 'server'
      ? [server.address, `to port ${server.port}`]
      : [client.address, `from port ${server.port}`];
  return [
    ...captureThere(one, there),
    ...lookOnPath(one, there),
    `On the ${side} (its console, if SSH does not get in): \`nft list ruleset\` and \`${iptables(address)} -L INPUT -n -v\` (tcpdump sees packets before these rules: does the counter of one go up that drops packets ${port}?), \`dmesg -T | tail\` and \`ip -s link\` (did it freeze, or lose its link?)`,
  ];
}
