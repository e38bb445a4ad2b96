import { describe, expect, it } from 'vitest';
import { Recorder } from '../../src/compare/recorder.ts';
import { packetsOf, type Trace } from '../../src/compare/trace.ts';
import { Segment, SYN } from '../../src/wire/segment.ts';
import { handshake, record } from './traces.ts';

describe('a recorder', () => {
  it('hands every packet on before it keeps it', () => {
    const order: string[] = [];
    const inner = { segment: () => order.push('tracker'), icmpError: () => {}, neighbour: () => {} };
    const recorder = new Recorder(inner as never);
    const segment = new Segment();
    segment.flags = SYN;
    recorder.segment(segment);
    expect(order).toEqual(['tracker']);
  });

  it('tells the directions apart, whichever address is the lower one', () => {
    for (const [client, server] of [
      [
        [1, 50_000],
        [2, 22],
      ],
      [
        [2, 50_000],
        [1, 22],
      ],
      [
        [-5, 50_000],
        [7, 22],
      ],
      [
        [9, 22],
        [9, 50_000],
      ],
    ] as const) {
      const { traces } = record([{ client, server, lines: handshake() }]);
      expect(packetsOf(traces[0] as Trace).by.map((places) => places.length)).toEqual([2, 1]);
    }
  });

  it('gives a successor with the same addresses packets of its own', () => {
    const { traces, log } = record([{ lines: handshake() }, { lines: handshake(10) }]);
    expect(traces.map((trace) => packetsOf(trace).all.map((place) => log.number[place]))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('gives a straggler to the session that is over', () => {
    const recorder = record([{ lines: handshake() }]);
    const straggler = new Segment();
    straggler.packetNumber = 4;
    straggler.timeNs = 5e6;
    [straggler.source0, straggler.sourcePort] = [0x0a000002, 22];
    [straggler.destination0, straggler.destinationPort] = [0x0a000001, 50_000];
    recorder.segment(straggler);
    expect(packetsOf(recorder.traces[0] as Trace).by[1].map((place) => recorder.log.number[place])).toEqual([
      2, 4,
    ]);
  });
});
