import { describe, expect, it } from 'vitest';
import { Scene, SERVER_LINE } from '../../session/scene.ts';

describe('client-not-ssh', () => {
  it('is certain when sshd says so', () => {
    const scene = new Scene().connect().says('server', SERVER_LINE).says('client', 'GET / HTTP/1.1\r\n\r\n');
    const record = scene.says('server', 'Invalid SSH identification string.\r\n').fin('server').end();
    expect(record.cause).toMatchObject({ id: 'client-not-ssh', confidence: 'certain' });
    expect(record.cause?.summary).toContain('HTTP');
  });

  it('is only likely from the bytes alone', () => {
    const scene = new Scene()
      .connect()
      .says('server', SERVER_LINE)
      .says('client', '\x16\x03\x01\x02\x00\x01');
    expect(scene.fin('server').end().cause).toMatchObject({ id: 'client-not-ssh', confidence: 'likely' });
  });
});
