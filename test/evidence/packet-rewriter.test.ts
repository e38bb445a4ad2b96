import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Pseudonyms } from '../../src/evidence/pseudonyms.ts';
import { CORPUS_NEEDED, corpusFiles, corpusPath, WITHOUT_CORPUS } from '../corpus/corpus.ts';
import { TSHARK_NEEDED, WITHOUT_TSHARK } from '../corpus/tshark.ts';
import { putTogether, takeApart } from '../lab/altered.ts';
import { ED25519_KEY, kexInit, NEWKEYS, packet, string } from '../ssh/wire.ts';
import {
  addressBytes,
  type Bytes,
  ethernet,
  internetChecksum,
  ipv4,
  ipv6,
  tcp,
  u16,
} from '../wire/made-packets.ts';
import { CAPTURES, captureNamed, captureNames, extracted, judged, KEY, packetsOf } from './extracting.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-anonymous-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ADDRESSES = [
  ...['ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'arp.src.proto_ipv4', 'arp.dst.proto_ipv4'],
  ...['icmpv6.nd.ns.target_address', 'icmpv6.nd.na.target_address', 'eth.src', 'eth.dst'],
  ...['arp.src.hw_mac', 'arp.dst.hw_mac', 'icmpv6.opt.linkaddr', 'sll.src.eth'],
];
/** What tshark makes of a packet, whatever its addresses are. */
const STRUCTURE = [
  ...['frame.protocols', 'frame.len', 'tcp.seq_raw', 'tcp.ack_raw', 'tcp.flags', 'tcp.srcport', 'tcp.len'],
  ...['ip.ttl', 'ip.id', 'ip.checksum.status', 'tcp.checksum.status', 'udp.checksum.status'],
  ...['icmp.checksum.status', 'icmpv6.checksum.status'],
];

type Row = Readonly<Record<string, string>>;

