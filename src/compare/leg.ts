import { ACK, FIN, RST, SYN } from '../wire/segment.ts';
import { type Change, changesOf } from './changes.ts';
import type { Matchable } from './match.ts';
import { isPureAck, type PacketLog, SACKS } from './packet-log.ts';
import {
  coverage,
  isRange,
  type NumberShift,
  type PairedDirection,
  type Range,
  rangeOf,
  turned,
} from './pair-packets.ts';
import { type Direction, FROM_CLIENT, opposite } from './trace.ts';

/** A session at one capture, with what turns its times into those of the comparison's clock. */
export interface Member {
  /** Place in the list of captures. */
  readonly capture: number;
  readonly session: Matchable;
  /** Of a time in this capture's log: nanoseconds on the first capture's clock. */
  readonly commonNs: (timeNs: number) => number;
  /** First and last packet of the whole capture, on the first capture's clock. */
  readonly startNs: number;
  readonly endNs: number;
}

/** A packet at the capture nearer to its sender that is not at the one nearer to its receiver. */
export interface Gone {
  readonly place: number;
  readonly timeNs: number;
  /**
   * `missed`: its receiver acknowledged what no packet brought past the capture, so that the capture missed it.
   * `repaired`: a later copy arrived. `for-good`: nothing of it arrived and nobody acknowledged it. `untold`: a packet
   * that nobody acknowledges.
   */
  readonly kind: 'missed' | 'repaired' | 'for-good' | 'untold';
  /** The other capture holds no packet from then on, or none before: it may not have run. */
  readonly outside: boolean;
}

/** A packet at the capture nearer to its receiver that is not at the one nearer to the side in whose name it is. */
export interface Extra {
  readonly place: number;
  readonly timeNs: number;
  /**
   * `missed`: the side went on behind it, so that it was its own and the capture missed it. `repeated`: another copy of
   * it passed there. `forged`: nothing shows that the side sent it. `untold`: a packet that changes nothing.
   */
  readonly kind: 'missed' | 'repeated' | 'forged' | 'untold';
  readonly outside: boolean;
}

/** One direction of a session between two neighbouring captures. */
export interface LegDirection extends PairedDirection {
  readonly sender: Member;
  readonly receiver: Member;
  readonly gone: readonly Gone[];
  readonly extra: readonly Extra[];
  readonly changes: readonly Change[];
  /** From sender to receiver, by the common clock; absent where no packet is at both. */
  readonly delayNs: { readonly least: number; readonly median: number; readonly most: number } | undefined;
}

/** A session between two neighbouring captures: the first is nearer to the client. */
export interface Leg {
  readonly first: Member;
  readonly second: Member;
  readonly by: readonly [LegDirection, LegDirection];
}

/**
 * A capture is taken to have run for this long before its first packet and after its last: a path that is quiet for less
 * says nothing, and whoever stops a capture does so in no such moment.
 */
const RUNS_ON_NS = 250e6;

/** `paired`: with the first as A. `shift`: from the first to the second. */
export function leg(
  first: Member,
  second: Member,
  paired: readonly [PairedDirection, PairedDirection],
  shift: NumberShift,
): Leg {
  return {
    first,
    second,
    by: [
      legDirection(FROM_CLIENT, first, second, paired[0], shift),
      legDirection(1, second, first, turned(paired[1]), [-shift[0] | 0, -shift[1] | 0]),
    ],
  };
}

function legDirection(
  direction: Direction,
  sender: Member,
  receiver: Member,
  paired: PairedDirection,
  shift: NumberShift,
): LegDirection {
  const stream = new Stream(direction, sender, receiver, paired, shift);
  return {
    pairs: paired.pairs,
    onlyA: paired.onlyA,
    onlyB: paired.onlyB,
    recutA: paired.recutA,
    recutB: paired.recutB,
    sender,
    receiver,
    gone: paired.onlyA.map((place) => stream.gone(place)),
    extra: paired.onlyB.map((place) => stream.extra(place)),
    changes: changesOf(sender, receiver, paired.pairs, shift[direction]),
    delayNs: delays(sender, receiver, paired),
  };
}

