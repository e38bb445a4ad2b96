import { describe, expect, it } from 'vitest';
import { type Matchable, matchable, matchSessions } from '../../src/compare/match.ts';
import { type Ends, handshake, type Line, record } from './traces.ts';

const KEXINIT = (side: string): string =>
  `SSH-2.0-x\r\n\0\0\x04\0\x06\x14${side.padEnd(16, '!')}${'n'.repeat(40)}`;

/** A session with a key exchange whose cookies have this name. */
const talk = (name: string, at = 0): readonly Line[] => [
  ...handshake(at),
  { from: 'client', what: 'data', seq: 1, ack: 1, payload: KEXINIT(`c${name}`), at: at + 3 },
  { from: 'server', what: 'data', seq: 1, ack: 74, payload: KEXINIT(`s${name}`), at: at + 4 },
];

const sessions = (...all: (Ends & { readonly lines: readonly Line[] })[]): Matchable[] =>
  record(all).traces.map(matchable);

const matched = (a: Matchable[], b: Matchable[]) =>
  matchSessions(a, b).map((match) => [match.a, match.b, match.by]);

describe('sessions of two captures are matched', () => {
  it('by addresses and initial sequence numbers', () => {
    const all = [1, 2, 3].map((n) => ({
      client: [1, n] as const,
      initial: [n * 100, n * 200] as const,
      lines: talk(`${n}`, n),
    }));
    expect(matched(sessions(...all), sessions(...[...all].reverse()))).toEqual([
      [0, 2, 'addresses'],
      [1, 1, 'addresses'],
      [2, 0, 'addresses'],
    ]);
  });

  it('not by addresses when the numbers are those of another connection', () => {
    const lines = handshake();
    expect(matched(sessions({ initial: [1, 2], lines }), sessions({ initial: [3, 4], lines }))).toEqual([]);
  });

  it('through NAT by both initial sequence numbers', () => {
    const a = sessions({ lines: handshake() });
    const b = sessions({ client: [77, 1234], server: [88, 2222], lines: handshake() });
    expect(matched(a, b)).toEqual([[0, 0, 'sequence-numbers']]);
  });

  it('through NAT by the number of a SYN alone', () => {
    const lines = handshake().slice(0, 1);
    expect(matched(sessions({ lines }), sessions({ client: [77, 1234], lines }))).toEqual([
      [0, 0, 'sequence-numbers'],
    ]);
  });

  it('behind a proxy by the cookies', () => {
    const a = sessions({ lines: talk('one') }, { client: [1, 2], initial: [7, 8], lines: talk('two') });
    const b = sessions({ client: [9, 9], initial: [50, 60], lines: talk('two', 3) });
    expect(matched(a, b)).toEqual([[1, 0, 'cookies']]);
  });

  it('not by identification strings, which many sessions have', () => {
    const lines = [
      ...handshake(),
      { from: 'server', what: 'data', seq: 1, payload: 'SSH-2.0-OpenSSH_9.2p1\r\n', at: 3 } as const,
    ];
    expect(matched(sessions({ lines }), sessions({ client: [4, 4], initial: [9, 9], lines }))).toEqual([]);
  });

  it('midway by contents, when two of them are in no other session', () => {
    const data = (n: number): Line => ({ from: 'server', what: 'data', seq: n * 40, payload: 40, at: n });
    const lines = [data(1), data(2), data(3)];
    const a = sessions({ lines });
    const b = sessions({ client: [77, 1234], initial: [1, 1], lines });
    expect(matched(a, b)).toEqual([[0, 0, 'payload']]);
    expect(matched(sessions({ lines: lines.slice(0, 1) }), b)).toEqual([]);
  });

  it('midway by addresses and numbers that are near', () => {
    const data: Line = { from: 'server', what: 'data', seq: 5000, payload: 8, at: 1 };
    expect(matched(sessions({ lines: handshake() }), sessions({ lines: [data] }))).toEqual([
      [0, 0, 'addresses'],
    ]);
    const far: Line = { ...data, seq: 2 ** 30 };
    expect(matched(sessions({ lines: handshake() }), sessions({ lines: [far] }))).toEqual([]);
  });

  it('by addresses at the same time, when others tell of the clocks', () => {
    const known = { client: [5, 5] as const, lines: handshake() };
    const a = sessions(known, { lines: handshake(100) });
    const near = sessions(known, { initial: [3, 4], lines: handshake(100) });
    expect(matched(a, near)).toContainEqual([1, 1, 'addresses-and-time']);
    const late = sessions(known, { initial: [3, 4], lines: handshake(60_000) });
    expect(matched(a, late)).toHaveLength(1);
  });

  it('each once, however often one comes', () => {
    const a = sessions({ lines: handshake() });
    const b = sessions({ lines: handshake() }, { lines: handshake(500) });
    expect(matched(a, b)).toEqual([[0, 0, 'addresses']]);
  });
});
