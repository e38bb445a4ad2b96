import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type ParsedPacket, parse as parseIndependently } from 'pcap-parser';
import { describe, expect, test } from 'vitest';
import type { CaptureInfo } from '../../src/capture/capture-info.ts';
import { type PcapHeader, PcapParser, readPcapHeader, readPcapTicks } from '../../src/capture/pcap.ts';
import {
  content,
  copied,
  cut,
  emptyInfo,
  fields,
  joined,
  pcap,
  type ReadPacket,
  readAll,
} from './building.ts';
import { corpus, corpusFiles, corpusTitle } from './corpus.ts';

/** Feeds a parser as a driver would: what it leaves comes again in front of the next piece. */
function parseInPieces(
  pieces: readonly Uint8Array[],
  whole: Uint8Array,
): { info: CaptureInfo; packets: ReadPacket[] } {
  const info = emptyInfo();
  const packets: ReadPacket[] = [];
  const parser = new PcapParser(readPcapHeader(whole) as PcapHeader, info);
  let left: Uint8Array = new Uint8Array(0);
  for (const piece of pieces) {
    const bytes = joined(left, piece);
    const used = parser.parse(bytes, 0, bytes.length, (packet) => packets.push(copied(packet)));
    left = bytes.slice(used);
  }
  parser.end(left.length);
  return { info, packets };
}

const read = (bytes: Uint8Array) => parseInPieces([bytes], bytes);

const three = (littleEndian = true): Uint8Array =>
  pcap(
    { littleEndian },
    { seconds: 1_700_000_000, fraction: 999_999, bytes: content(60, 1) },
    { seconds: 1_700_000_001, fraction: 5, bytes: content(96, 2), lengths: [96, 1500] },
    { seconds: 1_699_999_999, fraction: 0, bytes: content(0) },
  );

describe('records', () => {
  test('a packet has its number, time, lengths, link type and bytes', () => {
    const { info, packets } = read(three());
    expect(packets.map(({ bytes, ...rest }) => rest)).toEqual([
      { number: 1, timeNs: 0, capturedLength: 60, originalLength: 60, linkType: 1, interfaceId: 0 },
      { number: 2, timeNs: 6_000, capturedLength: 96, originalLength: 1500, linkType: 1, interfaceId: 0 },
      {
        number: 3,
        timeNs: -1_999_999_000,
        capturedLength: 0,
        originalLength: 0,
        linkType: 1,
        interfaceId: 0,
      },
    ]);
    expect(packets.map((packet) => packet.bytes)).toEqual(
      [content(60, 1), content(96, 2), content(0)].map((bytes) => Buffer.from(bytes).toString('hex')),
    );
    expect(info).toMatchObject({
      packets: 3,
      cutPackets: 1,
      epochNs: 1_700_000_000_999_999_000n,
      lastTimeNs: -1_999_999_000,
      precision: 'us',
      linkTypes: [1],
      snapLength: 262_144,
      damage: undefined,
    });
  });

  test('both byte orders give the same packets', () => {
    expect(read(three(false))).toEqual(read(three(true)));
  });

  test('every place to cut the input gives the same packets', () => {
    const bytes = three();
    const whole = read(bytes);
    for (let at = 0; at <= bytes.length; at++) {
      expect(parseInPieces([bytes.slice(0, at), bytes.slice(at)], bytes)).toEqual(whole);
    }
    expect(parseInPieces(cut(bytes, [1]), bytes)).toEqual(whole);
  });

  test('a header alone is a capture without packets', () => {
    const { info, packets } = read(pcap({}));
    expect(packets).toEqual([]);
    expect(info).toMatchObject({
      packets: 0,
      epochNs: undefined,
      precision: undefined,
      linkTypes: [],
      damage: undefined,
    });
  });

  test('seconds count as unsigned, until 2106', () => {
    expect(read(pcap({}, { seconds: 0xffff_ffff, fraction: 1 })).info.epochNs).toBe(
      4_294_967_295_000_001_000n,
    );
  });

  test('a captured length above the original length or the snap length is taken as it is', () => {
    const { info, packets } = read(pcap({ snapLength: 40 }, { bytes: content(60), lengths: [60, 50] }));
    expect(packets[0]).toMatchObject({ capturedLength: 60, originalLength: 50 });
    expect(info).toMatchObject({ cutPackets: 0, damage: undefined });
  });

  test('a snap length of 0 says that there is none', () => {
    expect(read(pcap({ snapLength: 0 })).info.snapLength).toBeUndefined();
  });

  test('the largest packet that a network gives is read', () => {
    const { packets, info } = read(pcap({}, { bytes: content(262_144) }, {}));
    expect(packets.map((packet) => packet.capturedLength)).toEqual([262_144, 60]);
    expect(info.damage).toBeUndefined();
  });
});

