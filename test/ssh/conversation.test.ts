import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANOMALIES_KEPT, Conversation } from '../../src/ssh/conversation.ts';
import { CLIENT, SERVER } from '../../src/ssh/conversation-api.ts';
import { realStream, STREAM_NAMES } from './streams.ts';
import {
  cut,
  factsOf,
  feed,
  fromClient,
  fromServer,
  kexInit,
  merged,
  NEWKEYS,
  packet,
  reply,
  type Sent,
  ssh1Packet,
  ssh1PublicKey,
  string,
  u32,
} from './wire.ts';

const CLIENT_IDENT = 'SSH-2.0-Client_1\r\n';
const SERVER_IDENT = 'SSH-2.0-Server_1\r\n';
const INIT = packet(30, string(Buffer.alloc(32, 5)));

const conversation = (...segments: Sent[]): Conversation => feed(new Conversation(), segments);
const names = (c: Conversation, side: 0 | 1): string[] => c.sides[side].messages.map(({ name }) => name);

/** A key exchange by the book. */
const KEY_EXCHANGE: readonly Sent[] = [
  fromClient(CLIENT_IDENT),
  fromServer(SERVER_IDENT),
  fromClient(kexInit()),
  fromServer(kexInit()),
  fromClient(INIT),
  fromServer(reply(), NEWKEYS),
  fromClient(NEWKEYS),
];

