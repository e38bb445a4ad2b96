import { describe, expect, it } from 'vitest';
import { IcmpError } from '../../src/wire/segment.ts';
import {
  CLIENT,
  connectionsOf,
  HANDSHAKE,
  type Recorder,
  SERVER,
  type SegmentSpec,
  segmentOf,
  textOf,
  watch,
} from './dialogue.ts';

const good = (specs: readonly SegmentSpec[]): SegmentSpec[] =>
  specs.map((spec) => ({ checksum: 'good', ...spec }));

const fromClient = (sequence: number, data: string, rest: Partial<SegmentSpec> = {}): SegmentSpec => ({
  from: 'client',
  flags: 'P.',
  sequence,
  acknowledgement: 5001,
  data,
  checksum: 'good',
  ...rest,
});

const fromServer = (acknowledgement: number, rest: Partial<SegmentSpec> = {}): SegmentSpec => ({
  from: 'server',
  flags: '.',
  sequence: 5001,
  acknowledgement,
  checksum: 'good',
  ...rest,
});

/** The only connection of a capture, in which checksums are right unless they are said to be bad. */
function only(specs: readonly SegmentSpec[]) {
  const connections = connectionsOf([...good(HANDSHAKE), ...specs]);
  expect(connections).toHaveLength(1);
  return connections[0]!;
}

