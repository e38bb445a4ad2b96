import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isSsh1Length,
  readSsh1Disconnect,
  readSsh1HostKey,
  ssh1BytesWanted,
  ssh1MessageName,
  ssh1Padding,
  ssh1TypeAt,
} from '../../src/ssh/ssh1.ts';
import { ssh1Packet, ssh1PublicKey, string, u32 } from './wire.ts';

describe('an SSH-1 packet', () => {
  it('has 1 to 8 bytes of padding before its type', () => {
    expect([5, 7, 8, 267].map(ssh1Padding)).toEqual([3, 1, 8, 5]);
    expect(ssh1TypeAt(u32(267), 0)).toBe(9);
  });

  it('has at least a type and check bytes, and at most 262,144', () => {
    expect([4, 5, 262_144, 262_145].map(isSsh1Length)).toEqual([false, true, true, false]);
  });

  it('is wanted whole when it is a public key, and else up to its type', () => {
    const key = ssh1PublicKey();
    for (let have = 0; have <= key.length; have++) {
      expect(ssh1BytesWanted(key, 0, have)).toBeLessThanOrEqual(key.length);
    }
    expect(ssh1BytesWanted(key, 0, key.length)).toBe(key.length);
    const session = ssh1Packet(3, Buffer.alloc(140));
    expect(ssh1BytesWanted(session, 0, session.length)).toBe(ssh1TypeAt(session, 0) + 1);
    expect(ssh1BytesWanted(u32(0), 0, 4)).toBe(4);
    expect(ssh1BytesWanted(ssh1Packet(2, Buffer.alloc(100_000)), 0, 100)).toBeLessThan(10_000);
  });

  it('has a name', () => {
    expect([0, 2, 3, 99].map(ssh1MessageName)).toEqual([
      'SSH_MSG_NONE',
      'SSH_SMSG_PUBLIC_KEY',
      'SSH_CMSG_SESSION_KEY',
      'unknown 99',
    ]);
  });
});

describe('readSsh1HostKey', () => {
  it('hashes modulus and exponent of the second key', () => {
    const modulus = Buffer.alloc(128, 0xab);
    const exponent = Buffer.of(1, 0, 1);
    const key = ssh1PublicKey(modulus, exponent);
    const data = key.subarray(ssh1TypeAt(key, 0) + 1);
    const digest = createHash('sha256').update(modulus).update(exponent).digest('base64');
    expect(readSsh1HostKey(data, 0, data.length)).toEqual({
      algorithm: 'rsa1',
      fingerprint: `SHA256:${digest.replace('=', '')}`,
    });
  });

  it('finds none in a message that breaks off, and never throws', () => {
    const key = ssh1PublicKey();
    const data = key.subarray(ssh1TypeAt(key, 0) + 1);
    expect(readSsh1HostKey(data, 0, 150)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        readSsh1HostKey(bytes, 0, bytes.length);
      }),
    );
  });
});

describe('readSsh1Disconnect', () => {
  it('reads the text; there is no code', () => {
    const bytes = string('Sorry.');
    expect(readSsh1Disconnect(bytes, 0, bytes.length)).toEqual({ reasonCode: 0, description: 'Sorry.' });
    expect(readSsh1Disconnect(bytes, 0, 3).description).toBe('');
    expect(readSsh1Disconnect(u32(99), 0, 4).description).toBe('');
  });
});