function tshark(file: string): Row[] {
  const fields = [...ADDRESSES, ...STRUCTURE];
  const output = execFileSync(
    'tshark',
    [
      ...['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=a', '-E', 'separator=|'],
      ...['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'],
      ...['-o', 'tcp.desegment_tcp_streams:FALSE', '-o', 'tcp.relative_sequence_numbers:FALSE'],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return output
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => Object.fromEntries(line.split('|').map((value, index) => [fields[index], value])));
}

/** Up to the transport layer: what comes behind it is guessed from payload, and payload may be another. */
function structureOf(row: Row): Row {
  const protocols = row['frame.protocols']?.replace(/:(tcp|icmp|icmpv6):.*/, ':$1') ?? '';
  return {
    ...Object.fromEntries(STRUCTURE.map((field) => [field, row[field] ?? ''])),
    'frame.protocols': protocols,
  };
}

/** All sessions of a capture, whole and anonymised. */
async function both(
  file: string,
  ports: readonly number[],
): Promise<{ plain: Buffer; anonymous: Buffer } | undefined> {
  const analysis = { ports };
  const sessions = (await judged(file, analysis)).map(({ session }) => session);
  if (sessions.length === 0) return undefined;
  const plain = await extracted(file, { sessions }, { analysis });
  const anonymous = await extracted(file, { sessions }, { analysis, anonymizationKey: KEY });
  return { plain: plain.file, anonymous: anonymous.file };
}

const EVERY_PORT = Array.from({ length: 65_535 }, (_, index) => index + 1);
const PSEUDONYMS = new Pseudonyms(KEY);

/**
 * Where tshark takes the form of a packet from its addresses (what an MPLS pseudowire carries), or where a part is cut
 * off (tunnels in fragments, whose inner headers nobody sees before the last one).
 */
const OTHER_FORM = /mpls_pw|outer_ipv4_fragmentation/;

async function expectSameForm(file: string, ports: readonly number[]): Promise<void> {
  const files = await both(file, ports);
  if (files === undefined) return;
  const [before = [], after = []] = [files.plain, files.anonymous].map((bytes) => {
    const target = path.join(folder, 'one.pcapng');
    writeFileSync(target, bytes);
    return tshark(target);
  });
  if (!OTHER_FORM.test(file)) expect(after.map(structureOf)).toEqual(before.map(structureOf));
  for (const [index, row] of before.entries()) {
    if (structureOf(row)['frame.protocols'] !== structureOf(after[index] as Row)['frame.protocols']) continue;
    for (const field of ADDRESSES.slice(0, 8)) {
      const mapped = (row[field] as string).split(',').map((text) => PSEUDONYMS.text(text));
      // The group of a neighbour solicitation is named for its target.
      if (mapped.some((text) => text.startsWith('ff02::1:ff'))) continue;
      expect(after[index]?.[field]?.split(','), `${field} of packet ${index + 1}`).toEqual(mapped);
    }
    for (const field of ADDRESSES.slice(8)) {
      for (const [at, text] of (row[field] as string).split(',').entries()) {
        const other = after[index]?.[field]?.split(',')[at];
        if (isStation(text)) expect(other, `${field} of packet ${index + 1}`).not.toBe(text);
      }
    }
  }
}

/** No group, no broadcast, not all zeros. */
const isStation = (text: string): boolean => /^.[02468ace]:/.test(text) && text !== '00:00:00:00:00:00';

describe.skipIf(WITHOUT_TSHARK)(`as tshark reads it, an anonymised capture${TSHARK_NEEDED}`, () => {
  // Each costs a second: some of every kind.
  const some = captureNames.filter(
    (name, index) => index % 18 === 0 || /ipv6|vlan|snap|tunnel|frag/.test(name),
  );
  test.each(some)('of %s has other addresses, the same form, and checksums as good or bad', async (name) => {
    await expectSameForm(`${CAPTURES}/${name}`, [22]);
  });

  describe.skipIf(WITHOUT_CORPUS)(`of tunnels, tags and link types${CORPUS_NEEDED}`, () => {
    const tunnels = corpusFiles('corpus/encap-synthetic').filter(
      (name) => !/unknown_valid_option/.test(name),
    );
    test.each(tunnels)('%s', async (name) => {
      await expectSameForm(corpusPath('corpus/encap-synthetic', name), EVERY_PORT);
    });
  });
});

describe('nothing in an anonymised capture tells', () => {
  test.each(captureNames)('who is who in %s', async (name) => {
    const file = `${CAPTURES}/${name}`;
    const files = await both(file, [22]);
    if (files === undefined) return;
    const secrets = new Map<string, Buffer>();
    for (const { client, server, tcp } of await judged(file)) {
      const reporters = (tcp.icmp ?? []).map(({ reporter }) => reporter);
      for (const text of [client.address, server.address, ...reporters]) secrets.set(text, bytesOf(text));
      const { fingerprint } = server.hostKey ?? {};
      if (fingerprint !== undefined) secrets.set(fingerprint, Buffer.from(fingerprint));
    }
    const { packets, interfaces } = await packetsOf(file);
    for (const { bytes } of interfaces[0]?.linkType === ETHERNET ? packets : []) {
      for (const link of [bytes.subarray(0, 6), bytes.subarray(6, 12)]) {
        if (((link[0] ?? 1) & 1) === 0 && link.some((byte) => byte !== 0))
          secrets.set(link.toString('hex'), link);
      }
    }
    expect(secrets.size).toBeGreaterThan(2);
    for (const [text, bytes] of secrets) {
      expect(files.anonymous.includes(bytes), text).toBe(false);
      expect(files.anonymous.includes(text), `${text} as text`).toBe(false);
      // The test can fail: the whole capture has them, but for links that it shares with nobody.
      if (text.includes('.')) expect(files.plain.includes(bytes), text).toBe(true);
    }
    expect(files.anonymous.includes(name)).toBe(false);
  });
});

function bytesOf(text: string): Buffer {
  if (text.includes('.')) return Buffer.from(text.split('.').map(Number));
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string): string[] =>
    part
      .split(':')
      .filter((group) => group !== '')
      .map((group) => group.padStart(4, '0'));
  const middle = text.includes('::') ? 8 - groups(head).length - groups(tail).length : 0;
  return Buffer.from(
    [...groups(head), ...Array<string>(middle).fill('0000'), ...groups(tail)].join(''),
    'hex',
  );
}

