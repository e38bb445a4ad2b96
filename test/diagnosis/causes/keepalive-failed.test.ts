import { describe, expect, it } from 'vitest';
import { loggedIn } from '../../session/scene.ts';

const ALIVE = Buffer.alloc(60, 0xa5);

describe('keepalive-failed', () => {
  it('is likely when the server asks at an even pace and closes; says side, interval and count', () => {
    const scene = loggedIn();
    for (let i = 0; i < 3; i++) scene.wait(3998).says('server', ALIVE).says('client', '');
    const { cause } = scene.wait(3998).fin('server').end();
    expect(cause).toMatchObject({ id: 'keepalive-failed', confidence: 'likely' });
    expect(cause?.summary).toContain('The server asked 3 times every 4.0 s');
    expect(cause?.nextSteps[0]).toContain('`ClientAliveCountMax');
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
