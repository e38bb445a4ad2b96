import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIENT, connectionsOf, HANDSHAKE, SERVER, type SegmentSpec, textOf } from './dialogue.ts';

/** The only connection of a capture. */
function only(specs: readonly SegmentSpec[]) {
  const connections = connectionsOf(specs);
  expect(connections).toHaveLength(1);
  return connections[0]!;
}

const fromClient = (sequence: number, data: string, rest: Partial<SegmentSpec> = {}): SegmentSpec => ({
  from: 'client',
  flags: 'P.',
  sequence,
  acknowledgement: 5001,
  data,
  ...rest,
});

const serverAcks = (acknowledgement: number, rest: Partial<SegmentSpec> = {}): SegmentSpec => ({
  from: 'server',
  flags: '.',
  sequence: 5001,
  acknowledgement,
  ...rest,
});

describe('streams', () => {
  it('are delivered in order when segments come in order', () => {
    const connection = only([...HANDSHAKE, fromClient(1001, 'abc'), fromClient(1004, 'def')]);
    expect(textOf(connection, CLIENT)).toBe('abcdef');
    expect(connection.client.bytes).toBe(6);
    expect(connection.client.outOfOrder + connection.client.retransmissions).toBe(0);
  });

  it('are put in order when a segment overtakes another', () => {
    const connection = only([...HANDSHAKE, fromClient(1004, 'def'), fromClient(1001, 'abc')]);
    expect(textOf(connection, CLIENT)).toBe('abcdef');
    expect(connection.client.outOfOrder).toBe(1);
  });

  it('keep the first bytes when an overlapping segment differs, and note it', () => {
    const connection = only([
      ...HANDSHAKE,
      fromClient(1004, 'def'),
      fromClient(1004, 'XYZ'),
      fromClient(1001, 'abc'),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abcdef');
    expect(connection.anomalies?.map((anomaly) => anomaly.code)).toEqual(['overlap-differs']);
  });

  it('count a packet that was captured twice as a duplicate and not as a retransmission', () => {
    const connection = only([
      ...HANDSHAKE,
      fromClient(1001, 'abc', { ipId: 7 }),
      fromClient(1001, 'abc', { ipId: 7 }),
    ]);
    expect(connection.client).toMatchObject({ duplicates: 1, retransmissions: 0, bytes: 3, packets: 4 });
  });

  it('count the same bytes in another packet as a retransmission', () => {
    const connection = only([
      ...HANDSHAKE,
      fromClient(1001, 'abc', { ipId: 7 }),
      fromClient(1001, 'abc', { ipId: 8 }),
    ]);
    expect(connection.client).toMatchObject({ duplicates: 0, retransmissions: 1, bytes: 3 });
  });

  it('do not count a keep-alive probe as a retransmission', () => {
    const connection = only([
      ...HANDSHAKE,
      fromClient(1001, 'abc'),
      serverAcks(1004),
      fromClient(1003, 'c', { atMs: 60_000 }),
    ]);
    expect(connection.client.retransmissions).toBe(0);
  });

  it('go on behind bytes that were acknowledged but never captured', () => {
    const connection = only([
      ...HANDSHAKE,
      fromClient(1001, 'abc'),
      fromClient(1008, 'hij', { atMs: 10 }),
      serverAcks(1011, { atMs: 20 }),
      fromClient(1011, 'klm', { atMs: 3000 }),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abc<gap 4>hijklm');
    expect(connection.client).toMatchObject({ gaps: 1, missedBytes: 4, bytes: 9 });
  });

  it('wait for late data even when its acknowledgement was captured first', () => {
    const connection = only([
      ...HANDSHAKE,
      fromClient(1004, 'def', { atMs: 5 }),
      serverAcks(1007, { atMs: 5.1 }),
      fromClient(1001, 'abc', { atMs: 5.2 }),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abcdef');
    expect(connection.client.gaps).toBe(0);
  });

  it('report bytes that the snap length cut as missed', () => {
    const connection = only([...HANDSHAKE, fromClient(1001, 'abc', { length: 10 }), fromClient(1011, 'xyz')]);
    expect(textOf(connection, CLIENT)).toBe('abc<cut 7>xyz');
    expect(connection.client).toMatchObject({ bytes: 6, missedBytes: 7 });
  });

  it('survive the wrap-around of sequence numbers', () => {
    const start = 0xfffffffd;
    const connection = only([
      { from: 'client', flags: 'S', sequence: start - 1 },
      { from: 'server', flags: 'S.', sequence: 5000, acknowledgement: start },
      fromClient(start, 'abcdef'),
      fromClient(start + 6, 'ghi'),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abcdefghi');
  });

  it('take data of a SYN (TCP Fast Open)', () => {
    const connection = only([
      { from: 'client', flags: 'S', sequence: 1000, data: 'abc' },
      { from: 'server', flags: 'S.', sequence: 5000, acknowledgement: 1004 },
      fromClient(1004, 'def'),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abcdef');
  });

  it('give up a hole when too much is waiting behind it, and say so', () => {
    const big = 'x'.repeat(60_000);
    const specs = [...HANDSHAKE];
    for (let i = 0; i < 6; i++) specs.push(fromClient(2001 + i * 60_000, big));
    const connection = only(specs);
    expect(textOf(connection, CLIENT).startsWith('<gap 1000>xxx')).toBe(true);
    expect(connection.anomalies?.[0]?.code).toBe('buffer-limit');
    expect(connection.client.bytes).toBe(360_000);
  });
});

/** Cuts a text into segments at the given places. */
function cut(text: string, places: readonly number[], base: number): SegmentSpec[] {
  const bounds = [...new Set([0, ...places.filter((p) => p < text.length), text.length])].sort(
    (a, b) => a - b,
  );
  const specs: SegmentSpec[] = [];
  for (let i = 0; i + 1 < bounds.length; i++) {
    specs.push(fromClient(base + bounds[i]!, text.slice(bounds[i], bounds[i + 1])));
  }
  return specs;
}

describe('any order, duplication and segmentation', () => {
  const TEXT = 'SSH-2.0-OpenSSH_9.2p1\r\nthe quick brown fox jumps over the lazy dog';

  it('gives the same stream', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(TEXT.length), { maxLength: 12 }),
        fc.array(fc.nat(TEXT.length), { maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }),
        fc.integer(),
        (places, otherPlaces, swaps, isn) => {
          const segments = [...cut(TEXT, places, isn + 1), ...cut(TEXT, otherPlaces, isn + 1)];
          for (const [a, b] of swaps) {
            const i = a % segments.length;
            const j = b % segments.length;
            [segments[i], segments[j]] = [segments[j]!, segments[i]!];
          }
          const connection = only([
            { from: 'client', flags: 'S', sequence: isn },
            { from: 'server', flags: 'S.', sequence: 5000, acknowledgement: isn + 1 },
            ...segments,
          ]);
          expect(textOf(connection, CLIENT)).toBe(TEXT);
          expect(connection.client.bytes).toBe(TEXT.length);
          expect(connection.client.missedBytes).toBe(0);
        },
      ),
    );
  });
});

describe('handshakes', () => {
  it('count repeated SYNs', () => {
    const connection = only([
      { from: 'client', flags: 'S', sequence: 1000, atMs: 0 },
      { from: 'client', flags: 'S', sequence: 1000, atMs: 1000 },
      { from: 'client', flags: 'S', sequence: 1000, atMs: 3000 },
    ]);
    expect(connection.client).toMatchObject({ synCount: 3, synRepeats: [2, 1e9, 3, 3e9] });
    expect(connection.midway).toBe(false);
  });

  it('start a new connection for a SYN with another sequence number', () => {
    const connections = connectionsOf([
      ...HANDSHAKE,
      { from: 'client', flags: 'S', sequence: 99_000 },
      { from: 'server', flags: 'S.', sequence: 77_000, acknowledgement: 99_001 },
    ]);
    expect(connections.map((c) => [c.number, c.client.initialSequence])).toEqual([
      [1, 1000],
      [2, 99_000],
    ]);
  });

  // Devices against floods ask so whether the client is real, and old duplicates of a SYN do the same.
  it.each([[900_000_000], [1500], [-800_000_000], [0]])(
    'go on after a SYN-ACK of another SYN, which the client resets (%i)',
    (acknowledgement) => {
      const amiss: SegmentSpec = { from: 'server', flags: 'S.', sequence: 777, acknowledgement, atMs: 2 };
      const reset: SegmentSpec = { from: 'client', flags: 'R', sequence: acknowledgement, atMs: 3 };
      const late = HANDSHAKE.map((spec, i) => ({ ...spec, atMs: 1000 + i }));
      const connection = only([
        HANDSHAKE[0]!,
        amiss,
        reset,
        ...late,
        fromClient(1001, 'abc', { atMs: 1010 }),
      ]);
      expect(connection).toMatchObject({ closed: false, client: { synCount: 2, rstPacket: 0, gaps: 0 } });
      expect(connection).toMatchObject({ establishedPacket: 6, server: { synCount: 1, base: 5001 } });
      expect(connection.anomalies).toEqual([{ code: 'syn-ack-refused', side: SERVER, packet: 2 }]);
    },
  );

  it('accept simultaneous open as one connection', () => {
    const connection = only([
      { from: 'client', flags: 'S', sequence: 1000 },
      { from: 'server', flags: 'S', sequence: 5000 },
      { from: 'server', flags: 'S.', sequence: 5000, acknowledgement: 1001 },
      { from: 'client', flags: 'S.', sequence: 1000, acknowledgement: 5001 },
    ]);
    expect(connection.client.synCount).toBeGreaterThan(0);
    expect(connection.server.synCount).toBeGreaterThan(0);
  });

  it('take a SYN that was captured after its answer', () => {
    const [syn, synAck, ack] = HANDSHAKE;
    const connection = only([synAck!, syn!, ack!, fromClient(1001, 'abc')]);
    expect(connection.client.initialSequence).toBe(1000);
    expect(textOf(connection, CLIENT)).toBe('abc');
  });

  it('know that a capture joined midway', () => {
    const connection = only([fromClient(1001, 'abc'), serverAcks(1004)]);
    expect(connection.midway).toBe(true);
    expect(connection.clientPort).toBe(40000);
  });

  it('take the speaker from the watched port as the server', () => {
    const connection = only([
      { from: 'server', flags: 'P.', sequence: 5001, acknowledgement: 1001, data: 'x' },
    ]);
    expect(connection.serverPort).toBe(22);
    expect(textOf(connection, SERVER)).toBe('x');
  });
});

describe('closes', () => {
  it('take data that fills the hole before a FIN', () => {
    const connection = only([
      ...HANDSHAKE,
      { from: 'client', flags: 'F.', sequence: 1004, acknowledgement: 5001 },
      fromClient(1001, 'abc'),
    ]);
    expect(textOf(connection, CLIENT)).toBe('abc');
    expect(connection.client.finOffset).toBe(3);
    expect(connection.anomalies).toBeUndefined();
  });

  it('ignore a reset outside the window, as its receiver would', () => {
    const connection = only([...HANDSHAKE, { from: 'server', flags: 'R', sequence: 123_456_789 }]);
    expect(connection.server.rstPacket).toBe(0);
    expect(connection.anomalies?.[0]).toMatchObject({ code: 'reset-out-of-window', side: SERVER });
  });

  const FAR = 1_000_000_000;
  const farReset: SegmentSpec = { from: 'server', flags: 'R', sequence: 5001 + FAR };
  /** Of another session: the capture holds more than SYN, FIN and RST. */
  const others: SegmentSpec = { ...fromClient(1, ''), flags: '.', clientPort: 40_001 };

  it('fit however far on they are where the capture holds nothing but SYN, FIN and RST', () => {
    const reset = only([...HANDSHAKE.slice(0, 2), farReset]);
    expect(reset).toMatchObject({ closed: true, server: { rstPacket: 3, gaps: 1 } });
    const [fin, answer]: SegmentSpec[] = [
      { from: 'client', flags: 'F.', sequence: 1001 + FAR, acknowledgement: 5001 + FAR },
      { from: 'server', flags: 'F.', sequence: 5001 + FAR, acknowledgement: 1002 + FAR },
    ];
    expect(only([...HANDSHAKE.slice(0, 2), fin!, answer!])).toMatchObject({
      closed: true,
      client: { finPacket: 3, gaps: 1 },
      server: { finPacket: 4, gaps: 1 },
      anomalies: undefined,
    });
    expect(only([...HANDSHAKE.slice(0, 2), fin!]).server.gaps).toBe(1);
  });

  it.each([
    ['before', [others, ...HANDSHAKE.slice(0, 2), farReset]],
    ['after', [...HANDSHAKE.slice(0, 2), farReset, others]],
  ])('do not fit far on where other sessions show %s it that more was captured', (_, specs) => {
    const connection = connectionsOf(specs).find(({ clientPort }) => clientPort === 40_000);
    expect(connection).toMatchObject({ closed: false, server: { rstPacket: 0, gaps: 0 } });
    expect(connection?.anomalies).toMatchObject([{ code: 'reset-out-of-window', side: SERVER }]);
  });

  it('do not fit far on where the session goes on', () => {
    const [syn, synAck, ack] = HANDSHAKE as [SegmentSpec, SegmentSpec, SegmentSpec];
    const farFin: SegmentSpec = {
      from: 'client',
      flags: 'F.',
      sequence: 1001 + FAR,
      acknowledgement: 5001 + FAR,
    };
    const connection = only([syn, synAck, farReset, farFin, ack, fromClient(1001, 'abc'), serverAcks(1004)]);
    expect(connection).toMatchObject({
      closed: false,
      client: { finPacket: 0, gaps: 0 },
      server: { rstPacket: 0, gaps: 0 },
    });
    expect(connection.anomalies?.map(({ code }) => code)).toEqual([
      'acknowledgement-out-of-window',
      'fin-out-of-window',
      'reset-out-of-window',
    ]);
    // It still asks for the ACK of its SYN: it has sent nothing else.
    const asking = only([syn, synAck, farReset, { ...synAck, atMs: 1003 }]);
    expect(asking).toMatchObject({ closed: false, server: { rstPacket: 0, gaps: 0 } });
  });

  it('notice a side that goes on talking after "its" reset', () => {
    const connection = only([
      ...HANDSHAKE,
      { from: 'server', flags: 'R', sequence: 5001 },
      { from: 'server', flags: 'P.', sequence: 5001, acknowledgement: 1001, data: 'SSH-2.0-x\r\n' },
    ]);
    expect(connection.server.spokeAfterReset).toBe(5);
  });

  it('see a FIN whose own data was never acknowledged', () => {
    const connection = only([
      ...HANDSHAKE,
      fromClient(1001, 'abc', { atMs: 10 }),
      fromClient(1001, 'abc', { atMs: 300 }),
      fromClient(1001, 'abc', { atMs: 900 }),
      { from: 'client', flags: 'F.', sequence: 1004, acknowledgement: 5001, atMs: 2000 },
    ]);
    expect(connection.client.finUnacknowledged).toBe(true);
  });
});
