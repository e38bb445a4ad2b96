import type { Confidence } from '../session/record.ts';
import type { Case } from './case.ts';
import { isOfPath, placeOfCause } from './cause-place.ts';
import type { JointPlace, JointVerdict } from './comparison.ts';
import type { JudgedCapture } from './judged-capture.ts';
import { type Direction, FROM_CLIENT, FROM_SERVER } from './trace.ts';
import { hops } from './vantage.ts';

/**
 * A session that one capture has and another has not: it did not come there, or it never goes that way. What the other
 * capture has of the same server at the same time tells which.
 */
export function loneVerdict(one: Case): JointVerdict {
  const member = one.nearServer;
  const view = one.view(member);
  const cause = view.cause;
  const others = withoutSession(one);
  const own = one.captures[member.capture] as JudgedCapture;
  const stopped = view.stage === 'syn' && hops(member, FROM_CLIENT) !== undefined && cause !== undefined;
  const names = others.map(({ label }) => label).join(' and ');
  const byTable: JointPlace = cause === undefined ? 'unknown' : placeOfCause(cause, member.session.trace);
  if (!stopped || cause === undefined) {
    const text = `It is in ${own.label} only, and ${names} has nothing of it.`;
    return {
      place: cause === undefined ? lonePlace(view.fate, view.endedBy) : byTable,
      ...(cause !== undefined && { cause: { id: cause.id, confidence: cause.confidence } }),
      summary: cause === undefined ? text : `${cause.summary} ${text}`,
      evidence: cause === undefined ? [] : one.evidenceOf(member, cause),
      ...(cause !== undefined && { nextSteps: cause.nextSteps }),
    };
  }
  // The SYN never came to a capture that has other sessions of the same server: what answers it stands before that one.
  const reach = notReached(one);
  const proven = reach?.ran ? reach.capture : undefined;
  const likely = reach?.capture;
  const firstSyn = member.session.packets.by[FROM_CLIENT as Direction][0];
  const answered = member.session.packets.by[FROM_SERVER as Direction].length > 0;
  const answeredBetween = proven !== undefined && answered;
  const place: JointPlace = answeredBetween ? 'path' : byTable;
  const id = answeredBetween && cause.id === 'port-closed' ? 'rejected-by-firewall' : cause.id;
  const confidence: Confidence =
    proven === undefined || !isOfPath(id)
      ? cause.confidence
      : answeredBetween || !answered
        ? 'certain'
        : cause.confidence;
  const why =
    proven === undefined
      ? likely !== undefined
        ? `${likely.label} has other sessions of this server, though not of this very time, and nothing of this one.`
        : `${names} ${others.some(({ startNs }) => startNs !== undefined) ? 'has nothing of it' : 'holds nothing at all'}: if it ran there and then, the SYN never came to it.`
      : `${proven.label} has other sessions of this server at this time, and nothing of this one: the SYN never came there${answered ? ', so that something before it answered' : ''}.`;
  return {
    place,
    ...(place === 'path' && { between: { after: own.name, ...(likely && { before: likely.name }) } }),
    cause: { id, confidence },
    summary: `${cause.summary} ${why}`,
    evidence: [
      ...one.evidenceOf(member, cause),
      ...(firstSyn === undefined || cause.evidence.length > 0
        ? []
        : [one.evidence(member, firstSyn, `the SYN, which ${names} does not have`)]),
    ],
    nextSteps: cause.nextSteps,
  };
}

const withoutSession = ({ captures, placed }: Case): readonly JudgedCapture[] =>
  captures.filter((_, n) => placed.members.every(({ capture }) => capture !== n));

/** A capture that has other sessions of the same server, but nothing of a SYN's session; and whether it ran meanwhile. */
export function notReached(
  one: Case,
): { readonly capture: JudgedCapture; readonly ran: boolean } | undefined {
  const member = one.nearServer;
  const view = one.view(member);
  if (view.stage !== 'syn') return undefined;
  const [fromNs, toNs] = [member.commonNs(view.startNs), member.commonNs(view.endNs)];
  const those = withoutSession(one).filter(
    ({ missedShare, metServers }) => missedShare === 0 && metServers.has(view.server.address),
  );
  const awake = those.find((other) => ranAt(other, fromNs, toNs));
  const capture = awake ?? those[0];
  return capture && { capture, ran: awake !== undefined };
}

/** It holds packets from before and from after, so that it ran meanwhile. */
const ranAt = ({ startNs, endNs }: JudgedCapture, fromNs: number, toNs: number): boolean =>
  startNs !== undefined && endNs !== undefined && startNs <= fromNs + SLACK_NS && endNs >= toNs - SLACK_NS;

/** A capture's first packet comes when there is one. */
const SLACK_NS = 5e9;

function lonePlace(fate: string, endedBy: string): JointPlace {
  if (['completed', 'open', 'closed-midway'].includes(fate)) return 'nowhere';
  if (endedBy === 'client' || endedBy === 'server') return endedBy;
  return endedBy === 'both' ? 'hosts' : 'unknown';
}
