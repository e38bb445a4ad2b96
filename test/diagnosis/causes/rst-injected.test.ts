import { describe, expect, it } from 'vitest';
import { identified, keyed, loggedIn, type Scene } from '../../session/scene.ts';
import { kexInit, NEWKEYS, packet, reply } from '../../ssh/wire.ts';

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

  it('is told by what the side repeats by a time-out after it, and is no refused host key then', () => {
    const request = packet(30, Buffer.alloc(36));
    const scene = identified()
      .says('client', kexInit())
      .says('server', kexInit())
      .says('client', request)
      .says('server', Buffer.concat([reply(), NEWKEYS]));
    scene
      .rst('client', { ...BARE, hopLimit: 63 })
      .wait(150)
      .repeats('client', request)
      .rst('server', BARE);
    scene.wait(200).repeats('client', request).rst('server', BARE);
    const record = scene.end();
    expect(record).toMatchObject({ fate: 'close-during-kex', endedBy: 'path' });
    expect(record.cause).toMatchObject({ id: 'rst-injected', confidence: 'certain' });
    expect(record.alternatives ?? []).toHaveLength(0);
    // It went to the server: the client saw nothing of it.
    expect(record.clientMessage).toBeUndefined();
  });

  it('is not claimed for a repeat that a reset overtook', () => {
    const scene = loggedIn().says('client', Buffer.alloc(36));
    const record = scene.rst('client').repeats('client', Buffer.alloc(36)).end();
    expect(record.endedBy).toBe('client');
    expect(record.cause?.id).not.toBe('rst-injected');
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

  it('is likely by a lost mark of a side that marks its packets, and possible where the network may clear marks', () => {
    const unmarked = (scene: Scene) => {
      scene
        .marks('client', 0x48)
        .wait(20_000)
        .says('client', Buffer.alloc(36))
        .says('server', Buffer.alloc(36));
      scene.wait(20_000).says('client', Buffer.alloc(36));
      return scene.rst('server', { ...BARE, trafficClass: 0 }).end().cause;
    };
    const { summary, ...cause } = unmarked(loggedIn().marks('server', 0x48)) ?? {};
    expect(cause).toMatchObject({ id: 'rst-injected', confidence: 'likely' });
    expect(summary).toContain('no DSCP although the packet that it answers has');
    expect(unmarked(loggedIn())).toMatchObject({ id: 'rst-injected', confidence: 'possible' });
  });

  it('is not claimed for a reset that the side’s own process sent', () => {
    expect(loggedIn().rst('server').end().cause?.id).not.toBe('rst-injected');
    expect(loggedIn().rst('client').end().cause).toBeUndefined();
  });
});
