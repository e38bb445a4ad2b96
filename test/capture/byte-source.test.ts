import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type ByteSource,
  FileSource,
  NotBytesError,
  PrefixedSource,
  StreamSource,
} from '../../src/capture/byte-source.ts';
import { content, cut } from './building.ts';

const folder = mkdtempSync(join(tmpdir(), 'byte-source-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Everything that a source gives, taken in pieces of at most `room` bytes. */
async function drained(source: ByteSource, room = 7): Promise<Uint8Array> {
  const into = new Uint8Array(room + 3);
  const all: number[] = [];
  for (;;) {
    const count = await source.fill(into, 3);
    if (count === 0) return Uint8Array.from(all);
    all.push(...into.subarray(3, 3 + count));
  }
}

describe('a file', () => {
  const path = join(folder, 'file');
  writeFileSync(path, content(100));

  test('is read from the start, again if asked, and knows its size', async () => {
    const descriptor = openSync(path, 'r');
    const source = new FileSource(descriptor, 0);
    expect(source).toMatchObject({ bytesRead: 0, totalBytes: 100 });
    expect(await drained(source)).toEqual(content(100));
    expect(source.bytesRead).toBe(100);
    expect(await drained(source.again() as FileSource)).toEqual(content(100));
    closeSync(descriptor);
  });

  test('as standard input is read from where it stands', async () => {
    const descriptor = openSync(path, 'r');
    readSync(descriptor, new Uint8Array(10), 0, 10, null);
    const source = new FileSource(descriptor, undefined);
    expect(await drained(source)).toEqual(content(100).slice(10));
    expect(source.again()).toBeUndefined();
    closeSync(descriptor);
  });
});

describe('a stream', () => {
  test('gives its bytes whatever the pieces and the room for them', async () => {
    for (const room of [1, 10, 1000]) {
      const source = new StreamSource(Readable.from(cut(content(300), [1, 50, 0, 3])));
      expect(await drained(source, room)).toEqual(content(300));
      expect(source).toMatchObject({ bytesRead: 300, totalBytes: undefined });
    }
  });

  test('hands bytes on as soon as they are there', async () => {
    const stream = new PassThrough();
    const source = new StreamSource(stream);
    const into = new Uint8Array(10);
    const waiting = source.fill(into, 0);
    stream.write(content(4));
    expect(await waiting).toBe(4);
  });

  test('empty pieces are not its end', async () => {
    const source = new StreamSource(
      Readable.from([new Uint8Array(0), content(3), new Uint8Array(0), content(2)]),
    );
    expect(await drained(source)).toHaveLength(5);
  });

  test('fails with what it failed with, behind the bytes that it gave', async () => {
    const stream = new PassThrough();
    const source = new StreamSource(stream);
    stream.write(content(4));
    const into = new Uint8Array(10);
    expect(await source.fill(into, 0)).toBe(4);
    stream.destroy(new Error('hung up'));
    await expect(source.fill(into, 0)).rejects.toThrow('hung up');
  });

  test('that is closed before its end fails, even if that was long ago', async () => {
    const stream = new PassThrough();
    const source = new StreamSource(stream);
    const waiting = source.fill(new Uint8Array(1), 0);
    stream.destroy();
    await expect(waiting).rejects.toThrow('closed before its end');
    await expect(new StreamSource(stream).fill(new Uint8Array(1), 0)).rejects.toThrow(
      'closed before its end',
    );
  });

  test('that is over gives no bytes', async () => {
    const stream = Readable.from([content(3)]);
    stream.resume();
    await new Promise((resolve) => stream.on('end', resolve));
    expect(await new StreamSource(stream).fill(new Uint8Array(1), 0)).toBe(0);
  });

  test('an abort ends the wait', async () => {
    const controller = new AbortController();
    const waiting = new StreamSource(new PassThrough()).fill(new Uint8Array(1), 0, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('strings are refused', async () => {
    const source = new StreamSource(Readable.from(['text']));
    await expect(source.fill(new Uint8Array(1), 0)).rejects.toThrow(NotBytesError);
  });

  test('is left to its owner when released', async () => {
    const stream = new PassThrough();
    const source = new StreamSource(stream);
    const waiting = source.fill(new Uint8Array(1), 0);
    source.release();
    await expect(waiting).rejects.toThrow();
    expect(stream.destroyed).toBe(false);
    expect(stream.listenerCount('readable')).toBe(0);
  });
});

test('a prefix comes before the rest', async () => {
  const source = new PrefixedSource(
    content(20).slice(0, 8),
    new StreamSource(Readable.from([content(20).slice(8)])),
  );
  expect(await drained(source, 3)).toEqual(content(20));
  expect(source).toMatchObject({ bytesRead: 12, totalBytes: undefined });
});
