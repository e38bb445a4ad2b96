import { describe, expect, test } from 'vitest';
import type { CaptureInfo, InterfaceDescription } from '../../src/capture/capture-info.ts';
import { type PacketBlock, readPacketBlock } from '../../src/capture/packet-block.ts';
import {
  MAXIMUM_BLOCK_LENGTH,
  MAXIMUM_INTERFACES,
  PcapngParser,
  readSectionHeader,
} from '../../src/capture/pcapng.ts';
import { content, copied, cut, emptyInfo, joined, pcapngBlocks, type ReadPacket } from './building.ts';

function parseInPieces(pieces: readonly Uint8Array[]): { info: CaptureInfo; packets: ReadPacket[] } {
  const info = emptyInfo();
  const packets: ReadPacket[] = [];
  const parser = new PcapngParser(info);
  let left: Uint8Array = new Uint8Array(0);
  for (const piece of pieces) {
    const bytes = joined(left, piece);
    const used = parser.parse(bytes, 0, bytes.length, (packet) => packets.push(copied(packet)));
    left = bytes.slice(used);
  }
  parser.end(left.length);
  return { info, packets };
}

const read = (...blocks: readonly Uint8Array[]) => parseInPieces([joined(...blocks)]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const little = pcapngBlocks(true);
const big = pcapngBlocks(false);

/** 2023-11-14T22:13:20Z in microseconds. */
const T = 1_700_000_000_000_000n;

const everything = ({ section, describe, ...b }: typeof little): Uint8Array =>
  joined(
    section([1, 0], [b.option(4, content(9))]),
    describe(1, 96, [b.option(2, content(4))]),
    b.enhanced(0, T, content(61, 1), undefined, [b.option(1, content(5))]),
    b.block(4, content(8)),
    b.simple(200, content(96, 2)),
    b.obsolete(0, 3, T + 2n, content(30, 3)),
    b.statistics(0, [b.counter(5, 2n)]),
    b.block(0x1234_5678, content(40)),
    section(),
    describe(113, 0, [b.resolution(9)]),
    describe(101, 0, [b.resolution(9), b.offset(-10n)]),
    b.enhanced(1, T * 1000n + 5n, content(20, 4), [20, 40]),
    b.enhanced(0, T * 1000n + 7n, content(20, 5)),
  );

describe('blocks', () => {
  test('packets of all three kinds, several interfaces and sections', () => {
    const { info, packets } = read(everything(little));
    expect(packets.map(({ bytes, ...rest }) => rest)).toEqual([
      { number: 1, timeNs: 0, capturedLength: 61, originalLength: 61, linkType: 1, interfaceId: 0 },
      { number: 2, timeNs: 0, capturedLength: 96, originalLength: 200, linkType: 1, interfaceId: 0 },
      { number: 3, timeNs: 2000, capturedLength: 30, originalLength: 30, linkType: 1, interfaceId: 0 },
      {
        number: 4,
        timeNs: -9_999_999_995,
        capturedLength: 20,
        originalLength: 40,
        linkType: 101,
        interfaceId: 2,
      },
      { number: 5, timeNs: 7, capturedLength: 20, originalLength: 20, linkType: 113, interfaceId: 1 },
    ]);
    expect(packets.map((packet) => packet.bytes)).toEqual(
      [content(61, 1), content(96, 2), content(30, 3), content(20, 4), content(20, 5)].map(hex),
    );
    expect(info).toMatchObject({
      packets: 5,
      linkTypes: [1, 101, 113],
      precision: 'ns',
      epochNs: T * 1000n,
      lastTimeNs: 7,
      snapLength: undefined,
      cutPackets: 2,
      drops: 3,
      damage: undefined,
    });
  });

  test('each section has its own byte order', () => {
    const both = read(everything(little), everything(big));
    expect(both.info).toMatchObject({ packets: 10, drops: 6, damage: undefined });
    const [one, two] = [both.packets.slice(0, 5), both.packets.slice(5)];
    expect(two).toEqual(
      one.map((packet) => ({
        ...packet,
        number: packet.number + 5,
        interfaceId: packet.interfaceId + 3,
      })),
    );
  });

  test('every place to cut the input gives the same packets', () => {
    const bytes = joined(everything(big), everything(little));
    const whole = parseInPieces([bytes]);
    for (let at = 0; at <= bytes.length; at++) {
      expect(parseInPieces([bytes.slice(0, at), bytes.slice(at)])).toEqual(whole);
    }
    expect(parseInPieces(cut(bytes, [1]))).toEqual(whole);
  });

  test('a section without packets, or without interfaces, is a capture without packets', () => {
    for (const blocks of [[little.section()], [big.section([1, 2]), big.describe()]]) {
      expect(read(...blocks).info).toMatchObject({
        packets: 0,
        epochNs: undefined,
        precision: undefined,
        linkTypes: [],
        damage: undefined,
      });
    }
  });

  test('blocks that Wireshark lists without a packet take a number', () => {
    const { section, describe, enhanced, block } = little;
    const { info, packets } = read(
      section(),
      describe(),
      block(0xbad, content(8)),
      enhanced(0, T, content(4)),
      block(0x4000_0bad, content(8)),
      block(9, content(8)),
      enhanced(0, T, content(4)),
    );
    expect(packets.map((packet) => packet.number)).toEqual([2, 5]);
    expect(info.packets).toBe(2);
  });

  test('a simple packet is as long as the snap length of interface 0 lets it be', () => {
    const { section, describe, simple } = little;
    const lengths = (snapLength: number, original: number, bytes: number) =>
      read(section(), describe(1, snapLength), simple(original, content(bytes))).packets[0]?.capturedLength;
    expect(lengths(0, 50, 50)).toBe(50);
    expect(lengths(96, 50, 50)).toBe(50);
    expect(lengths(96, 97, 96)).toBe(96);
  });

  test('a packet without a time stamp before all others leaves the epoch to the first that has one', () => {
    const { section, describe, simple, enhanced } = little;
    const { info, packets } = read(section(), describe(), simple(4, content(4)), enhanced(0, T, content(4)));
    expect(packets.map((packet) => packet.timeNs)).toEqual([0, 0]);
    expect(info.epochNs).toBe(T * 1000n);
    const timeless = read(section(), describe(), simple(4, content(4))).info;
    expect(timeless).toMatchObject({ packets: 1, epochNs: undefined, precision: undefined });
  });
});

describe('time', () => {
  const { section, describe: describeInterface, enhanced, resolution, offset } = little;
  const times = (value: number, ...ticks: readonly bigint[]) => {
    const { info, packets } = read(
      section(),
      describeInterface(1, 0, [resolution(value)]),
      ...ticks.map((tick) => enhanced(0, tick, content(4))),
    );
    return {
      epochNs: info.epochNs,
      precision: info.precision,
      times: packets.map((packet) => packet.timeNs),
    };
  };

  test.each([
    [0, 's', 1_000_000_000n],
    [3, 'ms', 1_000_000n],
    [6, 'us', 1000n],
    [7, '10^-7 s', 100n],
    [9, 'ns', 1n],
  ] as const)('if_tsresol %d is %s', (value, precision, unit) => {
    const first = 1_700_000_000_000_000_000n / unit;
    expect(times(value, first, first + 3n, first - 1n)).toEqual({
      epochNs: first * unit,
      precision,
      times: [0, 3 * Number(unit), -Number(unit)],
    });
  });

  test('finer clocks than nanoseconds are rounded down', () => {
    expect(times(12, 1_500_999n, 1_501_000n, 1_501_999n, 1_502_000n)).toEqual({
      epochNs: 1500n,
      precision: 'ps',
      times: [0, 1, 1, 2],
    });
    expect(times(127, 5n).epochNs).toBe(0n);
  });

  test('clocks in powers of two count exactly', () => {
    // 2^-30 s, as Endace and some network processors write.
    const first = 1_700_000_000n << 30n;
    const {
      epochNs,
      precision,
      times: read,
    } = times(0x80 | 30, first, first + (1n << 30n), first + 1n, first + 3n);
    expect(epochNs).toBe(1_700_000_000_000_000_000n);
    expect(precision).toBe('2^-30 s');
    expect(read).toEqual([0, 1_000_000_000, 0, 2]);
    expect(times(0x80, 7n)).toEqual({ epochNs: 7_000_000_000n, precision: '2^-0 s', times: [0] });
    expect(times(0xff, 2n ** 64n - 1n).epochNs).toBe(0n);
  });

  test('the largest time stamp does not overflow', () => {
    expect(times(9, 2n ** 64n - 1n, 0n)).toEqual({
      epochNs: 18_446_744_073_709_551_615n,
      precision: 'ns',
      times: [0, -18_446_744_073_709_552_000],
    });
  });

  test('if_tsoffset is added, in seconds, with its sign', () => {
    const at = (seconds: bigint) =>
      read(section(), describeInterface(1, 0, [offset(seconds)]), enhanced(0, 1n, content(4))).info.epochNs;
    expect(at(1_700_000_000n)).toBe(1_700_000_000_000_001_000n);
    expect(at(-1n)).toBe(-999_999_000n);
  });

  test('interfaces with different clocks stand on one time line', () => {
    const { packets, info } = read(
      section(),
      describeInterface(1, 0, [resolution(9), offset(100n)]),
      describeInterface(1, 0, [resolution(3)]),
      enhanced(0, 1_000_000_001n, content(4)),
      enhanced(1, 101_500n, content(4)),
      enhanced(0, 1_000_000_002n, content(4)),
    );
    expect(packets.map((packet) => packet.timeNs)).toEqual([0, 499_999_999, 1]);
    expect(info.precision).toBe('ns');
  });

  test('an option list that breaks off leaves the defaults', () => {
    const broken = little.block(1, little.f([2, 1], [2, 0], [4, 0]), little.f([2, 9], [2, 60_000]));
    const { packets, info } = read(section(), broken, enhanced(0, T, content(4)));
    expect(packets).toHaveLength(1);
    expect(info).toMatchObject({ precision: 'us', damage: undefined });
  });
});

describe('what the capturing program says', () => {
  const { section, describe: describeInterface, statistics, counter, enhanced, obsolete } = little;

  test('drops of an interface are the last total, and interfaces add up', () => {
    const { info } = read(
      section(),
      describeInterface(),
      describeInterface(),
      statistics(0, [counter(5, 10n), counter(7, 1n)]),
      statistics(1, [counter(7, 100n)]),
      statistics(0, [counter(4, 5000n), counter(5, 20n), counter(7, 2n)]),
    );
    expect(info.drops).toBe(122);
  });

  test('no statistics is not the same as no drops', () => {
    expect(read(section(), describeInterface()).info.drops).toBeUndefined();
    expect(read(section(), describeInterface(), statistics(0, [counter(4, 9n)])).info.drops).toBeUndefined();
    expect(read(section(), describeInterface(), statistics(0, [counter(5, 0n)])).info.drops).toBe(0);
  });

  test('drops told with packets count, but not once more in the statistics', () => {
    const { info } = read(
      section(),
      describeInterface(),
      obsolete(0, 4, T, content(4)),
      obsolete(0, 0xffff, T, content(4)),
      enhanced(0, T, content(4), undefined, [counter(4, 3n)]),
      statistics(0, [counter(5, 7n)]),
    );
    expect(info.drops).toBe(7);
  });

  test('a counter of all ones is unknown', () => {
    expect(read(section(), describeInterface(), statistics(0, [counter(5, 2n ** 64n - 1n)])).info.drops).toBe(
      0,
    );
  });

  test('the largest snap length holds, and one interface without any lifts it', () => {
    const snapLength = (...lengths: readonly number[]) =>
      read(section(), ...lengths.map((length) => describeInterface(1, length))).info.snapLength;
    expect(snapLength(96, 262_144, 128)).toBe(262_144);
    expect(snapLength(96, 0)).toBeUndefined();
    expect(snapLength(0, 96)).toBeUndefined();
  });
});

describe('damage', () => {
  const { section, describe: describeInterface, enhanced, simple, obsolete, f } = little;
  const good = [section(), describeInterface(), enhanced(0, T, content(60))] as const;
  const goodLength = joined(...good).length;

  test.each([
    ['length 0', f([4, 6], [4, 0], [4, 0]), 'length of 0 bytes'],
    ['length 8', f([4, 6], [4, 8], [4, 8]), 'length of 8 bytes'],
    ['a length that is no multiple of 4', f([4, 6], [4, 33], [4, 33]), 'length of 33 bytes'],
    ['length 2^31', f([4, 6], [4, 0x8000_0000], [4, 0]), 'length of 2147483648 bytes'],
    ['the largest length', f([4, 0x5555], [4, 0xffff_fffc], [4, 0]), 'length of 4294967292 bytes'],
    ['lengths that differ', f([4, 6], [4, 12], [4, 16]), '12 in front and 16 behind'],
    ['a packet block without room for its fields', f([4, 6], [4, 12], [4, 12]), 'too short for its type 6'],
    ['a packet that is longer than its block', enhanced(0, T, content(60), [65, 65]), '65 captured bytes'],
    ['2^32 captured bytes', enhanced(0, T, content(60), [0xffff_ffff, 60]), '4294967295 captured bytes'],
    ['a simple packet that is longer than its block', simple(100, content(60)), '100 captured bytes'],
    ['a packet of no interface', enhanced(1, T, content(60)), 'interface 1, which is not described'],
    ['an old packet of no interface', obsolete(7, 0, T, content(60)), 'interface 7, which is not described'],
    [
      'a packet of a section without interfaces',
      joined(section(), simple(4, content(4))),
      'interface 0, which',
    ],
    [
      'a section without byte order',
      f([4, 0x0a0d0d0a], [4, 28], [4, 5]),
      'without a byte-order magic number',
    ],
    ['a section of another version', section([1, 1]), 'pcapng version 1.1'],
  ])('%s stops the reading and keeps what comes before', (_, bytes, words) => {
    const { info, packets } = read(...good, bytes, enhanced(0, T, content(60)));
    expect(packets).toHaveLength(1);
    expect(info.damage?.kind).toBe('bad-block');
    expect(info.damage?.message).toContain(words);
    expect(info.damage?.message).toContain('after packet 1,');
    expect(info.damage?.offset).toBeGreaterThanOrEqual(goodLength);
  });

  test('a packet longer than any network gives is damage although its block holds it', () => {
    const { info } = read(...good, enhanced(0, T, content(262_145)));
    expect(info).toMatchObject({ packets: 1, damage: { kind: 'bad-block' } });
    expect(read(...good, enhanced(0, T, content(262_144))).info).toMatchObject({
      packets: 2,
      damage: undefined,
    });
  });

  test('a cut says where and how much is missing', () => {
    const { info, packets } = read(...good, enhanced(0, T, content(60)).slice(0, 50));
    expect(packets).toHaveLength(1);
    expect(info.damage).toEqual({
      kind: 'cut-off',
      message: `The capture is cut off after packet 1, in the block at offset ${goodLength}: only 50 of its 92 bytes are there.`,
      offset: goodLength,
    });
    expect(read(...good, content(3)).info.damage?.message).toContain('only 3 bytes of it are there');
  });

  test('a block of the largest length is waited for, a larger one is not', () => {
    const wait = read(...good, f([4, 0x1234], [4, MAXIMUM_BLOCK_LENGTH], [4, 0]));
    expect(wait.info.damage?.kind).toBe('cut-off');
    const stop = read(...good, f([4, 0x1234], [4, MAXIMUM_BLOCK_LENGTH + 4], [4, 0]));
    expect(stop.info.damage?.kind).toBe('bad-block');
  });

  test('the interfaces of a section are limited, those of all sections are not', () => {
    const many = joined(section(), ...new Array(MAXIMUM_INTERFACES).fill(describeInterface()));
    expect(read(many).info.damage).toBeUndefined();
    expect(read(many, describeInterface()).info.damage?.message).toContain('no capture has so many');
    const next = read(many, section(), describeInterface(), enhanced(0, T, content(4)));
    expect(next.packets[0]?.interfaceId).toBe(MAXIMUM_INTERFACES);
  });

  test('the list of link types is limited', () => {
    const blocks = Array.from({ length: 300 }, (_, n) => [
      describeInterface(n + 200),
      enhanced(n, T, content(4)),
    ]);
    const { info } = read(section(), ...blocks.flat());
    expect(info.packets).toBe(300);
    expect(info.linkTypes).toHaveLength(64);
  });
});

test('a section header tells its version in both byte orders', () => {
  expect(readSectionHeader(little.section([1, 0]))).toEqual({ version: '1.0', versionKnown: true });
  expect(readSectionHeader(big.section([1, 2]))).toEqual({ version: '1.2', versionKnown: true });
  expect(readSectionHeader(big.section([2, 0]))).toEqual({ version: '2.0', versionKnown: false });
  expect(readSectionHeader(big.section().subarray(0, 15))).toBeUndefined();
  expect(readSectionHeader(content(28))).toBeUndefined();
});

describe('what a capture says beside its packets', () => {
  const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
  const endTime = (b: typeof little, ticks: bigint): Uint8Array =>
    b.option(3, b.f([4, Number(ticks >> 32n)], [4, Number(ticks & 0xffff_ffffn)]));

  const stated = (b: typeof little, application: string): Uint8Array =>
    joined(
      b.section([1, 0], [b.option(4, text(application))]),
      b.describe(1, 96, [b.option(2, text('eth0')), b.option(11, text('\0port 22')), b.offset(5n)]),
      b.enhanced(
        0,
        T,
        content(5),
        [5, 9],
        [b.option(1, text('one')), b.option(1, text('zwei ü')), b.counter(5, 77n)],
      ),
      b.statistics(0, [endTime(b, T + 40_000_000n)]),
    );

  test.each([
    ['little', little],
    ['big', big],
  ] as const)('is read from %s-endian blocks', (_, b) => {
    const info = emptyInfo();
    const interfaces: InterfaceDescription[] = [];
    const blocks: (PacketBlock | undefined)[] = [];
    const bytes = stated(b, 'sshfate 1.2.3');
    const parser = new PcapngParser(info, (described) => interfaces.push(described));
    parser.parse(bytes, 0, bytes.length, (packet) => blocks.push(readPacketBlock(packet, b === little)));
    expect(interfaces).toEqual([
      {
        ...{
          id: 0,
          linkType: 1,
          snapLength: 96,
          resolution: 6,
          offsetSeconds: 5n,
          littleEndian: b === little,
        },
        ...{ isEvidence: true, name: 'eth0', filter: 'port 22' },
      },
    ]);
    const ticks = { high: Number(T >> 32n), low: Number(T & 0xffff_ffffn) };
    expect(blocks).toEqual([{ ticks, comments: ['one', 'zwei ü'], flags: undefined, packetId: 77 }]);
    expect(info.untilNs).toBe(40e9);
  });

  test('its end counts only in what sshfate wrote: others keep it when they cut packets off', () => {
    expect(read(stated(little, 'Dumpcap 4.0')).info.untilNs).toBeUndefined();
    expect(read(stated(little, 'sshfate 0.1.0')).info.untilNs).toBe(40e9);
  });
});
