import { describe, expect, it } from 'vitest';
import { CLIENT } from '../../src/ssh/conversation-api.ts';
import { MESSAGES_KEPT } from '../../src/ssh/side-reader.ts';
import { both, IDENT, Owner, read } from './reading.ts';
import {
  kexInit,
  kexInitPayload,
  NEWKEYS,
  packet,
  reply,
  ssh1Packet,
  ssh1PublicKey,
  string,
  u32,
} from './wire.ts';

const packets = (...parts: Uint8Array[]): Buffer => Buffer.concat([Buffer.from(IDENT), ...parts]);

describe('binary packets', () => {
  it('notes each message with its place', () => {
    both(packets(kexInit(), reply(), NEWKEYS), {}, ({ reader }) => {
      const offsets = [kexInit(), reply(), NEWKEYS].map((bytes) => bytes.length);
      expect(
        reader.messages.map(({ number, name, lengthBytes, endOffset }) => [
          number,
          name,
          lengthBytes,
          endOffset,
        ]),
      ).toEqual([
        [20, 'SSH_MSG_KEXINIT', offsets[0]! - 4, 16 + offsets[0]!],
        [31, 'SSH_MSG_KEX_ECDH_REPLY', offsets[1]! - 4, 16 + offsets[0]! + offsets[1]!],
        [21, 'SSH_MSG_NEWKEYS', 12, 16 + offsets[0]! + offsets[1]! + 16],
      ]);
      expect(reader.kexInit).toMatchObject({ firstKexPacketFollows: false, endOffset: 16 + offsets[0]! });
      expect(reader.hostKey?.algorithm).toBe('ssh-ed25519');
      expect(reader.newKeys?.endOffset).toBe(reader.offset);
      expect(reader.encrypted).toBe(true);
    });
  });

  it('stops reading behind NEWKEYS, in the middle of a buffer', () => {
    const { reader, left } = read([Buffer.concat([packets(kexInit(), NEWKEYS), Buffer.alloc(50, 0xee)])]);
    expect(left).toBe(50);
    expect(reader.encrypted).toBe(true);
    reader.countEncrypted(50, 1, 1e6);
    reader.countEncrypted(7, 2, 2e6);
    expect(reader.encryptedBytes).toBe(57);
    expect(reader.firstEncrypted).toMatchObject({
      packet: 1,
      endOffset: (reader.newKeys?.endOffset ?? 0) + 1,
    });
  });

  it('reads SSH_MSG_DISCONNECT in clear', () => {
    const message = packet(1, u32(2), string('strict KEX violation: \x1b'), string(''));
    both(packets(kexInit(), message), {}, ({ reader }) => {
      expect(reader.disconnect).toMatchObject({
        reasonCode: 2,
        reasonName: 'SSH_DISCONNECT_PROTOCOL_ERROR',
        description: 'strict KEX violation: \x1b',
      });
    });
    const long = packet(1, u32(99), string('x'.repeat(9000)), string(''));
    both(packets(long, NEWKEYS), {}, ({ reader }) => {
      expect(reader.disconnect?.description).toHaveLength(1024);
      expect(reader.messages.map(({ number }) => number)).toEqual([1, 21]);
    });
  });

  it('keeps the first disconnect message', () => {
    const one = packet(1, u32(2), string('one'), string(''));
    const two = packet(1, u32(3), string('two'), string(''));
    both(packets(one, two), {}, ({ reader }) => expect(reader.disconnect?.description).toBe('one'));
  });

  it('takes no host key from SSH_MSG_KEX_DH_GEX_GROUP', () => {
    const group = packet(
      31,
      string(Buffer.concat([Buffer.of(0), Buffer.alloc(256, 0xd7)])),
      string(Buffer.of(2)),
    );
    both(packets(kexInit(), group, reply(33)), {}, ({ reader }) => {
      expect(reader.hostKey?.algorithm).toBe('ssh-ed25519');
      expect(reader.messages.map(({ number }) => number)).toEqual([20, 31, 33]);
    });
  });

  it.each([
    ['packet-length-impossible', Buffer.concat([u32(0x8000_0000), Buffer.alloc(20)]), 'corrupt'],
    ['packet-length-impossible', Buffer.concat([u32(3), Buffer.alloc(20)]), 'corrupt'],
    ['padding-impossible', Buffer.concat([u32(12), Buffer.of(2, 20), Buffer.alloc(20)]), 'corrupt'],
    ['padding-impossible', Buffer.concat([u32(12), Buffer.of(12, 20), Buffer.alloc(20)]), 'corrupt'],
    ['message-too-long', Buffer.concat([u32(35_001), Buffer.of(4, 20), Buffer.alloc(20)]), 'limit'],
  ] as const)('gives up at %s', (code, bytes, stopped) => {
    both(packets(bytes), {}, ({ reader, codes }) => {
      expect(codes).toEqual([code]);
      expect(reader.stopped).toBe(stopped);
      expect(reader.messages).toEqual([]);
      expect(reader.offset).toBe(16 + bytes.length);
    });
  });

  it('takes a KEXINIT of the greatest length', () => {
    const payload = kexInitPayload({ kex: 'k'.repeat(34_700) });
    both(packets(packet(payload)), {}, ({ reader, codes }) => {
      expect(reader.kexInit?.proposal.kexAlgorithms[0]).toHaveLength(34_700);
      expect(codes).toEqual([]);
    });
  });

  it('notes a KEXINIT that cannot be read, and one that is repeated', () => {
    both(packets(packet(20, Buffer.alloc(30)), NEWKEYS), {}, ({ reader, codes }) => {
      expect(reader.kexInit).toBeUndefined();
      expect(codes).toEqual(['kexinit-too-short', 'unexpected-message']);
      expect(reader.encrypted).toBe(true);
    });
    both(packets(kexInit({ kex: 'a,,b' })), {}, ({ reader, codes }) => {
      expect(reader.kexInit?.proposal.kexAlgorithms).toEqual(['a', 'b']);
      expect(codes).toEqual(['name-list-invalid']);
    });
    both(packets(kexInit({ kex: 'first' }), kexInit({ kex: 'second' })), {}, ({ reader, codes }) => {
      expect(reader.kexInit?.proposal.kexAlgorithms).toEqual(['first']);
      expect(codes).toEqual(['repeated-kexinit']);
    });
  });

  it('notes once that a message does not belong there', () => {
    both(packets(kexInit(), packet(50, string('root')), packet(5), packet(0)), {}, ({ reader, codes }) => {
      expect(codes).toEqual(['unexpected-message']);
      expect(reader.messages).toHaveLength(4);
    });
    both(packets(kexInit(), packet(2, string('ignore')), packet(7, u32(0))), {}, ({ codes }) => {
      expect(codes).toEqual([]);
    });
  });

  it('keeps 64 messages and counts the rest', () => {
    both(packets(...Array.from({ length: 100 }, () => packet(2, string('')))), {}, ({ reader }) => {
      expect(reader.messages).toHaveLength(MESSAGES_KEPT);
      expect(reader.messagesDropped).toBe(36);
    });
  });

  it('names the messages of the method later, when it becomes known later', () => {
    const owner = new Owner();
    owner.family = undefined;
    const { reader } = read([packets(kexInit({}, 1), packet(30, string('q')), packet(30, string('q')))], {
      owner,
    });
    expect(reader.messages.map(({ name }) => name)).toEqual(['SSH_MSG_KEXINIT', 'unknown 30', 'unknown 30']);
    reader.nameMethodMessages('ecdh', 'dh');
    expect(reader.messages.map(({ name }) => name)).toEqual([
      'SSH_MSG_KEXINIT',
      'SSH_MSG_KEXDH_INIT',
      'SSH_MSG_KEX_ECDH_INIT',
    ]);
  });
});

