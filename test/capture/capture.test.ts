import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openCapture } from '../../src/capture/open-capture.ts';
import { content, cut, joined, pcap, pcapngBlocks, pcapRecord, readAll } from './building.ts';

const folder = mkdtempSync(join(tmpdir(), 'capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

const manyPackets = (count: number): Uint8Array =>
  pcap({}, ...Array.from({ length: count }, (_, n) => ({ fraction: n, bytes: content(n % 90, n) })));

const { section, describe: describeInterface, enhanced, simple, block } = pcapngBlocks(false);
const manyBlocks = (count: number): Uint8Array =>
  joined(
    section(),
    describeInterface(1, 96),
    ...Array.from({ length: count }, (_, n) =>
      n % 7 === 3 ? simple(n % 96, content(n % 96, n)) : enhanced(0, BigInt(n), content(n % 90, n)),
    ),
  );

/** A file of more than one buffer's growth and of several event-loop turns: 48 MB. */
const large = (): Uint8Array => {
  const record = pcapRecord(true, { bytes: content(1008) });
  const bytes = new Uint8Array(24 + 48 * 1024 * record.length);
  bytes.set(pcap({}));
  for (let at = 24; at < bytes.length; at += record.length) bytes.set(record, at);
  return bytes;
};

describe('the same bytes cut differently give the same packets', () => {
  const captures: readonly (readonly [string, Uint8Array])[] = [
    ['pcap', manyPackets(200)],
    ['pcapng', manyBlocks(200)],
    ['pcap in gzip', gzipSync(manyPackets(200))],
    ['a pcap that is cut off', manyPackets(200).slice(0, -5)],
    ['a pcapng with a wrong length', joined(manyBlocks(200), block(6).fill(7, 4))],
  ];

  test.each(captures)('%s', async (_, bytes) => {
    const whole = await readAll([bytes]);
    expect(whole.info.packets).toBeGreaterThan(100);
    expect(await readAll(file('whole', bytes))).toEqual({
      ...whole,
      info: { ...whole.info, name: join(folder, 'whole') },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 4000 })), {
          minLength: 1,
        }),
        async (lengths) => {
          expect(await readAll(cut(bytes, lengths))).toEqual(whole);
        },
      ),
      { numRuns: 20 },
    );
    if (!_.includes('gzip')) expect(await readAll(cut(bytes, [1]))).toEqual(whole);
  });

  test('records and blocks that are larger than the buffer, or lie across its end', async () => {
    const big = pcap(
      {},
      ...Array.from({ length: 40 }, (_, n) => ({ fraction: n, bytes: content(262_144 - n * 1000, n) })),
    );
    const blocks = joined(
      section(),
      describeInterface(),
      block(0x1234, new Uint8Array(15_000_000)),
      manyBlocks(10),
    );
    for (const bytes of [big, blocks]) {
      const whole = await readAll(file('big', bytes));
      expect(whole.info.damage).toBeUndefined();
      expect(whole.info.packets).toBe(bytes === big ? 40 : 10);
      const info = { ...whole.info, name: '-' };
      expect(await readAll(cut(bytes, [65_536]))).toEqual({ info, packets: whole.packets });
    }
  });
});

describe('a stream', () => {
  test('its packets come as soon as their last byte is there', async () => {
    const stream = new PassThrough();
    const numbers: number[] = [];
    const opening = openCapture(stream);
    const bytes = pcap({}, {});
    stream.write(bytes.subarray(0, 24));
    const capture = await opening;
    const reading = capture.read((packet) => numbers.push(packet.number));
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
    stream.write(bytes.subarray(24, -1));
    await turn();
    expect(numbers).toEqual([]);
    stream.write(bytes.subarray(-1));
    await turn();
    expect(numbers).toEqual([1]);
    expect(capture.info.packets).toBe(1);
    stream.end(pcapRecord(true, {}));
    await reading;
    expect(numbers).toEqual([1, 2]);
  });

  test('that fails is damage, and what came before is kept', async () => {
    const stream = new PassThrough();
    stream.write(joined(pcap({}, {}, {}), content(10)));
    const capture = await openCapture(stream);
    let packets = 0;
    const reading = capture.read(() => {
      if (++packets === 2)
        setImmediate(() => stream.destroy(Object.assign(new Error('x'), { code: 'ECONNRESET' })));
    });
    await reading;
    expect(packets).toBe(2);
    expect(capture.info.damage).toEqual({
      kind: 'read-error',
      message: 'Reading failed after packet 2 (offset 176): ECONNRESET.',
      offset: 176,
    });
  });

  test('that was passed in stays open for its owner, also when the capture is damaged', async () => {
    const stream = new PassThrough();
    stream.write(joined(pcap({}, {}, { lengths: [0xffff_ffff, 0] }), content(100_000)));
    const capture = await openCapture(stream, { name: 'upload' });
    await capture.read(() => {});
    capture.close();
    expect(capture.info).toMatchObject({ name: 'upload', packets: 1, damage: { kind: 'bad-record' } });
    expect(stream.destroyed).toBe(false);
  });

  test('of strings is a mistake of the caller', async () => {
    await expect(openCapture(Readable.from(['text']))).rejects.toThrow(TypeError);
  });
});

