import { describe, expect, it } from 'vitest';
import { LONGEST_PACKET, packetBytesWanted, packetFault } from '../../src/ssh/binary-packet.ts';
import { ED25519_KEY, kexInit, packet, reply, string, u32 } from './wire.ts';

describe('packetFault', () => {
  it.each([
    [0, 4, 'packet-length-impossible'],
    [5, 4, 'packet-length-impossible'],
    [12, 10, undefined],
    [12, 3, 'padding-impossible'],
    [12, 11, 'padding-impossible'],
    [12, 255, 'padding-impossible'],
    [6, 4, undefined],
    [LONGEST_PACKET - 4, 4, undefined],
    [LONGEST_PACKET - 3, 4, 'message-too-long'],
    [262_144, 4, 'message-too-long'],
    [262_145, 4, 'packet-length-impossible'],
    [0xffff_ffff, 4, 'packet-length-impossible'],
  ])('of length %i with %i of padding is %s', (length, padding, fault) => {
    expect(packetFault(length, padding)).toBe(fault);
  });
});

describe('packetBytesWanted', () => {
  const wanted = (bytes: Buffer, have = bytes.length): number => packetBytesWanted(bytes, 0, have, true);

  it('grows with what is known and never asks for less than it has seen', () => {
    for (const bytes of [kexInit(), reply(), packet(1, u32(2), string('why'), string('')), packet(21)]) {
      let before = 0;
      for (let have = 0; have <= bytes.length; have++) {
        const now = wanted(bytes, have);
        expect(now).toBeGreaterThanOrEqual(before);
        expect(now).toBeLessThanOrEqual(bytes.length);
        before = now;
      }
    }
  });

  it('wants all of a KEXINIT, and of a NEWKEYS only the number', () => {
    expect(wanted(kexInit())).toBe(kexInit().length);
    expect(wanted(packet(21))).toBe(6);
    expect(wanted(packet(30, Buffer.alloc(1200)))).toBe(6);
  });

  it('wants the host key of a reply and not what follows', () => {
    expect(wanted(reply(31))).toBe(10 + ED25519_KEY.length);
    expect(wanted(reply(33))).toBe(10 + ED25519_KEY.length);
    expect(packetBytesWanted(reply(31), 0, 100, false)).toBe(6);
  });

  it('wants no host key that cannot be one by its length', () => {
    expect(wanted(packet(31, u32(0xffff_ffff), Buffer.alloc(40)))).toBe(10);
    expect(wanted(packet(31, u32(20_000), Buffer.alloc(20_100)))).toBe(10);
    expect(wanted(packet(31))).toBe(6);
  });

  it('wants four bytes to see that there is no packet', () => {
    expect(wanted(Buffer.from('Protocol mismatch.'))).toBe(4);
  });

  it('wants the text of a disconnect message up to its limit', () => {
    const long = packet(1, u32(2), string('x'.repeat(5000)), string(''));
    expect(wanted(long)).toBe(5 + 9 + 1024);
  });
});
