import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIENT } from '../../src/ssh/conversation-api.ts';
import { Connection } from '../../src/tcp/connection.ts';
import { ReassemblyBudget } from '../../src/tcp/reassembly.ts';
import { MAX_REPEATS } from '../../src/tcp/syn-repeats.ts';
import { connectionsOf, HANDSHAKE, Recorder, type SegmentSpec, segmentOf, watch } from './dialogue.ts';

const CLOSE: readonly SegmentSpec[] = [
  { from: 'client', flags: 'F.', sequence: 1001, acknowledgement: 5001, atMs: 100 },
  { from: 'server', flags: 'F.', sequence: 5001, acknowledgement: 1002, atMs: 101 },
  { from: 'client', flags: '.', sequence: 1002, acknowledgement: 5002, atMs: 102 },
];

const syn = (clientPort: number, atMs: number): SegmentSpec => ({
  from: 'client',
  flags: 'S',
  sequence: clientPort,
  clientPort,
  atMs,
});

describe('Tracker', () => {
  it('ends every connection exactly once, at the latest when the capture ends', () => {
    const connections = connectionsOf([...HANDSHAKE, syn(1, 5), syn(2, 6)]);
    expect(connections.map((connection) => connection.number).sort()).toEqual([1, 2, 3]);
  });

  it('waits for stragglers of a closed connection, then ends it without waiting for the capture', () => {
    const { ended } = watch([...HANDSHAKE, ...CLOSE, syn(1, 110), syn(2, 30_000)]);
    expect(ended).toHaveLength(1);
    expect(ended[0]?.closed).toBe(true);
  });

  it('makes no session of packets that come long after the end', () => {
    const late: SegmentSpec = { from: 'server', flags: 'R', sequence: 5002, atMs: 40_000 };
    const { tracker, ended } = watch([...HANDSHAKE, ...CLOSE, syn(2, 30_000), syn(3, 39_000), late]);
    tracker.finish();
    expect(tracker.counters.latePackets).toBe(1);
    expect(ended).toHaveLength(3);
  });

  it.each([
    ['few', 500],
    ['many', 0],
  ])('keeps a connection that went on after a reset, where %s closed ones wait', (_, uncrowded) => {
    const refused: SegmentSpec = { from: 'server', flags: 'R.', sequence: 0, acknowledgement: 1001, atMs: 1 };
    const asksAgain = HANDSHAKE.map((spec) => ({ ...spec, atMs: (spec.atMs ?? 0) + 500 }));
    const again: SegmentSpec = {
      ...{ from: 'client', flags: 'P.', sequence: 1001, acknowledgement: 5001, payload: 'SSH-2.0-a\r\n' },
      atMs: 60_000,
    };
    const [first] = HANDSHAKE as [SegmentSpec];
    const otherReset: SegmentSpec = { ...refused, acknowledgement: 2, clientPort: 1, atMs: 30_000 };
    const packets = [first, refused, ...asksAgain, syn(1, 30_000), otherReset, again];
    const { tracker, ended } = watch(packets, { uncrowded });
    expect(ended.map((connection) => connection.clientPort)).toEqual([1]);
    tracker.finish();
    expect(tracker.counters.latePackets).toBe(0);
    expect(ended[1]?.lastPacket).toBe(packets.length);
  });

  it('waits a shorter time when many wait, but not so short that a retransmission comes too late', () => {
    const limits = { uncrowded: 1, crowdedLingerNs: 1e9 };
    const closedAt = (clientPort: number, atMs: number): SegmentSpec[] => [
      syn(clientPort, atMs),
      { from: 'server', flags: 'R.', sequence: 0, acknowledgement: clientPort + 1, clientPort, atMs },
    ];
    const portsEnded = (...specs: SegmentSpec[]) =>
      watch(specs, limits).ended.map((connection) => connection.clientPort);
    expect(portsEnded(...closedAt(1, 0), ...closedAt(2, 900), ...closedAt(3, 950))).toEqual([]);
    expect(portsEnded(...closedAt(1, 0), ...closedAt(2, 900), ...closedAt(3, 1100))).toEqual([1]);
  });

  it('gives up a handshake that goes on no more', () => {
    const { ended } = watch([syn(1, 0), syn(2, 200_000), syn(3, 200_001), syn(4, 206_000)]);
    expect(ended.map((connection) => connection.clientPort)).toEqual([1]);
  });

  it('ends what is due when time goes on without packets', () => {
    const { tracker, ended } = watch([...HANDSHAKE, ...CLOSE, syn(1, 200)]);
    tracker.tick(21e9);
    expect(ended.map((connection) => connection.clientPort)).toEqual([40000]);
    tracker.tick(200e9);
    expect(ended.map((connection) => connection.clientPort)).toEqual([40000, 1]);
  });

  it('says when a connection may be decided, and ends silent ones that are given up', () => {
    const closing: string[] = [];
    const options = {
      onClosing: ({ lastPacket }: { lastPacket: number }) => closing.push(`packet ${lastPacket}`),
      isGivenUp: ({ clientPort }: { clientPort: number }) => clientPort === 40000,
    };
    const { tracker, ended } = watch([...HANDSHAKE, ...CLOSE.slice(0, 1)], {}, options);
    expect(closing).toEqual(['packet 4']);
    tracker.tick(129e9);
    expect(ended).toEqual([]);
    tracker.tick(161e9);
    expect(ended).toHaveLength(1);
  });

  it('shows quiet SYNs once, as connections that do not stay', () => {
    const asleep: number[] = [];
    const options = { onDropped: ({ clientPort }: { clientPort: number }) => asleep.push(clientPort) };
    const { tracker, ended } = watch([syn(1, 0), syn(2, 10), syn(3, 500)], {}, options);
    const look = (beforeNs: number, limit: number): number[] => {
      const ports: number[] = [];
      tracker.lookAtQuietSyns(beforeNs, limit, ({ clientPort }) => ports.push(clientPort));
      return ports;
    };
    expect([look(100e6, 1), look(100e6, 8), look(100e6, 8)]).toEqual([[1], [2], []]);
    expect(asleep).toEqual([1, 2]);
    expect([tracker.openConnections, tracker.onlySyns]).toEqual([0, 3]);
    // An answer finds all of the SYN.
    tracker.segment(segmentOf({ ...HANDSHAKE[1]!, clientPort: 1, acknowledgement: 2, atMs: 600 }, 4));
    expect([tracker.openConnections, tracker.onlySyns]).toEqual([1, 2]);
    tracker.finish();
    expect(ended.map(({ clientPort, server }) => [clientPort, server.synCount])).toEqual([
      [1, 1],
      [2, 0],
      [3, 0],
    ]);
  });

  it('lets go of connections that are no sessions, and does not look at their SYNs', () => {
    const dropped: number[] = [];
    const options = {
      ports: [2222],
      anyPort: true,
      onDropped: ({ clientPort }: { clientPort: number }) => dropped.push(clientPort),
    };
    const { tracker, ended } = watch([syn(1, 0), ...HANDSHAKE], {}, options);
    const looked: number[] = [];
    tracker.lookAtQuietSyns(1e12, 8, ({ clientPort }) => looked.push(clientPort));
    tracker.finish();
    expect([looked, ended.length, dropped.sort()]).toEqual([[], 0, [1, 40000]]);
  });

  it('keeps a SYN in a few bytes and still knows all of it afterwards', () => {
    const [connection] = connectionsOf([{ ...syn(7, 3), window: 1024, hopLimit: 51, ipId: 99 }]);
    expect(connection).toMatchObject({ firstPacket: 1, firstNs: 3e6, clientPort: 7 });
    expect(connection?.client).toMatchObject({ synCount: 1, hopLimit: 51, initialSequence: 7 });
  });

  it('keeps repeated SYNs as small, and knows all of them afterwards', () => {
    const repeat = fc.record({
      gapMs: fc.integer({ min: 0, max: 3000 }),
      window: fc.nat(65_535),
      hopLimit: fc.nat(255),
      ipId: fc.integer({ min: -1, max: 65_535 }),
      trafficClass: fc.nat(255),
    });
    fc.assert(
      fc.property(fc.array(repeat, { minLength: 1, maxLength: MAX_REPEATS + 5 }), (repeats) => {
        let atMs = 0;
        const specs = repeats.map(({ gapMs, ...fields }): SegmentSpec => {
          atMs += gapMs;
          return { ...syn(7, atMs), ...fields };
        });
        const { tracker, ended } = watch(specs);
        const isSmall = repeats.length <= MAX_REPEATS + 1;
        expect([tracker.openConnections, tracker.onlySyns]).toEqual(isSmall ? [0, 1] : [1, 0]);
        tracker.finish();
        const direct = new Connection(new Recorder(), new ReassemblyBudget());
        for (const [i, spec] of specs.entries()) direct.segment(CLIENT, segmentOf(spec, i + 1));
        direct.finish();
        const { client, lastNs, lastPacket, firstNs } = direct;
        expect(ended).toHaveLength(1);
        expect(ended[0]).toMatchObject({ client, lastNs, lastPacket, firstNs, clientPort: 7 });
        expect(ended[0]?.zeek.history).toBe(direct.zeek.history);
      }),
    );
  });

  it('shows a repeated SYN once, and again when the capture ends', () => {
    const open: number[] = [];
    const options = { onFinish: ({ client }: Connection) => open.push(client.synCount) };
    const { tracker, ended } = watch([syn(1, 0), syn(2, 10)], {}, options);
    const look = (): number[] => {
      const counts: number[] = [];
      tracker.lookAtQuietSyns(1e12, 8, ({ client }) => counts.push(client.synCount));
      return counts;
    };
    expect([look(), look()]).toEqual([[1, 1], []]);
    tracker.segment(segmentOf(syn(1, 1000), 3));
    expect(look()).toEqual([]);
    tracker.finish();
    expect([open, ended.map(({ client }) => client.synCount)]).toEqual([[2], [2, 1]]);
  });

  it('takes another SYN of the same ports for another connection, and one that is answered for the same', () => {
    const other = { ...syn(1, 2000), sequence: 99 };
    const answer: SegmentSpec = { ...HANDSHAKE[1]!, clientPort: 1, acknowledgement: 100, atMs: 4000 };
    const connections = connectionsOf([syn(1, 0), syn(1, 1000), other, { ...other, atMs: 3000 }, answer]);
    expect(connections.map(({ client, server }) => [client.synCount, server.synCount])).toEqual([
      [2, 0],
      [2, 1],
    ]);
  });

  it('waits for a SYN as long after its last repeat as after its first', () => {
    const { ended } = watch([syn(1, 0), syn(1, 63_000), syn(2, 190_000), syn(3, 230_000)]);
    expect(ended.map(({ clientPort }) => clientPort)).toEqual([1]);
  });

  it('takes a repeat with an earlier time for one of the same connection', () => {
    const [connection, ...others] = connectionsOf([syn(1, 0), syn(1, 3000), syn(1, 2000), syn(1, 7000)]);
    expect([connection?.client.synCount, connection?.lastNs, others]).toEqual([4, 7e9, []]);
  });

  it('ends the oldest repeated SYNs early when there are too many repeats, and counts them', () => {
    const lone = Array.from({ length: 8 }, (_, i) => syn(100 + i, i));
    const repeated = Array.from({ length: 30 }, (_, i) => syn(1 + (i % 10), 10 + i));
    const { tracker, ended } = watch([...lone, ...repeated], { syns: 18 });
    expect(tracker.counters.evictedSyns).toBeGreaterThan(0);
    expect(ended).toHaveLength(tracker.counters.evictedSyns);
    expect(ended.every(({ evicted, client }) => evicted && client.synCount > 1)).toBe(true);
    tracker.finish();
    const packets = ended.reduce((sum, { client }) => sum + client.packets, 0);
    expect(packets).toBe(38);
  });

  it('ends the quietest connections early when there are too many, and counts them', () => {
    const specs: SegmentSpec[] = [];
    for (let port = 1; port <= 20; port++) {
      specs.push(syn(port, port), {
        ...HANDSHAKE[1]!,
        clientPort: port,
        acknowledgement: port + 1,
        atMs: port,
      });
    }
    const { tracker, ended } = watch(specs, { connections: 16 });
    expect(ended.length).toBeGreaterThan(0);
    expect(ended[0]).toMatchObject({ clientPort: 1, evicted: true });
    tracker.finish();
    expect(new Set(ended.map((connection) => connection.clientPort)).size).toBe(20);
    expect(tracker.counters.evictedConnections).toBeGreaterThan(0);
  });

  it('ends the oldest SYNs early in a flood, and accounts for every one', () => {
    const specs: SegmentSpec[] = [];
    for (let port = 1; port <= 1000; port++) specs.push(syn(port, port / 100));
    const connections = connectionsOf(specs, { syns: 100 });
    expect(connections).toHaveLength(1000);
    expect(new Set(connections.map((connection) => connection.number)).size).toBe(1000);
  });

  it('is not led astray by one time stamp far in the future', () => {
    const day = 24 * 3600_000;
    const { tracker, ended } = watch([...HANDSHAKE, syn(1, 3 * day), syn(2, 10)]);
    expect(ended).toHaveLength(0);
    expect(tracker.nowNs).toBeLessThan(1e9);
    const later = watch([...HANDSHAKE, syn(1, 3 * day), syn(2, 3 * day + 5)]);
    expect(later.tracker.nowNs).toBe((3 * day + 5) * 1e6);
  });
});
