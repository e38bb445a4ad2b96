import { describe, expect, it } from 'vitest';
import { loggedIn } from '../../session/scene.ts';

const ALIVE = Buffer.alloc(60, 0xa5);

describe('keepalive-failed', () => {
  it('is likely when the server asks at an even pace and closes; says side, interval and count', () => {
    const scene = loggedIn();
    for (let i = 0; i < 3; i++) scene.wait(3998).says('server', ALIVE).says('client', '');
    const { cause } = scene.wait(3998).fin('server').end();
    expect(cause).toMatchObject({ id: 'keepalive-failed', confidence: 'likely' });
    expect(cause?.summary).toContain('The server asked 3 times, every 4.0 s,');
    expect(cause?.nextSteps[0]).toContain('`ClientAliveCountMax');
  });

  it('is likely where the kernel of a stuck server acknowledged the client, which gave up: it had not left', () => {
    const scene = loggedIn();
    for (let i = 0; i < 3; i++) scene.wait(998).says('client', Buffer.alloc(52, 0xa5)).says('server', '');
    scene.wait(998).fin('client');
    // It wakes up too late.
    for (let i = 0; i < 3; i++) scene.says('server', Buffer.alloc(28, 0xa5)).rst('client', { flags: 'R' });
    const record = scene.end();
    expect(record).toMatchObject({
      fate: 'completed',
      cause: { id: 'keepalive-failed', confidence: 'likely' },
      clientMessage: 'Timeout, server 10.0.0.2 not responding.',
    });
    expect(record.cause?.summary).toContain('no answer of its sshd');
  });

  it('is not claimed of a client that sends at a pace as far back as is known: a stream, which was killed', () => {
    const scene = loggedIn();
    for (let i = 0; i < 30; i++) scene.wait(998).says('client', Buffer.alloc(52, 0xa5)).says('server', '');
    const record = scene.wait(998).fin('client').end();
    expect(record).toMatchObject({ fate: 'completed' });
    expect(record.cause).toBeUndefined();
    expect(record.clientMessage).toBeUndefined();
  });

  it('is not claimed of a client that said goodbye, or was answered until it left', () => {
    const alive = () => {
      const scene = loggedIn();
      for (let i = 0; i < 3; i++) scene.wait(998).says('client', Buffer.alloc(52, 0xa5));
      return scene.wait(998);
    };
    expect(
      alive().says('client', Buffer.alloc(36)).says('client', Buffer.alloc(60)).fin('client').end().cause,
    ).toBeUndefined();
    const answered = loggedIn();
    for (let i = 0; i < 3; i++)
      answered.wait(998).says('client', Buffer.alloc(52)).says('server', Buffer.alloc(28));
    expect(answered.wait(998).fin('client').end().cause).toBeUndefined();
  });

  it('is not claimed when the pace is uneven or the client answered', () => {
    const uneven = loggedIn();
    for (const ms of [3000, 9000, 1500]) uneven.wait(ms).says('server', ALIVE).says('client', '');
    expect(uneven.wait(5000).fin('server').end().cause?.id).toBe('server-process-died');
    const answered = loggedIn();
    for (let i = 0; i < 3; i++) answered.wait(3998).says('server', ALIVE).says('client', Buffer.alloc(36));
    expect(answered.wait(400).fin('server').end().cause?.id).toBe('server-process-died');
  });
});
