import { describe, expect, it } from 'vitest';
import { loggedIn } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

const KEY = Buffer.alloc(36, 0xa5);
const BARE = { flags: 'R', window: 0, ipId: 0 } as const;

describe('server-restarted', () => {
  it('is told when the server’s kernel does not know the session any more', () => {
    const { cause } = loggedIn().wait(9000).says('client', KEY).rst('server', BARE).end();
    expect(cause).toMatchObject({ id: 'server-restarted' });
    expect(cause?.summary).toContain('9.0 s after it had last spoken');
    expect(cause?.summary).not.toContain('other session');
  });

  it('says how many other sessions ended so at the same time, and is not claimed where others lived on', () => {
    const record = loggedIn().wait(9000).says('client', KEY).rst('server', BARE).end();
    const server = { together: { sessions: 2, clients: 1, packets: [50, 60] } };
    const finding = findingOf('server-restarted', among(record, { server }));
    expect(finding?.confidence).toBe('likely');
    expect(finding?.summary).toContain('and 2 other sessions ended so at the same time');
    const survived = among(record, { server: { ...server, survivors: 1 } });
    expect(findingOf('server-restarted', survived)).toBeUndefined();
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
