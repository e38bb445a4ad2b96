import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureInfo } from '../../src/capture/capture-info.ts';
import { Packet } from '../../src/capture/packet.ts';
import { Handover } from '../../src/live/handover.ts';

const PROMPT = { name: 'eth0', epochNs: 1_000_000_000_000n } as CaptureInfo;
/** It began a second earlier. */
const BULK = { name: 'eth0', epochNs: 999_000_000_000n } as CaptureInfo;
const MS = 1e6;

/** Both streams of packets at these times, nanoseconds since the epoch of the prompt one. */
class Streams {
  readonly handed: number[] = [];
  switches = 0;
  nowMs = 0;
  readonly handover = new Handover(
    (packet, { epochNs }) => this.handed.push(packet.timeNs + Number((epochNs ?? 0n) - 1_000_000_000_000n)),
    () => this.switches++,
    () => this.nowMs,
  );

  prompt(...timesNs: number[]): void {
    for (const timeNs of timesNs) this.handover.prompt(packetAt(timeNs), PROMPT);
  }

  bulk(...timesNs: number[]): void {
    for (const timeNs of timesNs) this.handover.bulk(packetAt(timeNs + 1e9), BULK);
  }
}

function packetAt(timeNs: number): Packet {
  const packet = new Packet();
  packet.bytes = new Uint8Array(4);
  packet.capturedLength = 4;
  packet.originalLength = 4;
  packet.timeNs = timeNs;
  return packet;
}

const every = (stepNs: number, count: number, fromNs = 0): number[] =>
  Array.from({ length: count }, (_, i) => fromNs + (i + 1) * stepNs);

describe('Handover', () => {
  it('hands on packets at once while few come, and each once', () => {
    const streams = new Streams();
    const times = every(MS, 5000);
    for (const time of times) {
      streams.prompt(time);
      if (time > 1000 * MS) streams.bulk(time - 1000 * MS);
    }
    expect(streams.handed).toEqual(times);
    expect(streams.switches).toBe(0);
  });

  it('loses nothing of a burst of which the prompt stream loses the most', () => {
    const streams = new Streams();
    const before = every(10 * MS, 50);
    const burst = every(5_000, 200_000, 500 * MS);
    streams.prompt(...before);
    streams.prompt(...burst.slice(0, 8000));
    expect(streams.handover.manner).toBe('bulk');
    for (const time of [...before, ...burst]) streams.bulk(time);
    expect(streams.handed).toEqual([...before, ...burst]);
    expect(streams.switches).toBe(1);
  });

  it('goes over to the bulk stream when the prompt one brings nothing any more', () => {
    const streams = new Streams();
    const times = every(MS, 6000);
    streams.prompt(...times.slice(0, 100));
    streams.bulk(...times);
    expect(streams.handed).toEqual(times);
  });

  it('comes back to the prompt stream without a gap and without doing anything twice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 900 }),
        fc.integer({ min: 0, max: 900 }),
        (bulkUntil, promptFrom) => {
          const streams = new Streams();
          const burst = every(10_000, 2000);
          const times = every(MS, 1000, 100 * MS);
          streams.prompt(...burst.slice(0, 1500));
          streams.bulk(...burst);
          streams.bulk(...times.slice(0, Math.max(bulkUntil, promptFrom)));
          streams.handover.toPrompt();
          streams.prompt(...times.slice(promptFrom));
          streams.bulk(...times.slice(Math.max(bulkUntil, promptFrom)));
          expect(streams.handed).toEqual([...burst, ...times]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('goes on with another bulk stream that began before the one before ended', () => {
    const streams = new Streams();
    const burst = every(10_000, 2000);
    const times = every(MS, 1000, 100 * MS);
    streams.prompt(...burst.slice(0, 1500));
    streams.bulk(...burst, ...times.slice(0, 600));
    streams.handover.renewBulk();
    streams.bulk(...times.slice(400));
    expect(streams.handover.manner).toBe('bulk');
    expect(streams.handed).toEqual([...burst, ...times]);
  });

  it('takes packets in the disorder in which several processors bring them', () => {
    const streams = new Streams();
    streams.prompt(5 * MS, 4 * MS, 6 * MS);
    expect(streams.handed).toEqual([5 * MS, 4 * MS, 6 * MS]);
  });

  it('is not held up by a clock that is set back', () => {
    const streams = new Streams();
    const hour = 3600e9;
    const before = every(10 * MS, 100, hour);
    const after = every(10 * MS, 300);
    streams.prompt(...before);
    streams.prompt(...after);
    expect(streams.handed).toEqual([...before, ...after]);
    // The bulk stream brings the last ones from before now; they are not brought again with the next burst.
    streams.bulk(...before.slice(50));
    streams.nowMs = 5000;
    streams.bulk(...after);
    streams.prompt(...every(10_000, 2000, 10e9));
    expect(streams.handover.manner).toBe('bulk');
    expect(streams.handed.filter((time) => time > hour)).toEqual(before);
  });

  it('is not held up by a clock that is set back while the bulk stream takes over', () => {
    const streams = new Streams();
    const hour = 3600e9;
    const burst = every(10_000, 4000, hour);
    streams.prompt(...burst.slice(0, 2048));
    expect(streams.handover.manner).toBe('bulk');
    streams.bulk(...burst.slice(0, 100), ...every(MS, 10));
    expect(streams.handed.slice(-10)).toEqual(every(MS, 10));
  });
});
