import { describe, expect, it } from 'vitest';
import { identified } from '../../session/scene.ts';
import { kexInit } from '../../ssh/wire.ts';
import { namesOf } from '../findings.ts';

const BROKEN = Buffer.alloc(48, 0xee);

describe('corrupt-stream', () => {
  it('is certain when a packet length is impossible and the other side closes', () => {
    const { cause } = identified().says('client', kexInit()).says('server', BROKEN).fin('client').end();
    expect(cause).toMatchObject({ id: 'corrupt-stream', confidence: 'certain' });
    expect(cause?.summary).toContain("server's stream");
  });

  it('is certain when text stands where the server’s KEXINIT should', () => {
    const scene = identified().says('client', kexInit()).says('server', 'HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const { cause } = scene.fin('client').end();
    expect(cause).toMatchObject({ id: 'corrupt-stream', confidence: 'certain' });
    expect(cause?.summary).toContain('HTTP/1.1 502');
  });

  it('is certain when the server complains of a line that was right when it left, and knows what was printed', () => {
    const scene = identified().says('client', kexInit());
    const record = scene.says('server', 'Invalid SSH identification string.\r\n').fin('server').end();
    expect(record.cause).toMatchObject({ id: 'corrupt-stream', confidence: 'certain' });
    expect(record.cause?.nextSteps[0]).toContain('send-proxy');
    expect(record.clientMessage).toBe('Bad packet length 1231976033.');
  });

  it('is not claimed of a name-list that ends with a comma and could be read, as libssh sends', () => {
    const listed = kexInit({ kex: 'curve25519-sha256,' });
    const scene = identified().says('client', listed).says('server', kexInit()).fin('client');
    expect(namesOf(scene.end())).not.toContain('corrupt-stream');
  });

  it('is not claimed when the other side reads on: the stream goes on elsewhere', () => {
    const scene = identified().says('client', kexInit()).says('server', BROKEN);
    for (let i = 0; i < 3; i++) scene.says('client', Buffer.alloc(48)).says('server', Buffer.alloc(48));
    expect(scene.fin('client').end().cause?.id).not.toBe('corrupt-stream');
  });
});
