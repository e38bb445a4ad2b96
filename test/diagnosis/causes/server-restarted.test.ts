import { describe, expect, it } from 'vitest';
import { loggedIn } from '../../session/scene.ts';

const KEY = Buffer.alloc(36, 0xa5);
const BARE = { flags: 'R', window: 0, ipId: 0 } as const;

describe('server-restarted', () => {
  it('is told when the server’s kernel does not know the session any more', () => {
    const { cause } = loggedIn().wait(9000).says('client', KEY).rst('server', BARE).end();
    expect(cause).toMatchObject({ id: 'server-restarted' });
    expect(cause?.summary).toContain('9.0 s after it had last spoken');
  });

  it('is not claimed for another host’s reset, a process’s, or a moment after the server spoke', () => {
    const scene = () => loggedIn().wait(9000).says('client', KEY);
    expect(
      scene()
        .rst('server', { ...BARE, hopLimit: 60 })
        .end().cause?.id,
    ).toBe('rst-injected');
    expect(scene().rst('server').end().cause?.id).not.toBe('server-restarted');
    const { cause } = loggedIn().says('client', KEY).rst('server', BARE).end();
    expect(cause?.id).not.toBe('server-restarted');
  });
});