describe('checksums', () => {
  test('that were left to the network card are still, and those that were wrong are still wrong', async () => {
    const whole = takeApart(readFileSync(captureNamed('completed-password.client'))) ?? [];
    const altered = whole.map((packet, index) => {
      if (tcpChecksum(packet.bytes) !== 'good' || index % 3 === 0) return packet;
      const bytes = Buffer.from(packet.bytes);
      // As a card gets it, and as a faulty one sends it.
      bytes.writeUInt16BE(index % 3 === 1 ? pseudoSum(bytes) : bytes.readUInt16BE(50) ^ 0x0101, 50);
      return { ...packet, bytes };
    });
    const file = path.join(folder, 'checksums.pcap');
    writeFileSync(file, putTogether(altered));
    const before = altered.map(({ bytes }) => tcpChecksum(bytes));
    const { packets } = await packetsOf((await both(file, [22]))?.anonymous as Buffer);
    expect(packets.map(({ bytes }) => tcpChecksum(bytes))).toEqual(
      packets.map(({ packetId }) => before[(packetId ?? 0) - 1]),
    );
    expect(new Set(before)).toEqual(new Set(['good', 'partial', 'bad']));
  });
});

/** A conversation that a test makes up, packet by packet. */
class Talk {
  readonly #frames: Bytes[] = [];
  readonly #sent = [1000, 5000];

  /** `side` 0 is the client. Behind `ahead` bytes that nobody sent; `isSent` false: the next one has the same place. */
  say(
    side: 0 | 1,
    payload: Buffer | string,
    { flags = ACK, ahead = 0, isSent = true, keep = true } = {},
  ): Bytes {
    const text = typeof payload === 'string' ? payload : payload.toString('latin1');
    const [from, to] = side === 0 ? [50_000, 22] : [22, 50_000];
    const [own = 0, others = 0] = side === 0 ? this.#sent : [...this.#sent].reverse();
    const segment = tcp(text, { from, to, sequence: own + ahead, acknowledgement: others, flags });
    const addresses = { from: '10.0.0.1', to: '10.0.0.2' };
    const ip = ipv4(segment, side === 0 ? addresses : { from: addresses.to, to: addresses.from });
    if (keep) this.frame(ethernet(0x0800, ip));
    if (isSent) this.#sent[side] = own + text.length + (flags === SYN_ || flags === SYN_ + ACK ? 1 : 0);
    return ip;
  }

  frame(bytes: Bytes): void {
    this.#frames.push(bytes);
  }

  begin(): this {
    this.say(0, '', { flags: SYN_ });
    this.say(1, '', { flags: SYN_ + ACK });
    this.say(0, '');
    this.say(1, 'SSH-2.0-OpenSSH_9.2p1\r\n');
    this.say(0, 'SSH-2.0-OpenSSH_9.2p1\r\n');
    return this;
  }

  exchangeKeys(cipher?: string): this {
    const lists = cipher === undefined ? {} : { cipher };
    this.say(0, kexInit(lists));
    this.say(1, kexInit(lists));
    this.say(0, packet(30, string(Buffer.alloc(32, 1))));
    const signature = Buffer.concat([string('ssh-ed25519'), string(Buffer.alloc(64, 2))]);
    this.say(1, packet(31, string(ED25519_KEY), string(Buffer.alloc(32, 3)), string(signature)));
    this.say(1, NEWKEYS);
    this.say(0, NEWKEYS);
    return this;
  }

