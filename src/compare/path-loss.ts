import type { Confidence } from '../session/record.ts';
import type { Case } from './case.ts';
import { isOfPath, isOfWaiting } from './cause-place.ts';
import type { JointVerdict } from './comparison.ts';
import { isWhole } from './judged-capture.ts';
import { causeOfLoss } from './loss-cause.ts';
import { packetWords, withSeparators } from './packet-words.ts';
import type { Loss } from './path-events.ts';
import { FROM_CLIENT, type SessionView, sideOf } from './trace.ts';

/** Waited for this long, loss is a reason to give up; what is lost a moment before a close is not why it came. */
const GAVE_UP_NS = 1e9;
const WAITED_NS = 2e9;
/** All copies lost by the capture and none by the path: less likely than this, it is not believed. */
const CHANCE = 0.01;

/** What the session waited for was sent and did not arrive. */
export function lostOnTheWay(one: Case): JointVerdict | undefined {
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
  cause === undefined || isOfPath(cause.id) || isOfWaiting(cause.id);

const saysLost = (view: SessionView): boolean => {
  const first = view.cause;
  return first !== undefined && (isOfPath(first.id) || first.id === 'keepalive-failed');
};
