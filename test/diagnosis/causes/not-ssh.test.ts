import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, Scene } from '../../session/scene.ts';

describe('the not-ssh causes', () => {
  it.each([
    ['HTTP/1.1 400 Bad Request\r\n', 'not-ssh-http'],
    ['<!DOCTYPE HTML>\n', 'not-ssh-http'],
    ['\x15\x03\x01\x00\x02\x02\x46', 'not-ssh-tls'],
    ['220 mail.example.org ESMTP Postfix\r\n', 'not-ssh-other'],
    ['\x00\x01\x02\x03', 'not-ssh-other'],
  ])('%j from the server is %s', (bytes, id) => {
    const record = new Scene()
      .connect()
      .says('client', CLIENT_LINE)
      .says('server', bytes)
      .fin('server')
      .end();
    expect(record.fate).toBe('not-ssh');
    expect(record.cause).toMatchObject({ id, confidence: 'certain' });
    expect(record.alternatives).toBeUndefined();
  });

  it('nobody missed SSH where neither side speaks it', () => {
    const record = new Scene()
      .connect()
      .says('client', '\0\0\x03\x4c')
      .says('server', '\0\0\x03\x0c')
      .fin('server')
      .end();
    expect(record.fate).toBe('not-ssh');
    expect(record.cause).toBeUndefined();
  });

  it('a line of text is none of them', () => {
    const record = new Scene().connect().says('server', 'Not allowed at this time\r\n').fin('server').end();
    expect(record.fate).toBe('fin-before-banner');
    expect(record.server.text).toEqual(['Not allowed at this time']);
  });
});
