import { describe, expect, it } from 'vitest';
import { identified } from '../../session/scene.ts';
import { kexInit, type Lists } from '../../ssh/wire.ts';

const refused = (client: Lists, server: Lists) =>
  identified().says('client', kexInit(client)).says('server', kexInit(server)).fin('client').end();

describe('the no-common causes', () => {
  it.each([
    [{ kex: 'curve25519-sha256' }, { kex: 'ecdh-sha2-nistp256' }, 'no-common-kex', 'KexAlgorithms'],
    [{ hostKey: 'ssh-ed25519' }, { hostKey: 'rsa-sha2-512' }, 'no-common-host-key', 'HostKeyAlgorithms'],
    [{ cipher: 'aes128-ctr' }, { cipher: 'aes256-ctr' }, 'no-common-cipher', 'Ciphers'],
    [
      { cipher: 'aes128-ctr', mac: 'hmac-sha2-256' },
      { cipher: 'aes128-ctr', mac: 'hmac-sha2-512' },
      'no-common-mac',
      'MACs',
    ],
  ])('%j against %j is %s, and %s is the option', (client, server, id, option) => {
    const record = refused(client, server);
    expect(record.cause).toMatchObject({ id, confidence: 'certain' });
    const [theirs] = Object.values(server).slice(-1);
    expect(record.cause?.nextSteps).toContain(`On the client: ssh -o ${option}=+${theirs} …`);
    expect(record.cause?.nextSteps[0]).toMatch(new RegExp(`in sshd_config: \`${option} [+a-z]`));
  });

  it('names the direction in which nothing is common', () => {
    const record = refused({ cipherBack: 'aes128-ctr' }, { cipherBack: 'aes256-ctr' });
    expect(record.cause?.summary).toContain('no cipher in common from server to client');
  });

  it('does not take signals in the list for methods', () => {
    const record = refused({ kex: 'curve25519-sha256,ext-info-c' }, { kex: 'ecdh-sha2-nistp256,ext-info-c' });
    expect(record.cause?.id).toBe('no-common-kex');
    expect(record.cause?.nextSteps.join()).not.toContain('ext-info');
  });

  it('says what the client printed', () => {
    expect(refused({ kex: 'curve25519-sha256' }, { kex: 'ecdh-sha2-nistp256' }).clientMessage).toBe(
      'Unable to negotiate with 10.0.0.2 port 22: no matching key exchange method found. Their offer: ecdh-sha2-nistp256',
    );
  });
});