describe('variants', () => {
  test('nanosecond captures keep their nanoseconds', () => {
    const bytes = pcap({ magic: 0xa1b23c4d }, { fraction: 1 }, { fraction: 999_999_999 });
    const { info, packets } = read(bytes);
    expect(packets.map((packet) => packet.timeNs)).toEqual([0, 999_999_998]);
    expect(info).toMatchObject({ precision: 'ns', epochNs: 1_700_000_000_000_000_001n });
  });

  test("Kuznetsov's modified format has 8 bytes more before each packet", () => {
    const extra = content(8);
    for (const littleEndian of [true, false]) {
      const { packets, info } = read(
        pcap({ littleEndian, magic: 0xa1b2cd34 }, { extra }, { extra, bytes: content(9) }),
      );
      expect(packets.map((packet) => packet.capturedLength)).toEqual([60, 9]);
      expect(packets[1]?.bytes).toBe(Buffer.from(content(9)).toString('hex'));
      expect(info.damage).toBeUndefined();
    }
  });

  test("Ixia's two variants have the size of the records behind the file header", () => {
    const behindHeader = fields(true, [4, 76]);
    for (const [magic, precision] of [
      [0x1c0001ab, 'us'],
      [0x1c0001ac, 'ns'],
    ] as const) {
      const { packets, info } = read(pcap({ magic, behindHeader }, {}));
      expect(packets).toHaveLength(1);
      expect(info.precision).toBe(precision);
    }
  });

  test.each([
    [[2, 4], [60, 90], { capturedLength: 60, originalLength: 90 }],
    [[2, 2], [90, 60], { capturedLength: 60, originalLength: 90 }],
    [[2, 0], [90, 60], { capturedLength: 60, originalLength: 90 }],
    [[543, 0], [90, 60], { capturedLength: 60, originalLength: 90 }],
    [[2, 3], [60, 90], { capturedLength: 60, originalLength: 90 }],
    [[2, 3], [90, 60], { capturedLength: 60, originalLength: 90 }],
  ] as const)('version %j with the lengths %j reads %j', (version, lengths, expected) => {
    const bytes = pcap({ version }, { lengths }, { lengths, bytes: content(60, 2) });
    const { packets, info } = read(bytes);
    expect(packets).toEqual([expect.objectContaining(expected), expect.objectContaining(expected)]);
    expect(info).toMatchObject({ cutPackets: 2, damage: undefined });
  });

  test.each([
    [[2, 4], true],
    [[2, 0], true],
    [[543, 0], true],
    [[2, 5], false],
    [[1, 9], false],
    [[3, 0], false],
    [[543, 1], false],
  ] as const)('version %j is known: %j', (version, known) => {
    expect(readPcapHeader(pcap({ version }))).toMatchObject({
      version: version.join('.'),
      versionKnown: known,
    });
  });

  test('AIX writes nanoseconds and its own link types under version 2.2', () => {
    const aix = (linkType: number) =>
      readPcapHeader(pcap({ littleEndian: false, version: [2, 2], linkType }));
    expect(aix(6)).toMatchObject({ linkType: 1, unitNs: 1, format: 'pcap-nanosecond' });
    expect(aix(24)).toMatchObject({ linkType: 0, unitNs: 1 });
    expect(aix(1)).toMatchObject({ linkType: 1, unitNs: 1000, format: 'pcap' });
  });

  test('the link type is told apart from the FCS length above it', () => {
    expect(readPcapHeader(pcap({ linkType: 0x2400_0001 }))).toMatchObject({ linkType: 1, reserved: 0 });
    expect(readPcapHeader(pcap({ linkType: 0x0030_0001 }))).toMatchObject({ reserved: 0x30 });
    expect(readPcapHeader(pcap({ linkType: 12 }))).toMatchObject({ linkType: 101 });
  });

  test('what is no pcap file header is none', () => {
    expect(readPcapHeader(pcap({}).subarray(0, 23))).toBeUndefined();
    expect(readPcapHeader(content(24))).toBeUndefined();
    expect(readPcapHeader(new Uint8Array(0))).toBeUndefined();
  });
});

