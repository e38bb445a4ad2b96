import type { Case } from './case.ts';
import { isOfPath } from './cause-place.ts';
import { withSeparators } from './packet-words.ts';
import { type Loss, lostMarking, sizesOf } from './path-events.ts';
import { FROM_CLIENT } from './trace.ts';

interface LossCause {
  readonly id: string;
  /** Nothing else explains it. */
  readonly sure: boolean;
  readonly why: string;
}

export function causeOfLoss(one: Case, loss: Loss): LossCause {
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
