import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export const HAS_TSHARK = spawnSync('tshark', ['--version']).status === 0;

/** What tshark says of the innermost TCP header of a packet. */
export interface TsharkSegment {
  readonly packetNumber: number;
  /** TCP inside an ICMP error. */
  readonly quoted: boolean;
  readonly endpoints: string;
  /** Undefined when tshark gives none, as with quoted headers of 8 bytes. */
  readonly sequence: number | undefined;
  readonly flags: number;
  readonly window: number;
  readonly payloadLength: number;
  /** Undefined when tshark could not verify it. */
  readonly checksum: 'bad' | 'good' | undefined;
  /** tshark's own path through the packet, for messages. */
  readonly protocols: string;
}

const FIELDS = [
  'frame.number',
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.seq_raw',
  'tcp.flags',
  'tcp.window_size_value',
  'tcp.len',
  'tcp.checksum.status',
];

const CHECKSUM_STATUS: Readonly<Record<string, 'bad' | 'good'>> = { 0: 'bad', 1: 'good' };

/** All of a folder takes some seconds. */
const TIMEOUT_MS = 120_000;

export interface CapturedPacket {
  readonly linkType: number;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
}

/**
 * Hands packets of any number of captures to tshark in one file, for a run takes a quarter of a second before its
 * first packet. Numbers count from 1 over all of them.
 */
export async function tsharkSegments(packets: readonly CapturedPacket[]): Promise<TsharkSegment[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-'));
  try {
    const file = path.join(folder, 'all.pcapng');
    writeFileSync(file, pcapngOf(packets));
    const preferences = [
      'tcp.desegment_tcp_streams:FALSE',
      'tcp.check_checksum:TRUE',
      'ip.defragment:TRUE',
      'ipv6.defragment:TRUE',
    ];
    const { stdout } = await promisify(execFile)(
      'tshark',
      [
        ...['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=l', '-E', 'separator=/t'],
        ...preferences.flatMap((preference) => ['-o', preference]),
        ...FIELDS.flatMap((field) => ['-e', field]),
      ],
      { timeout: TIMEOUT_MS, maxBuffer: 256 * 1024 * 1024 },
    );
    return stdout
      .split('\n')
      .map(toSegment)
      .filter((segment) => segment !== undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A section header, an interface for each link type, and the packets; draft-ietf-opsawg-pcapng §4. */
function pcapngOf(packets: readonly CapturedPacket[]): Buffer {
  const interfaces = [...new Set(packets.map(({ linkType }) => linkType))];
  return Buffer.concat([
    block(0x0a0d0d0a, [0x1a2b3c4d, 0x00000001, 0xffffffff, 0xffffffff]),
    ...interfaces.map((linkType) => block(1, [linkType, 0])),
    ...packets.map(({ linkType, bytes, originalLength }, index) =>
      block(6, [interfaces.indexOf(linkType), 0, index, bytes.length, originalLength], bytes),
    ),
  ]);
}

function block(type: number, words: readonly number[], bytes: Uint8Array = new Uint8Array(0)): Buffer {
  const padded = (bytes.length + 3) & ~3;
  const length = 12 + words.length * 4 + padded;
  const buffer = Buffer.alloc(length);
  for (const [index, word] of [type, length, ...words].entries()) buffer.writeUInt32LE(word, index * 4);
  buffer.set(bytes, 8 + words.length * 4);
  buffer.writeUInt32LE(length, length - 4);
  return buffer;
}

function toSegment(line: string): TsharkSegment | undefined {
  const [
    number,
    protocols,
    ip4From,
    ip4To,
    ip6From,
    ip6To,
    from,
    to,
    sequence,
    flags,
    window,
    length,
    checksum,
  ] = line.split('\t') as string[];
  if (!from || !protocols) return undefined;
  const layers = protocols.split(':');
  const tcp = layers.lastIndexOf('tcp');
  const ipv6 = layers.lastIndexOf('ipv6', tcp) > layers.lastIndexOf('ip', tcp);
  const [fromAddress, toAddress] = ipv6 ? [ip6From, ip6To] : [ip4From, ip4To];
  return {
    packetNumber: Number(number),
    quoted: layers.includes('icmp') || layers.includes('icmpv6'),
    endpoints: `${fromAddress}:${from} > ${toAddress}:${to}`,
    sequence: sequence ? Number(sequence) | 0 : undefined,
    flags: Number(flags) & 0xff,
    window: Number(window),
    payloadLength: Number(length),
    checksum: CHECKSUM_STATUS[checksum ?? ''],
    protocols,
  };
}
