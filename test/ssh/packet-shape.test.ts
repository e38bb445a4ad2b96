import { describe, expect, it } from 'vitest';
import { type PacketShape, packetShape } from '../../src/ssh/packet-shape.ts';
import { sizedSessions } from './streams.ts';

const shape = (cipher: string, mac = '<implicit>'): PacketShape =>
  packetShape(cipher, mac, 'none') as PacketShape;

describe('packetShape', () => {
  // SERVICE_ACCEPT (17 bytes of payload) and USERAUTH_SUCCESS (1), as sent by OpenSSH 9.2.
  it.each([
    ['chacha20-poly1305@openssh.com', '<implicit>', 44, 28],
    ['aes128-gcm@openssh.com', '<implicit>', 52, 36],
    ['aes256-gcm@openssh.com', '<implicit>', 52, 36],
    ['aes128-ctr', 'hmac-sha2-256-etm@openssh.com', 68, 52],
    ['aes256-ctr', 'umac-64-etm@openssh.com', 44, 28],
    ['aes256-ctr', 'umac-128-etm@openssh.com', 52, 36],
    ['aes256-ctr', 'hmac-sha2-256', 64, 48],
    ['aes128-ctr', 'hmac-sha2-512', 96, 80],
    ['aes128-ctr', 'hmac-sha1', 52, 36],
    ['aes192-ctr', 'umac-64@openssh.com', 40, 24],
    ['aes128-cbc', 'hmac-sha1-96', 44, 28],
    ['aes128-cbc', 'hmac-sha1-etm@openssh.com', 56, 40],
    ['3des-cbc', 'hmac-sha1', 52, 36],
    ['3des-cbc', 'hmac-md5', 48, 32],
    ['none', 'umac-64-etm@openssh.com', 36, 20],
  ])('gives the lengths of %s with %s', (cipher, mac, accept, success) => {
    expect(shape(cipher, mac).wireLength(17)).toBe(accept);
    expect(shape(cipher, mac).wireLength(1)).toBe(success);
    expect(shape(cipher, mac).smallest).toBe(success);
  });

  it('finds SERVICE_ACCEPT in real sessions of every algorithm', () => {
    for (const { server, cipher, mac, segments } of sizedSessions()) {
      // One pads at random, the other sends SSH_MSG_IGNORE before it.
      if (/^(tinyssh|AsyncSSH)/.test(server)) continue;
      const request = segments.findIndex((segment) => segment.startsWith('C'));
      const lengths = segments.slice(request).find((segment) => segment.startsWith('S')) as string;
      expect(Number(lengths.slice(1).split('+')[0]), `${cipher} ${mac}`).toBe(
        shape(cipher, mac).wireLength(17),
      );
    }
  });

  it('inverts: the largest payload of a length has that length, and one byte more has not', () => {
    for (const one of [shape('chacha20-poly1305@openssh.com'), shape('aes128-ctr', 'hmac-sha1')]) {
      for (let payload = 1; payload < 300; payload++) {
        const length = one.wireLength(payload);
        const largest = one.largestPayload(length);
        expect(one.wireLength(largest)).toBe(length);
        expect(one.wireLength(largest + 1)).toBeGreaterThan(length);
        expect(largest - payload).toBeLessThan(one.block);
        expect(one.isPacketLength(length)).toBe(true);
        expect(one.isPacketLength(length + 1)).toBe(false);
      }
    }
  });

  it('knows where packet lengths are in clear', () => {
    expect(shape('aes128-gcm@openssh.com').readable).toBe(true);
    expect(shape('aes128-ctr', 'hmac-sha2-256-etm@openssh.com').readable).toBe(true);
    expect(shape('aes128-ctr', 'hmac-sha2-256').readable).toBe(false);
    expect(shape('chacha20-poly1305@openssh.com').readable).toBe(false);
  });

  it('knows passwords of OpenSSH by their rounding', () => {
    const chacha = shape('chacha20-poly1305@openssh.com');
    expect([84, 148, 212].every((length) => chacha.isRoundedUp(length))).toBe(true);
    expect([76, 92, 112].some((length) => chacha.isRoundedUp(length))).toBe(false);
    expect(chacha.shortestRoundedUp).toBe(84);
  });

  it('says nothing of names it does not know, and marks compression from the start', () => {
    expect(packetShape('aes128-ctr', 'hmac-whirlpool', 'none')).toBeUndefined();
    expect(packetShape('rot13', 'hmac-sha1', 'none')).toBeUndefined();
    expect(packetShape(undefined, 'hmac-sha1', 'none')).toBeUndefined();
    expect(packetShape('aes128-ctr', undefined, 'none')).toBeUndefined();
    expect(packetShape('aes128-ctr', 'hmac-sha1', undefined)).toBeUndefined();
    expect(packetShape('aes128-ctr', 'hmac-sha1', 'zlib')?.compressed).toBe(true);
    expect(packetShape('aes128-ctr', 'hmac-sha1', 'zlib@openssh.com')?.compressed).toBe(false);
  });
});
