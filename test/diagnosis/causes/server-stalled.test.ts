import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../../src/session/record.ts';
import { identified, keyed } from '../../session/scene.ts';
import { kexInit, packet } from '../../ssh/wire.ts';
import { findingOf } from '../findings.ts';

describe('server-hung, after the identification string', () => {
  /** As on the server's link: what it sends would be seen there. */
  const atServer = (record: SessionRecord): SessionRecord => ({
    ...record,
    tcp: { ...record.tcp, hopLimits: { client: [62], server: [64] } },
  });

  it('is likely at the server when the kernel acknowledges and sshd does not answer the key exchange', () => {
    const scene = identified().says('client', kexInit()).says('server', kexInit());
    const record = scene
      .says('client', packet(30, Buffer.alloc(36)))
      .says('server', '')
      .wait(20_000)
      .end();
    const cause = findingOf('server-hung', atServer(record));
    expect(cause?.confidence).toBe('likely');
    expect(cause?.summary).toContain("answer the client's key exchange message");
    expect(cause?.summary).not.toContain('lost on the way');
    // Elsewhere the reply, a large packet, may have been lost before.
    expect(record.cause).toMatchObject({ id: 'server-hung', confidence: 'possible' });
    expect(record.cause?.summary).toContain('lost on the way');
    expect(record.cause?.nextSteps.at(-1)).toContain('ping -M do');
  });

  it('sends nobody to the sshd of a server that has none', () => {
    const scene = keyed('SSH-2.0-AsyncSSH_2.10.1\r\n').says('client', Buffer.alloc(140)).says('server', '');
    const { cause } = scene.wait(20_000).end();
    expect(cause?.id).toBe('server-hung');
    expect(`${cause?.summary} ${cause?.nextSteps.join('\n')}`).not.toMatch(
      /sshd (did|-)|systemctl|-C sshd|UseDNS/,
    );
  });

  it('is likely during authentication, and names what it may wait for', () => {
    const scene = keyed().says('client', Buffer.alloc(140)).says('server', '').wait(20_000);
    expect(scene.end().cause).toMatchObject({ id: 'server-hung', confidence: 'likely' });
  });

  it('is likely where the client left at last, and says how long it had waited', () => {
    const asked = () => keyed().says('client', Buffer.alloc(140)).says('server', '');
    const { cause } = asked().wait(18_000).fin('client').end();
    expect(cause).toMatchObject({ id: 'server-hung', confidence: 'likely' });
    expect(cause?.summary).toContain('for 18.0 s, until the client left');
    expect(asked().wait(3000).fin('client').end().cause?.id).not.toBe('server-hung');
  });

  it('is only possible when its KEXINIT is missing, which may be lost on the path', () => {
    const record = identified().says('client', kexInit()).says('server', '').wait(20_000).end();
    expect(record.cause).toMatchObject({ id: 'server-hung', confidence: 'possible' });
    expect(findingOf('server-hung', atServer(record))?.confidence).toBe('likely');
  });

  it('is not claimed when the client’s data is not acknowledged', () => {
    const scene = identified().says('client', kexInit()).wait(20_000);
    expect(scene.end().cause?.id).not.toBe('server-hung');
  });

  it('is what a client waited for that closes after seconds, and not one that leaves at once', () => {
    const left = (ms: number) => {
      const scene = identified().says('client', kexInit()).says('server', kexInit());
      scene.says('client', packet(30, Buffer.alloc(36))).says('server', '');
      return scene.wait(ms).fin('client').end();
    };
    expect(left(9000)).toMatchObject({
      fate: 'close-during-kex',
      cause: { id: 'server-hung', confidence: 'possible' },
    });
    expect(left(9000).cause?.summary).toContain('for 9.0 s, until the client left');
    expect(left(500).cause?.id).not.toBe('server-hung');
  });
});
