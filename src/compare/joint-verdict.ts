import type { Cause, Confidence } from '../session/record.ts';
import { FIN, RST } from '../wire/segment.ts';
import { answeredAtServer } from './at-the-server.ts';
import { isOfPath, placeOfCause } from './cause-place.ts';
import { hops, type PlacedSession } from './compare-sessions.ts';
import type { JointEvidence, JointPlace, JointVerdict } from './comparison.ts';
import type { JointCauseId } from './joint-causes.ts';
import { isOutside, type Leg, type Member } from './leg.ts';
import { loneVerdict, notReached } from './lone-verdict.ts';
import { hopsFrom } from './order.ts';
import { packetWords, withSeparators } from './packet-words.ts';
import { type Close, closesOf, type Loss, lossesOf, lostMarking, sizesOf } from './path-events.ts';
import { proxiedVerdict } from './proxied-verdict.ts';
import { FROM_CLIENT, FROM_SERVER, type SessionView } from './trace.ts';

/** What a verdict must know of a capture as a whole. */
export interface JudgedCapture {
  readonly name: string;
  /** Its name in sentences. */
  readonly label: string;
  readonly iso: (timeNs: number) => string;
  /** First and last packet on the common clock; undefined for a capture without packets. */
  readonly startNs: number | undefined;
  readonly endNs: number | undefined;
  /** Packets of which it can be told that they passed it, and that it holds. */
  readonly held: number;
  /** Packets that passed it and that it does not hold, and their part of all of which that can be told. */
  readonly missed: number;
  readonly missedShare: number;
  /** Servers' addresses of sessions that it shares with another capture, by its own addresses and by all. */
  readonly servers: ReadonlySet<string>;
  readonly metServers: ReadonlySet<string>;
}

/** One session's verdict, from all captures that have it. */
export function judgeSession(placed: PlacedSession, captures: readonly JudgedCapture[]): JointVerdict {
  const case_ = new Case(placed, captures);
  if (placed.members.length === 1 || notReached(case_) !== undefined) return loneVerdict(case_);
  if (placed.proxied) return proxiedVerdict(case_);
  return refusedByIcmp(case_) ?? forgedClose(case_) ?? lostOnTheWay(case_) ?? doneByHost(case_);
}

/** A session with its captures, and what verdicts ask of them. */
export class Case {
  readonly placed: PlacedSession;
  readonly captures: readonly JudgedCapture[];
  private madeCloses: readonly Close[] | undefined;
  private madeLosses: readonly Loss[] | undefined;

  constructor(placed: PlacedSession, captures: readonly JudgedCapture[]) {
    this.placed = placed;
    this.captures = captures;
  }

  get nearClient(): Member {
    return this.placed.members[0] as Member;
  }
  get nearServer(): Member {
    return this.placed.members.at(-1) as Member;
  }
  get closes(): readonly Close[] {
    this.madeCloses ??= closesOf(this.placed);
    return this.madeCloses;
  }
  get losses(): readonly Loss[] {
    this.madeLosses ??= lossesOf(this.placed);
    return this.madeLosses;
  }
  capture({ capture }: Member): JudgedCapture {
    return this.captures[capture] as JudgedCapture;
  }
  name(member: Member): string {
    return this.capture(member).name;
  }
  label(member: Member): string {
    return this.capture(member).label;
  }
  view({ session }: Member): SessionView {
    return session.trace.view;
  }
  number({ session }: Member, place: number): number {
    return session.trace.log.number[place] as number;
  }
  /** A packet with its capture, e.g. 'packet 14 of client.pcap'. */
  packet(member: Member, place: number): string {
    return `packet ${this.number(member, place)} of ${this.label(member)}`;
  }
  evidence(member: Member, place: number, what: string): JointEvidence {
    const { log } = member.session.trace;
    return {
      capture: this.name(member),
      packet: this.number(member, place),
      time: this.capture(member).iso(log.timeNs[place] as number),
      what,
    };
  }
  evidenceOf(member: Member, cause: Cause): readonly JointEvidence[] {
    return cause.evidence.map((one) => ({ capture: this.name(member), ...one }));
  }
  between({ first, second }: Leg): NonNullable<JointVerdict['between']> {
    return { after: this.name(first), before: this.name(second) };
  }
  /** The same cause as a single capture gave it, for its next steps. */
  known(id: string): { readonly cause: Cause; readonly member: Member } | undefined {
    for (const member of this.placed.members) {
      const cause = this.view(member).causes.find((one) => one.id === id);
      if (cause !== undefined) return { cause, member };
    }
    return undefined;
  }
  stepsFor(id: string, leg: Leg | undefined): readonly string[] {
    const steps = (this.known(id)?.cause.nextSteps ?? []).filter((step) => !CAPTURES_AT_BOTH_ENDS.test(step));
    return leg === undefined ? steps : [narrower(this.label(leg.first), this.label(leg.second)), ...steps];
  }
}

