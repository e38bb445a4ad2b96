import { describe, expect, it } from 'vitest';
import { readKexInit, type SharedProposal } from '../../src/ssh/kexinit.ts';
import { negotiate } from '../../src/ssh/negotiation.ts';
import { postureNotes } from '../../src/ssh/weakness.ts';
import { kexInitPayload, type Lists } from './wire.ts';

function proposal(lists: Lists): SharedProposal {
  const payload = kexInitPayload(lists);
  return readKexInit(payload, 0, payload.length).proposal as SharedProposal;
}

function notes(client: Lists, server: Lists = client): readonly string[] {
  const [ofClient, ofServer] = [proposal(client), proposal(server)];
  return postureNotes(ofClient, ofServer, negotiate(ofClient, ofServer), 2);
}

const STRICT_CLIENT = 'mlkem768x25519-sha256,kex-strict-c-v00@openssh.com';
const STRICT_SERVER = 'mlkem768x25519-sha256,kex-strict-s-v00@openssh.com';

describe('postureNotes', () => {
  it('has nothing to say of a session between programs of today', () => {
    expect(notes({ kex: STRICT_CLIENT }, { kex: STRICT_SERVER })).toEqual([]);
  });

  it('names what was negotiated and is weak', () => {
    const lists = {
      kex: 'diffie-hellman-group1-sha1',
      hostKey: 'ssh-rsa',
      cipher: '3des-cbc',
      mac: 'hmac-md5',
    };
    expect(notes(lists)).toEqual([
      'key exchange diffie-hellman-group1-sha1 is weak: 1024-bit group (Logjam) and SHA-1',
      'host key algorithm ssh-rsa is weak: SHA-1 signatures, which OpenSSH refuses since 8.8',
      'cipher 3des-cbc is weak: 64-bit blocks (Sweet32) and CBC mode',
      'MAC hmac-md5 is weak: MD5',
      'no post-quantum key exchange: diffie-hellman-group1-sha1',
    ]);
  });

  it('warns of Terrapin where the mode is vulnerable and key exchange is not strict', () => {
    const terrapin = (client: Lists, server: Lists = client): boolean =>
      notes(client, server).some((note) => note.includes('CVE-2023-48795'));
    expect(terrapin({ cipher: 'chacha20-poly1305@openssh.com' })).toBe(true);
    expect(terrapin({ cipher: 'aes256-cbc', mac: 'hmac-sha2-256-etm@openssh.com' })).toBe(true);
    expect(terrapin({ cipher: 'aes256-cbc', mac: 'hmac-sha2-256' })).toBe(false);
    expect(terrapin({ cipher: 'aes256-ctr', mac: 'hmac-sha2-256-etm@openssh.com' })).toBe(false);
    expect(terrapin({ cipher: 'aes256-gcm@openssh.com' })).toBe(false);
    expect(terrapin({ kex: STRICT_CLIENT }, { kex: STRICT_SERVER })).toBe(false);
    expect(terrapin({ kex: STRICT_CLIENT }, { kex: 'mlkem768x25519-sha256' })).toBe(true);
  });

  it('puts what is offered beyond that into one note a side', () => {
    expect(
      notes(
        { kex: STRICT_CLIENT },
        {
          kex: `${STRICT_SERVER},diffie-hellman-group14-sha1`,
          cipher: 'chacha20-poly1305@openssh.com,arcfour',
        },
      ),
    ).toEqual(['server still offers diffie-hellman-group14-sha1, arcfour']);
    const many = 'chacha20-poly1305@openssh.com,arcfour,arcfour128,arcfour256,3des-cbc,aes128-cbc,aes256-cbc';
    expect(notes({ kex: STRICT_CLIENT, cipher: many }, { kex: STRICT_SERVER })).toEqual([
      'client still offers arcfour, arcfour128, arcfour256, 3des-cbc, aes128-cbc and 1 more',
    ]);
  });

  it('works with one proposal, or none', () => {
    expect(postureNotes(undefined, proposal({ kex: 'a', cipher: 'arcfour' }), undefined, undefined)).toEqual([
      'server still offers arcfour',
    ]);
    expect(postureNotes(undefined, undefined, undefined, undefined)).toEqual([]);
  });

  it('says of SSH 1 only that', () => {
    expect(postureNotes(undefined, undefined, undefined, 1)).toEqual([
      expect.stringMatching(/^SSH 1\.x is spoken/) as string,
    ]);
  });

  it('gives the same array for the same negotiation', () => {
    expect(notes({ cipher: 'aes128-ctr' })).toBe(notes({ cipher: 'aes128-ctr' }));
  });
});