describe('a conversation', () => {
  it('knows nothing at first', () => {
    const c = new Conversation();
    expect(c.protocol).toBeUndefined();
    expect(c.negotiation).toBeUndefined();
    expect(c.authentication).toEqual({
      result: 'unknown',
      attempts: undefined,
      success: undefined,
      turn: undefined,
      clientDisconnect: undefined,
    });
    expect(c.anomalies).toEqual([]);
    expect(c.sides[CLIENT].messages).toEqual([]);
  });

  it('goes through a key exchange', () => {
    const c = conversation(...KEY_EXCHANGE);
    expect(c.protocol).toBe(2);
    expect(c.negotiation).toMatchObject({ kex: 'curve25519-sha256', mismatch: undefined });
    expect(names(c, CLIENT)).toEqual(['SSH_MSG_KEXINIT', 'SSH_MSG_KEX_ECDH_INIT', 'SSH_MSG_NEWKEYS']);
    expect(names(c, SERVER)).toEqual(['SSH_MSG_KEXINIT', 'SSH_MSG_KEX_ECDH_REPLY', 'SSH_MSG_NEWKEYS']);
    expect(c.sides[SERVER].hostKey?.algorithm).toBe('ssh-ed25519');
    expect(c.authentication.turn).toBe(CLIENT);
    expect(c.anomalies).toEqual([]);
  });

  it('switches to encrypted bytes in the middle of a segment', () => {
    const c = conversation(
      fromClient(CLIENT_IDENT),
      fromServer(SERVER_IDENT, kexInit()),
      fromClient(kexInit(), INIT),
      fromServer(reply(), NEWKEYS, Buffer.alloc(100, 0xee)),
      fromClient(NEWKEYS, Buffer.alloc(44, 0xee)),
      fromServer(Buffer.alloc(44, 0xee)),
    );
    expect(c.sides[SERVER]).toMatchObject({ encryptedBytes: 144, firstEncrypted: { packet: 4 } });
    expect(c.sides[CLIENT]).toMatchObject({ encryptedBytes: 44, firstEncrypted: { packet: 5 } });
    expect(c.anomalies).toEqual([]);
  });

  it('takes a client that sends everything before the server speaks, and names its guess', () => {
    const client = kexInit({ kex: 'diffie-hellman-group14-sha256,curve25519-sha256' }, 1);
    const c = conversation(
      fromClient(CLIENT_IDENT, client, INIT),
      fromServer(SERVER_IDENT, kexInit()),
      fromClient(INIT),
      fromServer(reply(), NEWKEYS),
    );
    expect(names(c, CLIENT)).toEqual(['SSH_MSG_KEXINIT', 'SSH_MSG_KEXDH_INIT', 'SSH_MSG_KEX_ECDH_INIT']);
    expect(names(c, SERVER)).toEqual(['SSH_MSG_KEXINIT', 'SSH_MSG_KEX_ECDH_REPLY', 'SSH_MSG_NEWKEYS']);
  });

  it('names a right guess by the method', () => {
    const c = conversation(
      fromClient(CLIENT_IDENT, kexInit({ kex: 'diffie-hellman-group14-sha256' }, 1), INIT),
      fromServer(SERVER_IDENT, kexInit({ kex: 'diffie-hellman-group14-sha256' })),
    );
    expect(names(c, CLIENT)[1]).toBe('SSH_MSG_KEXDH_INIT');
  });

  it('shows a mismatch', () => {
    const c = conversation(
      fromClient(CLIENT_IDENT, kexInit({ kex: 'diffie-hellman-group1-sha1' })),
      fromServer(SERVER_IDENT, kexInit()),
    );
    expect(c.negotiation?.mismatch).toEqual({
      category: 'kex',
      direction: undefined,
      client: ['diffie-hellman-group1-sha1'],
      server: ['curve25519-sha256'],
    });
  });

  it('lets other messages pass during key exchange', () => {
    const c = conversation(
      fromClient(CLIENT_IDENT, kexInit(), packet(2, string('noise')), INIT),
      fromServer(
        SERVER_IDENT,
        kexInit(),
        packet(4, Buffer.of(0), string('hello'), string('')),
        packet(3, u32(1)),
      ),
      fromServer(packet(7, u32(0)), reply()),
    );
    expect(names(c, CLIENT)).toContain('SSH_MSG_IGNORE');
    expect(names(c, SERVER)).toEqual([
      'SSH_MSG_KEXINIT',
      'SSH_MSG_DEBUG',
      'SSH_MSG_UNIMPLEMENTED',
      'SSH_MSG_EXT_INFO',
      'SSH_MSG_KEX_ECDH_REPLY',
    ]);
    expect(c.anomalies).toEqual([]);
  });

  it('speaks SSH 1 when a side does', () => {
    const c = conversation(
      fromServer('SSH-1.99-Both_1\n'),
      fromClient('SSH-1.5-Old_1\n'),
      fromServer(ssh1PublicKey()),
      fromClient(ssh1Packet(3, Buffer.alloc(140))),
      fromServer(Buffer.alloc(12, 0xee)),
    );
    expect(c.protocol).toBe(1);
    expect(names(c, SERVER)).toEqual(['SSH_SMSG_PUBLIC_KEY']);
    expect(names(c, CLIENT)).toEqual(['SSH_CMSG_SESSION_KEY']);
    expect(c.sides[SERVER].encryptedBytes).toBe(12);
    expect(c.authentication).toMatchObject({ result: 'unknown', attempts: undefined });
    expect(conversation(fromServer('SSH-1.99-Both_1\n'), fromClient(CLIENT_IDENT)).protocol).toBe(2);
  });

  it('claims nothing of a side after a gap, and counts on after NEWKEYS', () => {
    const c = conversation(...KEY_EXCHANGE.slice(0, 3));
    c.gap(SERVER, 900, 9, 9e6);
    feed(c, KEY_EXCHANGE.slice(3));
    expect(c.sides[SERVER]).toMatchObject({ stopped: 'gap', kexInit: undefined, newKeys: undefined });
    expect(c.sides[CLIENT].newKeys).toBeDefined();
    expect(c.negotiation).toBeUndefined();

    const later = conversation(...KEY_EXCHANGE, fromServer(Buffer.alloc(50)));
    later.gap(SERVER, 1000, 9, 9e6);
    expect(later.sides[SERVER]).toMatchObject({ stopped: undefined, encryptedBytes: 1050 });
    later.gap(CLIENT, 10, 10, 10e6);
    expect(later.sides[CLIENT]).toMatchObject({ encryptedBytes: 10, firstEncrypted: { packet: 10 } });
  });

  it('leaves a stream alone that was joined midway, unless it begins with an identification string', () => {
    const c = new Conversation();
    c.joinMidway(CLIENT);
    c.joinMidway(SERVER);
    feed(c, [fromClient(Buffer.alloc(36, 0xee)), fromServer(SERVER_IDENT)]);
    expect(c.sides[CLIENT]).toMatchObject({ stopped: 'midway', encryptedBytes: 0 });
    expect(c.sides[SERVER].identification?.softwareVersion).toBe('Server_1');
  });

  it('does not judge authentication when the side that sent the SYN is the SSH server', () => {
    const c = conversation(
      fromClient(SERVER_IDENT, kexInit()),
      fromServer(CLIENT_IDENT, kexInit(), INIT),
      fromClient(reply(), NEWKEYS),
      fromServer(NEWKEYS, Buffer.alloc(44)),
      ...[44, 52, 52, 52].flatMap((size) => [fromClient(Buffer.alloc(size)), fromServer(Buffer.alloc(148))]),
    );
    expect(c.sides[CLIENT].hostKey?.algorithm).toBe('ssh-ed25519');
    expect(c.authentication).toMatchObject({ result: 'unknown', attempts: undefined, turn: undefined });
  });

  it('keeps a bounded number of anomalies', () => {
    const c = conversation(
      fromClient(CLIENT_IDENT, ...Array.from({ length: 100 }, () => kexInit())),
      fromServer(SERVER_IDENT, Buffer.alloc(20, 0x80)),
    );
    expect(c.anomalies).toHaveLength(ANOMALIES_KEPT);
    expect(c.anomalies[0]).toEqual({ code: 'repeated-kexinit', side: CLIENT, packet: 1 });
  });
});

