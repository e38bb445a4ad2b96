import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { joined, pcapngBlocks } from '../capture/building.ts';
import { TSHARK_NEEDED, WITHOUT_TSHARK } from '../corpus/tshark.ts';
import { type CapturedPacket, putTogether, takeApart } from '../lab/altered.ts';
import { captureNamed, extracted, judged, KEY, packetsOf } from './extracting.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-written-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SOURCE = captureNamed('completed-password.client');
const whole = takeApart(readFileSync(SOURCE)) as readonly CapturedPacket[];

/** The same packets as a pcapng of another program, with all that one may say. */
function elsewhere(littleEndian: boolean): string {
  const b = pcapngBlocks(littleEndian);
  const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
  const file = path.join(folder, `elsewhere-${littleEndian}.pcapng`);
  const ticks = (time: number, perSecond: bigint): bigint => (BigInt(time) * perSecond) / 1_000_000n;
  const bytes = joined(
    b.section([1, 0], [b.option(4, text('Dumpcap'))]),
    b.describe(1, 96, [
      b.option(2, text('eth7')),
      b.option(3, text('to the rack')),
      b.option(11, text('\0port 22')),
    ]),
    b.describe(1, 0, [b.resolution(9), b.option(2, text('eth8'))]),
    // Ticks of 2^-20 s since 2020.
    b.describe(1, 0, [b.resolution(0x80 | 20), b.offset(1_577_836_800n), b.option(2, text('eth9'))]),
    ...whole.map((packet, index) => {
      const own = new Uint8Array(packet.bytes);
      const options = [b.option(1, text(`note ${index}`)), b.option(2, b.f([4, 1])), b.counter(5, 12_345n)];
      const lengths = [own.length, packet.originalLength] as const;
      if (index % 3 === 0) return b.enhanced(0, ticks(packet.time, 1_000_000n), own, lengths, options);
      if (index % 3 === 1)
        return b.enhanced(1, ticks(packet.time, 1_000_000_000n) + 7n, own, lengths, options);
      return b.enhanced(2, ticks(packet.time - 1_577_836_800_000_000, 1n << 20n), own, lengths);
    }),
    b.statistics(0, [b.counter(5, 3n)]),
  );
  writeFileSync(file, bytes);
  return file;
}

describe.each([true, false])('of another program, little-endian %s', (littleEndian) => {
  test('interfaces, time stamps, comments and flags stay; ids are the numbers there', async () => {
    const file = elsewhere(littleEndian);
    const source = await packetsOf(file);
    const { file: bytes } = await extracted(file, { sessions: [1] });
    const { packets, interfaces } = await packetsOf(bytes);
    expect(
      interfaces.map(({ name, description, filter, snapLength, resolution, offsetSeconds }) => [
        name,
        description,
        filter,
        snapLength,
        resolution,
        offsetSeconds,
      ]),
    ).toEqual([
      ['eth7', 'to the rack', 'port 22', 96, 6, 0n],
      ['eth8', undefined, undefined, 0, 9, 0n],
      ['eth9', undefined, undefined, 0, 0x94, 1_577_836_800n],
    ]);
    expect(packets.length).toBeGreaterThan(30);
    for (const packet of packets) {
      const original = source.packets[(packet.packetId ?? 0) - 1];
      expect(packet.ticks).toEqual(original?.ticks);
      expect(packet.flags).toBe(original?.flags);
      expect(packet.bytes.equals(original?.bytes as Buffer)).toBe(true);
      expect(packet.comments).toEqual(expect.arrayContaining([...(original?.comments ?? [])]));
    }
  });

  test('anonymised, nothing of what it says is passed on', async () => {
    const { file: bytes } = await extracted(
      elsewhere(littleEndian),
      { sessions: [1] },
      { anonymizationKey: KEY },
    );
    for (const told of ['eth7', 'to the rack', 'port 22', 'note 3', 'elsewhere']) {
      expect(bytes.includes(told), told).toBe(false);
    }
  });
});

describe('a packet in fragments', () => {
  /** The packet's IPv4 datagram in two, the later fragment first. */
  function fragments(packet: CapturedPacket): CapturedPacket[] {
    const { bytes } = packet;
    const datagram = bytes.subarray(34, 14 + bytes.readUInt16BE(16));
    const cut = (datagram.length >> 4) << 3;
    const fragment = (from: number, to: number, flags: number): CapturedPacket => {
      const header = Buffer.from(bytes.subarray(0, 34));
      header.writeUInt16BE(20 + to - from, 16);
      header.writeUInt16BE(flags | (from >> 3), 20);
      header.writeUInt16BE(0, 24);
      let sum = 0;
      for (let at = 14; at < 34; at += 2) sum += header.readUInt16BE(at);
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
      header.writeUInt16BE(~sum & 0xffff, 24);
      const whole = Buffer.concat([header, datagram.subarray(from, to)]);
      return { ...packet, bytes: whole, originalLength: whole.length };
    };
    return [fragment(cut, datagram.length, 0), fragment(0, cut, 0x2000)];
  }

  const file = path.join(folder, 'fragments.pcap');
  writeFileSync(
    file,
    putTogether(whole.flatMap((packet) => (packet.bytes.length > 300 ? fragments(packet) : [packet]))),
  );

  test.each([
    ['as they are', {}],
    ['without payload', { stripPayload: true }],
    ['anonymised', { anonymizationKey: KEY }],
  ])('has all of them in the evidence, %s, and the verdict is the same', async (_, options) => {
    const [record] = await judged(file);
    const { file: bytes, evidence } = await extracted(file, { sessions: [1] }, options);
    expect(record?.fate).toBe('completed');
    expect(evidence.packets).toBeGreaterThan(
      (record?.packets.clientToServer ?? 0) + (record?.packets.serverToClient ?? 0),
    );
    expect(evidence.sessions[0]?.isSame).toBe(true);
    expect((await judged(bytes))[0]?.server.identification).toBe(record?.server.identification);
  });
});

describe.skipIf(WITHOUT_TSHARK)(`tshark${TSHARK_NEEDED}`, () => {
  test('counts the same packets, and shows their comments, their numbers in the source and the verdict', async () => {
    const source = captureNamed('before-banner-max-startups.server');
    const { evidence, file: bytes } = await extracted(source, { sessions: [2] });
    const file = path.join(folder, 'shown.pcapng');
    writeFileSync(file, bytes);
    const rows = execFileSync(
      'tshark',
      [
        '-r',
        file,
        '-T',
        'fields',
        '-E',
        'occurrence=a',
        '-E',
        'aggregator=/s',
        ...['-e', 'frame.packet_id', '-e', 'frame.comment', '-e', 'frame.time_epoch'],
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
      .toString()
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    const { packets } = await packetsOf(bytes);
    expect(rows.length).toBe(evidence.packets);
    expect(rows.map(([id]) => Number(id))).toEqual(packets.map(({ packetId }) => packetId));
    expect(rows.map(([, comments]) => comments)).toEqual(packets.map(({ comments }) => comments.join(' ')));
    expect(
      rows.some(([, comments]) => comments?.includes('session 2, evidence of max-startups (certain)')),
    ).toBe(true);
    const times = execFileSync('tshark', ['-r', source, '-T', 'fields', '-e', 'frame.time_epoch'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .split('\n');
    for (const [id, , time] of rows) expect(time).toBe(times[Number(id) - 1]);
    const told = execFileSync('capinfos', ['-k', file]).toString();
    for (const words of [
      'Fate: fin-before-banner',
      'Cause: max-startups (certain)',
      'SHA-256',
      'Next: On the server',
    ]) {
      expect(told).toContain(words);
    }
  });
});
