import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKexInit } from '../../src/ssh/kexinit.ts';
import { kexInitPayload, string, u32 } from './wire.ts';

const read = (payload: Buffer) => readKexInit(payload, 0, payload.length);

describe('readKexInit', () => {
  it('reads the ten lists in their order', () => {
    const lists = ['a,b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', ''];
    const payload = Buffer.concat([
      Buffer.of(20),
      Buffer.alloc(16),
      ...lists.map(string),
      Buffer.of(1),
      u32(0),
    ]);
    const reading = read(payload);
    expect(reading).toMatchObject({ firstKexPacketFollows: true, fault: undefined });
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    expect({ ...reading.proposal }).toEqual({
      kexAlgorithms: ['a', 'b'],
      serverHostKeyAlgorithms: ['c'],
      encryptionClientToServer: ['d'],
      encryptionServerToClient: ['e'],
      macClientToServer: ['f'],
      macServerToClient: ['g'],
      compressionClientToServer: ['h'],
      compressionServerToClient: ['i'],
      languagesClientToServer: ['j'],
      languagesServerToClient: [],
      hassh: md5('a,b;d;f;h'),
      hasshServer: md5('a,b;e;g;i'),
    });
  });

  it('gives the same proposal for the same lists, whatever the cookie and the flag', () => {
    const first = read(kexInitPayload({ kex: 'same' }, 0, 1));
    const second = read(kexInitPayload({ kex: 'same' }, 1, 2));
    expect(second.proposal).toBe(first.proposal);
    expect(second).toMatchObject({ firstKexPacketFollows: true });
    expect(read(kexInitPayload({ kex: 'other' })).proposal).not.toBe(first.proposal);
  });

  it('says what is wrong, and keeps what can be kept', () => {
    const good = kexInitPayload({ kex: 'short' });
    expect(read(good.subarray(0, 17))).toEqual({ proposal: undefined, fault: 'kexinit-too-short' });
    expect(read(good.subarray(0, good.length - 1)).fault).toBe('kexinit-too-short');
    expect(read(good.subarray(0, 24))).toEqual({ proposal: undefined, fault: 'name-list-invalid' });
    for (const kex of ['a,,b', ',a', 'a,', 'a\0b', 'ä']) {
      const reading = read(kexInitPayload({ kex }));
      expect(reading.fault, kex).toBe('name-list-invalid');
      expect(reading.proposal?.serverHostKeyAlgorithms).toEqual(['ssh-ed25519']);
    }
    expect(read(kexInitPayload({ kex: 'a,,b,' })).proposal?.kexAlgorithms).toEqual(['a', 'b']);
  });

  it('bears bytes behind the reserved field', () => {
    const reading = read(Buffer.concat([kexInitPayload({ kex: 'trailer' }), Buffer.alloc(3)]));
    expect(reading.proposal?.kexAlgorithms).toEqual(['trailer']);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readKexInit(bytes, 0, bytes.length);
        const damaged = kexInitPayload();
        damaged.set(bytes.subarray(0, damaged.length - 17), 17);
        readKexInit(damaged, 0, damaged.length);
      }),
    );
  });
});
