import type { Cause, Confidence } from '../session/record.ts';
import { answeredAtServer } from './at-the-server.ts';
import { type Case, timeOf } from './case.ts';
import { isOfPath, placeOfCause } from './cause-place.ts';
import type { JointEvidence, JointPlace, JointVerdict } from './comparison.ts';
import { isOutside, type Member } from './leg.ts';
import { FROM_CLIENT, sideOf } from './trace.ts';
import { hops } from './vantage.ts';

/** Nothing between the captures explains it: one of the ends did it. */
export function doneByHost(one: Case): JointVerdict {
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