describe('damage', () => {
  test.each([262_145, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff])(
    'a captured length of %d stops the reading and keeps what comes before',
    (length) => {
      const { info, packets } = read(pcap({}, {}, {}, { lengths: [length, length] }, {}));
      expect(packets).toHaveLength(2);
      expect(info.damage).toEqual({
        kind: 'bad-record',
        message: `The record of packet 3 (offset 176) claims ${length} captured bytes; no packet has more than 262144.`,
        offset: 176,
      });
    },
  );

  test('a cut in a packet says where and how much is missing', () => {
    const { info, packets } = read(pcap({}, {}, {}).slice(0, -50));
    expect(packets).toHaveLength(1);
    expect(info.damage).toEqual({
      kind: 'cut-off',
      message: 'The capture is cut off in packet 2 (offset 100): only 26 of its 76 bytes are there.',
      offset: 100,
    });
  });

  test('a cut in a record header is a cut as well', () => {
    const { info } = read(pcap({}, {}, {}).slice(0, -70));
    expect(info.damage).toMatchObject({
      kind: 'cut-off',
      message:
        'The capture is cut off in packet 2 (offset 100): only 6 bytes of its record header are there.',
    });
  });

  test('zeros behind the packets are no packets of 1970', () => {
    const { info, packets } = read(joined(pcap({}, {}), new Uint8Array(4096)));
    expect(packets).toHaveLength(1);
    expect(info).toMatchObject({ lastTimeNs: 0, damage: { kind: 'bad-record', offset: 100 } });
    expect(info.damage?.message).toContain('only zero bytes');
  });

  test('captures joined with cat are told', () => {
    const { info, packets } = read(joined(pcap({}, {}), pcap({}, {})));
    expect(packets).toHaveLength(1);
    expect(info.damage?.message).toContain('mergecap');
  });
});

describe.skipIf(corpus === undefined)(corpusTitle('beside pcap-parser 0.2.1'), () => {
  // It knows classic microsecond pcap only, ends without a word at a cut and believes every length.
  const classic = (header: PcapHeader): boolean =>
    header.format === 'pcap' && header.lengthBytes === 24 && header.version === '2.4';

  test('every classic capture of the corpus gives the same packets', { timeout: 120_000 }, async () => {
    let compared = 0;
    let packets = 0;
    for (const file of corpusFiles()) {
      const path = join(corpus as string, file);
      const bytes = await readFile(path);
      const header = readPcapHeader(bytes);
      if (header === undefined || !classic(header) || header.reserved !== 0) continue;
      const ours = await readAll(path);
      const theirs = await independently(
        bytes,
        ours.info.damage?.kind === 'bad-record' ? ours.info.packets : Infinity,
      );
      expect(ours.packets, file).toEqual(
        theirs.map((packet, index) => expected(packet, index, theirs, header)),
      );
      compared++;
      packets += ours.packets.length;
    }
    expect(compared).toBeGreaterThan(600);
    expect(packets).toBeGreaterThan(50_000);
  });

  function expected(
    packet: ParsedPacket,
    index: number,
    all: readonly ParsedPacket[],
    header: PcapHeader,
  ): ReadPacket {
    const first = (all[0] as ParsedPacket).header;
    const { timestampSeconds, timestampMicroseconds, capturedLength, originalLength } = packet.header;
    return {
      number: index + 1,
      timeNs:
        (timestampSeconds - first.timestampSeconds) * 1e9 +
        (timestampMicroseconds - first.timestampMicroseconds) * 1000,
      capturedLength,
      originalLength,
      linkType: header.linkType,
      interfaceId: 0,
      bytes: packet.data.toString('hex'),
    };
  }

  /** At most `limit` packets: behind a lying length it goes on with whatever follows. */
  function independently(bytes: Buffer, limit: number): Promise<ParsedPacket[]> {
    return new Promise((resolve, reject) => {
      const packets: ParsedPacket[] = [];
      const parser = parseIndependently(Readable.from([bytes]));
      parser.on('packet', (packet: ParsedPacket) => {
        if (packets.length < limit) packets.push(packet);
      });
      parser.on('error', reject);
      parser.on('end', () => resolve(packets));
    });
  }
});

test.each([
  ['microseconds', 0xa1b2c3d4, 6, true, undefined],
  ['nanoseconds', 0xa1b23c4d, 9, true, undefined],
  ['microseconds, big-endian', 0xa1b2c3d4, 6, false, undefined],
  ['a modified record', 0xa1b2cd34, 6, true, new Uint8Array(8)],
] as const)(
  'the time stamp of a packet is read as written: %s',
  (_, magic, resolution, littleEndian, extra) => {
    const bytes = pcap(
      { magic, littleEndian },
      { seconds: 4_000_000_000, fraction: 999_999, ...(extra && { extra }) },
    );
    const header = readPcapHeader(bytes) as PcapHeader;
    let ticks: bigint | undefined;
    new PcapParser(header, emptyInfo()).parse(bytes, 0, bytes.length, (packet) => {
      const { high, low } = readPcapTicks(packet, header.format, { littleEndian, resolution });
      ticks = (BigInt(high) << 32n) | BigInt(low);
    });
    expect(ticks).toBe(4_000_000_000n * 10n ** BigInt(resolution) + 999_999n);
  },
);
