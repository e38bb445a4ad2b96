import { describe, expect, it } from 'vitest';
import { clientMessage } from '../../src/diagnosis/client-message.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { identified, Scene, SERVER_LINE } from '../session/scene.ts';
import { kexInit } from '../ssh/wire.ts';

function closedBeforeBanner(software: string): SessionRecord {
  const scene = new Scene().connect().says('client', `SSH-2.0-${software}\r\n`).says('server', '');
  return scene.fin('server').end();
}

describe('clientMessage', () => {
  it('has the first line up to OpenSSH 9.4, and the second one since 9.5, which hides the first', () => {
    const first = 'kex_exchange_identification: Connection closed by remote host';
    const second = 'Connection closed by 10.0.0.2 port 22';
    expect(closedBeforeBanner('OpenSSH_9.4').clientMessage).toBe(first);
    expect(closedBeforeBanner('OpenSSH_9.5').clientMessage).toBe(second);
    expect(closedBeforeBanner('OpenSSH_10.0').clientMessage).toBe(second);
  });

  it('is absent for other clients, whose words are not known', () => {
    expect(closedBeforeBanner('PuTTY_Release_0.78').clientMessage).toBeUndefined();
  });

  it('is absent when the client ended the session itself', () => {
    expect(
      new Scene().connect().says('server', SERVER_LINE).fin('client').end().clientMessage,
    ).toBeUndefined();
  });

  it('is absent where the client wrote into a closed connection: two texts fit', () => {
    const closed = () => identified().says('server', kexInit({})).says('client', kexInit({})).fin('server');
    expect(closed().fin('client').end().clientMessage).toBe('Connection closed by 10.0.0.2 port 22');
    expect(closed().says('client', 'x').rst('server').end().clientMessage).toBeUndefined();
  });

  it('is absent where nobody on the link answers for the server: the one who asked knows more', () => {
    const scene = () => new Scene().syn().wait(1000).syn().wait(60_000).end();
    expect(scene().clientMessage).toContain('Connection timed out');
    const time = { packet: 1, time: '1970-01-01T00:00:00.000000Z' };
    const none = { sessions: 0, clients: 0, answered: 0, identified: 0, authenticated: 0, fates: {} };
    const surroundings = {
      server: none,
      client: { ...none, servers: 1, ports: 1 },
      neighbour: { requests: 3, replies: 0, first: time, last: time },
    };
    expect(clientMessage({ ...scene(), surroundings })).toBeUndefined();
  });
});