describe('a segment with a wrong checksum', () => {
  it('brings no data when it comes again', () => {
    const connection = only([
      fromClient(1001, 'aXc', { checksum: 'bad' }),
      fromClient(1001, 'abc'),
      fromServer(1004),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abc');
    expect(connection.client).toMatchObject({ checksumErrors: 1, packets: 4, bytes: 3, retransmissions: 0 });
    expect(connection.zeek.history).toBe('ShADCa');
  });

  it('brings no data when it comes again cut otherwise, behind what follows it', () => {
    const connection = only([
      fromClient(1001, 'aXc', { checksum: 'bad' }),
      fromClient(1004, 'def'),
      fromClient(1001, 'ab'),
      fromClient(1003, 'cdef'),
      fromServer(1007),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abcdef');
    expect(connection.client).toMatchObject({ gaps: 0, missedBytes: 0 });
  });

  it('is believed when its receiver acknowledges it all the same, and so are all of its sender then', () => {
    const connection = only([
      fromClient(1001, 'abc', { checksum: 'bad' }),
      fromServer(1004),
      fromClient(1004, 'def', { checksum: 'bad' }),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abcdef');
    expect(connection.client).toMatchObject({ checksumErrors: 2, bytes: 6, gaps: 0 });
    expect(connection.zeek.history).toBe('ShADa');
  });

  it('is not believed for an acknowledgement that is damaged itself', () => {
    const connection = only([
      fromClient(1001, 'aXc', { checksum: 'bad' }),
      fromServer(1101, { checksum: 'bad' }),
      fromClient(1001, 'abc'),
      fromServer(1004),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abc');
    expect(connection.client.missedBytes).toBe(0);
  });

  it('resets nothing, ends nothing and begins nothing', () => {
    const connection = only([
      fromServer(1001, { flags: 'R', checksum: 'bad' }),
      fromClient(1001, 'abc', { flags: 'F.', checksum: 'bad' }),
      fromClient(1001, 'abc'),
      fromClient(2222, '', { flags: 'S', checksum: 'bad' }),
      fromServer(1004, { data: 'hello' }),
    ]);
    expect(connection.closed).toBe(false);
    expect(connection.client).toMatchObject({ finPacket: 0, synCount: 1, checksumErrors: 2 });
    expect(connection.server).toMatchObject({ rstPacket: 0, resets: 0, checksumErrors: 1 });
    expect(textOf(connection, CLIENT)).toBe('abc');
    expect(textOf(connection, SERVER)).toBe('hello');
  });

  it('says nothing of the path: neither hop limit nor silence', () => {
    const connection = only([
      fromClient(1001, 'abc', { atMs: 10 }),
      fromServer(1004, { atMs: 20 }),
      fromServer(1004, { flags: 'R', hopLimit: 99, atMs: 5000, checksum: 'bad' }),
      fromServer(1004, { atMs: 30 }),
    ]);
    expect(connection.server.otherHopLimits).toBeUndefined();
    expect(connection.lastNs).toBe(30e6);
    expect(connection.lastPacket).toBe(7);
  });

  it('of a SYN-ACK that the client acknowledges is the way of that server', () => {
    const connections = connectionsOf([
      { from: 'client', flags: 'S', sequence: 1000, checksum: 'good' },
      { from: 'server', flags: 'S.', sequence: 5000, acknowledgement: 1001, checksum: 'bad' },
      { from: 'client', flags: '.', sequence: 1001, acknowledgement: 5001, checksum: 'good' },
      fromServer(1001, { flags: 'R.', checksum: 'bad' }),
    ]);
    expect(connections).toMatchObject([{ closed: true, establishedPacket: 3, server: { synCount: 1 } }]);
  });

  it('means nothing where all are wrong', () => {
    const session: SegmentSpec[] = [
      ...HANDSHAKE,
      fromClient(1001, 'abc'),
      fromServer(1004, { data: 'hello' }),
      fromClient(1004, '', { flags: 'R' }),
    ];
    const bad = connectionsOf(session.map((spec): SegmentSpec => ({ ...spec, checksum: 'bad' })));
    const right = connectionsOf(session.map((spec): SegmentSpec => ({ ...spec, checksum: 'good' })));
    for (const connection of [...bad, ...right]) {
      expect(textOf(connection, CLIENT)).toBe('abc');
      expect(textOf(connection, SERVER)).toBe('hello');
      expect(connection.closed).toBe(true);
      expect(connection.zeek.history).toBe('ShADdR');
    }
  });

  it('means nothing of a side whose are all wrong, though its peer’s are right and it resets', () => {
    const [connection] = connectionsOf([
      { from: 'client', flags: 'S', sequence: 1000, checksum: 'good' },
      { from: 'server', flags: 'R.', sequence: 0, acknowledgement: 1001, checksum: 'bad' },
    ]);
    expect(connection?.closed).toBe(true);
  });

  it('is believed when its sender says nothing more', () => {
    const reset = only([
      fromClient(1001, 'abc', { atMs: 10 }),
      fromServer(1004, { flags: 'R', atMs: 20, checksum: 'bad' }),
    ]);
    expect(reset).toMatchObject({ closed: true, lastNs: 20e6, server: { rstPacket: 5 } });
    const data = only([fromServer(1001, { data: 'hello' }), fromClient(1001, 'abc', { checksum: 'bad' })]);
    expect(textOf(data, CLIENT)).toBe('abc');
    const elsewhere = only([
      fromServer(1001, { data: 'hello' }),
      fromClient(1501, 'abc', { checksum: 'bad' }),
    ]);
    expect(elsewhere.client).toMatchObject({ bytes: 0, missedBytes: 0 });
  });

  it('is believed where another packet says that it was sent', () => {
    const acknowledged = only([
      fromClient(1001, 'abc', { checksum: 'bad' }),
      fromClient(1004, '', { flags: 'F.' }),
      fromServer(1005),
    ]);
    expect(textOf(acknowledged, CLIENT)).toBe('abc');
    expect(acknowledged.client.gaps).toBe(0);
    const counted = only([
      fromServer(1001, { flags: 'F.', atMs: 10, checksum: 'bad' }),
      fromServer(1001, { flags: 'R', sequence: 5002, atMs: 20 }),
    ]);
    expect(counted.server).toMatchObject({ finPacket: 4, rstPacket: 5 });
    const [left] = connectionsOf([
      { from: 'client', flags: 'S', sequence: 1000, checksum: 'good' },
      { from: 'server', flags: 'S.', sequence: 5000, acknowledgement: 1001, checksum: 'bad' },
      { from: 'client', flags: 'R', sequence: 1001, checksum: 'good' },
    ]);
    expect(left).toMatchObject({ closed: true, server: { synCount: 1 } });
    const [goesOn] = connectionsOf([
      { from: 'client', flags: 'S', sequence: 1000, checksum: 'good' },
      { from: 'server', flags: 'S.', sequence: 5000, acknowledgement: 1001, checksum: 'bad' },
      { from: 'client', flags: '.', sequence: 1001, acknowledgement: 5001, checksum: 'bad' },
      fromServer(1001, { data: 'hello' }),
    ]);
    expect(goesOn?.server).toMatchObject({ synCount: 1, bytes: 5 });
    expect((goesOn!.ssh as Recorder).midway).toEqual([false, false]);
  });

  it('is no data where its sender’s numbers do not count it', () => {
    const connection = only([
      fromClient(1001, 'options!', { flags: '.', checksum: 'bad' }),
      fromClient(1001, '', { flags: 'F.' }),
    ]);
    expect(connection.client).toMatchObject({ finPacket: 5, bytes: 0 });
  });

  it('is no FIN where the stream goes on', () => {
    const connection = only([
      fromClient(1001, 'abc', { flags: 'F.', checksum: 'bad' }),
      fromClient(1001, 'abc'),
      fromClient(1004, 'def'),
      fromServer(1007),
    ]);
    expect(connection.client).toMatchObject({ finPacket: 0, bytes: 6 });
  });

  it('is believed when it is repeated as it was, which no damage explains: nobody answers', () => {
    const connection = only([
      fromServer(1001, { data: 'hello', atMs: 10 }),
      ...[20, 240, 680, 1560].map((atMs) => fromClient(1001, 'abc', { atMs, checksum: 'bad' })),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abc');
    expect(connection.client).toMatchObject({ retransmissions: 3, unackedRetransmissions: 3 });
    expect(connection.inFlight(connection.client)).toBe(true);
    expect(connection.lastNs).toBe(1560e6);
    const otherwise = only([
      fromServer(1001, { data: 'hello', atMs: 10 }),
      fromClient(1001, 'aXc', { atMs: 20, checksum: 'bad' }),
      fromClient(1001, 'abX', { atMs: 240, checksum: 'bad' }),
      fromClient(1001, 'abc', { atMs: 680 }),
    ]);
    expect(textOf(otherwise, CLIENT)).toBe('abc');
  });

  it('is believed when it is one of many of a stream that has none that are right', () => {
    const connections = connectionsOf([
      { from: 'client', flags: 'S', sequence: 1000, checksum: 'good' },
      { from: 'client', flags: '.', sequence: 1001, acknowledgement: 5001, checksum: 'good' },
      ...Array.from({ length: 20 }, (_, i) => [
        fromClient(1001 + i, 'x', { checksum: 'bad' }),
        { ...HANDSHAKE[0]!, clientPort: 41000 + i, checksum: 'good' as const },
      ]).flat(),
    ]);
    expect(connections.find(({ number }) => number === 1)?.client).toMatchObject({ bytes: 20, gaps: 0 });
  });

  it('resets nothing where its sender goes on, whatever is damaged last', () => {
    const connection = only([
      fromServer(1001, { flags: 'R', checksum: 'bad' }),
      fromServer(1001),
      fromServer(1001, { flags: 'F.', checksum: 'bad' }),
    ]);
    expect(connection.server).toMatchObject({ rstPacket: 0, finPacket: 6 });
  });

  it('is not believed for an acknowledgement of another connection', () => {
    const connection = only([
      fromClient(1001, 'aXc', { checksum: 'bad' }),
      fromServer(1001 + 2 ** 29),
      fromClient(1001, 'abc'),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abc');
  });

  it('acknowledges nothing in a connection that was joined midway', () => {
    const connections = connectionsOf([
      ...good(HANDSHAKE).map((spec) => ({ ...spec, clientPort: 40001 })),
      fromClient(1001, 'abc', { checksum: 'unknown' }),
      fromClient(1004, '', { flags: '.', acknowledgement: 5001 + 2 ** 20, checksum: 'bad' }),
      fromServer(1004, { data: 'hello' }),
    ]);
    const server = connections.find(({ number }) => number === 2)?.server;
    expect(server).toMatchObject({ bytes: 5, missedBytes: 0 });
  });

  it('makes no quiet time that is negative when it is believed late', () => {
    const connection = only([
      fromClient(1001, 'abc', { flags: 'F.', atMs: 10, checksum: 'bad' }),
      fromServer(1001, { data: 'hello', atMs: 20 }),
      fromServer(1005, { sequence: 5006, atMs: 30 }),
    ]);
    expect(connection.client.finPacket).toBe(4);
    expect(connection.idleBeforeCloseNs).toBe(0);
    expect(connection.idleBeforeUnansweredNs).toBe(0);
  });

  it('keeps the connection from being whole while it may be the last word', () => {
    const isWhole = (specs: readonly SegmentSpec[]): boolean[] => {
      const whole: boolean[] = [];
      const { tracker } = watch([...good(HANDSHAKE), ...specs]);
      tracker.forEachOpen((connection) => whole.push(connection.isWhole));
      return whole;
    };
    const reset = fromServer(1001, { flags: 'R', checksum: 'bad' });
    expect(isWhole([reset])).toEqual([false]);
    expect(isWhole([reset, fromServer(1001)])).toEqual([true]);
  });

  it('gives back the memory that its copy took', () => {
    const { tracker } = watch([
      ...good(HANDSHAKE),
      fromClient(1001, 'abc', { checksum: 'bad' }),
      fromClient(1001, 'xyz', { checksum: 'bad' }),
      fromClient(1001, 'abc'),
      fromServer(1004),
      fromClient(1004, 'def', { checksum: 'bad' }),
    ]);
    expect(tracker.budget.pendingBytes).toBe(3);
    tracker.finish();
    expect(tracker.budget.pendingBytes).toBe(0);
  });

  it('is kept in a bounded number', () => {
    const { tracker, ended } = watch([
      ...good(HANDSHAKE),
      ...Array.from({ length: 40 }, (_, i) => fromClient(1001 + i, 'x')),
      ...Array.from({ length: 20 }, (_, i) =>
        fromClient(1041, `ab${'cdefghij'[i % 8]}`, { checksum: 'bad' }),
      ),
      fromClient(1041, 'abc'),
    ]);
    expect(tracker.budget.pendingBytes).toBe(8 * 3);
    tracker.finish();
    expect(ended[0]?.client).toMatchObject({ checksumErrors: 20, bytes: 43 });
  });
});

describe('a first packet with a wrong checksum', () => {
  const damaged = (flags: string, rest: Partial<SegmentSpec> = {}): SegmentSpec => ({
    from: 'client',
    flags,
    sequence: 1000,
    clientPort: 40001,
    checksum: 'bad',
    ...rest,
  });

  it.each(['S', 'P.', 'F.', 'R'])('(%s) makes no session when most are right', (flags) => {
    const { tracker, ended } = watch([...good(HANDSHAKE), damaged(flags)]);
    tracker.finish();
    expect(ended).toHaveLength(1);
    expect(tracker.sessions).toBe(1);
    expect(tracker.counters.damagedPackets).toBe(1);
  });

  it('makes one when the next packet is right: the second session', () => {
    const { tracker, ended } = watch([...good(HANDSHAKE), damaged('S'), damaged('S', { checksum: 'good' })]);
    tracker.finish();
    expect(ended.map(({ number, client }) => [number, client.synCount])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(tracker.counters.damagedPackets).toBe(0);
  });

  it('makes one when it comes a third time', () => {
    const again = [1000, 3000, 7000].map((atMs) => damaged('S', { atMs }));
    const { tracker, ended } = watch([...good(HANDSHAKE), fromClient(1001, 'abc'), ...again]);
    tracker.finish();
    expect(ended.map(({ number }) => number)).toEqual([1, 2]);
    expect(ended[1]?.client.synCount).toBeGreaterThan(0);
  });

  it('makes one when it is answered, or asked again', () => {
    const answered = [damaged('S'), damaged('R.', { from: 'server', sequence: 0, acknowledgement: 1001 })];
    const again = [damaged('S'), damaged('S', { atMs: 1000 })];
    for (const specs of [answered, again]) {
      const ended = connectionsOf([...good(HANDSHAKE), fromClient(1001, 'abc'), ...specs]);
      expect(ended.map(({ number }) => number)).toEqual([1, 2]);
    }
  });

  it('makes one when an ICMP error quotes it', () => {
    const { tracker, ended } = watch([...good(HANDSHAKE), fromClient(1001, 'abc'), damaged('S')]);
    const error = new IcmpError();
    const { source0, destination0, sourcePort, destinationPort, sequence } = segmentOf(damaged('S'), 6);
    Object.assign(error, { source0, destination0, sourcePort, destinationPort, sequence, type: 3, code: 13 });
    tracker.icmpError(error);
    tracker.finish();
    expect(ended.map(({ number, icmp }) => [number, icmp?.length])).toEqual([
      [1, undefined],
      [2, 1],
    ]);
  });

  it('is forgotten when the next one does not go on with it', () => {
    const { tracker, ended } = watch([
      ...good(HANDSHAKE),
      damaged('S.'),
      damaged('S', { checksum: 'good' }),
      damaged('S.', { from: 'server', sequence: 5000, acknowledgement: 1001, checksum: 'good' }),
    ]);
    tracker.finish();
    expect(ended[1]).toMatchObject({
      number: 2,
      clientPort: 40001,
      client: { packets: 1 },
      server: { packets: 1 },
    });
    expect(tracker.counters.damagedPackets).toBe(1);
  });

  it('makes one where most are wrong', () => {
    const { tracker, ended } = watch([damaged('S'), damaged('S', { clientPort: 40002 })]);
    tracker.finish();
    expect(ended).toHaveLength(2);
  });
});
