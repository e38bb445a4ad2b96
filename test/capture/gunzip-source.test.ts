import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { StreamSource } from '../../src/capture/byte-source.ts';
import { GunzipSource, GzipDamage } from '../../src/capture/gunzip-source.ts';
import { content, cut, joined } from './building.ts';

/** Bytes that do not compress away. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

const streamed = (bytes: Uint8Array, pieces: readonly number[] = [1000]) =>
  new StreamSource(Readable.from(cut(bytes, pieces)));

/** As one value that is quick to compare and short to print. */
const seen = (bytes: Uint8Array): string =>
  `${bytes.length} bytes ${createHash('sha1').update(bytes).digest('hex')}`;

interface Result {
  readonly bytes: Uint8Array;
  readonly error: unknown;
}

async function gunzipped(compressed: Uint8Array, again = true, pieces?: readonly number[]): Promise<Result> {
  const source = new GunzipSource(streamed(compressed, pieces), () =>
    again ? streamed(compressed) : undefined,
  );
  const into = new Uint8Array(5000);
  const parts: Uint8Array[] = [];
  try {
    for (;;) {
      const count = await source.fill(into, 0);
      if (count === 0) return { bytes: joined(...parts), error: undefined };
      parts.push(into.slice(0, count));
    }
  } catch (error) {
    return { bytes: joined(...parts), error };
  }
}

async function expectBack(result: Promise<Result>, bytes: Uint8Array): Promise<void> {
  const { bytes: got, error } = await result;
  expect(error).toBeUndefined();
  expect(seen(got)).toBe(seen(bytes));
}

const gzip = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes));

test.each([0, 1, 100, 70_000, 1_000_000])('%d bytes come back', async (length) => {
  const bytes = joined(noise(length / 2), content(length / 2));
  await expectBack(gunzipped(gzip(bytes)), bytes);
});

test('the pieces of the input do not matter', async () => {
  const bytes = joined(content(20_000), noise(3000));
  for (const pieces of [[1], [3, 500], [100_000]]) {
    await expectBack(gunzipped(gzip(bytes), true, pieces), bytes);
  }
});

test('several members in a row are one', async () => {
  const parts = [content(1000, 1), noise(70_000), new Uint8Array(0), content(5, 2)];
  await expectBack(gunzipped(joined(...parts.map(gzip))), joined(...parts));
});

test('zeros behind the last member are the padding of a tape or disk', async () => {
  await expectBack(gunzipped(joined(gzip(content(1000)), new Uint8Array(10_000))), content(1000));
});

describe('damage', () => {
  const bytes = joined(noise(30_000), content(50_000), noise(30_000));
  const compressed = gzip(bytes);

  test('a cut gives all bytes before it', async () => {
    for (const length of [300, 20_000, compressed.length - 5]) {
      const { bytes: got, error } = await gunzipped(compressed.slice(0, length));
      expect(error).toBeInstanceOf(GzipDamage);
      expect((error as Error).message).toBe(`The gzip data is cut off after ${length} compressed bytes.`);
      expect(seen(got)).toBe(seen(bytes.slice(0, got.length)));
      // Noise is stored as it is, but for headers and the last, incomplete symbol.
      if (length === 20_000) expect(got.length).toBeGreaterThan(19_000);
    }
  });

  test('a wrong checksum comes to light behind all bytes', async () => {
    const wrong = compressed.slice();
    wrong[wrong.length - 6] = (wrong[wrong.length - 6] as number) ^ 1;
    const { bytes: got, error } = await gunzipped(wrong);
    expect(seen(got)).toBe(seen(bytes));
    expect((error as Error).message).toMatch(
      /^The gzip data is damaged between its bytes \d+ and \d+: .*\.$/,
    );
  });

  test('what is no gzip behind a member is damage, and no byte before it is lost', async () => {
    const { bytes: got, error } = await gunzipped(joined(compressed, content(100)));
    expect(seen(got)).toBe(seen(bytes));
    expect(error).toBeInstanceOf(GzipDamage);
  });

  test('damage in the middle loses nothing before it where the input can be read again', async () => {
    // Two members, so that the place where zlib stops is known.
    const broken = joined(
      gzip(content(2000, 1)),
      gzip(noise(40_000)),
      Uint8Array.of(0x1f, 0x8b, 8, 0xff),
      compressed,
    );
    const { bytes: got, error } = await gunzipped(broken);
    expect(error).toBeInstanceOf(GzipDamage);
    expect(seen(got)).toBe(seen(joined(content(2000, 1), noise(40_000))));
  });

  test('without a second reading, little of a small input is lost', async () => {
    const broken = joined(gzip(noise(40_000)), content(10));
    const { bytes: got, error } = await gunzipped(broken, false);
    expect(error).toBeInstanceOf(GzipDamage);
    expect(seen(got)).toBe(seen(noise(40_000).slice(0, got.length)));
    expect(got.length).toBeGreaterThan(39_000);
  });
});

test('an abort ends the wait for compressed bytes', async () => {
  const controller = new AbortController();
  const silent = new StreamSource(new Readable({ read() {} }));
  const waiting = new GunzipSource(silent, () => undefined).fill(new Uint8Array(1), 0, controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
