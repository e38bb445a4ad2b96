import type { Cause, Confidence } from '../session/record.ts';
import { returnedAnswers } from './at-the-client.ts';
import { type Answered, arrivedSyns, refusedBehind } from './at-the-server.ts';
import { behind, pathBehind } from './behind.ts';
import { type Case, furtherSteps, timeOf } from './case.ts';
import { isOfPath, placeOfCause } from './cause-place.ts';
import type { JointEvidence, JointPlace, JointVerdict } from './comparison.ts';
import { isOutside, type Member } from './leg.ts';
import { missingData } from './missing-data.ts';
import { isOfSilence, silentEnd, silentVerdict } from './silent-end.ts';
import { FROM_CLIENT, sideOf } from './trace.ts';

/** Nothing between the captures explains it: one of the ends did it, or what is between them and their captures. */
export function doneByHost(one: Case): JointVerdict {
  const chosen = chooseCause(one);
  const silent =
    isBroken(one) && (chosen === undefined || isOfSilence(chosen.cause)) ? silentEnd(one) : undefined;
  // What is said of the silent end itself, by a capture on its link, stands.
  if (silent !== undefined && (chosen?.place !== silent.side || behind(one, silent.side).routers !== 0)) {
    return silentVerdict(one, silent, chosen?.cause);
  }
  if (chosen === undefined) {
    const { place, text } = withoutCause(one);
    return { place, summary: [text, ...closeWords(one)].join(' '), evidence: closeEvidence(one) };
  }
  const { member, cause, place } = chosen;
  const answered = answeredBehind(one, cause);
  const behindLast = answered === undefined ? behindReset(one, cause) : undefined;
  const between = behindLast?.between ?? answered?.between ?? missingBehind(one, cause);
  return {
    place: answered?.place ?? place,
    ...(between && { between }),
    cause: { id: cause.id, confidence: answered?.confidence ?? cause.confidence },
    summary: [answered?.summary ?? cause.summary, ...closeWords(one, cause)].join(' '),
    evidence: one.evidenceOf(member, cause),
    nextSteps: answered?.nextSteps ?? [...(behindLast?.look ?? []), ...furtherSteps(cause.nextSteps)],
  };
}

const isBroken = (one: Case): boolean =>
  one.placed.members.some((member) => !HEALTHY.includes(one.view(member).fate));

/** A reset that no end made came past all captures, or past those that ran: it was made behind the last of these. */
function behindReset(
  one: Case,
  { id }: Cause,
): { readonly between: JointVerdict['between']; readonly look: readonly string[] } | undefined {
  const [close] = one.closes;
  if (!close?.isReset || one.placed.order !== 'known' || !FORGED.includes(id)) return undefined;
  const [name, side] = [one.name(close.member), sideOf(close.direction)];
  return {
    between: close.direction === FROM_CLIENT ? { before: name } : { after: name },
    look: [
      `Look at what is between the place of ${one.label(close.member)} and the ${side}: the reset was made there. A further capture there, given to sshfate compare as well, narrows it down.`,
    ],
  };
}

/** What the path lost before it came to the capture nearest to its sender. */
function missingBehind(one: Case, { id }: Cause): JointVerdict['between'] {
  const side = isOfPath(id) && !ANSWERED_BY_HOST.includes(id) ? missingData(one) : undefined;
  return side && pathBehind(behind(one, side)).between;
}

/** Causes that a single capture finds when a reset is nobody's of the ends. */
const FORGED: readonly string[] = ['rst-injected', 'idle-time-out-on-path'];

/** Where the capture nearest to an end has answered some of a cause's questions; undefined where it stands as it is. */
function answeredBehind(one: Case, cause: Cause): Answered | undefined {
  if (cause.id === 'filtered') return arrivedSyns(one, cause);
  if (one.placed.order !== 'known' || one.placed.legs.some((leg) => leg === undefined)) return undefined;
  if (cause.id === 'rejected-by-firewall') return refusedBehind(one, cause);
  if (cause.id === 'return-path-drop') return returnedAnswers(one, cause);
  return undefined;
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
  return { ...best, place: placeOfCause(best.cause, best.member.session.trace) };
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
  if (FORGED.includes(id)) {
    const reset = one.closes.find(({ isReset }) => isReset);
    // It passed the capture nearest to its sender; what is behind that one, only that one can tell.
    return reset === undefined || reset.member !== member;
  }
  const side = missingData(one);
  return side === undefined || behind(one, side).routers === 0;
}

/** Their evidence is an answer, or the lack of one, which may be the host's own firewall's. */
const ANSWERED_BY_HOST: readonly string[] = ['rejected-by-firewall', 'filtered', 'return-path-drop'];

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

/** That the close is its sender's own; by the capture nearest to that, it is only known to come from there. */
function closeWords(one: Case, cause?: Cause): readonly string[] {
  const [close] = one.closes;
  if (close === undefined || close.madeIn !== undefined || one.placed.order !== 'known') return [];
  const leg = close.direction === FROM_CLIENT ? one.placed.legs[0] : one.placed.legs.at(-1);
  const pair = leg?.by[close.direction].pairs.find(({ a }) => a === close.place);
  if (leg === undefined || pair === undefined) return [];
  const { receiver } = leg.by[close.direction];
  const side = sideOf(close.direction);
  const what = close.isReset ? 'RST' : 'FIN';
  const same = `${one.packet(close.member, close.place)} is ${one.packet(receiver, pair.b)}`;
  const isOwn =
    behind(one, side).routers === 0 && !(close.isReset && cause !== undefined && isOfPath(cause.id));
  return [
    isOwn
      ? `The ${side}’s ${what} is real: ${same}.`
      : `The ${what} was not made between the two captures: ${same}. It came to ${one.label(close.member)} from the ${side}’s direction.`,
  ];
}

function closeEvidence(one: Case): readonly JointEvidence[] {
  const [close] = one.closes;
  if (close === undefined) return [];
  const what = `the ${sideOf(close.direction)}’s ${close.isReset ? 'RST' : 'FIN'}`;
  return [one.evidence(close.member, close.place, what)];
}
