import { describe, expect, it } from 'vitest';
import { keyed, loggedIn } from '../../session/scene.ts';

const KEY = Buffer.alloc(36, 0xa5);

describe('path-lost', () => {
  it('is likely when data is repeated for seconds and nothing comes back', () => {
    const scene = loggedIn().wait(500).says('server', KEY);
    for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('server', KEY);
    const { cause } = scene.end();
    expect(cause).toMatchObject({ id: 'path-lost', confidence: 'likely' });
    expect(cause?.summary).toContain('the client gave no answer');
    expect(cause?.summary).toContain('4 repeats over 3.0 s');
  });

  it('is told during authentication as well', () => {
    const scene = keyed().wait(500).says('client', KEY);
    for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('client', KEY);
    expect(scene.end().cause?.id).toBe('path-lost');
  });

  it('is not claimed when the other side still speaks', () => {
    const scene = loggedIn().wait(500).says('server', KEY);
    for (const ms of [200, 400, 800]) scene.wait(ms).repeats('server', KEY).says('client', KEY, 0);
    expect(scene.end().cause?.id).not.toBe('path-lost');
  });

  it.each(['server', 'client'] as const)(
    'is what a %s’s kernel reset for after keep-alive probes',
    (side) => {
      const scene = loggedIn();
      for (let n = 0; n < 3; n++) scene.wait(1000).probes(side);
      const record = scene.wait(1000).rst(side).end();
      expect(record).toMatchObject({ fate: 'reset-in-session', endedBy: side });
      expect(record.cause).toMatchObject({ id: 'path-lost', confidence: 'likely' });
      expect(record.cause?.summary).toContain('3 keep-alive probes');
      expect(record.cause?.summary).toContain(`the kernel of the ${side} gave up with a reset`);
      expect(record.alternatives ?? []).toHaveLength(0);
    },
  );

  it('is not claimed where the other side resets: that answers the probes', () => {
    const scene = loggedIn();
    for (let n = 0; n < 3; n++) scene.wait(1000).probes('client');
    expect(scene.rst('server', { flags: 'R', window: 0 }).end().cause?.id).not.toBe('path-lost');
  });
});
