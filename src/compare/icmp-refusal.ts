import { behind, pathBehind } from './behind.ts';
import { type Case, timeOf } from './case.ts';
import { placeOfCause } from './cause-place.ts';
import type { JointVerdict } from './comparison.ts';
import { isWhole } from './judged-capture.ts';
import { isOutside, type Member } from './leg.ts';
import { FROM_SERVER, type SessionView } from './trace.ts';

/** An ICMP error ended it: who sent that. */
export function refusedByIcmp(one: Case): JointVerdict | undefined {
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
    const confidence = !isThere && ran && isWhole(one.capture(other)) ? 'certain' : cause.confidence;
    const made = isThere
      ? madeBehind(one, error, other)
      : ran
        ? madeBetween(one, other)
        : madeAfter(one, error, member, other);
    return {
      place,
      ...(place === 'path' && made.between && { between: made.between }),
      cause: { id: cause.id, confidence },
      summary: `${cause.summary} ${made.text}.`,
      evidence: one.evidenceOf(member, cause),
      nextSteps: cause.nextSteps,
    };
  }
  return undefined;
}

type IcmpError = SessionView['icmp'][number];

interface Made {
  readonly text: string;
  readonly between?: JointVerdict['between'];
}

/** Both captures have it: who sent it is behind the one that it came to first, where the refused packet went. */
function madeBehind(one: Case, { about, reporter }: IcmpError, other: Member): Made {
  const has = `${one.label(other)} has it too`;
  if (one.placed.order !== 'known') return { text: has };
  const there = behind(one, about === 'client' ? 'server' : 'client');
  return {
    text: `${has}, so that ${reporter} stands behind ${there.label}, towards the ${there.side}`,
    ...pathBehind(there),
  };
}

function madeBetween(one: Case, other: Member): Made {
  const leg = one.placed.legs.find(Boolean);
  return {
    text: `${one.label(other)} does not have it, so that it was made between the two`,
    between: leg && one.between(leg),
  };
}

/**
 * The other capture may have ended. A router that is no end's stands between the two all the same where there is no router
 * behind that capture; else only where the error came from is known.
 */
function madeAfter(one: Case, { about, reporter }: IcmpError, member: Member, other: Member): Made {
  const text = `${one.label(other)} holds nothing of that time`;
  const leg = one.placed.legs.length === 1 ? one.placed.legs[0] : undefined;
  if (one.placed.order !== 'known') return { text };
  const side = about === 'client' ? 'server' : 'client';
  if (leg !== undefined && reporter !== one.view(other)[side].address && behind(one, side).routers === 0) {
    return {
      text: `${text}, and no router is between it and the ${side}, so that ${reporter} is one between the two`,
      between: one.between(leg),
    };
  }
  const name = one.name(member);
  return { text, between: about === 'client' ? { after: name } : { before: name } };
}
