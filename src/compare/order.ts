import type { Matchable } from './match.ts';
import type { Pair, PairedDirection } from './pair-packets.ts';
import { FROM_CLIENT, FROM_SERVER } from './trace.ts';

/**
 * Which of two captures a session's client is nearer to. File names and the order of arguments tell nothing.
 *
 * - Every router takes one off the hop limit (RFC 791, RFC 8200 §3), so packets of the client have the higher one where
 *   they pass first.
 * - What goes from A to B and back takes time: B − A is larger for what goes there than for what comes back, whatever
 *   the clocks show.
 * - A packet that got lost between was seen nearer to who sent it.
 */
export type Order = 'a-first' | 'b-first' | 'same-place' | 'untold';

export function orderOf(
  a: Matchable,
  b: Matchable,
  paired: readonly [PairedDirection, PairedDirection],
  epochDifferenceNs: number,
): Order {
  return (
    byHopLimits(a, b, paired) ??
    byTurnaround(a, b, paired) ??
    (isSameMoment(a, b, paired, epochDifferenceNs) ? 'same-place' : byLoss(paired))
  );
}

/** Packets one way only, all of them stamped at the same moments by the same clock. */
function isSameMoment(
  a: Matchable,
  b: Matchable,
  paired: readonly [PairedDirection, PairedDirection],
  epochDifferenceNs: number,
): boolean {
  const pairs = paired.flatMap((direction) => direction.pairs);
  return (
    pairs.length > 0 &&
    pairs.every((pair) => Math.abs(difference(a, b, pair) + epochDifferenceNs) <= NOISE_NS)
  );
}

function byHopLimits(
  a: Matchable,
  b: Matchable,
  paired: readonly [PairedDirection, PairedDirection],
): Order | undefined {
  let votes = 0;
  let all = 0;
  for (const direction of [FROM_CLIENT, FROM_SERVER] as const) {
    for (const pair of paired[direction].pairs) {
      const taken = hopLimit(a, pair.a) - hopLimit(b, pair.b);
      if (taken === 0) continue;
      all++;
      votes += Math.sign(taken) * (direction === FROM_CLIENT ? 1 : -1);
    }
  }
  if (all === 0 || Math.abs(votes) < all / 2) return undefined;
  return votes > 0 ? 'a-first' : 'b-first';
}

const hopLimit = ({ trace: { log } }: Matchable, place: number): number => log.hopLimit[place] as number;

/** Drift of a millionth matters little for packets that are so near to one another. */
const NEIGHBOURS_NS = 100e6;
/** Time stamps of one machine's kernel differ by this much for the same moment. */
const NOISE_NS = 1500;
const MOST = 0.9;

function byTurnaround(
  a: Matchable,
  b: Matchable,
  paired: readonly [PairedDirection, PairedDirection],
): Order | undefined {
  const turns: number[] = [];
  let back = 0;
  const answers = paired[FROM_SERVER].pairs;
  for (const there of paired[FROM_CLIENT].pairs) {
    while (back < answers.length && timeAt(a, (answers[back] as Pair).a) < timeAt(a, there.a)) back++;
    for (const answer of [answers[back - 1], answers[back]]) {
      if (answer === undefined || Math.abs(timeAt(a, answer.a) - timeAt(a, there.a)) > NEIGHBOURS_NS)
        continue;
      turns.push(difference(a, b, there) - difference(a, b, answer));
    }
  }
  if (turns.length === 0) return undefined;
  turns.sort((x, y) => x - y);
  const median = turns[turns.length >> 1] as number;
  const above = turns.filter((turn) => turn > 0).length / turns.length;
  const below = turns.filter((turn) => turn < 0).length / turns.length;
  if (median > NOISE_NS && above >= MOST) return 'a-first';
  if (median < -NOISE_NS && below >= MOST) return 'b-first';
  return Math.abs(median) <= NOISE_NS ? 'same-place' : undefined;
}

const timeAt = ({ trace: { log } }: Matchable, place: number): number => log.timeNs[place] as number;

const difference = (a: Matchable, b: Matchable, pair: Pair): number => timeAt(b, pair.b) - timeAt(a, pair.a);

function byLoss(paired: readonly [PairedDirection, PairedDirection]): Order {
  const [client, server] = paired;
  const forA = client.onlyA.length + server.onlyB.length;
  const forB = client.onlyB.length + server.onlyA.length;
  if (forA > 2 * forB) return 'a-first';
  if (forB > 2 * forA) return 'b-first';
  return 'untold';
}

/** How many routers are between a capture and a host, by the values that hosts begin with; undefined for none of them. */
export function hopsFrom(hopLimits: readonly number[]): number | undefined {
  const usual = mode(hopLimits);
  if (usual === undefined) return undefined;
  const initial = INITIAL_HOP_LIMITS.find((value) => value >= usual);
  return initial === undefined ? undefined : initial - usual;
}

/** Linux and BSD, Windows, network devices; some old stacks. */
const INITIAL_HOP_LIMITS = [32, 64, 128, 255] as const;

export function mode(values: readonly number[]): number | undefined {
  const [first] = values;
  if (first === undefined || values.every((value) => value === first)) return first;
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((x, y) => y[1] - x[1])[0]?.[0];
}