describe('the way a stream is cut', () => {
  const STREAMS: readonly (readonly [string, readonly Sent[]])[] = [
    ['a key exchange by the book', KEY_EXCHANGE],
    ...STREAM_NAMES.map((name) => [name, realStream(name).segments] as const),
    [
      'words instead of packets',
      [
        fromServer('Welcome\r\n', SERVER_IDENT),
        fromClient('GET / HTTP/1.0\r\n\r\n'),
        fromServer('Invalid SSH identification string.\r\n'),
      ],
    ],
    [
      'SSH 1',
      [
        fromServer('SSH-1.5-x\n'),
        fromClient('SSH-1.5-y\n'),
        fromServer(ssh1PublicKey(), Buffer.alloc(30, 0xee)),
        fromClient(ssh1Packet(3, Buffer.alloc(99)), Buffer.alloc(30, 0xee)),
      ],
    ],
    [
      'a disconnect message and anomalies',
      [
        fromClient(CLIENT_IDENT, kexInit(), packet(50), kexInit()),
        fromServer(SERVER_IDENT, kexInit({ kex: 'a,,b' }), packet(1, u32(3), string('no'), string(''))),
        fromServer(Buffer.alloc(12, 0x91)),
      ],
    ],
  ];

  it.each(STREAMS)('changes no fact of %s', (_, segments) => {
    const expected = factsOf(feed(new Conversation(), segments));
    for (let size = 1; size <= 40; size++) {
      expect(factsOf(feed(new Conversation(), cut(segments, [size]))), `pieces of ${size}`).toEqual(expected);
    }
    for (const size of [64, 127, 255, 536, 1000, 1448]) {
      expect(factsOf(feed(new Conversation(), cut(merged(segments), [size])))).toEqual(expected);
    }
    expect(factsOf(feed(new Conversation(), merged(segments)))).toEqual(expected);
  });

  it.each(STREAMS)('changes no fact of %s when it is random', (_, segments) => {
    const expected = factsOf(feed(new Conversation(), segments));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        expect(factsOf(feed(new Conversation(), cut(merged(segments), sizes)))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});

describe('hostile bytes', () => {
  const segment: fc.Arbitrary<Sent> = fc.tuple(
    fc.constantFrom(CLIENT, SERVER),
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(
        ...[CLIENT_IDENT, 'SSH-1.99-x\n', 'hello\r\n'].map((text) => Buffer.from(text)),
        kexInit(),
        INIT,
        reply(),
        NEWKEYS,
        u32(12),
        ssh1PublicKey(),
        Buffer.alloc(44, 0xee),
        Buffer.alloc(28),
      ),
    ),
  );

  it('never throw, and are all counted', () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 40 }), fc.boolean(), (segments, midway) => {
        const c = new Conversation();
        if (midway) c.joinMidway(CLIENT);
        feed(c, segments);
        c.gap(SERVER, 100, 99, 99e6);
        factsOf(c);
      }),
      { numRuns: 300 },
    );
  });

  it('that were damaged in one place give the same facts however they are cut', () => {
    const [segments] = [realStream('openssh10-mlkem').segments];
    const flights = merged(segments);
    fc.assert(
      fc.property(
        fc.nat({ max: flights.length - 1 }),
        fc.nat({ max: 4000 }),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 1, max: 97 }),
        (index, at, value, size) => {
          const damaged = flights.map(([side, bytes], number): Sent => {
            const copy = Buffer.from(bytes);
            if (number === index) copy[at % copy.length] = value;
            return [side, copy];
          });
          expect(factsOf(feed(new Conversation(), cut(damaged, [size])))).toEqual(
            factsOf(feed(new Conversation(), damaged)),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('real sessions', () => {
  const facts = (name: string): Conversation => feed(new Conversation(), realStream(name).segments);

  it.each([
    ['openssh-keys-refused-then-accepted', 'succeeded', 3, true],
    ['openssh-prompt-wrong-then-right-gcm', 'succeeded', 1, true],
    ['openssh-too-many-failures-etm', 'failed', 6, false],
    ['openssh-banner-cbc', 'succeeded', 1, true],
    ['openssh-prompt-slow-path-ctr', 'succeeded', 0, true],
    ['openssh10-mlkem', 'succeeded', 2, true],
    ['dropbear-client-guess', 'failed', 6, false],
    ['dropbear-server', 'succeeded', 3, true],
    ['plink', 'succeeded', 1, false],
    ['paramiko', 'failed', 1, false],
    ['libssh2', 'succeeded', 0, true],
  ])('%s: %s after %i refusals, client leaves: %s', (name, result, attempts, left) => {
    const c = facts(name);
    expect(c.authentication).toMatchObject({ result, attempts });
    expect(c.authentication.clientDisconnect !== undefined).toBe(left);
    expect(c.anomalies).toEqual([]);
  });

  it('have the host keys that ssh-keygen printed', () => {
    const server = {
      fingerprint: 'SHA256:jNgXZem/MJ/DqUihq0LBNC3FYRhYkCoyYEMpUlHIIpk',
      algorithm: 'ssh-ed25519',
    };
    expect(facts('openssh10-mlkem').sides[SERVER].hostKey).toEqual(server);
    expect(facts('plink').sides[SERVER].hostKey).toEqual(server);
    expect(facts('libssh2').sides[SERVER].hostKey).toEqual({
      algorithm: 'ecdsa-sha2-nistp256',
      fingerprint: 'SHA256:UqEGHjoUVUcF+KE1ueiP/Jd7NLrw4ZNuEOMhnUyowrk',
    });
    expect(facts('dropbear-server').sides[SERVER].hostKey?.fingerprint).toBe(
      'SHA256:M9gRSVb3hEUTZzfDCsOXOPmduZNLrhp6XBKHDc7II0A',
    );
  });

  it('have the HASSH that tshark prints', () => {
    expect(facts('tinyssh-server').sides[CLIENT].kexInit?.proposal.hassh).toBe(
      '472b5de333ad665af5cbf10ff892c4df',
    );
    expect(facts('openssh10-mlkem').sides[SERVER].kexInit?.proposal.hasshServer).toBe(
      'a158fa8d5f06e431ce70ca6755e284fd',
    );
  });

  it('show a guess of dropbear that was wrong, and what it speaks before the server', () => {
    const c = facts('dropbear-client-guess');
    expect(c.sides[CLIENT].kexInit).toMatchObject({ firstKexPacketFollows: true, packet: 1 });
    expect(names(c, CLIENT)).toEqual([
      'SSH_MSG_KEXINIT',
      'SSH_MSG_KEX_ECDH_INIT',
      'SSH_MSG_KEX_ECDH_INIT',
      'SSH_MSG_NEWKEYS',
    ]);
  });

  it('tell post-quantum and strict key exchange', () => {
    expect(facts('openssh10-mlkem').negotiation).toMatchObject({
      kex: 'mlkem768x25519-sha256',
      hybridPostQuantum: true,
      strict: true,
    });
    expect(names(facts('openssh10-mlkem'), SERVER)[1]).toBe('SSH_MSG_KEX_HYBRID_REPLY');
    expect(facts('libssh2').negotiation).toMatchObject({ hybridPostQuantum: false, strict: false });
  });
});
