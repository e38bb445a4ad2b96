import type { Comparison, JointSession } from '../../compare/comparison.ts';
import type { Exchange } from '../../compare/exchange.ts';
import { byTelling } from '../comparison/comparison-page.ts';
import { exchangeSequence } from '../comparison/exchange-sequence.ts';
import type { Incident } from './incident.ts';

/** Findings that get a picture of a session between the captures: as many as a page tells in full. */
const PICTURED = 25;

/**
 * The incident with the verdict of all captures together beside each finding: that of its most telling example. Its
 * captures must be those that were compared, by the same names.
 */
export function withJointVerdicts(
  incident: Incident,
  comparison: Comparison,
  exchangeOf: (session: JointSession) => Exchange | undefined,
): Incident {
  const byPlace = new Map<string, JointSession>();
  for (const joint of comparison.sessions) {
    for (const { capture, session } of joint.seen) byPlace.set(`${session} ${capture}`, joint);
  }
  const findings = incident.findings.map((finding, n) => {
    const [joint] = finding.examples
      .flatMap(({ capture, session }) => byPlace.get(`${session} ${capture}`) ?? [])
      .sort(byTelling);
    if (joint === undefined) return finding;
    const exchange = n < PICTURED ? exchangeOf(joint) : undefined;
    const jointSequence =
      exchange === undefined || exchange.packets.length === 0 ? undefined : exchangeSequence(joint, exchange);
    return { ...finding, joint, ...(jointSequence && { jointSequence }) };
  });
  return { ...incident, findings };
}
