import type { Case } from './case.ts';
import { placeOfCause } from './cause-place.ts';
import type { JointPlace, JointVerdict } from './comparison.ts';
import type { JointCauseId } from './joint-causes.ts';
import { isClose, type Member } from './leg.ts';
import { type Direction, FROM_CLIENT, FROM_SERVER } from './trace.ts';

/** Which of the four ends of two connections closed. */
interface EndClose {
  readonly who: 'client' | 'proxy towards the client' | 'proxy towards the server' | 'server';
  readonly member: Member;
  readonly place: number;
  readonly timeNs: number;
}

/**
 * Two connections carry one conversation: what ends between the client and the proxy need not be what ends between the
 * proxy and the server. Who closed first is the one who ended it.
 */
export function proxiedVerdict(one: Case): JointVerdict {
  const { nearClient, nearServer } = one;
  const closes = [
    firstClose('client', nearClient, FROM_CLIENT),
    firstClose('proxy towards the client', nearClient, FROM_SERVER),
    firstClose('proxy towards the server', nearServer, FROM_CLIENT),
    firstClose('server', nearServer, FROM_SERVER),
  ]
    .filter((close) => close !== undefined)
    .sort((x, y) => x.timeNs - y.timeNs);
  const [first] = closes;
  const proxy = one.view(nearClient).server.address;
  const where = `A proxy at ${proxy} ends the client’s connection and has another to ${one.view(nearServer).server.address}: the cookies of both KEXINITs are the same.`;
  if (first === undefined)
    return { place: 'nowhere', summary: `${where} Both connections are open.`, evidence: [] };
  if (first.who === 'client' || first.who === 'server') {
    // The capture next to who ended it has seen it with its own eyes.
    const member = first.member;
    const cause = one.view(member).cause;
    const place: JointPlace =
      cause !== undefined
        ? placeOfCause(cause, member.session.trace)
        : one.view(member).fate === 'completed'
          ? 'nowhere'
          : first.who;
    return {
      place,
      ...(cause && { cause: { id: cause.id, confidence: cause.confidence } }),
      summary: `${where} The ${first.who} closed first (${one.packet(member, first.place)}), and the proxy handed that on.${cause ? ` ${cause.summary}` : ''}`,
      evidence: [
        one.evidence(member, first.place, `the ${first.who} closes`),
        ...(cause ? one.evidenceOf(member, cause) : []),
      ],
      ...(cause && { nextSteps: cause.nextSteps }),
    };
  }
  return {
    place: 'path',
    between: { after: one.name(nearClient), before: one.name(nearServer) },
    cause: { id: CLOSED_BY_PROXY, confidence: 'certain' },
    summary: `${where} It closed by itself: neither the client nor the server had closed before (${one.packet(first.member, first.place)}).`,
    evidence: closes
      .slice(0, 2)
      .map(({ member, place, who }) => one.evidence(member, place, `the ${who} closes`)),
    nextSteps: [
      `Look at the log and the time-outs of the proxy at ${proxy} (HAProxy: timeout client, timeout server, timeout tunnel).`,
      'Keep quiet sessions alive: `ssh -o ServerAliveInterval=15 …`, below the shortest time-out on the way.',
    ],
  };
}

const CLOSED_BY_PROXY: JointCauseId = 'closed-by-proxy';

function firstClose(who: EndClose['who'], member: Member, direction: Direction): EndClose | undefined {
  const { log } = member.session.trace;
  const place = member.session.packets.by[direction].find((each) => isClose(log.flags[each] as number));
  if (place === undefined) return undefined;
  return { who, member, place, timeNs: member.commonNs(log.timeNs[place] as number) };
}
