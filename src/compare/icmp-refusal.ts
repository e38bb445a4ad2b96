import { type Case, timeOf } from './case.ts';
import { placeOfCause } from './cause-place.ts';
import type { JointVerdict } from './comparison.ts';
import { isWhole } from './judged-capture.ts';
import { isOutside } from './leg.ts';
import { FROM_SERVER } from './trace.ts';

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
