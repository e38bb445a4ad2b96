import { describe, expect, it } from 'vitest';
import { leg, type Member } from '../../src/compare/leg.ts';
import { matchable } from '../../src/compare/match.ts';
import { numberShift, pairPackets } from '../../src/compare/pair-packets.ts';
import { handshake, type Line, nearServer, traceOf } from './traces.ts';

/** What each packet of the client that is at one capture only is taken for, by its number there. */
function judged(atClient: readonly Line[], atServer: readonly Line[], endNs = 1e12) {
  const member = (lines: readonly Line[], capture: number): Member => ({
    capture,
    session: matchable(traceOf(lines)),
    commonNs: (timeNs) => timeNs,
    startNs: 0,
    endNs,
  });
  const [first, second] = [member(atClient, 0), member(atServer, 1)];
  const shift = numberShift(first.session, second.session);
  const pair = (direction: 0 | 1) => pairPackets(first.session, second.session, shift, direction);
  const [client] = leg(first, second, [pair(0), pair(1)], shift).by;
  const numbers = (one: Member, all: readonly { place: number; kind: string; outside: boolean }[]) =>
    all.map(({ place, kind, outside }) => [
      one.session.trace.log.number[place],
      outside ? `${kind}, outside` : kind,
    ]);
  return { gone: numbers(first, client.gone), extra: numbers(second, client.extra), delayNs: client.delayNs };
}

const data = (seq: number, at: number, ipId = 0): Line => ({
  ...{ from: 'client', what: 'data', ack: 1, seq, payload: 10, at, ipId },
});
const ack = (upTo: number, at: number): Line => ({ from: 'server', what: 'ACK', seq: 1, ack: upTo, at });

describe('a packet that left the client and is not at the server', () => {
  const sent = [...handshake(), data(1, 10, 1)];

  it('was lost for good when nobody acknowledged it', () => {
    const lines = [...sent, data(1, 210, 2), data(1, 610, 3)];
    expect(judged(lines, nearServer(handshake(), 1)).gone).toEqual([
      [4, 'for-good'],
      [5, 'for-good'],
      [6, 'for-good'],
    ]);
  });

  it('was lost and repaired when a later copy came', () => {
    const lines = [...sent, data(1, 210, 2), ack(11, 212)];
    expect(judged(lines, nearServer([...handshake(), data(1, 210, 2), ack(11, 212)], 0.5)).gone).toEqual([
      [4, 'repaired'],
    ]);
  });

  it('was missed by the capture when the server acknowledged it', () => {
    const lines = [...sent, ack(11, 12)];
    expect(judged(lines, nearServer([...handshake(), ack(11, 12)], 0.5)).gone).toEqual([[4, 'missed']]);
  });

  it('was missed when the acknowledgement came before any copy', () => {
    const lines = [...sent, ack(11, 12), data(1, 210, 2)];
    expect(judged(lines, nearServer([...handshake(), ack(11, 12), data(1, 210, 2)], 0.5)).gone).toEqual([
      [4, 'missed'],
    ]);
  });

  it('is not said to be lost at a time at which the other capture holds nothing', () => {
    const lines = [...handshake(), data(1, 5000)];
    expect(judged(lines, nearServer(handshake(), 1), 2e9).gone).toEqual([[4, 'for-good, outside']]);
  });
});

describe('a packet that is at the server and not at the client', () => {
  const reset: Line = { from: 'client', what: 'RST', seq: 1, ack: 1, at: 20 };
  const fin: Line = { from: 'client', what: 'FIN', seq: 1, ack: 1, at: 20 };

  it('was forged when it is a reset', () => {
    expect(judged(handshake(), nearServer([...handshake(), reset], 1)).extra).toEqual([[4, 'forged']]);
  });

  it('was forged when it is a FIN of which the client knows nothing', () => {
    const late = data(1, 40);
    const goesOn = judged([...handshake(), late], nearServer([...handshake(), fin, late], 1));
    expect(goesOn.extra).toEqual([[4, 'forged']]);
    expect(judged(handshake(), nearServer([...handshake(), fin], 1)).extra).toEqual([[4, 'forged']]);
  });

  it('was missed when it is a FIN behind which the client acknowledges the server’s', () => {
    const last: Line = { from: 'client', what: 'ACK', seq: 2, ack: 1, at: 30 };
    expect(judged([...handshake(), last], nearServer([...handshake(), fin, last], 1)).extra).toEqual([
      [4, 'missed'],
    ]);
  });

  it('was missed by the client’s capture when the client went on behind it', () => {
    const lines = [...handshake(), data(1, 10), data(11, 12)];
    const incomplete = lines.filter((_, n) => n !== 3);
    expect(judged(incomplete, nearServer(lines, 1)).extra).toEqual([[4, 'missed']]);
  });

  it('is a copy when another of it passed', () => {
    const lines = [...handshake(), data(1, 10, 5)];
    expect(judged(lines, nearServer([...lines, data(1, 10.1, 5)], 1)).extra).toEqual([[5, 'repeated']]);
  });

  it('says nothing when it is an acknowledgement', () => {
    const lines = [...handshake(), { from: 'client', what: 'ACK', seq: 1, ack: 99, at: 30 } as const];
    expect(judged(handshake(), nearServer(lines, 1)).extra).toEqual([[4, 'untold']]);
  });
});

it('the delay of a direction is told from the packets that are at both', () => {
  expect(judged(handshake(), nearServer(handshake(), 3)).delayNs).toEqual({
    least: 3e6,
    median: 3e6,
    most: 3e6,
  });
});
