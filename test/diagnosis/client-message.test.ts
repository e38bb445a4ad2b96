import { describe, expect, it } from 'vitest';
import { clientMessage } from '../../src/diagnosis/client-message.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { CLIENT_LINE, identified, keyed, refused, Scene, SERVER_LINE } from '../session/scene.ts';
import { kexInit, NEWKEYS, packet, reply } from '../ssh/wire.ts';

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

  describe('of a refused login', () => {
    const DENIED = 'USER@10.0.0.2: Permission denied (METHODS).';
    const TOO_MANY = 'Received disconnect from 10.0.0.2 port 22:2: Too many authentication failures';
    /** A refusal that is shorter than any SSH_MSG_DISCONNECT that says why. */
    const shortly = (scene: Scene, request: number, reply = 52) =>
      scene.says('client', Buffer.alloc(request, 1)).says('server', Buffer.alloc(reply, 1));
    const asked = (reply = 52, client?: string) =>
      [44, 60].reduce(
        (scene, request) => shortly(scene, request, request === 44 ? 44 : reply),
        keyedOnly(client),
      );

    it('has placeholders where the client had no other key, and where it had nothing to offer', () => {
      expect(shortly(asked(), 140).fin('client').end().clientMessage).toBe(DENIED);
      expect(refused(keyed()).fin('client').end().clientMessage).toBe(DENIED);
      expect(keyed().fin('client').end().clientMessage).toBe(DENIED);
    });

    it('is absent where the last word may have been the goodbye of the server, which is as long', () => {
      expect(refused(refused(keyed())).fin('client').end().clientMessage).toBeUndefined();
      expect(shortly(shortly(asked(), 140), 140, 76).fin('client').end().clientMessage).toBeUndefined();
    });

    it('is told after three passwords, and absent after fewer: sshpass ends a client that asks again', () => {
      const one = () => shortly(asked(), 84);
      expect(one().fin('client').end().clientMessage).toBeUndefined();
      expect(shortly(one(), 84).fin('client').end().clientMessage).toBeUndefined();
      expect(shortly(shortly(one(), 84), 84).fin('client').end().clientMessage).toBe(DENIED);
    });

    it('is absent where the user left at the prompt', () => {
      expect(shortly(asked(), 140).wait(4000).fin('client').end().clientMessage).toBeUndefined();
    });

    it('is absent for releases that said it otherwise', () => {
      const old = asked(52, 'SSH-2.0-OpenSSH_7.4\r\n');
      expect(shortly(old, 140).fin('client').end().clientMessage).toBeUndefined();
    });

    it('is the goodbye where the server closed at once after as many as MaxAuthTries allows', () => {
      expect(refused(refused(keyed())).fin('server').end().clientMessage).toBe(TOO_MANY);
    });
  });

  it('is the same whether or not the client wrote one message into what LoginGraceTime had closed', () => {
    const closed = () => keyed().wait(119_980).fin('server');
    const line = 'Connection closed by 10.0.0.2 port 22';
    const late = closed().says('client', Buffer.alloc(84)).rst('server').end();
    expect(late.cause?.id).toBe('login-grace-expired');
    expect(late.clientMessage).toBe(line);
    expect(closed().fin('client').end().clientMessage).toBe(line);
    // The second one meets the reset: "Broken pipe" or the end, who knows.
    const twice = closed().says('client', Buffer.alloc(84)).says('client', Buffer.alloc(84)).rst('server');
    expect(twice.end().clientMessage).toBeUndefined();
    expect(refused(refused(keyed())).wait(119_970).fin('server').end().clientMessage).toBe(line);
  });
});

/** Up to the client's NEWKEYS, after which sizes tell. */
function keyedOnly(client = CLIENT_LINE): Scene {
  return new Scene()
    .connect()
    .says('client', client)
    .says('server', SERVER_LINE)
    .says('client', kexInit())
    .says('server', kexInit())
    .says('client', packet(30, Buffer.alloc(36)))
    .says('server', Buffer.concat([reply(), NEWKEYS]))
    .says('client', NEWKEYS);
}
