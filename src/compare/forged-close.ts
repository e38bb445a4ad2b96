import { FIN, RST } from '../wire/segment.ts';
import type { Case } from './case.ts';
import type { JointEvidence, JointVerdict } from './comparison.ts';
import type { JointCauseId } from './joint-causes.ts';
import { isWhole, NEARLY_WHOLE_SHARE } from './judged-capture.ts';
import type { Member } from './leg.ts';
import { hopsFrom } from './order.ts';
import { packetWords } from './packet-words.ts';
import type { Close } from './path-events.ts';
import { otherSide, type SessionView, sideOf } from './trace.ts';
import { hops } from './vantage.ts';

/** The first close was made between the captures: the side in whose name it is did not send it. */
export function forgedClose(one: Case): JointVerdict | undefined {
  const [close] = one.closes;
  if (close?.madeIn === undefined) return undefined;
  const { direction, member, place, madeIn, isReset, outside } = close;
  const sender = madeIn.by[direction].sender;
  const lacking = one.capture(sender);
  const isNear = isFromNearby(close, sender);
  // Where the capture that lacks it may have ended, the hop limit may still show that it was made before that one.
  if ((outside && !isNear) || lacking.missedShare > NEARLY_WHOLE_SHARE) return undefined;
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
    cause: { id, confidence: !outside && isWhole(lacking) && proof.length > 0 ? 'certain' : 'likely' },
    summary: `The ${what} that the ${victim} received (${one.packet(member, place)}) was never sent by the ${claimed}: ${one.label(sender)}, which is nearer to the ${claimed}, ${outside ? 'holds nothing of that time, but its sender is nearer than that capture' : 'does not hold it'}. ${fromWhere}${both ? ` The ${claimed} got one in the ${victim}’s name as well.` : ''}`,
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