  async written(options: Parameters<typeof extracted>[2]): Promise<Buffer> {
    const file = path.join(folder, 'talk.pcap');
    const packets = this.#frames.map((bytes, index) => ({
      time: 1e15 + index * 1000,
      originalLength: bytes.length,
      bytes: Buffer.from(bytes),
    }));
    writeFileSync(file, putTogether(packets));
    return (await extracted(file, { sessions: [1] }, options)).file;
  }
}

const ACK = 0x10;
const SYN_ = 0x02;
const RESET = 0x04;
const WORDS = 'blocked for alice by the gateway of ACME';

describe('words that are not the stream of a session are masked', () => {
  const talks: Readonly<Record<string, (talk: Talk) => void>> = {
    'in a reset': (talk) => talk.begin().say(1, WORDS, { flags: RESET + ACK }),
    'in a reset of an encrypted session': (talk) =>
      talk
        .begin()
        .exchangeKeys()
        .say(1, WORDS, { flags: RESET + ACK }),
    'in the place of other bytes': (talk) => {
      talk.begin().say(1, kexInit());
      talk.say(1, WORDS.padEnd(100), { ahead: -kexInit().length, isSent: false });
    },
    'in the place of encrypted bytes': (talk) => {
      talk.begin().exchangeKeys().say(1, Buffer.alloc(100, 0xd7));
      talk.say(1, WORDS, { ahead: -100, isSent: false });
    },
    'before the start': (talk) => {
      talk.begin().exchangeKeys();
      talk.say(1, WORDS, { ahead: -9_000_000, isSent: false });
    },
    'behind the end': (talk) => {
      talk.begin().exchangeKeys();
      talk.say(1, WORDS, { ahead: 9_000_000, isSent: false });
    },
    'behind keys of no cipher': (talk) => {
      talk.begin().exchangeKeys('none');
      talk.say(0, packet(50, string(WORDS), string('ssh-connection'), string('none'), Buffer.of(0, 0xff)));
    },
    'behind a quote in an ICMP error': (talk) => {
      const quoted = talk.begin().say(0, kexInit());
      talk.frame(ethernet(0x0800, icmpError([...quoted, ...Buffer.from(WORDS)])));
    },
    'in options of IPv4': (talk) => {
      talk.begin();
      const options = [130, 18, ...Buffer.from('label for alice!'), 0, 0];
      talk.frame(ethernet(0x0800, ipv4(tcp('', { flags: RESET, sequence: 1022 }), { options })));
    },
  };
  test.each(Object.entries(talks))('%s', async (_, say) => {
    const talk = new Talk();
    say(talk);
    expect((await talk.written({})).includes('alice')).toBe(true);
    expect((await talk.written({ anonymizationKey: KEY })).includes('alice')).toBe(false);
  });

  test('in options of IPv6', async () => {
    const between = { from: '2001:db8::1', to: '2001:db8::2' };
    const talk = new Talk();
    for (const options of [
      [],
      // Hop by hop, and to the destination: nobody knows the one, the other is padding.
      [6, 2, 0x3e, 18, ...Buffer.from('secret of alice...'), 1, 0].slice(0, 24),
    ] as Bytes[]) {
      for (const next of options.length === 0 ? [6] : [0, 60]) {
        const segment = tcp('', { flags: SYN_ });
        talk.frame(ethernet(0x86dd, ipv6([...options, ...segment], { ...between, next })));
      }
    }
    expect((await talk.written({})).includes('alice')).toBe(true);
    expect((await talk.written({ anonymizationKey: KEY })).includes('alice')).toBe(false);
  });
});

function icmpError(quote: Bytes): Bytes {
  const message = [3, 1, 0, 0, 0, 0, 0, 0, ...quote];
  message.splice(2, 2, ...u16(internetChecksum(message)));
  return ipv4(message, { from: '10.0.0.254', to: '10.0.0.1', protocol: 1 });
}