describe('a large file', () => {
  const path = file('large', large());

  test('leaves the event loop its turns and tells its progress', async () => {
    const capture = await openCapture(path);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const progress: (readonly [number, number | undefined])[] = [];
    await capture.read(() => {}, { onProgress: (...args) => progress.push(args) });
    clearInterval(timer);
    capture.close();
    expect(capture.info).toMatchObject({ packets: 48 * 1024, bytes: large().length, damage: undefined });
    expect(turns).toBeGreaterThan(0);
    expect(progress.length).toBeGreaterThan(1);
    expect(progress.at(-1)).toEqual([large().length, large().length]);
  });

  test('stops soon after an abort, without an error and without damage', async () => {
    const capture = await openCapture(path);
    const controller = new AbortController();
    await capture.read((packet) => packet.number === 1000 && controller.abort(), {
      signal: controller.signal,
    });
    expect(capture.info.packets).toBeGreaterThanOrEqual(1000);
    expect(capture.info.packets).toBeLessThan(3000);
    expect(capture.info.damage).toBeUndefined();
    capture.close();
  });

  test('stops when it is closed', async () => {
    const capture = await openCapture(path);
    await capture.read((packet) => packet.number === 1000 && capture.close());
    expect(capture.info.packets).toBeLessThan(3000);
    expect(capture.info.damage).toBeUndefined();
  });
});

test('an abort ends the wait for packets', async () => {
  const stream = new PassThrough();
  stream.write(pcap({}, {}));
  const capture = await openCapture(stream);
  const controller = new AbortController();
  await capture.read(() => setTimeout(() => controller.abort(), 5), { signal: controller.signal });
  expect(capture.info).toMatchObject({ packets: 1, damage: undefined });
});

test('closing ends the wait for packets', async () => {
  const stream = new PassThrough();
  stream.write(pcap({}, {}));
  const capture = await openCapture(stream);
  await capture.read(() => setTimeout(() => capture.close(), 5));
  expect(capture.info).toMatchObject({ packets: 1, damage: undefined });
});

test('what the sink throws comes out of read', async () => {
  const capture = await openCapture(file('one', pcap({}, {})));
  await expect(
    capture.read(() => {
      throw new Error('mine');
    }),
  ).rejects.toThrow('mine');
  capture.close();
});

test('a capture is read once', async () => {
  const capture = await openCapture(file('one', pcap({}, {})));
  await capture.read(() => {});
  await expect(capture.read(() => {})).rejects.toThrow('read once');
  capture.close();
  capture.close();
});

test('epoch, link type and precision are known when the first packet comes', async () => {
  for (const bytes of [pcap({}, {}), manyBlocks(1)]) {
    const capture = await openCapture(Readable.from([bytes]));
    const seen: unknown[] = [];
    await capture.read(() => seen.push({ ...capture.info, linkTypes: [...capture.info.linkTypes] }));
    expect(seen).toEqual([
      expect.objectContaining({ epochNs: expect.any(BigInt), linkTypes: [1], precision: 'us' }),
    ]);
  }
});

test('damaged gzip keeps every packet before the damage', async () => {
  const packets = manyPackets(500);
  const compressed = gzipSync(packets);
  const cutOff = await readAll(file('cut.gz', compressed.subarray(0, -9)));
  expect(cutOff.info).toMatchObject({ gzip: true, packets: 500, damage: { kind: 'bad-gzip' } });
  const trailing = await readAll(file('trailing.gz', joined(compressed, content(50))));
  expect(trailing.info).toMatchObject({ packets: 500, damage: { kind: 'bad-gzip', offset: packets.length } });
  expect(trailing.info.damage?.message).toMatch(
    /^The capture ends after packet 500 \(offset \d+\): The gzip data is/,
  );
  const half = await readAll(file('half.gz', compressed.subarray(0, compressed.length / 2)));
  expect(half.info.damage?.kind).toBe('bad-gzip');
  expect(half.info.packets).toBeGreaterThan(100);
});
