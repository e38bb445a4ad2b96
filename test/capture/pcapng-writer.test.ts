import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAXIMUM_OPTION_LENGTH, PcapngBlocks, ticksOf } from '../../src/capture/pcapng-writer.ts';
import { TSHARK_NEEDED, WITHOUT_TSHARK } from '../corpus/tshark.ts';
import { content, readAll } from './building.ts';

/** 2023-11-14T22:13:20.123456789Z. */
const EPOCH = 1_700_000_000_123_456_789n;

const packetOf = (bytes: Uint8Array, timeNs = 0, originalLength = bytes.length) => ({
  bytes,
  offset: 0,
  capturedLength: bytes.length,
  originalLength,
  timeNs,
});

describe('our own reader', () => {
  const interfaces = fc.array(
    fc.record({
      linkType: fc.constantFrom(1, 101, 113, 276),
      snapLength: fc.constantFrom(0, 96, 262_144),
      resolution: fc.constantFrom(6, 9),
      name: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
      filter: fc.option(fc.string(), { nil: undefined }),
      comments: fc.option(fc.array(fc.string(), { maxLength: 3 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const packets = fc.array(
    fc.record({
      which: fc.nat(),
      length: fc.nat(200),
      cut: fc.nat(100),
      timeUs: fc.integer({ min: -10_000_000, max: 40 * 86_400 * 1_000_000 }),
      comments: fc.option(fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }), { nil: undefined }),
      packetId: fc.option(fc.maxSafeNat(), { nil: undefined }),
      flags: fc.option(fc.nat(0xffff_ffff), { nil: undefined }),
    }),
    { maxLength: 12 },
  );

  test('reads back exactly what was written', async () => {
    const epochNs = EPOCH - (EPOCH % 1000n);
    await fc.assert(
      fc.asyncProperty(
        interfaces,
        packets,
        fc.constantFrom(8, 64, 4096),
        async (described, list, capacity) => {
          const blocks = new PcapngBlocks(capacity);
          const pieces: Uint8Array[] = [];
          blocks.section({ application: 'sshfate 0', comments: ['a'] });
          for (const one of described) blocks.interface({ ...one, epochNs });
          for (const { which, length, cut, timeUs, ...options } of list) {
            const packet = packetOf(content(length, cut), timeUs * 1000, length + cut);
            blocks.packet(packet, { interfaceId: which % described.length, ...options });
            if (cut % 2 === 0) pieces.push(blocks.take());
          }
          pieces.push(blocks.take());
          const { info, packets: read } = await readAll(pieces);
          expect(info.damage).toBeUndefined();
          const firstNs = epochNs + BigInt((list[0]?.timeUs ?? 0) * 1000);
          if (list.length > 0) expect(info.epochNs).toBe(firstNs);
          expect(read).toEqual(
            list.map(({ which, length, cut, timeUs }, index) => ({
              number: index + 1,
              timeNs: Number(epochNs + BigInt(timeUs * 1000) - firstNs),
              capturedLength: length,
              originalLength: length + cut,
              linkType: described[which % described.length]?.linkType,
              interfaceId: which % described.length,
              bytes: Buffer.from(content(length, cut)).toString('hex'),
            })),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test('sees the packets that an interface dropped', async () => {
    const blocks = new PcapngBlocks();
    blocks.section({});
    const interfaceId = blocks.interface({ linkType: 1, snapLength: 0, resolution: 9, epochNs: EPOCH });
    blocks.packet(packetOf(content(60)), { interfaceId, dropCount: 5 });
    blocks.statistics({ interfaceId, ticks: EPOCH, received: 10, dropped: 2 ** 33, systemDropped: 7 });
    expect((await readAll([blocks.take()])).info.drops).toBe(2 ** 33 + 7);
  });
});

test('a packet of an interface that was not described is refused', () => {
  expect(() => new PcapngBlocks().packet(packetOf(content(4)), { interfaceId: 0 })).toThrow(/not described/);
});

test('a text longer than an option is cut between two characters', () => {
  const blocks = new PcapngBlocks();
  blocks.section({ comments: [`${'x'.repeat(MAXIMUM_OPTION_LENGTH - 1)}ü`] });
  const view = new DataView(Uint8Array.from(blocks.take()).buffer);
  expect(view.getUint16(24, true)).toBe(1);
  expect(view.getUint16(26, true)).toBe(MAXIMUM_OPTION_LENGTH - 1);
});

test('the buffer that was taken is not written to again', () => {
  const blocks = new PcapngBlocks();
  blocks.section({});
  const taken = blocks.take();
  const before = Buffer.from(taken).toString('hex');
  blocks.section({ comments: ['another'] });
  expect(Buffer.from(taken).toString('hex')).toBe(before);
});

test('ticks of a time are those of the interface', () => {
  expect(ticksOf(EPOCH, { resolution: 6 })).toBe(1_700_000_000_123_456n);
  expect(ticksOf(EPOCH, { resolution: 9, offsetSeconds: 1_700_000_000n })).toBe(123_456_789n);
  expect(ticksOf(1_500_000_000n, { resolution: 0x80 | 1 })).toBe(3n);
});

describe.skipIf(WITHOUT_TSHARK)(`tshark${TSHARK_NEEDED}`, () => {
  test('reads every field and option as it was written', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-writer-'));
    try {
      const blocks = new PcapngBlocks();
      blocks.section({
        comments: ['verdict: größer'],
        application: 'sshfate 0',
        os: 'Linux',
        hardware: 'a machine',
      });
      const nanoseconds = blocks.interface({
        linkType: 1,
        snapLength: 96,
        resolution: 9,
        epochNs: EPOCH,
        name: 'eth0',
        description: 'to the rack',
        filter: 'port 22',
      });
      const microseconds = blocks.interface({
        linkType: 1,
        snapLength: 0,
        resolution: 6,
        epochNs: EPOCH,
        name: 'eth1',
      });
      const frame = Buffer.from(`${'ff'.repeat(12)}88b5${'00'.repeat(46)}`, 'hex');
      blocks.packet(packetOf(frame, 1, 1514), {
        interfaceId: nanoseconds,
        comments: ['first', 'zweiter\nZeile'],
        packetId: 2 ** 40 + 1,
        flags: 1,
      });
      blocks.packet(packetOf(frame.subarray(0, 57), 2_000_000_000), { interfaceId: microseconds });
      blocks.packet(packetOf(frame), {
        interfaceId: microseconds,
        // 1,700,000,003 s in microseconds.
        ticks: { high: 395_812, low: 0x184c_06c0 },
      });
      blocks.statistics({ interfaceId: nanoseconds, ticks: EPOCH, received: 3, dropped: 0 });
      const file = path.join(folder, 'written.pcapng');
      writeFileSync(file, blocks.take());
      const names =
        'frame.time_epoch frame.len frame.cap_len frame.interface_name frame.packet_id frame.comment';
      const shown = execFileSync('tshark', [
        ...['-r', file, '-T', 'fields', '-E', 'separator=|', '-E', 'occurrence=a'],
        ...names.split(' ').flatMap((name) => ['-e', name]),
      ]).toString();
      expect(shown.trimEnd().split('\n')).toEqual([
        '1700000000.123456790|1514|60|eth0|1099511627777|first,zweiter\\nZeile',
        '1700000002.123457000|57|57|eth1||',
        '1700000003.000000000|60|60|eth1||',
      ]);
      const section = execFileSync('capinfos', ['-k', '-F', file]).toString();
      expect(section).toContain('verdict: größer');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
