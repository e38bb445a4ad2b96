import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, Scene, SERVER_LINE } from '../../session/scene.ts';
import { namesOf } from '../findings.ts';

describe('client-not-ssh', () => {
  it('is certain when sshd says so', () => {
    const scene = new Scene().connect().says('server', SERVER_LINE).says('client', 'GET / HTTP/1.1\r\n\r\n');
    const record = scene.says('server', 'Invalid SSH identification string.\r\n').fin('server').end();
    expect(record.cause).toMatchObject({ id: 'client-not-ssh', confidence: 'certain' });
    expect(record.cause?.summary).toContain('HTTP');
  });

  it('knows the PROXY header of a load balancer, in both versions', () => {
    const headers = ['PROXY TCP4 10.9.1.1 10.9.1.2 53586 22\r\n', '\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c'];
    for (const header of headers) {
      const scene = new Scene().connect().says('client', Buffer.from(header, 'latin1'));
      scene.says('client', CLIENT_LINE).says('server', SERVER_LINE);
      const record = scene.says('server', 'Invalid SSH identification string.\r\n').fin('server').end();
      expect(record.cause).toMatchObject({ id: 'client-not-ssh', confidence: 'certain' });
      expect(record.cause?.summary).toContain('PROXY protocol');
      expect(record.cause?.nextSteps[0]).toContain('send-proxy');
      // Not the client is there, but the load balancer.
      expect(record.clientMessage).toBeUndefined();
    }
  });

  it('is told of a client that closed before it heard the server, which then spoke SSH', () => {
    const scene = new Scene().connect().says('client', 'GET / HTTP/1.1\r\n\r\n').fin('client', 0);
    const record = scene.says('server', SERVER_LINE).fin('server').end();
    expect(record).toMatchObject({ fate: 'fin-before-banner', cause: { id: 'client-not-ssh' } });
  });

  it('is not told of a client that closed and never heard a server, or that the server left first', () => {
    const asked = () => new Scene().connect().says('client', 'GET / HTTP/1.1\r\n\r\n');
    const silent = asked().fin('client', 0).fin('server').end();
    expect(silent.fate).toBe('fin-before-banner');
    expect(namesOf(silent)).not.toContain('client-not-ssh');
    expect(namesOf(asked().fin('server').fin('client').end())).not.toContain('client-not-ssh');
  });

  it('is only likely from the bytes alone', () => {
    const scene = new Scene()
      .connect()
      .says('server', SERVER_LINE)
      .says('client', '\x16\x03\x01\x02\x00\x01');
    expect(scene.fin('server').end().cause).toMatchObject({ id: 'client-not-ssh', confidence: 'likely' });
  });
});
