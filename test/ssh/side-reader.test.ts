import { describe, expect, it } from 'vitest';
import { CLIENT, SERVER, type Side, type SshAnomalyCode } from '../../src/ssh/conversation-api.ts';
import type { KexFamily } from '../../src/ssh/key-exchange.ts';
import { MESSAGES_KEPT, type ReaderOwner, SideReader } from '../../src/ssh/side-reader.ts';
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

class Owner implements ReaderOwner {
  readonly codes: SshAnomalyCode[] = [];
  peerSpeaks1 = false;
  family: KexFamily | undefined = 'ecdh';

  report(code: SshAnomalyCode): void {
    this.codes.push(code);
  }
  peerIsVersion1(): boolean {
    return this.peerSpeaks1;
  }
  kexFamily(): KexFamily | undefined {
    return this.family;
  }
}

interface Options {
  readonly side?: Side;
  readonly owner?: Owner;
  readonly midway?: boolean;
}

/** Reads the parts one after another; returns the reader, what was reported and how many bytes were left over. */
function read(
  parts: readonly (string | Uint8Array)[],
  { side = SERVER, owner = new Owner(), midway }: Options = {},
) {
  const reader = new SideReader(owner, side);
  if (midway) reader.joinMidway();
  let left = 0;
  parts.forEach((part, index) => {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
    const at = reader.read(bytes, 0, bytes.length, index + 1, (index + 1) * 1e6);
    left += bytes.length - at;
  });
  return { reader, codes: owner.codes, left };
}

/** Whole, and byte by byte: what is expected must hold for both. */
function both(text: string | Uint8Array, options: Options, check: (result: ReturnType<typeof read>) => void) {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : Buffer.from(text);
  check(read([bytes], { ...options, owner: new Owner() }));
  check(
    read(
      [...bytes].map((byte) => Buffer.of(byte)),
      { ...options, owner: new Owner() },
    ),
  );
}

const IDENT = 'SSH-2.0-Test_1\r\n';

describe('lines', () => {
  it('reads the identification string with CR LF or LF', () => {
    for (const end of ['\r\n', '\n']) {
      both(`SSH-2.0-Test_1 hello${end}`, {}, ({ reader, codes }) => {
        expect(reader.identification).toMatchObject({
          text: 'SSH-2.0-Test_1 hello',
          softwareVersion: 'Test_1',
          comments: 'hello',
          endOffset: 20 + end.length,
        });
        expect(codes).toEqual([]);
      });
    }
  });

  it('keeps the lines of a server before it', () => {
    both(`Welcome.\r\n\r\n  * authorised use only *\n${IDENT}`, {}, ({ reader }) => {
      expect(reader.preIdentificationLines).toEqual(['Welcome.', '', '  * authorised use only *']);
      expect(reader.preIdentification?.endOffset).toBe(10);
      expect(reader.identification?.softwareVersion).toBe('Test_1');
      expect(reader.foreign).toBeUndefined();
    });
  });

  it.each(['Exceeded MaxStartups\r\n', 'Not allowed at this time\r\n', 'no line end'])(
    'takes %j for the words of a server',
    (text) => {
      both(text, {}, ({ reader }) => {
        expect(reader.preIdentificationLines).toEqual([text.trimEnd()]);
        expect(reader.preIdentification?.endOffset).toBe(text.length);
        expect(reader.foreign).toBeUndefined();
        expect(reader.stopped).toBeUndefined();
      });
    },
  );

  it('does not show a beginning of an identification string as text', () => {
    for (const text of ['S', 'SSH-', 'SSH-2.0-Te']) {
      both(text, {}, ({ reader }) => expect(reader.preIdentificationLines).toEqual([]));
    }
  });

  it('keeps 16 lines and gives up after 1024', () => {
    both('x\n'.repeat(1023) + IDENT, {}, ({ reader, codes }) => {
      expect(reader.preIdentificationLines).toHaveLength(16);
      expect(reader.identification).toBeDefined();
      expect(codes).toEqual([]);
    });
    both('x\n'.repeat(1024) + IDENT, {}, ({ reader, codes }) => {
      expect(reader.identification).toBeUndefined();
      expect(reader.stopped).toBe('limit');
      expect(codes).toEqual(['stream-limit']);
    });
  });

  it('takes 255 bytes with CR LF, notes more and cuts it, and gives up after 8192', () => {
    const ident = (length: number): string => `SSH-2.0-${'x'.repeat(length - 10)}\r\n`;
    both(ident(255), {}, ({ reader, codes }) => {
      expect(reader.identification?.text).toHaveLength(253);
      expect(codes).toEqual([]);
    });
    both(ident(256), {}, ({ reader, codes }) => {
      expect(reader.identification?.text).toHaveLength(254);
      expect(codes).toEqual(['identification-too-long']);
    });
    both(ident(3000) + IDENT, {}, ({ reader }) => {
      expect(reader.identification?.text).toHaveLength(255);
      expect(reader.identification?.endOffset).toBe(3000);
    });
    both(ident(8300), {}, ({ reader, codes }) => {
      expect(reader.stopped).toBe('corrupt');
      expect(codes).toEqual(['identification-too-long']);
    });
  });

  it('notes NUL and control characters in an identification string and goes on', () => {
    for (const text of ['SSH-2.0-a\0b\r\n', 'SSH-2.0-a\x1b[2Jb\n', 'SSH-2.0-\xe4\n']) {
      both(text, {}, ({ reader, codes }) => {
        expect(reader.identification?.text).toBe(text.trimEnd());
        expect(codes).toEqual(['identification-invalid-characters']);
      });
    }
  });
});

