import { describe, expect, it } from 'vitest';
import { routersCrossed, vantage } from '../../src/diagnosis/vantage.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { Scene } from '../session/scene.ts';

describe('vantage', () => {
  it('counts routers from the nearest usual hop limit', () => {
    expect([64, 63, 128, 110, 255, 243].map(routersCrossed)).toEqual([0, 1, 0, 18, 0, 12]);
  });

  it.each([
    [64, 63, 'client'],
    [64, 117, 'client'],
    [61, 64, 'server'],
    [61, 128, 'server'],
    [63, 62, 'between'],
    [64, 64, undefined],
  ])('hop limits %i and %i: %s', (client, server, expected) => {
    const record = new Scene().syn({ hopLimit: client }).synAck({ hopLimit: server }).end();
    expect(vantage(record)).toBe(expected);
  });

  it('is not known of a session with one side', () => {
    expect(vantage(new Scene().syn({ hopLimit: 60 }).end())).toBeUndefined();
  });

  it('where both ends are on one link, the half of the handshake that took no time is the near one', () => {
    const record = new Scene().connect().end();
    const timed = (synAckMs: number, ackMs: number): SessionRecord => ({
      ...record,
      timing: { ...record.timing, synAckMs, ackMs },
    });
    expect(vantage(timed(20, 0.1))).toBe('client');
    expect(vantage(timed(0.1, 20))).toBe('server');
    expect(vantage(timed(10, 20))).toBeUndefined();
    expect(vantage(timed(0.1, 0.01))).toBeUndefined();
  });
});
