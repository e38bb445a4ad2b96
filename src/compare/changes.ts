import { SYN } from '../wire/segment.ts';
import type { Member } from './leg.ts';
import { type PacketLog, WHOLE, WHOLE_HEADER } from './packet-log.ts';
import type { Pair } from './pair-packets.ts';

/** What a path changed in packets that came through, in one direction between two captures. */
export type ChangeKind =
  | 'hop-limit'
  | 'dscp'
  | 'ecn'
  | 'mss'
  | 'window-scale'
  | 'options'
  | 'window'
  | 'sequence-numbers'
  | 'payload';

export interface Change {
  readonly kind: ChangeKind;
  /** Of the first packet that was changed so. */
  readonly from: string;
  readonly to: string;
  readonly example: Pair;
  readonly packets: number;
}

/** `shift`: of the sequence numbers, from sender to receiver. */
export function changesOf(
  sender: Member,
  receiver: Member,
  pairs: readonly Pair[],
  shift: number,
): readonly Change[] {
  const [s, r] = [sender.session.trace.log, receiver.session.trace.log];
  const found = new Map<string, { change: Change; packets: number }>();
  for (const pair of pairs) {
    if (isUnchanged(s, pair.a, r, pair.b)) continue;
    for (const [kind, from, to] of differences(s, pair.a, r, pair.b)) {
      // One that every packet has is told once for each value it takes.
      const key = `${kind} ${kind === 'payload' || kind === 'window' ? '' : `${from} ${to}`}`;
      const known = found.get(key);
      if (known !== undefined) known.packets++;
      else if (found.size < MAX_CHANGES) {
        found.set(key, { change: { kind, from, to, example: pair, packets: 1 }, packets: 1 });
      }
    }
  }
  const changes = [...found.values()].map(({ change, packets }) => ({ ...change, packets }));
  const [first] = pairs;
  if (shift !== 0 && first !== undefined) {
    const moved = { kind: 'sequence-numbers', from: '0', to: `${shift >>> 0}` } as const;
    changes.push({ ...moved, example: first, packets: pairs.length });
  }
  return changes;
}

/** Different changes of a session that are told: a path makes a handful. */
const MAX_CHANGES = 32;

/** Nearly every packet is: what differs is then not even asked. */
const isUnchanged = (s: PacketLog, a: number, r: PacketLog, b: number): boolean =>
  s.hopLimit[a] === r.hopLimit[b] &&
  s.trafficClass[a] === r.trafficClass[b] &&
  s.left[a] === r.left[b] &&
  s.right[a] === r.right[b] &&
  s.optionKinds[a] === r.optionKinds[b] &&
  s.window[a] === r.window[b] &&
  s.hash[a] === r.hash[b];

function* differences(
  s: PacketLog,
  a: number,
  r: PacketLog,
  b: number,
): Generator<readonly [ChangeKind, string, string]> {
  const at = (column: Int32Array | Uint8Array, place: number): number => column[place] as number;
  if (at(s.hopLimit, a) !== at(r.hopLimit, b)) {
    yield ['hop-limit', `${s.hopLimit[a]}`, `${r.hopLimit[b]}`];
  }
  const [classA, classB] = [at(s.trafficClass, a), at(r.trafficClass, b)];
  if (classA >> 2 !== classB >> 2) yield ['dscp', `${classA >> 2}`, `${classB >> 2}`];
  if ((classA & 3) !== (classB & 3)) yield ['ecn', `${classA & 3}`, `${classB & 3}`];
  const both = at(s.traits, a) & at(r.traits, b);
  if ((both & WHOLE_HEADER) !== 0) {
    if ((at(s.flags, a) & SYN) !== 0) {
      if (s.left[a] !== r.left[b]) yield ['mss', orNone(at(s.left, a)), orNone(at(r.left, b))];
      if (s.right[a] !== r.right[b]) yield ['window-scale', orNone(at(s.right, a)), orNone(at(r.right, b))];
    }
    if (s.optionKinds[a] !== r.optionKinds[b]) {
      yield ['options', kinds(at(s.optionKinds, a)), kinds(at(r.optionKinds, b))];
    }
    if (s.window[a] !== r.window[b]) {
      yield ['window', `${s.window[a]}`, `${r.window[b]}`];
    }
  }
  if ((both & WHOLE) !== 0 && at(s.length, a) === at(r.length, b) && s.hash[a] !== r.hash[b]) {
    yield ['payload', `${s.length[a]} bytes`, 'others'];
  }
}

const orNone = (value: number): string => (value < 0 ? 'none' : `${value}`);

const NAMES: Readonly<Record<number, string>> = {
  2: 'MSS',
  3: 'window scale',
  4: 'SACK permitted',
  5: 'SACK',
  8: 'time stamps',
  19: 'MD5 signature',
  28: 'user time-out',
  29: 'TCP-AO',
  30: 'others',
};

function kinds(bits: number): string {
  const present: string[] = [];
  for (let kind = 0; kind <= 30; kind++) {
    if ((bits & (1 << kind)) !== 0) present.push(NAMES[kind] ?? `kind ${kind}`);
  }
  return present.length === 0 ? 'none' : present.join(', ');
}
