/**
 * How far the clock of one capture is from that of another, from packets that are in both.
 *
 * A packet on its way from A to B is stamped B − A = offset + delay, one from B to A offset − delay, with a delay that is
 * never negative. So the offset lies below all of the first and above all of the second; where the clocks run at
 * different speeds, offset(t) is a line between the two clouds. Of the lines that fit, the one with the widest margin
 * stands for the shortest delays being the same both ways; it is wrong by half of the margin at most, which is what an
 * unequal path can hide (as in NTP, RFC 5905 §8).
 */

/** Times are nanoseconds: `t` by A's clock, `difference` B − A. */
export interface ClockSample {
  readonly t: number;
  readonly difference: number;
}

export interface ClockFit {
  /** B's clock minus A's at `atNs` of A's clock. */
  readonly offsetNs: number;
  readonly atNs: number;
  /** How much faster B's clock runs; 0 where the samples do not show that it does. */
  readonly driftPpm: number;
  /** The offset may be wrong by so much; undefined where packets of one direction only are in both captures. */
  readonly errorNs: number | undefined;
  /** Shortest way from A to B and back; undefined as above. */
  readonly roundTripNs: number | undefined;
}

/** Quartz is off by some tens of ppm, a virtual machine without time service by some hundreds. */
const MAX_DRIFT = 1e-3;
const STEPS = 80;
/** Time stamps of one machine differ by this much for the same moment. */
const NOISE_NS = 5e3;
/** Both directions must show the same drift, to this part of it; and in each third of the time so many packets. */
const AGREEMENT = 0.3;
const ENOUGH = 6;

/** Undefined without samples. */
export function fitClock(there: readonly ClockSample[], back: readonly ClockSample[]): ClockFit | undefined {
  const all = there.length + back.length;
  if (all === 0) return undefined;
  const first = Math.min(minimum(there), minimum(back));
  if (there.length === 0 || back.length === 0) return oneWay(there, back, first);
  const above = hull(there, first, 1);
  const below = hull(back, first, -1);
  const margin = (slope: number): number => lowest(above, slope) - highest(below, slope);
  const slope = driftOf(there, back, margin);
  const gap = margin(slope);
  return {
    offsetNs: (lowest(above, slope) + highest(below, slope)) / 2,
    atNs: first,
    driftPpm: slope * 1e6,
    errorNs: Math.abs(gap) / 2,
    roundTripNs: gap,
  };
}

/** The offset at a time of A's clock. */
export const offsetAt = ({ offsetNs, atNs, driftPpm }: ClockFit, t: number): number =>
  offsetNs + (t - atNs) * driftPpm * 1e-6;

/** A time of B's clock, as A's clock would have shown it. */
export function onClockOfA(fit: ClockFit, timeOfB: number): number {
  const slope = fit.driftPpm * 1e-6;
  return (timeOfB - fit.offsetNs + slope * fit.atNs) / (1 + slope);
}

/**
 * Any slope fits a short capture, and the widest margin follows the noise: a drift is believed where clocks of one speed
 * cannot be, or where both directions show the same one from the first third of the time to the last.
 */
function driftOf(
  there: readonly ClockSample[],
  back: readonly ClockSample[],
  margin: (slope: number) => number,
): number {
  if (margin(0) < -NOISE_NS) return widest(margin);
  const [one, other] = [slopeOf(there, Math.min), slopeOf(back, Math.max)];
  if (one === undefined || other === undefined) return 0;
  const slope = (one + other) / 2;
  return Math.abs(one - other) < AGREEMENT * Math.abs(slope) && margin(slope) > margin(0) ? slope : 0;
}

/** From the shortest delay of the first third of the time to that of the last. */
function slopeOf(
  samples: readonly ClockSample[],
  shortest: (...differences: number[]) => number,
): number | undefined {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { t } of samples) {
    from = Math.min(from, t);
    to = Math.max(to, t);
  }
  const third = (to - from) / 3;
  const best = (part: readonly ClockSample[]): ClockSample | undefined => {
    if (part.length < ENOUGH) return undefined;
    return part.reduce((x, y) => (shortest(x.difference, y.difference) === x.difference ? x : y));
  };
  const early = best(samples.filter(({ t }) => t <= from + third));
  const late = best(samples.filter(({ t }) => t >= to - third));
  if (early === undefined || late === undefined || late.t <= early.t) return undefined;
  return (late.difference - early.difference) / (late.t - early.t);
}

/** Packets one way only: the shortest delay is taken for none. */
function oneWay(there: readonly ClockSample[], back: readonly ClockSample[], atNs: number): ClockFit {
  let offsetNs = Number.POSITIVE_INFINITY;
  for (const { difference } of there) offsetNs = Math.min(offsetNs, difference);
  if (there.length === 0) {
    offsetNs = Number.NEGATIVE_INFINITY;
    for (const { difference } of back) offsetNs = Math.max(offsetNs, difference);
  }
  return { offsetNs, atNs, driftPpm: 0, errorNs: undefined, roundTripNs: undefined };
}

function minimum(samples: readonly ClockSample[]): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { t } of samples) first = Math.min(first, t);
  return first;
}

interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The convex hull's lower side (`sign` 1) or upper side (-1): only its corners can touch a line. */
function hull(samples: readonly ClockSample[], from: number, sign: 1 | -1): Points {
  const sorted = [...samples].sort((a, b) => a.t - b.t || sign * (a.difference - b.difference));
  const [x, y]: [number[], number[]] = [[], []];
  for (const { t, difference } of sorted) {
    const [px, py] = [t - from, sign * difference];
    while (x.length > 0 && x[x.length - 1] === px && (y[y.length - 1] as number) >= py) {
      x.pop();
      y.pop();
    }
    if (x.length > 0 && x[x.length - 1] === px) continue;
    while (x.length > 1) {
      const [ax, ay] = [x[x.length - 2] as number, y[y.length - 2] as number];
      const [bx, by] = [x[x.length - 1] as number, y[y.length - 1] as number];
      if ((bx - ax) * (py - ay) - (by - ay) * (px - ax) > 0) break;
      x.pop();
      y.pop();
    }
    x.push(px);
    y.push(py);
  }
  return { x, y: sign === 1 ? y : y.map((value) => -value) };
}

function lowest({ x, y }: Points, slope: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < x.length; n++) least = Math.min(least, (y[n] as number) - slope * (x[n] as number));
  return least;
}

function highest({ x, y }: Points, slope: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < x.length; n++) most = Math.max(most, (y[n] as number) - slope * (x[n] as number));
  return most;
}

/** The margin is a concave function of the slope: its top is found by thirds. */
function widest(margin: (slope: number) => number): number {
  let [low, high] = [-MAX_DRIFT, MAX_DRIFT];
  for (let step = 0; step < STEPS; step++) {
    const third = (high - low) / 3;
    if (margin(low + third) < margin(high - third)) low += third;
    else high -= third;
  }
  return (low + high) / 2;
}
