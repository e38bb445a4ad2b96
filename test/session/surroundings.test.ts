import { describe, expect, it } from 'vitest';
import type { SurroundingsRecord } from '../../src/session/record.ts';
import { SERVER_ADDRESS } from '../tcp/dialogue.ts';
import { Crowd } from './crowd.ts';
import { CLIENT_LINE, SERVER_LINE } from './scene.ts';

const OTHER_CLIENT = 0x0a000009;

function surroundingsOf(crowd: Crowd, session: number): SurroundingsRecord | undefined {
  // Long enough for silence to be told.
  return crowd.wait(20_000).end()[session - 1]?.surroundings;
}

describe('the surroundings of a session', () => {
  it('are absent for a session alone, and for a healthy one', () => {
    const alone = new Crowd();
    alone.visitor(1).identified().fin('server').fin('client');
    expect(surroundingsOf(alone, 1)).toBeUndefined();
  });

  it('count the others at the server and leave the session itself out', () => {
    const crowd = new Crowd();
    crowd.visitor(1).identified().fin('server').fin('client');
    crowd.visitor(2, OTHER_CLIENT).identified().fin('server').fin('client');
    const surroundings = surroundingsOf(crowd, 2);
    expect(surroundings?.server).toMatchObject({
      sessions: 1,
      answered: 1,
      identified: 1,
      hopLimits: [61],
      fates: { 'fin-after-banner': 1 },
    });
    expect(surroundings?.client).toMatchObject({ sessions: 0, servers: 1, ports: 1 });
  });

  it('leave out what a session is called on the other side of a NAT', () => {
    const crowd = new Crowd();
    const translated = (port: number, address: number) => {
      const [inside, outside] = [crowd.visitor(port), crowd.visitor(port, address)];
      inside.syn();
      crowd.wait(-0.9);
      outside.syn();
      for (const one of [outside, inside])
        one.isAnswered().says('client', CLIENT_LINE).fin('server').fin('client');
    };
    translated(1, OTHER_CLIENT);
    translated(2, OTHER_CLIENT);
    const records = crowd.wait(20_000).end();
    expect(records).toHaveLength(4);
    for (const { surroundings } of records) expect(surroundings?.server.sessions ?? 0).toBeLessThanOrEqual(1);
    // Answers come from outside, SYNs from inside: the original is what began first, with or without an answer.
    const mixed = new Crowd();
    const visitors = [mixed.visitor(1), mixed.visitor(1, OTHER_CLIENT)];
    for (const port of [1, 2]) {
      mixed.visitor(port).syn();
      mixed.wait(-0.9).visitor(port, OTHER_CLIENT).syn();
      mixed.wait(500);
    }
    for (const one of visitors.reverse()) one.isAnswered();
    for (const { fate, surroundings } of mixed.wait(20_000).end().slice(2)) {
      expect(fate).toBe('no-syn-ack');
      expect(surroundings?.server).toMatchObject({ sessions: 1, answered: 1 });
      expect(surroundings?.client).toMatchObject({ sessions: 1, answered: 1, servers: 1 });
    }
    // Another client of that moment is one.
    const others = new Crowd();
    others.visitor(1).syn();
    others.wait(-0.9).visitor(1, OTHER_CLIENT).syn({ sequence: 77 }).fin('client');
    expect(surroundingsOf(others, 1)?.server.sessions).toBe(1);
  });

  it('say what the server calls itself, where it does not say so in the session itself', () => {
    const crowd = new Crowd();
    crowd.visitor(1).identified();
    crowd.visitor(2).connect().fin('server').fin('client');
    const records = crowd.wait(20_000).end();
    expect(records[0]?.surroundings?.server.software).toBeUndefined();
    expect(records[1]?.surroundings?.server.software).toBe('OpenSSH_8.4');
  });

  it('tell the earlier sessions of the same client, oldest first', () => {
    const crowd = new Crowd();
    crowd.visitor(1).identified().fin('server').fin('client');
    crowd.wait(1000).visitor(2).identified().fin('client').fin('server');
    crowd.wait(2000).visitor(3).connect().fin('server').fin('client');
    const earlier = surroundingsOf(crowd, 3)?.client.earlier;
    expect(earlier?.map(({ session, fate }) => [session, fate])).toEqual([
      [1, 'fin-after-banner'],
      [2, 'fin-after-banner'],
    ]);
    expect(earlier?.[1]?.agoMs).toBeGreaterThanOrEqual(2000);
  });

  it('are forgotten when they are old', () => {
    const crowd = new Crowd();
    crowd.visitor(1).identified().fin('server').fin('client');
    crowd.visitor(2, OTHER_CLIENT).identified();
    // Long enough for the first to be over, and noted.
    crowd.wait(60_000).visitor(3, OTHER_CLIENT).identified().fin('server').fin('client');
    crowd.wait(30_000).visitor(4).syn();
    crowd.forget(40_000);
    crowd.visitor(5).identified().fin('server').fin('client');
    const records = crowd.wait(20_000).end();
    expect(records[4]?.surroundings?.client.earlier?.map(({ session }) => session)).toEqual([4]);
  });

  it('count who was open without a login when the session was accepted', () => {
    const crowd = new Crowd();
    const waiting = [1, 2, 3].map((port) => crowd.visitor(port, OTHER_CLIENT).identified());
    crowd.visitor(4).connect().fin('server').fin('client');
    for (const one of waiting) one.fin('client').fin('server');
    expect(surroundingsOf(crowd, 4)?.server.unauthenticated).toMatchObject({ sessions: 3 });
  });

  it('count each once that is remembered and still open at the capture’s end', () => {
    const crowd = new Crowd();
    crowd.visitor(1).connect().fin('client').fin('server');
    for (let port = 2; port <= 10; port++) crowd.visitor(port).connect();
    // When the first is forgotten, the last one takes its place, and so is judged before all others.
    crowd.wait(30_000).visitor(11).connect();
    crowd.wait(140_000).visitor(12).connect();
    expect(surroundingsOf(crowd, 12)?.server.unauthenticated).toMatchObject({ sessions: 10 });
  });

  it('count of very many those that are remembered', () => {
    const crowd = new Crowd();
    for (let port = 1; port <= 600; port++) crowd.visitor(port).connect();
    const records = crowd.wait(20_000).end();
    expect(records.map(({ surroundings }) => surroundings?.server.unauthenticated?.sessions ?? 0)).toEqual(
      Array.from({ length: 600 }, (_, before) => Math.max(0, before - (600 - 256))),
    );
  });

  it('say what the server calls itself as soon as one of many knows, or a second later', () => {
    const crowd = new Crowd();
    const many = Array.from({ length: 100 }, (_, port) => crowd.visitor(1 + port).connect());
    crowd.visitor(201).connect().fin('server').fin('client');
    // A session is judged when the time for its stragglers is over.
    crowd.wait(60_000).visitor(202).connect().fin('server').fin('client');
    many[0]?.says('client', CLIENT_LINE).says('server', SERVER_LINE);
    crowd.wait(60_000).visitor(203).syn();
    const software = crowd.end().map(({ surroundings }) => surroundings?.server.software);
    expect(software[100]).toBeUndefined();
    expect(software[101]).toBe('OpenSSH_8.4');
  });

  it('count what those who are still open have got', () => {
    const crowd = new Crowd();
    crowd.visitor(1, OTHER_CLIENT).identified();
    crowd.visitor(2).connect().fin('server').fin('client');
    crowd.wait(60_000).visitor(3, OTHER_CLIENT).says('client', 'x');
    expect(surroundingsOf(crowd, 2)?.server).toMatchObject({
      sessions: 1,
      clients: 1,
      answered: 1,
      identified: 1,
    });
  });

  it('do not count who had left by then', () => {
    const crowd = new Crowd();
    crowd.visitor(1).identified().fin('client').fin('server');
    crowd.wait(100).visitor(2).connect().fin('server').fin('client');
    expect(surroundingsOf(crowd, 2)?.server.unauthenticated).toBeUndefined();
  });

  it('tell which sessions ended the same way in the same moment', () => {
    const crowd = new Crowd();
    const three = [1, 2, 3].map((port) =>
      crowd.visitor(port, port === 3 ? OTHER_CLIENT : undefined).identified(),
    );
    for (const one of three) one.fin('server').fin('client');
    crowd.wait(60_000).visitor(4).identified().fin('server').fin('client');
    expect(surroundingsOf(crowd, 1)?.server.together).toMatchObject({ sessions: 2, clients: 2 });
  });

  it('keep the times after which the server closed', () => {
    const crowd = new Crowd();
    for (const port of [1, 2]) {
      const visitor = crowd.visitor(port).identified();
      crowd.wait(4000);
      visitor.fin('server').fin('client');
    }
    for (const ms of surroundingsOf(crowd, 2)?.server.closedAfterMs ?? []) {
      expect(ms).toBeGreaterThanOrEqual(4000);
      expect(ms).toBeLessThan(4100);
    }
  });

  it('keep the markings that were answered apart from those that were not', () => {
    const crowd = new Crowd();
    crowd.visitor(1).syn({ trafficClass: 0x48 }).syn({ trafficClass: 0x48, ipId: 9 });
    crowd.visitor(2).connect().says('client', 'x');
    expect(surroundingsOf(crowd, 1)?.server.markings).toEqual({ answered: [0], unanswered: [18] });
  });

  it('tell that nobody answered on the link for the server’s address', () => {
    const crowd = new Crowd().neighbour('request', SERVER_ADDRESS).neighbour('request', SERVER_ADDRESS);
    crowd.visitor(1).syn();
    expect(surroundingsOf(crowd, 1)?.neighbour).toMatchObject({
      requests: 2,
      replies: 0,
      first: { packet: 1 },
    });
  });

  it('count other sessions of the client, and the servers that it tried', () => {
    const crowd = new Crowd();
    crowd.visitor(1).syn();
    crowd.visitor(2).connect().fin('client').fin('server');
    expect(surroundingsOf(crowd, 1)?.client).toMatchObject({ sessions: 1, servers: 1, ports: 1 });
  });
});