function delays(sender: Member, receiver: Member, { pairs }: PairedDirection): LegDirection['delayNs'] {
  if (pairs.length === 0) return undefined;
  const [sent, received] = [sender.session.trace.log.timeNs, receiver.session.trace.log.timeNs];
  const all = new Float64Array(pairs.length);
  for (let n = 0; n < pairs.length; n++) {
    const { a, b } = pairs[n] as PairedDirection['pairs'][number];
    all[n] = receiver.commonNs(received[b] as number) - sender.commonNs(sent[a] as number);
  }
  all.sort();
  return {
    least: all[0] as number,
    median: all[all.length >> 1] as number,
    most: all[all.length - 1] as number,
  };
}

/** What was sent, arrived and was acknowledged in one direction; made only as far as packets are missing. */
class Stream {
  private readonly direction: Direction;
  private readonly sender: Member;
  private readonly receiver: Member;
  private readonly paired: PairedDirection;
  private readonly shift: NumberShift;
  private readonly base: number;
  private readonly logS: PacketLog;
  private readonly logR: PacketLog;
  private madeArrived: ReturnType<typeof coverage> | undefined;
  private madeArrivals: readonly (Range & { readonly timeNs: number })[] | undefined;
  private madeAcks: readonly Acknowledged[] | undefined;
  private madeReach: number | undefined;

  constructor(
    direction: Direction,
    sender: Member,
    receiver: Member,
    paired: PairedDirection,
    shift: NumberShift,
  ) {
    this.direction = direction;
    this.sender = sender;
    this.receiver = receiver;
    this.paired = paired;
    this.shift = shift;
    this.logS = sender.session.trace.log;
    this.logR = receiver.session.trace.log;
    const own = sender.session.packets.by[direction][0];
    const others = receiver.session.packets.by[direction][0];
    this.base =
      own !== undefined
        ? (this.logS.sequence[own] as number)
        : others === undefined
          ? 0
          : ((this.logR.sequence[others] as number) - shift[direction]) | 0;
  }

  gone(place: number): Gone {
    const timeNs = this.sender.commonNs(this.logS.timeNs[place] as number);
    const outside = isOutside(this.receiver, timeNs) || inDropped(this.receiver, timeNs);
    const range = rangeOf(this.logS, place, this.base);
    if (range === undefined) return { place, timeNs, kind: 'untold', outside };
    const acknowledgedNs = this.acknowledgedNs(range);
    const arrivedNs = this.arrivedNs(range);
    if (acknowledgedNs !== undefined && (arrivedNs === undefined || acknowledgedNs < arrivedNs)) {
      // What came before the capture began, or while the log was full, is nobody's loss.
      return { place, timeNs, kind: outside ? 'untold' : 'missed', outside };
    }
    return { place, timeNs, kind: arrivedNs === undefined ? 'for-good' : 'repaired', outside };
  }

  extra(place: number): Extra {
    const timeNs = this.receiver.commonNs(this.logR.timeNs[place] as number);
    const outside = isOutside(this.sender, timeNs) || inDropped(this.sender, timeNs);
    const flags = this.logR.flags[place] as number;
    if (isPureAck(flags, this.logR.length[place] as number))
      return { place, timeNs, kind: 'untold', outside };
    const range = rangeOf(this.logR, place, (this.base + this.shift[this.direction]) | 0);
    if (range === undefined) return { place, timeNs, kind: 'forged', outside };
    if (this.paired.pairs.some(({ b }) => isCopy(this.logR, b, place))) {
      return { place, timeNs, kind: 'repeated', outside };
    }
    return { place, timeNs, kind: range.end <= this.senderReach() ? 'missed' : 'forged', outside };
  }

  /** When the receiver first acknowledged all of a range, also selectively. */
  private acknowledgedNs(range: Range): number | undefined {
    for (const { upTo, timeNs, left, right } of this.acks()) {
      if (upTo >= range.end) return timeNs;
      if (left !== undefined && right !== undefined && left <= range.start && right >= range.end)
        return timeNs;
    }
    return undefined;
  }

  private acks(): readonly Acknowledged[] {
    this.madeAcks ??= [this.receiver, this.sender]
      .flatMap((member) => this.acksAt(member))
      .sort((x, y) => x.timeNs - y.timeNs);
    return this.madeAcks;
  }

