import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  createWriteStream,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { CaptureError } from '../../src/capture/capture-error.ts';
import { type CaptureInput, openCapture } from '../../src/capture/open-capture.ts';
import { content, cut, joined, pcap, pcapngBlocks, type ReadCapture, readAll } from './building.ts';
import { corpus, corpusTitle } from './corpus.ts';
import { withoutRoot } from './without-root.ts';

const folder = mkdtempSync(join(tmpdir(), 'open-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array | string): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

const failure = (input: CaptureInput): Promise<unknown> =>
  openCapture(input).then(
    (capture) => capture.close(),
    (error: unknown) => error,
  );

const { section, describe: describeInterface, enhanced } = pcapngBlocks();

describe('formats', () => {
  test.each([
    ['pcap', pcap({}, {}), false],
    ['pcap', pcap({ littleEndian: false }, {}), false],
    ['pcap-nanosecond', pcap({ magic: 0xa1b23c4d }, {}), false],
    ['pcap-modified', pcap({ magic: 0xa1b2cd34 }, { extra: content(8) }), false],
    ['pcapng', joined(section(), describeInterface(), enhanced(0, 1n, content(5))), false],
    ['pcap', gzipSync(pcap({}, {})), true],
    ['pcapng', gzipSync(joined(section(), describeInterface(), enhanced(0, 1n, content(5)))), true],
  ] as const)('%s is told by its content and read', async (format, bytes, gzip) => {
    const { info } = await readAll(file('no-extension', bytes));
    expect(info).toMatchObject({
      name: join(folder, 'no-extension'),
      format,
      gzip,
      packets: 1,
      damage: undefined,
    });
  });

  test('the format is known before a packet is read, and a header without packets is a capture', async () => {
    const capture = await openCapture(file('header', pcap({})));
    expect(capture.info).toMatchObject({ format: 'pcap', packets: 0 });
    await capture.read(() => expect.unreachable());
    capture.close();
    expect(capture.info).toMatchObject({ packets: 0, bytes: 24, damage: undefined });
  });
});

describe('what is no capture is refused with a code, what is wrong and what to do', () => {
  test.each([
    ['empty', '', 'is empty'],
    ['empty', gzipSync(''), 'is empty'],
    ['not-a-capture', '09:00:00.0 IP 10.0.0.1.22 > 10.0.0.2.5: Flags [S]\n', 'is text, not packets'],
    ['not-a-capture', joined(new TextEncoder().encode('snoop\0\0\0'), content(40)), 'is a snoop capture'],
    ['not-a-capture', new Uint8Array(4096), 'no capture in a known format'],
    ['not-a-capture', content(3), 'no capture in a known format'],
    ['not-a-capture', pcap({}).slice(0, 10), 'cut off after 10 bytes, inside the pcap file header'],
    ['not-a-capture', section().slice(0, 10), 'cut off after 10 bytes, inside the pcapng file header'],
    ['not-a-capture', joined(section().slice(0, 8), content(20)), 'no pcapng capture, although'],
    ['not-a-capture', gzipSync('plain text'), 'holds, in gzip, text'],
    ['not-a-capture', gzipSync(gzipSync(pcap({}))), 'compressed with gzip twice'],
    ['not-a-capture', gzipSync(pcap({})).subarray(0, 12), 'damaged before a capture in it begins'],
    ['not-a-capture', joined(Uint8Array.of(0x1f, 0x8b, 8, 0xff), content(40)), 'damaged before a capture'],
    ['unsupported', pcap({ version: [2, 5] }), 'pcap version 2.5'],
    ['unsupported', pcap({ version: [1, 2] }), 'pcap version 1.2'],
    ['unsupported', pcap({ linkType: 0x0030_0001 }), 'link type that cannot be'],
    ['unsupported', section([1, 1]), 'pcapng version 1.1'],
  ])('%s: %#', async (code, bytes, words) => {
    const error = (await failure(file('input', bytes))) as CaptureError;
    expect(error).toBeInstanceOf(CaptureError);
    expect(error).toMatchObject({ code, input: join(folder, 'input') });
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/\. [A-Z].*\.$/);
    // A stream of the same bytes is refused in the same way.
    const streamed = (await failure(Readable.from(cut(Buffer.from(bytes), [5])))) as CaptureError;
    if (bytes.length > 512) expect(streamed).toMatchObject({ code, input: '-' });
  });

  test('what a program hands over is not called standard input', async () => {
    for (const input of [new Uint8Array(), Readable.from([])]) {
      expect(((await failure(input)) as CaptureError).message).toMatch(/^The input is empty\. /);
    }
  });

  test('a missing file, a folder, a link to itself, a socket', async () => {
    symlinkSync('self', join(folder, 'self'));
    const server = createServer().listen(join(folder, 'socket'));
    await new Promise((resolve) => server.on('listening', resolve));
    const code = async (name: string) => ((await failure(join(folder, name))) as CaptureError).code;
    expect(await code('missing')).toBe('not-found');
    expect(await code('self')).toBe('not-found');
    expect(await code('')).toBe('is-directory');
    expect(await code('socket')).toBe('read-failed');
    server.close();
    expect(((await failure('')) as CaptureError).code).toBe('not-found');
    expect(((await failure('a\0b')) as CaptureError).code).toBe('not-found');
    expect(((await failure('/dev/null')) as CaptureError).code).toBe('empty');
  });

  test('a file that may not be read', async () => {
    const path = file('secret', pcap({}));
    chmodSync(folder, 0o755);
    chmodSync(path, 0);
    expect(await withoutRoot(() => failure(path))).toMatchObject({ code: 'no-permission' });
  });

  test('a stream that fails before the first byte', async () => {
    const stream = new PassThrough();
    const failing = failure(stream);
    stream.destroy(new Error('the line went dead'));
    expect(await failing).toMatchObject({
      code: 'read-failed',
      message: expect.stringContaining('the line went dead'),
    });
  });

  test('an abort ends the wait for the first byte', async () => {
    const controller = new AbortController();
    const opening = openCapture(new PassThrough(), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });
});

describe('pipes', () => {
  const bytes = pcap({}, {}, {}, {});

  test('a FIFO is read while it is written', async () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    createWriteStream(path).end(bytes);
    expect((await readAll(path)).info).toMatchObject({ name: path, packets: 3, damage: undefined });
  });

  const script = `import(${JSON.stringify(new URL('../../src/capture/open-capture.ts', import.meta.url).href)})
    .then(async ({ openCapture }) => {
      const capture = await openCapture('-');
      await capture.read(() => {});
      console.log(capture.info.name, capture.info.packets, capture.info.damage?.kind);
    }).catch((error) => console.log(error.code));`;

  function readStandardInput(stdin: 'pipe' | number): ChildProcess {
    return spawn(process.execPath, ['--import', 'tsx', '--eval', script], {
      stdio: [stdin, 'pipe', 'inherit'],
    });
  }

  async function printed(child: ChildProcess): Promise<string> {
    let text = '';
    for await (const piece of child.stdout as Readable) text += piece;
    return text.trim();
  }

  test("'-' is standard input: a pipe, compressed or not, or a file", async () => {
    const piped = readStandardInput('pipe');
    piped.stdin?.end(bytes);
    expect(await printed(piped)).toBe('- 3 undefined');
    const compressed = readStandardInput('pipe');
    compressed.stdin?.end(gzipSync(bytes));
    expect(await printed(compressed)).toBe('- 3 undefined');
    expect(await printed(readStandardInput(openSync(file('cut', bytes.slice(0, -1)), 'r')))).toBe(
      '- 2 cut-off',
    );
    const nothing = readStandardInput('pipe');
    nothing.stdin?.end();
    expect(await printed(nothing)).toBe('empty');
  });
});

describe('hostile bytes', () => {
  const seeds: readonly Uint8Array[] = [
    pcap({}, {}, { bytes: content(300, 3) }, {}),
    pcap({ littleEndian: false, magic: 0xa1b2cd34 }, { extra: content(8) }, { extra: content(8) }),
    pcap({ version: [2, 3] }, {}, {}),
    joined(
      section(),
      describeInterface(1, 96, [pcapngBlocks().resolution(9)]),
      enhanced(0, 5n, content(50)),
      section(),
    ),
    ...[true, false].map((littleEndian) => {
      const b = pcapngBlocks(littleEndian);
      return joined(
        b.section(),
        b.describe(1, 96, [b.resolution(0x8a), b.offset(7n)]),
        b.simple(200, content(96)),
        b.obsolete(0, 2, 9n, content(30)),
        b.statistics(0, [b.counter(5, 1n), b.counter(7, 2n)]),
        b.enhanced(0, 8n, content(9), undefined, [b.counter(4, 1n)]),
      );
    }),
  ];

  /** Values that lengths and offsets are tried with. */
  const nasty = fc.constantFrom(0, 1, 3, 4, 11, 12, 28, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_ffff);
  const change = fc.oneof(
    fc.record({ at: fc.nat(), byte: fc.nat(255) }),
    fc.record({ at: fc.nat(), word: nasty, littleEndian: fc.boolean() }),
    fc.record({ at: fc.nat(), cut: fc.nat(40) }),
    fc.record({ at: fc.nat(), insert: fc.uint8Array({ maxLength: 40 }) }),
  );

  function changed(
    bytes: Uint8Array,
    changes: readonly (typeof change extends fc.Arbitrary<infer C> ? C : never)[],
  ) {
    let result: Uint8Array = bytes.slice();
    for (const one of changes) {
      const at = one.at % (result.length + 1);
      if ('byte' in one) result[at] = one.byte;
      else if ('cut' in one) result = joined(result.subarray(0, at), result.subarray(at + one.cut));
      else if ('insert' in one) result = joined(result.subarray(0, at), one.insert, result.subarray(at));
      else if (at + 4 <= result.length) new DataView(result.buffer).setUint32(at, one.word, one.littleEndian);
    }
    return result;
  }

  /** A capture, or the error that refused it; anything else fails the test. */
  async function survive(pieces: readonly Uint8Array[]): Promise<ReadCapture | CaptureError> {
    try {
      return await readAll(pieces);
    } catch (error) {
      if (error instanceof CaptureError) return error;
      throw error;
    }
  }

  test('no change to a capture makes it throw, hang or give packets that are not in it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 200 }),
        async (seed, changes, length) => {
          const bytes = changed(seed, changes);
          const result = await survive([bytes]);
          if (result instanceof CaptureError) return;
          const { packets, info } = result;
          expect(packets.length).toBe(info.packets);
          expect(packets.every((packet) => packet.bytes.length === 2 * packet.capturedLength)).toBe(true);
          expect(packets.reduce((sum, packet) => sum + 12 + packet.capturedLength, 0)).toBeLessThanOrEqual(
            bytes.length,
          );
          expect(packets.every((packet) => Number.isFinite(packet.timeNs))).toBe(true);
          // Cutting the same bytes changes nothing, not even in damage.
          expect(await survive(cut(bytes, [Math.max(28, length)]))).toEqual(result);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test('no change to a compressed capture makes it throw or hang', async () => {
    const compressed = new Uint8Array(gzipSync(seeds[0] as Uint8Array));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        await survive([changed(compressed, changes)]);
      }),
      { numRuns: 300 },
    );
  });

  test('a length of 4 GB in front of a long stream costs neither memory nor time', async () => {
    let given = 0;
    const stream = Readable.from(
      (function* () {
        yield pcap({}, {}, { lengths: [0xffff_fff0, 60] });
        for (; given < 1000; given++) yield new Uint8Array(65_536);
      })(),
    );
    const capture = await openCapture(stream);
    await capture.read(() => {});
    expect(capture.info).toMatchObject({ packets: 1, damage: { kind: 'bad-record', offset: 100 } });
    expect(given).toBeLessThan(100);
    stream.destroy();
  });
});

