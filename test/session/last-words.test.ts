import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/record.ts';
import { CLIENT_LINE, identified, Scene, SERVER_LINE } from './scene.ts';

const lastOf = (record: SessionRecord) => record.tcp.last;

describe('the last words of each side', () => {
  it('are its last packets with new data, at most six, and its largest payloads', () => {
    const scene = identified();
    for (let n = 1; n <= 8; n++) scene.says('client', 'x'.repeat(n));
    const last = lastOf(scene.says('server', '').fin('server').end())?.client;
    expect(last?.data.map(({ bytes }) => bytes)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(last?.largestBytes).toBe(CLIENT_LINE.length);
    expect(last?.largestDeliveredBytes).toBe(CLIENT_LINE.length);
    expect(last?.unanswered).toBeUndefined();
  });

  it('hold the repeats that nobody acknowledged, and forget those that somebody did', () => {
    const lost = identified().says('client', 'y'.repeat(1400));
    for (let n = 0; n < 3; n++) lost.wait(400).repeats('client', 'y'.repeat(1400));
    const record = lost.wait(20_000).end();
    expect(lastOf(record)?.client.unanswered?.map(({ bytes }) => bytes)).toEqual([1400, 1400, 1400]);
    expect(lastOf(record)?.client).toMatchObject({
      largestBytes: 1400,
      largestDeliveredBytes: CLIENT_LINE.length,
    });
    const heard = identified().says('client', 'y').wait(400).repeats('client', 'y').says('server', '');
    expect(lastOf(heard.fin('server').end())?.client.unanswered).toBeUndefined();
  });

  it('tell a hole that never filled, unless it was acknowledged', () => {
    const numbers = {
      from: 'server',
      acknowledgement: 1001 + CLIENT_LINE.length,
      flags: 'P.',
      data: 'z',
    } as const;
    const sequence = 5001 + SERVER_LINE.length + 1448;
    const holed = identified()
      .segment({ ...numbers, sequence })
      .wait(20_000)
      .end();
    expect(lastOf(holed)?.server.hole).toMatchObject({ bytes: 1448, packet: 6 });
    const missed = identified().segment({ ...numbers, sequence });
    missed.segment({
      from: 'client',
      flags: '.',
      sequence: 1001 + CLIENT_LINE.length,
      acknowledgement: sequence + 1,
    });
    expect(lastOf(missed.wait(20_000).end())?.server.hole).toBeUndefined();
  });

  it('are not told of a session that went well', () => {
    expect(lastOf(new Scene().connect().says('client', 'x').says('server', '').end())).toBeUndefined();
  });
});

describe('markings', () => {
  it('are told where they change', () => {
    const record = new Scene()
      .syn({ trafficClass: 0x48 })
      .synAck({ trafficClass: 0x48 })
      .segment({ from: 'client', flags: '.', sequence: 1001, acknowledgement: 5001, trafficClass: 0x4a })
      .segment({
        from: 'client',
        flags: 'P.',
        sequence: 1001,
        acknowledgement: 5001,
        data: 'x',
        trafficClass: 0x20,
      })
      .fin('server')
      .end();
    expect(record.tcp.markings).toEqual({
      client: [{ packet: 4, dscp: 8 }],
      server: [{ packet: 5, dscp: 0 }],
    });
  });
});