  private acksAt(member: Member): Acknowledged[] {
    const { log } = member.session.trace;
    const base = member === this.sender ? this.base : (this.base + this.shift[this.direction]) | 0;
    const found: Acknowledged[] = [];
    let highest = Number.NEGATIVE_INFINITY;
    for (const place of member.session.packets.by[opposite(this.direction)]) {
      const flags = log.flags[place] as number;
      // A reset may be anybody's.
      if ((flags & ACK) === 0 || (flags & RST) !== 0) continue;
      const upTo = ((log.acknowledgement[place] as number) - base) | 0;
      const sacks = ((log.traits[place] as number) & SACKS) !== 0;
      if (upTo <= highest && !sacks) continue;
      highest = Math.max(highest, upTo);
      found.push({
        upTo,
        timeNs: member.commonNs(log.timeNs[place] as number),
        left: sacks ? ((log.left[place] as number) - base) | 0 : undefined,
        right: sacks ? ((log.right[place] as number) - base) | 0 : undefined,
      });
    }
    return found;
  }

  /** When the first packet that brought something of a range passed the receiver's capture; undefined unless all came. */
  private arrivedNs(range: Range): number | undefined {
    const arrivals = this.arrivals();
    this.madeArrived ??= coverage(arrivals);
    if (!this.madeArrived.covers(range)) return undefined;
    let first = Number.POSITIVE_INFINITY;
    for (const { start, end, timeNs } of arrivals) {
      if (start < range.end && end > range.start) first = Math.min(first, timeNs);
    }
    return first;
  }

  private arrivals(): readonly (Range & { readonly timeNs: number })[] {
    const base = (this.base + this.shift[this.direction]) | 0;
    this.madeArrivals ??= this.receiver.session.packets.by[this.direction]
      .map((place) => rangeOf(this.logR, place, base))
      .filter(isRange)
      .map((range) => ({
        ...range,
        timeNs: this.receiver.commonNs(this.logR.timeNs[range.place] as number),
      }));
    return this.madeArrivals;
  }

  /** How far the sender says that it has come: the numbers of its own packets where they leave it. */
  private senderReach(): number {
    if (this.madeReach !== undefined) return this.madeReach;
    let reach = Number.NEGATIVE_INFINITY;
    for (const place of this.sender.session.packets.by[this.direction]) {
      const flags = this.logS.flags[place] as number;
      if ((flags & RST) !== 0) continue;
      // What begins at a FIN's place shows that there was none.
      reach = Math.max(reach, ((this.logS.sequence[place] as number) - this.base) | 0);
    }
    this.madeReach = reach;
    return reach;
  }
}

const isCopy = (log: PacketLog, one: number, other: number): boolean =>
  log.sequence[one] === log.sequence[other] &&
  log.length[one] === log.length[other] &&
  ((log.flags[one] as number) & CONTROL) === ((log.flags[other] as number) & CONTROL);

const CONTROL = SYN | FIN | RST;

interface Acknowledged {
  /** End of what is acknowledged. */
  readonly upTo: number;
  readonly timeNs: number;
  readonly left: number | undefined;
  readonly right: number | undefined;
}

export const isOutside = ({ startNs, endNs }: Member, timeNs: number): boolean =>
  timeNs < startNs - RUNS_ON_NS || timeNs > endNs + RUNS_ON_NS;

/** Among packets that the log did not keep. */
function inDropped({ session, commonNs }: Member, timeNs: number): boolean {
  const { firstDroppedNs, lastDroppedNs, dropped, tail } = session.trace.list;
  if (dropped === 0) return false;
  if (firstDroppedNs === undefined || lastDroppedNs === undefined) {
    // The log was full: nothing is known behind the last packet that was kept.
    return tail < 0 || timeNs > commonNs(session.trace.log.timeNs[tail] as number);
  }
  return timeNs >= commonNs(firstDroppedNs) - RUNS_ON_NS && timeNs <= commonNs(lastDroppedNs) + RUNS_ON_NS;
}

export const isClose = (flags: number): boolean => (flags & (FIN | RST)) !== 0;