describe('what is no SSH', () => {
  it('recognises another protocol of a server', () => {
    both('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', {}, ({ reader }) => {
      expect(reader.foreign).toMatchObject({
        protocol: 'http',
        head: 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n',
      });
      expect(reader.stopped).toBe('foreign');
      expect(reader.preIdentificationLines).toEqual([]);
    });
    both('220 mail.example.org ESMTP Postfix (Debian/GNU)\r\n', {}, ({ reader }) => {
      expect(reader.foreign?.protocol).toBe('smtp');
    });
    both('\x15\x03\x01\x00\x02\x02\x46', {}, ({ reader }) => expect(reader.foreign?.protocol).toBe('tls'));
  });

  it('shows 64 bytes of the head', () => {
    both(`GET /${'x'.repeat(400)}`, { side: CLIENT }, ({ reader }) => {
      expect(reader.foreign?.head).toBe(`GET /${'x'.repeat(59)}`);
    });
  });

  it('takes a NUL or 255 bytes without line end for another protocol', () => {
    both('J\0\0\0\n5.7.33', {}, ({ reader }) => expect(reader.foreign).toMatchObject({ protocol: 'other' }));
    both(`hello\r\n\x01\0`, {}, ({ reader }) => {
      expect(reader.foreign).toMatchObject({ protocol: 'other', head: '\x01\0' });
      expect(reader.preIdentificationLines).toEqual(['hello']);
    });
    both('y'.repeat(255), {}, ({ reader }) => expect(reader.foreign).toBeUndefined());
    both('y'.repeat(256), {}, ({ reader }) => {
      expect(reader.foreign).toMatchObject({ protocol: 'other', head: 'y'.repeat(64) });
    });
  });

  it('takes any line of a client that is no identification string, but a PROXY header', () => {
    both('\r\n', { side: CLIENT }, ({ reader }) => expect(reader.foreign?.protocol).toBe('other'));
    both('root\n', { side: CLIENT }, ({ reader }) => expect(reader.foreign?.head).toBe('root\n'));
    both(`PROXY TCP4 192.0.2.1 192.0.2.2 40000 22\r\n${IDENT}`, { side: CLIENT }, ({ reader }) => {
      expect(reader.foreign).toBeUndefined();
      expect(reader.identification).toBeDefined();
      expect(reader.preIdentificationLines).toEqual(['PROXY TCP4 192.0.2.1 192.0.2.2 40000 22']);
    });
  });

  it('keeps the words that come instead of packets', () => {
    for (const text of ['Invalid SSH identification string.', 'Protocol mismatch.', 'nothing ends this']) {
      both(`${IDENT}${text}\r\n`, {}, ({ reader, codes }) => {
        expect(reader.textAfterIdentification).toBe(text);
        expect(reader.stopped).toBe('corrupt');
        expect(codes).toEqual([]);
      });
    }
    both(`${IDENT}Protocol mis`, {}, ({ reader }) => {
      expect(reader.textAfterIdentification).toBe('Protocol mis');
    });
    both(`${IDENT}${'z'.repeat(999)}`, {}, ({ reader }) => {
      expect(reader.textAfterIdentification).toHaveLength(255);
    });
    both(Buffer.concat([Buffer.from(IDENT), kexInit(), Buffer.from('bye now\n')]), {}, ({ reader }) => {
      expect(reader.textAfterIdentification).toBe('bye now');
      expect(reader.kexInit).toBeDefined();
    });
  });
});

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

  it('lets a side that was joined midway begin only with its identification string', () => {
    both(IDENT, { midway: true }, ({ reader }) => expect(reader.identification).toBeDefined());
    for (const text of ['SSX', 'hello\r\nSSH-2.0-x\r\n', '\n', 'S\nSSH-2.0-x\n', '\x00\x00\x00\x30']) {
      both(text, { midway: true }, ({ reader }) => {
        expect(reader).toMatchObject({ stopped: 'midway', identification: undefined, foreign: undefined });
        expect(reader.preIdentificationLines).toEqual([]);
        expect(reader.encryptedBytes).toBe(0);
        expect(reader.offset).toBe(text.length);
      });
    }
  });
});