describe.skipIf(corpus === undefined)(
  corpusTitle('the corpus, as capinfos 4.0.17 and tcpdump 4.99.3 count it'),
  () => {
    /**
     * Packets that we read, and why that is not what the two programs say. Every other file must agree with at least
     * one of them, and with capinfos where it reads the file to its end.
     */
    const DIFFERENCES: Readonly<Record<string, readonly [number | CaptureError['code'], string]>> = {
      'reader/rshk+python-pcapng__test006.ntar': [
        0,
        'a block length of 167: libpcap refuses it too, capinfos rounds it up',
      ],
      'reader/the-tcpdump-group+libpcap__pcap-invalid-version-2.pcap': [
        'unsupported',
        'version 2.5, which libpcap refuses and capinfos takes for 2.4',
      ],
      'robust/seladb+PcapPlusPlus__clusterfuzz-testcase-minimized-FuzzTarget-4683685084594176': [
        'unsupported',
        'version 2.8224, which libpcap refuses and capinfos takes for 2.4',
      ],
      'robust/seladb+PcapPlusPlus__crash-8534c61cdf5987482365d7877ade12eef5aaf8b7': [
        1,
        'ends in 18 zero bytes, which both take for a packet of 0 bytes in 1970 and a cut',
      ],
      'robust/seladb+PcapPlusPlus__clusterfuzz-testcase-minimized-FuzzTarget-5755755617189888': [
        2,
        'link type 14, which libpcap refuses; capinfos gives no summary after its error, but reads 2 as well',
      ],
      'robust/the-tcpdump-group+tcpdump__atm-oam-heapoverflow.pcap': [
        1,
        'capinfos does not count the 4 bytes of the SunATM pseudo-header',
      ],
      ...Object.fromEntries(
        [
          'reader/blitz+tcptrace__NASA_ipv6.snoop',
          'reader/blitz+tcptrace__atm.erf',
          'reader/blitz+tcptrace__eth.erf',
        ]
          .concat(['ssh/seladb+PcapPlusPlus__solaris.snoop', 'ssh/wanduow+libtrace__100_packets.erf'])
          .map((path) => [
            path,
            ['not-a-capture', 'capinfos reads these formats, libpcap does not'] as const,
          ]),
      ),
    };

    interface Oracle {
      readonly type: string;
      readonly snapLength: string;
      readonly packets: number | undefined;
      readonly dataBytes: number | undefined;
      readonly earliest: string;
      readonly latest: string;
      readonly tcpdumpPackets: number | undefined;
      readonly capinfosFailed: boolean;
    }

    const lines = (name: string): string[][] =>
      readFileSync(join(corpus as string, 'corpus', name), 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split('\t'));

    function oracles(): Map<string, Oracle> {
      const known = new Map<string, Oracle>();
      for (const [file, code, error, capinfos, , tcpdumpPackets] of lines('reader-oracle.tsv')) {
        // name,type,encapsulation,snap length,inferred snap lengths,packets,file size,data size,earliest,latest
        const columns = (capinfos as string).split(',').slice(-10);
        const complete = columns.length === 10;
        const readUntilError = /after reading (\d+) packets/.exec(error as string)?.[1];
        const number = (text: string | undefined) =>
          text === undefined || text === '' ? undefined : Number(text);
        known.set(file as string, {
          type: complete ? (columns[0] as string) : '',
          snapLength: complete ? (columns[2] as string) : '',
          packets: complete ? number(columns[5]) : number(readUntilError),
          dataBytes: complete ? number(columns[7]) : undefined,
          earliest: complete ? (columns[8] as string) : '',
          latest: complete ? (columns[9] as string) : '',
          tcpdumpPackets: number(tcpdumpPackets),
          capinfosFailed: code !== '0',
        });
      }
      return known;
    }

    const nanoseconds = (seconds: string): bigint => {
      const [whole, part = ''] = seconds.split('.');
      return BigInt(whole as string) * 1_000_000_000n + BigInt(part.padEnd(9, '0'));
    };

    test('every file of index.tsv', { timeout: 120_000 }, async () => {
      const known = oracles();
      const wrong: string[] = [];
      let compared = 0;
      const seen = new Set<string>();
      for (const [path, repository, original] of lines('index.tsv') as [string, string, string][]) {
        // Some were compressed where they come from.
        const name = `${repository.replaceAll('/', '+')}/${original}`;
        const oracle = known.get(name) ?? known.get(name.replace(/\.gz$/, ''));
        if (oracle === undefined) continue;
        compared++;
        seen.add(path);
        const problem = await compare(path, oracle);
        if (problem !== undefined) wrong.push(`${path}: ${problem}`);
      }
      expect(wrong).toEqual([]);
      expect(Object.keys(DIFFERENCES).filter((path) => !seen.has(path))).toEqual([]);
      expect(compared).toBeGreaterThan(990);
    });

    async function compare(path: string, oracle: Oracle): Promise<string | undefined> {
      let result: ReadCapture;
      const expected = DIFFERENCES[path]?.[0];
      try {
        result = await readAll(join(corpus as string, 'corpus', path));
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        const refusedByBoth = oracle.packets === undefined && oracle.tcpdumpPackets === undefined;
        const agreed = refusedByBoth || (oracle.packets === 0 && error.code === 'empty');
        return agreed || expected === error.code ? undefined : error.message;
      }
      const { info, packets } = result;
      if (expected !== undefined)
        return packets.length === expected ? undefined : `now ${packets.length} packets`;
      if (packets.length !== oracle.packets && packets.length !== oracle.tcpdumpPackets) {
        return `${packets.length} packets, capinfos ${oracle.packets}, tcpdump ${oracle.tcpdumpPackets}`;
      }
      if (oracle.capinfosFailed || oracle.packets === 0) return undefined;
      if (info.damage !== undefined) return info.damage.message;
      if (packets.length !== oracle.packets) return `capinfos reads ${oracle.packets} packets`;
      const dataBytes = packets.reduce((sum, packet) => sum + packet.originalLength, 0);
      if (packets.every((packet) => packet.originalLength < 2 ** 31) && dataBytes !== oracle.dataBytes) {
        return `${dataBytes} bytes, capinfos ${oracle.dataBytes}`;
      }
      if (info.format !== 'pcapng' && oracle.snapLength !== `${info.snapLength ?? '(not set)'}`) {
        return `snap length ${info.snapLength}, capinfos ${oracle.snapLength}`;
      }
      return compareTimes(result, oracle);
    }

    function compareTimes({ info, packets }: ReadCapture, oracle: Oracle): string | undefined {
      // capinfos prints n/a without times, and fractions of more than a second overflow in it.
      if (![oracle.earliest, oracle.latest].every((time) => /^\d+\.\d{6}(\d{3})?$/.test(time)))
        return undefined;
      const times = packets.map((packet) => packet.timeNs);
      const [first, last] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))];
      // A double counts nanoseconds for 104 days; and capinfos is not sure of an order over more than 68 years.
      if (last - first >= 2 ** 53) return undefined;
      const absolute = (time: number): bigint => (info.epochNs as bigint) + BigInt(time);
      if (absolute(first) !== nanoseconds(oracle.earliest))
        return `first time ${absolute(first)}, capinfos ${oracle.earliest}`;
      if (absolute(last) !== nanoseconds(oracle.latest))
        return `last time ${absolute(last)}, capinfos ${oracle.latest}`;
      return undefined;
    }
  },
);
