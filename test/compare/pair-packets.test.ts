import { describe, expect, it } from 'vitest';
import { matchable } from '../../src/compare/match.ts';
import { coverage, numberShift, pairPackets, turned } from '../../src/compare/pair-packets.ts';
import { type Ends, handshake, type Line, traceOf } from './traces.ts';

function paired(a: readonly Line[], b: readonly Line[], ends: Ends = {}, otherEnds: Ends = ends) {
  const [one, other] = [matchable(traceOf(a, ends)), matchable(traceOf(b, otherEnds))];
  const found = pairPackets(one, other, numberShift(one, other), 0);
  const number = (log: typeof one) => (place: number) => log.trace.log.number[place] as number;
  return {
    pairs: found.pairs.map((pair) => [number(one)(pair.a), number(other)(pair.b)]),
    onlyA: found.onlyA.map(number(one)),
    onlyB: found.onlyB.map(number(other)),
    recut: [found.recutA.map(number(one)), found.recutB.map(number(other))],
  };
}

const data = (seq: number, payload: number, at: number, ipId = 0): Line => ({
  ...{ from: 'client', what: 'data', ack: 1, seq, payload, at, ipId },
});

describe('packets of two captures are paired', () => {
  it('by their place in the stream', () => {
    const lines = [...handshake(), data(1, 10, 3), data(11, 20, 4)];
    expect(paired(lines, lines).pairs).toEqual([
      [1, 1],
      [3, 3],
      [4, 4],
      [5, 5],
    ]);
  });

  it('through other sequence numbers', () => {
    const lines = [...handshake(), data(1, 10, 3)];
    const found = paired(lines, lines, { initial: [1000, 5000] }, { initial: [0x7fffffff, -3] });
    expect(found.pairs).toHaveLength(3);
    expect(found.onlyA).toEqual([]);
  });

  it('with the copy that has the same IP identification, so that it shows which was lost', () => {
    const three = [data(1, 10, 3, 7), data(1, 10, 203, 8), data(1, 10, 603, 9)];
    expect(paired(three, [data(1, 10, 204, 8)])).toMatchObject({ pairs: [[2, 1]], onlyA: [1, 3] });
  });

  it('of copies that nothing tells apart with the last ones', () => {
    expect(paired([data(1, 10, 3), data(1, 10, 203)], [data(1, 10, 204)])).toMatchObject({
      pairs: [[2, 1]],
      onlyA: [1],
    });
  });

  it('not where one sends a FIN and the other does not', () => {
    const fin: Line = { from: 'client', what: 'FIN', seq: 1, ack: 1, at: 5 };
    expect(paired([...handshake(), fin], handshake())).toMatchObject({ onlyA: [4], onlyB: [] });
  });

  it('in other pieces, which are no loss', () => {
    const large = [data(1, 3000, 3)];
    const small = [data(1, 1448, 3), data(1449, 1448, 3), data(2897, 104, 3)];
    expect(paired(large, small)).toMatchObject({ onlyA: [], onlyB: [], recut: [[1], [1, 2, 3]] });
    expect(paired(small, large)).toMatchObject({ onlyA: [], onlyB: [], recut: [[1, 2, 3], [1]] });
  });

  it('in other pieces of which one is missing: that is a loss', () => {
    const found = paired([data(1, 3000, 3)], [data(1, 1448, 3), data(2897, 104, 3)]);
    expect(found.onlyA).toEqual([1]);
    expect(found.recut[0]).toEqual([]);
  });

  it('the same way seen from the other side', () => {
    const there = { pairs: [{ a: 1, b: 2 }], onlyA: [3], onlyB: [4], recutA: [5], recutB: [6] };
    expect(turned(turned(there))).toEqual(there);
    expect(turned(there)).toEqual({
      pairs: [{ a: 2, b: 1 }],
      onlyA: [4],
      onlyB: [3],
      recutA: [6],
      recutB: [5],
    });
  });
});

describe('a coverage', () => {
  const range = (start: number, end: number) => ({ place: 0, start, end });
  const found = coverage([range(20, 30), range(0, 10), range(8, 15), range(30, 40)]);

  it('joins what touches and overlaps', () => {
    expect(found.covers(range(0, 15))).toBe(true);
    expect(found.covers(range(20, 40))).toBe(true);
    expect(found.end).toBe(40);
  });
  it('has the holes that there are', () => {
    expect(found.covers(range(14, 21))).toBe(false);
    expect(found.covers(range(39, 41))).toBe(false);
    expect(found.covers(range(50, 60))).toBe(false);
    expect(coverage([]).covers(range(0, 1))).toBe(false);
  });
});
