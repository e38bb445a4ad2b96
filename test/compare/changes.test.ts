import { describe, expect, it } from 'vitest';
import { changesOf } from '../../src/compare/changes.ts';
import type { Member } from '../../src/compare/leg.ts';
import { matchable } from '../../src/compare/match.ts';
import { handshake, type Line, traceOf } from './traces.ts';

function changes(sent: readonly Line[], received: readonly Line[], shift = 0) {
  const member = (lines: readonly Line[]) => ({ session: matchable(traceOf(lines)) }) as unknown as Member;
  const [sender, receiver] = [member(sent), member(received)];
  const pairs = sent.map((_, n) => ({ a: n, b: n }));
  return changesOf(sender, receiver, pairs, shift).map(({ kind, from, to, packets }) => [
    kind,
    from,
    to,
    packets,
  ]);
}

const data = (payload: string, more: Partial<Line> = {}): Line => ({
  ...{ from: 'client', what: 'data', seq: 1, payload, at: 5 },
  ...more,
});

describe('what a path changed', () => {
  it('is nothing where nothing differs', () => {
    expect(changes(handshake(), handshake())).toEqual([]);
  });
  it('is told once for each value, with how many packets it was', () => {
    const lines = [data('a'), data('b'), data('c')];
    expect(
      changes(
        lines,
        lines.map((line) => ({ ...line, hopLimit: 60 })),
      ),
    ).toEqual([['hop-limit', '64', '60', 3]]);
  });
  it('is the DSCP and, apart from it, ECN', () => {
    expect(changes([data('a', { tos: 0x48 })], [data('a', { tos: 0 })])).toEqual([['dscp', '18', '0', 1]]);
    expect(changes([data('a', { tos: 0x02 })], [data('a', { tos: 0x03 })])).toEqual([['ecn', '2', '3', 1]]);
  });
  it('is a clamped MSS, and an option that was taken out', () => {
    const [syn] = handshake() as [Line];
    expect(changes([syn], [{ ...syn, mss: 900 }])).toEqual([['mss', '1460', '900', 1]]);
    const { mss: _, ...bare } = syn;
    expect(changes([syn], [bare])).toEqual([
      ['mss', '1460', 'none', 1],
      ['options', 'MSS', 'none', 1],
    ]);
  });
  it('is the payload', () => {
    expect(changes([data('hello')], [data('jello')])).toEqual([['payload', '5 bytes', 'others', 1]]);
  });
  it('is the numbering', () => {
    expect(changes([data('a')], [data('a')], -1)).toEqual([['sequence-numbers', '0', '4294967295', 1]]);
  });
});
