import { describe, expect, it } from 'vitest';
import { loggedIn } from '../../session/scene.ts';

const KEY = Buffer.alloc(36, 0xa5);
const BARE = { flags: 'R', window: 0, ipId: 0 } as const;

describe('idle-time-out-on-path', () => {
  it('is likely when data after a long quiet meets a reset of another host, before rst-injected', () => {
    const scene = loggedIn().wait(300_000).says('client', KEY);
    const { cause, alternatives } = scene.rst('server', { ...BARE, hopLimit: 62 }).end();
    expect(cause).toMatchObject({ id: 'idle-time-out-on-path', confidence: 'likely' });
    expect(cause?.summary).toContain('After 300 s of quiet');
    expect(cause?.summary).toContain('300 s is a usual time-out');
    expect(cause?.nextSteps[0]).toContain('`ServerAliveInterval 60`');
    expect(alternatives?.[0]?.id).toBe('rst-injected');
  });

  it('is likely when data after a long quiet is never acknowledged', () => {
    const scene = loggedIn().wait(120_000).says('client', KEY);
    for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('client', KEY);
    const { cause, alternatives } = scene.end();
    expect(cause).toMatchObject({ id: 'idle-time-out-on-path', confidence: 'likely' });
    expect(alternatives?.[0]).toMatchObject({ id: 'path-lost', confidence: 'possible' });
  });

  it('is only possible when the reset may be the server’s own', () => {
    const { alternatives, cause } = loggedIn().wait(300_000).says('client', KEY).rst('server', BARE).end();
    const all = [cause, ...(alternatives ?? [])];
    expect(all.find((each) => each?.id === 'idle-time-out-on-path')?.confidence).toBe('possible');
  });

  it('is not claimed when the session had outlived such a quiet', () => {
    const scene = loggedIn()
      .wait(60_000)
      .says('client', KEY)
      .says('server', KEY)
      .wait(60_000)
      .says('client', KEY);
    for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('client', KEY);
    expect(scene.end().cause?.id).toBe('path-lost');
  });

  it('is not claimed without a quiet', () => {
    const scene = loggedIn().wait(900).says('client', KEY);
    for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('client', KEY);
    expect(scene.end().cause?.id).toBe('path-lost');
  });
});
