import { describe, expect, it } from 'vitest';
import { isPureAck, spanOf } from '../../src/compare/packet-log.ts';
import { packetsOf } from '../../src/compare/trace.ts';
import { ACK, FIN, RST, SYN } from '../../src/wire/segment.ts';
import { type Line, record } from './traces.ts';

const lines = (count: number): Line[] =>
  Array.from({ length: count }, (_, n) => ({
    from: 'client',
    what: 'data',
    seq: n * 10,
    payload: 10,
    at: n,
  }));

describe('a packet log', () => {
  it('gives a session’s packets in their order', () => {
    const { traces, log } = record([{ lines: lines(10) }]);
    const { all } = packetsOf(traces[0] as (typeof traces)[number]);
    expect(all.map((place) => log.number[place])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('keeps the first and the last packets of a long session, and counts the others', () => {
    const { traces, log } = record([{ lines: lines(20) }], { first: 3, last: 4 });
    const [trace] = traces;
    const numbers = log.placesOf(trace?.list as never).map((place) => log.number[place]);
    expect(numbers).toEqual([1, 2, 3, 17, 18, 19, 20]);
    expect(trace?.list).toMatchObject({ dropped: 13, firstDroppedNs: 3e6, lastDroppedNs: 15e6 });
    expect(log.dropped).toBe(13);
  });

  it('stops at its limit and counts what came later', () => {
    const { traces, log } = record([{ lines: lines(20) }], { packets: 5 });
    expect(packetsOf(traces[0] as (typeof traces)[number]).all).toHaveLength(5);
    expect(log.dropped).toBe(15);
  });

  it('grows beyond its first room', () => {
    const { traces, log } = record([{ lines: lines(9000) }], { first: 10_000 });
    expect(packetsOf(traces[0] as (typeof traces)[number]).all).toHaveLength(9000);
    expect(log.sequence[8999]).toBe(1000 + 89_990);
  });
});

describe('what a segment takes in the stream', () => {
  it('is its bytes, and one for SYN and for FIN', () => {
    expect([spanOf(SYN, 0), spanOf(FIN | ACK, 5), spanOf(ACK, 7), spanOf(RST, 0)]).toEqual([1, 6, 7, 0]);
  });
  it('is nothing for a pure ACK', () => {
    expect([isPureAck(ACK, 0), isPureAck(ACK, 1), isPureAck(FIN | ACK, 0), isPureAck(RST, 0)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
