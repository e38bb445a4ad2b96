import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, DROPBEAR_LINE, Scene, SERVER_LINE } from '../../session/scene.ts';
import { kexInit, NEWKEYS, packet, reply, string, u32 } from '../../ssh/wire.ts';
import { namesOf } from '../findings.ts';

function exchanged(clientLine = CLIENT_LINE, serverLine = SERVER_LINE): Scene {
  return new Scene()
    .connect()
    .says('client', clientLine)
    .says('server', serverLine)
    .says('client', kexInit())
    .says('server', kexInit())
    .says('client', packet(30, Buffer.alloc(36)))
    .says('server', Buffer.concat([reply(), NEWKEYS]));
}

describe('host-key-rejected', () => {
  it('is likely when the client leaves between the host key and its own NEWKEYS, with the key’s fingerprint', () => {
    const record = exchanged().fin('client').end();
    expect(record.cause).toMatchObject({ id: 'host-key-rejected', confidence: 'likely' });
    expect(record.cause?.evidence[0]?.what).toContain(record.server.hostKey?.fingerprint);
    expect(record.cause?.evidence[1]?.packet).toBe(record.packets.last);
  });

  it('has the key compared at the server before anything is taken out of known_hosts', () => {
    const { cause, server } = exchanged().fin('client').end();
    const [first = '', second = '', third = ''] = cause?.nextSteps ?? [];
    expect(first).toMatch(/^On the server: `for f in .*ssh-keygen -lf \$f; done`/);
    expect(first).toContain(server.hostKey?.fingerprint);
    expect(first + second).not.toContain('ssh-keygen -R');
    expect(third).toContain(`\`ssh-keygen -R '10.0.0.2'; ssh 10.0.0.2\``);
    // Not accepted unseen: the connection to come may be another one.
    expect(third).not.toContain('accept-new');
    expect(third).toContain(`answer the question with \`${server.hostKey?.fingerprint}\``);
  });

  it('looks for the keys of dropbear where they are', () => {
    const record = exchanged(CLIENT_LINE, DROPBEAR_LINE).fin('client').end();
    expect(record.cause?.nextSteps[0]).toContain(
      '/etc/dropbear/dropbear_*_host_key; do dropbearkey -y -f $f',
    );
  });

  it('tells a person at the prompt by the time, and leaves a key scan to banner-grab', () => {
    expect(exchanged().wait(4000).fin('client').end().cause?.summary).toContain('after 4.0 s');
    const scan = exchanged('SSH-2.0-OpenSSH-keyscan\r\n').fin('client').end();
    expect(scan.cause?.id).toBe('banner-grab');
  });

  it('is certain when the client says so, whoever closes then', () => {
    const message = packet(1, u32(9), string('Host key is not trusted'), string('en'));
    const { cause } = exchanged('SSH-2.0-AsyncSSH_2.10.1\r\n').says('client', message).fin('server').end();
    expect(cause).toMatchObject({ id: 'host-key-rejected', confidence: 'certain' });
    expect(cause?.summary).toContain('Host key is not trusted');
  });

  it('is possible of a program that compares it after its NEWKEYS, until it has asked for something', () => {
    const paramiko = () => exchanged('SSH-2.0-paramiko_2.12.0\r\n').says('client', NEWKEYS);
    expect(paramiko().rst('client').end().cause).toMatchObject({
      id: 'host-key-rejected',
      confidence: 'possible',
    });
    expect(namesOf(paramiko().says('client', Buffer.alloc(44)).fin('client').end())).toEqual([]);
    // It had accepted the key when it sent its NEWKEYS.
    const go = exchanged('SSH-2.0-Go\r\n').says('client', NEWKEYS);
    expect(namesOf(go.fin('client').end())).toEqual([]);
  });

  it('is not claimed when the server closed, or after the client’s NEWKEYS', () => {
    expect(exchanged().fin('server').end().cause?.id).not.toBe('host-key-rejected');
    expect(exchanged().says('client', NEWKEYS).fin('client').end().cause?.id).not.toBe('host-key-rejected');
  });
});
