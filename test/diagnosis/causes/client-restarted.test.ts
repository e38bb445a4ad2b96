import { describe, expect, it } from 'vitest';
import { loggedIn } from '../../session/scene.ts';

const BARE = { flags: 'R', window: 0, ipId: 0 } as const;
const KEY = Buffer.alloc(36, 0xa5);

const reset = (quietMs: number, hopLimit = 64) =>
  loggedIn()
    .says('client', KEY)
    .wait(quietMs)
    .says('server', KEY)
    .rst('client', { ...BARE, hopLimit })
    .end();

describe('client-restarted', () => {
  it('is likely when the client’s kernel no longer knows the session', () => {
    const record = reset(9000);
    expect(record).toMatchObject({ fate: 'reset-in-session', endedBy: 'client' });
    expect(record.cause).toMatchObject({ id: 'client-restarted', confidence: 'likely' });
    expect(record.cause?.summary).toContain('9.0 s after the client had last spoken');
  });

  it('is only possible after a quiet that a NAT may have forgotten', () => {
    const causes = [reset(300_000).cause, ...(reset(300_000).alternatives ?? [])];
    expect(causes.find((cause) => cause?.id === 'client-restarted')?.confidence).toBe('possible');
  });

  it('is not claimed a moment after the client spoke, or for another hop limit: that is no host that was down', () => {
    expect(reset(100).cause?.id).toBe('rst-injected');
    expect(reset(9000, 61).cause?.id).not.toBe('client-restarted');
  });
});
