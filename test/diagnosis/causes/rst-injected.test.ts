import { describe, expect, it } from 'vitest';
import { identified, keyed, loggedIn } from '../../session/scene.ts';
import { kexInit } from '../../ssh/wire.ts';

const BARE = { flags: 'R', window: 0, ipId: 0 } as const;

describe('rst-injected', () => {
  it('is certain when the hop limit is not the side’s and it went on talking', () => {
    const scene = identified()
      .says('client', kexInit())
      .rst('server', { ...BARE, hopLimit: 61 });
    const { cause } = scene.says('server', kexInit()).rst('client', BARE).end();
    expect(cause).toMatchObject({ id: 'rst-injected', confidence: 'certain' });
    expect(cause?.summary).toContain('3 hops off');
    expect(cause?.summary).toContain('went on talking');
  });

  it('is likely by the hop limit alone', () => {
    const { cause } = keyed()
      .rst('server', { ...BARE, hopLimit: 128 })
      .end();
    expect(cause).toMatchObject({ id: 'rst-injected', confidence: 'likely' });
  });

  it('is likely when a kernel had lost the connection a moment after it spoke, without a close before', () => {
    const scene = loggedIn().says('client', Buffer.alloc(36)).says('server', Buffer.alloc(68));
    const { cause } = scene.rst('client', BARE).end();
    expect(cause).toMatchObject({ id: 'rst-injected', confidence: 'likely' });
    expect(cause?.summary).toContain('no close of the client came before');
  });

  it('is not claimed for a reset that the side’s own process sent', () => {
    expect(loggedIn().rst('server').end().cause?.id).not.toBe('rst-injected');
    expect(loggedIn().rst('client').end().cause).toBeUndefined();
  });
});