test('a checksum in a quote that was left to the network card tells nothing of the addresses before', async () => {
  const talk = new Talk();
  const quoted = [...talk.begin().say(0, 'x')];
  const sum = (source: Bytes, destination: Bytes): number => {
    const words = [...source, ...destination, 0, 6, ...u16(21)];
    return ~internetChecksum(words) & 0xffff;
  };
  quoted.splice(36, 2, ...u16(sum(addressBytes('10.0.0.1'), addressBytes('10.0.0.2'))));
  talk.frame(ethernet(0x0800, icmpError(quoted)));
  const { packets } = await packetsOf(await talk.written({ anonymizationKey: KEY }));
  const quote = packets.at(-1)?.bytes.subarray(14 + 20 + 8) as Buffer;
  expect(quote.readUInt16BE(36)).toBe(sum([...quote.subarray(12, 16)], [...quote.subarray(16, 20)]));
});

test('the checksum of a datagram in fragments counts what is masked in each of them', async () => {
  const host = 'x'.repeat(41);
  const line = Buffer.from(`welcome to ${host} of ACME, ${host}\r\nbe good\r\n`);
  const fragmented = new Talk();
  fragmented.say(0, '', { flags: SYN_ });
  fragmented.say(1, '', { flags: SYN_ + ACK });
  fragmented.say(0, '');
  const whole = [...fragmented.say(1, line, { keep: false })];
  const segment = whole.slice(20);
  const pseudo = [...whole.slice(12, 20), 0, 6, ...u16(segment.length)];
  segment.splice(16, 2, ...u16(internetChecksum([...pseudo, ...segment])));
  for (let at = 0; at < segment.length; at += 24) {
    const moreFragments = at + 24 < segment.length;
    const fields = { from: '10.0.0.2', to: '10.0.0.1', fragmentOffset: at, moreFragments };
    fragmented.frame(ethernet(0x0800, ipv4(segment.slice(at, at + 24), fields)));
  }
  fragmented.say(0, '');
  const file = await fragmented.written({ anonymizationKey: KEY });
  expect(file.includes('ACME')).toBe(false);
  const pieces = (await packetsOf(file)).packets.map(({ bytes }) => bytes.subarray(14)).filter(isFragment);
  expect(pieces.length).toBe(Math.ceil(segment.length / 24));
  const together = pieces.flatMap((bytes) => [...bytes.subarray(20)]);
  const [first] = pieces as [Buffer];
  const covered = [...first.subarray(12, 20), 0, 6, ...u16(together.length), ...together];
  expect(internetChecksum(covered)).toBe(0);
});

const isFragment = (ip: Buffer): boolean => (ip.readUInt16BE(6) & 0x3fff) !== 0;

const ETHERNET = 1;

function pseudoSum(frame: Buffer): number {
  let sum = 6 + frame.readUInt16BE(16) - 20;
  for (let at = 26; at < 34; at += 2) sum += frame.readUInt16BE(at);
  return folded(sum);
}

function folded(value: number): number {
  let rest = value;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16);
  return rest;
}

/** Of TCP over IPv4 in Ethernet, computed anew and not as the code under test does it. */
function tcpChecksum(frame: Buffer): 'good' | 'partial' | 'bad' | 'none' {
  if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 6) return 'none';
  const length = frame.readUInt16BE(16) - 20;
  const segment = Buffer.alloc(length + (length % 2));
  frame.copy(segment, 0, 34, 34 + length);
  const found = segment.readUInt16BE(16);
  const pseudo = pseudoSum(frame);
  let sum = pseudo;
  for (let at = 0; at < segment.length; at += 2) sum += segment.readUInt16BE(at);
  if (folded(sum) === 0xffff) return 'good';
  return found === pseudo ? 'partial' : 'bad';
}