describe('SSH 1', () => {
  const IDENT1 = Buffer.from('SSH-1.5-1.2.26\n');

  it('reads the public key of a server and calls what follows encrypted', () => {
    both(Buffer.concat([IDENT1, ssh1PublicKey(), Buffer.of()]), {}, ({ reader, codes }) => {
      expect(reader.messages.map(({ name }) => name)).toEqual(['SSH_SMSG_PUBLIC_KEY']);
      expect(reader.ssh1Key?.endOffset).toBe(reader.offset);
      expect(reader.hostKey?.algorithm).toBe('rsa1');
      expect(reader.encrypted).toBe(true);
      expect(codes).toEqual([]);
    });
  });

  it('reads the session key of a client', () => {
    both(Buffer.concat([IDENT1, ssh1Packet(3, Buffer.alloc(200))]), { side: CLIENT }, ({ reader }) => {
      expect(reader.messages.map(({ name }) => name)).toEqual(['SSH_CMSG_SESSION_KEY']);
      expect(reader.ssh1Key).toBeDefined();
      expect(reader.encrypted).toBe(true);
    });
  });

  it('reads its disconnect message and its impossible lengths', () => {
    both(Buffer.concat([IDENT1, ssh1Packet(1, string('Sorry.'))]), {}, ({ reader }) => {
      expect(reader.disconnect).toMatchObject({ description: 'Sorry.', reasonName: undefined });
    });
    both(Buffer.concat([IDENT1, u32(0), Buffer.alloc(9)]), {}, ({ reader, codes }) => {
      expect(codes).toEqual(['packet-length-impossible']);
      expect(reader.stopped).toBe('corrupt');
    });
  });

  it('is what a side with 1.99 speaks when the other side does', () => {
    const bytes = Buffer.concat([Buffer.from('SSH-1.99-Both\n'), ssh1PublicKey()]);
    const owner = new Owner();
    owner.peerSpeaks1 = true;
    expect(read([bytes], { owner }).reader.ssh1Key).toBeDefined();
    expect(read([Buffer.concat([Buffer.from('SSH-1.99-Both\n'), kexInit()])]).reader.kexInit).toBeDefined();
  });
});

describe('what is not in the capture', () => {
  it('stops a side before NEWKEYS', () => {
    const { reader } = read([IDENT]);
    reader.gap(100);
    expect(reader).toMatchObject({ stopped: 'gap', offset: 116 });
    reader.read(kexInit(), 0, 20, 2, 2e6);
    expect(reader.kexInit).toBeUndefined();
    expect(reader.offset).toBe(136);
  });

  it('keeps what was known before', () => {
    const { reader } = read(['HTTP/1.1 200 OK\r\n']);
    reader.gap(100);
    expect(reader).toMatchObject({ stopped: 'foreign', foreign: { protocol: 'http' } });
  });
});