/** That is what was done. */
const CAPTURES_AT_BOTH_ENDS = /^On both ends, at the same time: `?tcpdump/;

const narrower = (after: string, before: string): string =>
  `Look at what is between the places of ${after} and ${before}. A further capture between them, given to sshfate compare as well, narrows it down.`;

const sideOf = (direction: 0 | 1): 'client' | 'server' => (direction === FROM_CLIENT ? 'client' : 'server');
const otherSide = (direction: 0 | 1): 'client' | 'server' =>
  direction === FROM_CLIENT ? 'server' : 'client';

/** An ICMP error ended it: who sent that. */
function refusedByIcmp(one: Case): JointVerdict | undefined {
  for (const member of [one.nearClient, one.nearServer]) {
    const view = one.view(member);
    const cause = view.ending === 'icmp' ? view.cause : undefined;
    const error = view.icmp.at(-1);
    if (cause === undefined || error === undefined || !cause.id.startsWith('icmp-')) continue;
    const other = member === one.nearClient ? one.nearServer : one.nearClient;
    const isThere = one
      .view(other)
      .icmp.some(
        ({ type, code, reporter }) =>
          type === error.type && code === error.code && reporter === error.reporter,
      );
    const ran = !isOutside(other, timeOf(member, error.packet));
    const byTable = placeOfCause(cause, member.session.trace);
    // A host that answers is not absent.
    const answers = one.placed.members.some(({ session }) => session.packets.by[FROM_SERVER].length > 0);
    const place = byTable === 'server' && cause.id === 'icmp-host-unreachable' && answers ? 'path' : byTable;
    const made = isThere
      ? `${one.label(other)} has it too${one.placed.order === 'known' ? `, so that it was made at the ${other === one.nearServer ? 'server' : 'client'} or before it, behind that capture` : ''}`
      : ran
        ? `${one.label(other)} does not have it, so that it was made between the two`
        : `${one.label(other)} holds nothing of that time`;
    const confidence = !isThere && ran && isWhole(one.capture(other)) ? 'certain' : cause.confidence;
    const leg = isThere ? undefined : one.placed.legs.find(Boolean);
    return {
      place,
      ...(place === 'path' && leg !== undefined && { between: one.between(leg) }),
      cause: { id: cause.id, confidence },
      summary: `${cause.summary} ${made}.`,
      evidence: one.evidenceOf(member, cause),
      nextSteps: cause.nextSteps,
    };
  }
  return undefined;
}

function timeOf(member: Member, packet: number): number {
  const { view, log } = member.session.trace;
  const place = member.session.packets.all.find((each) => (log.number[each] as number) >= packet);
  return member.commonNs(place === undefined ? view.endNs : (log.timeNs[place] as number));
}

/** So few packets may be missing that what a capture does not hold did not pass it. */
const WHOLE_SHARE = 0;
/** With more, nothing is said of single packets that are not there. */
const NEARLY_WHOLE_SHARE = 0.005;

export const isWhole = ({ missedShare }: JudgedCapture): boolean => missedShare <= WHOLE_SHARE;

/** The first close was made between the captures: the side in whose name it is did not send it. */
function forgedClose(one: Case): JointVerdict | undefined {
  const [close] = one.closes;
  if (close?.madeIn === undefined) return undefined;
  const { direction, member, place, madeIn, isReset, outside } = close;
  const sender = madeIn.by[direction].sender;
  const lacking = one.capture(sender);
  if (outside || lacking.missedShare > NEARLY_WHOLE_SHARE) return undefined;
  const view = one.view(member);
  // One packet that is not there may have been missed: something must speak for it that it was never sent.
  const proof = signsOfForgery(one, close, sender);
  if (proof.length === 0 && lacking.held < MANY_PACKETS) return undefined;
  const id = isReset ? resetCause(one, view) : FIN_INJECTED;
  const what = isReset ? 'RST' : 'FIN';
  const [claimed, victim] = [sideOf(direction), otherSide(direction)];
  const both = one.closes.some((other) => other.madeIn !== undefined && other.direction !== direction);
  const fromWhere = hopWords(one, close);
  return {
    place: 'path',
    between: one.between(madeIn),
    cause: { id, confidence: isWhole(lacking) && proof.length > 0 ? 'certain' : 'likely' },
    summary: `The ${what} that the ${victim} received (${one.packet(member, place)}) was never sent by the ${claimed}: ${one.label(sender)}, which is nearer to the ${claimed}, does not hold it. ${fromWhere}${both ? ` The ${claimed} got one in the ${victim}’s name as well.` : ''}`,
    evidence: [
      one.evidence(
        member,
        place,
        `the ${what} in the ${claimed}’s name, which ${one.label(sender)} does not hold`,
      ),
      ...goesOn(one, sender, direction, close.timeNs),
    ],
    nextSteps: one.stepsFor(id, madeIn),
  };
}

const FIN_INJECTED: JointCauseId = 'fin-injected';

/** A capture that holds so many packets, and lacks none, hardly lacks this one. */
const MANY_PACKETS = 300;

type SignOfForgery = 'goes-on' | 'distance' | 'twice' | 'alone';

/** What speaks for it that a side did not send a close, beside its capture's not having it. */
function signsOfForgery(one: Case, close: Close, sender: Member): readonly SignOfForgery[] {
  const { direction, timeNs, isReset, member } = close;
  const signs: SignOfForgery[] = [];
  const { log } = sender.session.trace;
  const place = placeAtSender(close);
  // After a reset a host sends nothing but resets; after a FIN it may send what acknowledges, with the next number.
  const goesOnHere = sender.session.packets.by[direction].some(
    (each) =>
      sender.commonNs(log.timeNs[each] as number) > timeNs &&
      ((log.flags[each] as number) & (RST | FIN)) === 0 &&
      (isReset || (log.length[each] as number) > 0 || log.sequence[each] === place),
  );
  if (goesOnHere) signs.push('goes-on');
  if (isFromNearby(close, sender)) signs.push('distance');
  const others = one.closes.filter(
    (other) => other.madeIn !== undefined && !other.outside && other.direction !== direction,
  );
  if (others.length > 0) signs.push('twice');
  if (one.view(member).causes.some(({ id }) => RESET_CAUSES.includes(id))) signs.push('alone');
  return signs;
}

/** The sequence number of a close, as its sender's capture counts; undefined where no packet tells how that is. */
function placeAtSender({ direction, member, place, madeIn }: Close): number | undefined {
  const leg = madeIn?.by[direction];
  const pair = leg?.pairs[0];
  if (leg === undefined || pair === undefined) return undefined;
  const [there, here] = [leg.sender.session.trace.log, member.session.trace.log];
  const shift = ((there.sequence[pair.a] as number) - (here.sequence[pair.b] as number)) | 0;
  return ((here.sequence[place] as number) + shift) | 0;
}

/** Its hop limit shows fewer routers than there are between the two captures alone. */
function isFromNearby({ direction, member, place, madeIn }: Close, sender: Member): boolean {
  const pair = madeIn?.by[direction].pairs[0];
  if (pair === undefined) return false;
  const { log } = member.session.trace;
  const between = (sender.session.trace.log.hopLimit[pair.a] as number) - (log.hopLimit[pair.b] as number);
  const distance = hopsFrom([log.hopLimit[place] as number]);
  return distance !== undefined && distance < between;
}

/** The name that the capture which got the reset has for it, where that says that somebody made it. */
function resetCause(one: Case, view: SessionView): string {
  const known = view.causes.find(({ id }) => RESET_CAUSES.includes(id));
  if (known !== undefined) return known.id;
  return one.view(one.nearClient).stage === 'syn' ? 'rejected-by-firewall' : 'rst-injected';
}

const RESET_CAUSES: readonly string[] = ['rst-injected', 'idle-time-out-on-path', 'rejected-by-firewall'];

/** How far the device is, by the hop limit of what it made. */
function hopWords(one: Case, { member, place, direction }: Close): string {
  const { log } = member.session.trace;
  const limit = log.hopLimit[place] as number;
  const own = member.session.packets.by[direction].find(
    (each) => (log.length[each] as number) > 0 || ((log.flags[each] as number) & 2) !== 0,
  );
  const usual = own === undefined ? undefined : (log.hopLimit[own] as number);
  const claimed = sideOf(direction);
  if (limit === usual)
    return `Its hop limit ${limit} is that of the ${claimed}’s own packets. A device between the two made it.`;
  const initial = [32, 64, 128, 255].find((value) => value >= limit) as number;
  const distance = initial - limit + 1;
  const way = hops(member, direction);
  const unlike = usual === undefined ? '' : `, the ${claimed}’s own packets have ${usual}`;
  if (way !== undefined && distance > way + 1) {
    return `A device between the two made it (its hop limit is ${limit}${unlike}).`;
  }
  const near = distance === 1 ? 'the next device' : `a device ${distance} hops`;
  const from =
    member === one.nearClient ? 'the client' : member === one.nearServer ? 'the server' : one.label(member);
  return `Its hop limit ${limit} fits ${near} from ${from}${unlike}.`;
}

/** The side in whose name a close was made went on sending. */
function goesOn(one: Case, sender: Member, direction: 0 | 1, timeNs: number): readonly JointEvidence[] {
  const { log } = sender.session.trace;
  const next = sender.session.packets.by[direction].find(
    (place) =>
      sender.commonNs(log.timeNs[place] as number) > timeNs && ((log.flags[place] as number) & 4) === 0,
  );
  if (next === undefined) return [];
  return [
    one.evidence(sender, next, `the ${sideOf(direction)} goes on afterwards: ${packetWords(log, next)}`),
  ];
}

/** Waited for this long, loss is a reason to give up; what is lost a moment before a close is not why it came. */
const GAVE_UP_NS = 1e9;
const WAITED_NS = 2e9;
/** All copies lost by the capture and none by the path: less likely than this, it is not believed. */
const CHANCE = 0.01;

/** What the session waited for was sent and did not arrive. */
function lostOnTheWay(one: Case): JointVerdict | undefined {
  const loss = one.losses.find((each) => explains(one, each));
  if (loss === undefined) return undefined;
  const { leg, side, direction, packets, copies } = loss;
  const receiver = one.capture(side.receiver);
  const { id, sure, why } = causeOfLoss(one, loss);
  const known = one.known(id);
  const first = (packets[0] as Loss['packets'][number]).place;
  const what = packetWords(side.sender.session.trace.log, first);
  const times = copies > 1 ? ` ${withSeparators(copies)} times` : '';
  const sent = sideOf(direction);
  const whole = isWhole(receiver) && !loss.outside;
  const confidence: Confidence =
    whole && sure ? 'certain' : whole ? 'likely' : weaker(known?.cause.confidence);
  const arrived = loss.outside
    ? `${receiver.label} holds nothing of that time: unless it had ended, nothing of it came there`
    : `never came to ${receiver.label}`;
  const joined = loss.outside
    ? `passed ${one.label(side.sender)}${times}; ${arrived}`
    : `passed ${one.label(side.sender)}${times} and ${arrived}`;
  return {
    place: 'path',
    between: one.between(leg),
    cause: { id, confidence },
    summary: `The ${sent}’s ${what} (${one.packet(side.sender, first)}) ${joined}. ${why}`,
    evidence: packets
      .slice(0, MAX_EVIDENCE)
      .map(({ place }) =>
        one.evidence(
          side.sender,
          place,
          `${packetWords(side.sender.session.trace.log, place)} of the ${sent}, not in ${receiver.label}`,
        ),
      ),
    nextSteps: one.stepsFor(id, leg),
  };
}

const MAX_EVIDENCE = 8;

const weaker = (confidence: Confidence | undefined): Confidence =>
  confidence === undefined || confidence === 'certain' ? 'likely' : confidence;

/** Whether a session ended as it did because this was lost. */
function explains(one: Case, loss: Loss): boolean {
  const { side, sinceNs, copies, direction, packets, outside } = loss;
  const receiver = one.capture(side.receiver);
  if (receiver.missedShare > 0 && receiver.missedShare ** copies > CHANCE) return false;
  // Where the other capture may have ended, one that saw the end must have found it lost by itself.
  if (outside && !one.placed.members.some((member) => saysLost(one.view(member)))) return false;
  const [close] = one.closes;
  const lastNs = side.sender.endNs;
  if (close === undefined) return copies > 1 || lastNs - sinceNs > GAVE_UP_NS;
  const waitedNs = close.timeNs - sinceNs;
  if (close.direction === direction) {
    // Its own FIN may be among what is lost.
    return waitedNs > GAVE_UP_NS && packets.length > 0;
  }
  return (
    waitedNs > WAITED_NS && gaveUp(one.view(direction === FROM_CLIENT ? one.nearServer : one.nearClient))
  );
}

/** What a side is said to have that closed because nothing came; anything else is a reason of its own. */
const gaveUp = ({ cause }: SessionView): boolean =>
  cause === undefined || isOfPath(cause.id) || WAITING.includes(cause.id);

const WAITING: readonly string[] = [
  'login-grace-expired',
  'server-hung',
  'slow-banner',
  'keepalive-failed',
  'user-gave-up',
];

const saysLost = (view: SessionView): boolean => {
  const first = view.cause;
  return first !== undefined && (isOfPath(first.id) || first.id === 'keepalive-failed');
};

interface LossCause {
  readonly id: string;
  /** Nothing else explains it. */
  readonly sure: boolean;
  readonly why: string;
}

function causeOfLoss(one: Case, loss: Loss): LossCause {
  const { kind, direction } = loss;
  const known = (id: string): boolean => one.known(id) !== undefined;
  if (kind === 'syn') {
    return known('marking-dropped')
      ? { id: 'marking-dropped', sure: false, why: 'It is marked, and SYNs without the mark come through.' }
      : { id: 'filtered', sure: true, why: 'Something between the two drops it.' };
  }
  if (kind === 'syn-ack') {
    return {
      id: 'return-path-drop',
      sure: true,
      why: 'The way there is open, the way back is not: something between the two drops the answers.',
    };
  }
  // Where the other capture may have ended, what one capture tells is all there is.
  const told = loss.outside ? one.placed.members.flatMap((member) => one.view(member).cause ?? []) : [];
  const ofPath = told.find(({ id }) => isOfPath(id));
  if (ofPath !== undefined) return { id: ofPath.id, sure: false, why: ofPath.summary };
  const dscp = lostMarking(loss);
  if (dscp !== undefined && known('marking-dropped')) {
    return {
      id: 'marking-dropped',
      sure: true,
      why: `All that was lost has DSCP ${dscp}, and nothing with it came through.`,
    };
  }
  const { lost, passedBefore, passedSince, smallLost } = sizesOf(loss);
  const isTooLarge = lost > MIN_MTU_PAYLOAD && !smallLost;
  if (isTooLarge && (passedSince !== undefined ? lost > passedSince : lost > passedBefore)) {
    const said = one.placed.members.some((member) =>
      one.view(member).icmp.some(({ mtu }) => mtu !== undefined),
    );
    const size = passedSince ?? passedBefore;
    const small =
      size === 0 ? 'Packets without data pass' : `Segments of up to ${withSeparators(size)} bytes pass`;
    return {
      id: 'path-mtu-black-hole',
      sure: passedSince !== undefined && (loss.segments > 1 || said),
      why: `${small} and larger ones do not${said ? '' : ', and no ICMP error says so'}: a path MTU black hole between the two.`,
    };
  }
  if (known('idle-time-out-on-path')) {
    return {
      id: 'idle-time-out-on-path',
      sure: false,
      why: 'It had been quiet before: a device between the two has forgotten the connection.',
    };
  }
  if (direction === FROM_CLIENT && one.view(one.nearServer).stage === 'syn-ack') {
    return {
      id: 'handshake-ack-lost',
      sure: true,
      why: 'The SYN passes and what comes after it does not: something between the two drops it.',
    };
  }
  const bothWays = one.losses.some((other) => other.direction !== direction);
  return {
    id: 'path-lost',
    sure: passedSince === undefined && smallLost,
    why: bothWays
      ? 'Nothing comes through between the two, in both directions.'
      : 'Nothing comes through any more.',
  };
}

/** IPv4 hosts take datagrams of 576 bytes (RFC 791), so that smaller payloads fit any path. */
const MIN_MTU_PAYLOAD = 536;

/** Nothing between the captures explains it: one of the ends did it. */
function doneByHost(one: Case): JointVerdict {
  const chosen = chooseCause(one);
  const real = closeWords(one);
  if (chosen !== undefined) {
    const { member, cause, place } = chosen;
    const { summary, nextSteps } = answeredAtServer(one, cause) ?? cause;
    return {
      place,
      cause: { id: cause.id, confidence: cause.confidence },
      summary: [summary, ...real].join(' '),
      evidence: one.evidenceOf(member, cause),
      nextSteps,
    };
  }
  const { place, text } = withoutCause(one);
  return { place, summary: [text, ...real].join(' '), evidence: closeEvidence(one) };
}

const RANK: Readonly<Record<Confidence, number>> = { certain: 0, likely: 1, possible: 2 };

/** The best cause that the other captures do not refute; complete captures first. */
function chooseCause(
  one: Case,
): { readonly member: Member; readonly cause: Cause; readonly place: JointPlace } | undefined {
  const all = one.placed.members.flatMap((member) =>
    one.view(member).causes.map((cause, rank) => ({ member, cause, rank })),
  );
  const standing = all.filter(({ member, cause }) => !isRefuted(one, member, cause));
  standing.sort(
    (x, y) =>
      one.capture(x.member).missedShare - one.capture(y.member).missedShare ||
      x.rank - y.rank ||
      RANK[x.cause.confidence] - RANK[y.cause.confidence] ||
      agreement(standing, y.cause) - agreement(standing, x.cause),
  );
  const [best] = standing;
  if (best === undefined) return undefined;
  return { ...best, place: placeHere(one, best.member, best.cause) };
}

const agreement = (all: readonly { readonly cause: Cause }[], { id }: Cause): number =>
  all.filter(({ cause }) => cause.id === id).length;

/** A cause of the path, when all that was sent came through while both captures ran. */
function isRefuted(one: Case, member: Member, { id }: Cause): boolean {
  if (!isOfPath(id) || ANSWERED_BY_HOST.includes(id)) return false;
  const { order, legs } = one.placed;
  if (order !== 'known' || legs.some((leg) => leg === undefined)) return false;
  // What the other capture has not seen the end of it cannot refute.
  const other = member === one.nearClient ? one.nearServer : one.nearClient;
  if (isOutside(other, timeOf(member, one.view(member).lastPacket))) return false;
  if (id === 'rst-injected' || id === 'idle-time-out-on-path') {
    const reset = one.closes.find(({ isReset }) => isReset);
    // It passed the capture nearest to its sender; what is behind that one, only that one can tell.
    return reset === undefined || reset.member !== member;
  }
  return true;
}

/** Their evidence is an answer, or the lack of one, which may be the host's own firewall's. */
const ANSWERED_BY_HOST: readonly string[] = ['rejected-by-firewall', 'filtered', 'return-path-drop'];

function placeHere(one: Case, member: Member, cause: Cause): JointPlace {
  const byTable = placeOfCause(cause, member.session.trace);
  if (one.placed.order !== 'known' || one.placed.legs.some((leg) => leg === undefined)) return byTable;
  // The SYN came to the capture nearest to the server, or the answer to that nearest to the client.
  if (cause.id === 'filtered' || cause.id === 'rejected-by-firewall') {
    return hops(one.nearServer, 1) === 0 || hops(one.nearServer, 1) === undefined ? 'server' : byTable;
  }
  if (cause.id === 'return-path-drop' && isEmptyOfLoss(one)) return 'client';
  return byTable;
}

const isEmptyOfLoss = (one: Case): boolean => one.losses.length === 0;

const HEALTHY: readonly string[] = ['completed', 'open', 'closed-midway'];

function withoutCause(one: Case): { readonly place: JointPlace; readonly text: string } {
  const views = one.placed.members.map((member) => one.view(member));
  const sick = views.find(({ fate }) => !HEALTHY.includes(fate) && fate !== 'undetermined');
  if (sick === undefined) {
    const undetermined = views.every(({ fate }) => fate === 'undetermined');
    return undetermined
      ? {
          place: 'unknown',
          text: 'The captures do not hold what decides; what both hold came through between them.',
        }
      : { place: 'nowhere', text: 'Nothing was wrong between the captures.' };
  }
  if (sick.ending === 'silence' || sick.endedBy === 'nobody') {
    const by = sick.owed?.by;
    if (by !== undefined) {
      return {
        place: by,
        text: `Everything came through: the ${by} owed ${sick.owed?.what ?? 'an answer'}.`,
      };
    }
    return { place: 'unknown', text: 'Everything came through between the captures.' };
  }
  if (sick.endedBy === 'client' || sick.endedBy === 'server') {
    return { place: sick.endedBy, text: `The ${sick.endedBy} ended it (${sick.fate}).` };
  }
  if (sick.endedBy === 'both') return { place: 'hosts', text: `Both ends closed it (${sick.fate}).` };
  return { place: 'unknown', text: `It ended as ${sick.fate}, and the captures do not tell by whose doing.` };
}

/** That the close is its sender's own. */
function closeWords(one: Case): readonly string[] {
  const [close] = one.closes;
  if (close === undefined || close.madeIn !== undefined || one.placed.order !== 'known') return [];
  const leg = close.direction === FROM_CLIENT ? one.placed.legs[0] : one.placed.legs.at(-1);
  const pair = leg?.by[close.direction].pairs.find(({ a }) => a === close.place);
  if (leg === undefined || pair === undefined) return [];
  const { receiver } = leg.by[close.direction];
  return [
    `The ${sideOf(close.direction)}’s ${close.isReset ? 'RST' : 'FIN'} is real: ${one.packet(close.member, close.place)} is ${one.packet(receiver, pair.b)}.`,
  ];
}

function closeEvidence(one: Case): readonly JointEvidence[] {
  const [close] = one.closes;
  if (close === undefined) return [];
  const what = `the ${sideOf(close.direction)}’s ${close.isReset ? 'RST' : 'FIN'}`;
  return [one.evidence(close.member, close.place, what)];
}
