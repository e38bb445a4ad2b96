import { describe, expect, it } from 'vitest';
import { matchable } from '../../src/compare/match.ts';
import { hopsFrom, orderOf } from '../../src/compare/order.ts';
import { numberShift, pairPackets } from '../../src/compare/pair-packets.ts';
import { handshake, type Line, nearServer, traceOf } from './traces.ts';

function order(a: readonly Line[], b: readonly Line[], epochDifferenceNs = 0): string {
  const [one, other] = [matchable(traceOf(a)), matchable(traceOf(b))];
  const shift = numberShift(one, other);
  const pair = (direction: 0 | 1) => pairPackets(one, other, shift, direction);
  return orderOf(one, other, [pair(0), pair(1)], epochDifferenceNs);
}

const later = (lines: readonly Line[], ms: number): readonly Line[] =>
  lines.map((line) => ({ ...line, at: line.at + ms }));

describe('which capture is nearer to the client is told', () => {
  it('by hop limits', () => {
    const [near, far] = [handshake(), nearServer(handshake(), 0.2)];
    expect([order(near, far), order(far, near)]).toEqual(['a-first', 'b-first']);
  });

  it('on one link by the time that packets need, whatever the clocks show', () => {
    const [near, far] = [handshake(), nearServer(handshake(), 0.05, 0)];
    for (const clock of [0, 37_000, -5]) {
      expect([order(near, later(far, clock)), order(later(far, clock), near)]).toEqual([
        'a-first',
        'b-first',
      ]);
    }
  });

  it('by what was lost, where packets of one side only are at both', () => {
    const syn = handshake().slice(0, 1);
    const answered = [...syn, { from: 'server', what: 'SYN-ACK', ack: 1, at: 1 } as const];
    expect([order(later(syn, 5), answered), order(answered, later(syn, 5))]).toEqual(['a-first', 'b-first']);
  });
});

describe('it is not told', () => {
  it('of captures at one place', () => {
    expect(order(handshake(), handshake())).toBe('same-place');
    expect(order(handshake(), later(handshake(), 40))).toBe('same-place');
  });

  it('of one packet that is at both', () => {
    const syn = handshake().slice(0, 1);
    expect(order(syn, later(syn, 3))).toBe('untold');
    expect(order(syn, syn)).toBe('same-place');
    // Each capture begins with this packet: what is equal is not the time.
    expect(order(syn, syn, 3e6)).toBe('untold');
  });
});

describe('routers on the way', () => {
  it.each([
    [[64, 64], 0],
    [[63], 1],
    [[120, 120, 64], 8],
    [[250], 5],
    [[], undefined],
  ])('of packets with hop limits %j are %s', (limits, expected) => {
    expect(hopsFrom(limits)).toBe(expected);
  });
});
