import { createGunzip, type Gunzip } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';

/**
 * Compressed bytes given to zlib at once. What they become is held until it is asked for, and deflate expands at most
 * 1032 times, so this bounds the memory to 17 MB.
 */
const SLICE_LENGTH = 16 * 1024;
/**
 * zlib does not hand over what it made of a slice in which it meets damage, so the first bytes of an input go in
 * smaller ones: a small capture that arrives damaged through a pipe is not lost as a whole.
 */
const FIRST_SLICE_LENGTH = 256;
const FIRST_SLICES_END = 64 * 1024;
const OUTPUT_LENGTH = 64 * 1024;

/** The compressed data is cut off or damaged; what was decompressed before that has been handed on. */
export class GzipDamage extends Error {
  override readonly name = 'GzipDamage';
}

/** Decompresses gzip (RFC 1952), also several members in a row. */
export class GunzipSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #again: () => ByteSource | undefined;
  readonly #slice = new Uint8Array(SLICE_LENGTH);
  #inflater = new Inflater();
  /** Bytes handed on. */
  #delivered = 0;
  #sliceStart = 0;
  #sliceEnd = 0;
  #failure: GzipDamage | undefined;
  #over = false;

  /** `again` gives the same compressed bytes from the start, or `undefined` when they cannot be had again. */
  constructor(source: ByteSource, again: () => ByteSource | undefined) {
    this.#source = source;
    this.#again = again;
  }

  get bytesRead(): number {
    return this.#source.bytesRead;
  }

  get totalBytes(): number | undefined {
    return this.#source.totalBytes;
  }

  async fill(into: Uint8Array, from: number, signal?: AbortSignal): Promise<number> {
    for (;;) {
      const count = this.#inflater.take(into, from);
      this.#delivered += count;
      if (count > 0) return count;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#over) return 0;
      await this.#more(signal);
    }
  }

  async #more(signal: AbortSignal | undefined): Promise<void> {
    const limit = this.#sliceEnd < FIRST_SLICES_END ? FIRST_SLICE_LENGTH : SLICE_LENGTH;
    const filled = this.#source.fill(this.#slice.subarray(0, limit), 0, signal);
    const count = typeof filled === 'number' ? filled : await filled;
    this.#sliceStart = this.#sliceEnd;
    this.#sliceEnd += count;
    const ended = count === 0;
    const error = await (ended
      ? this.#inflater.finish()
      : this.#inflater.write(this.#slice.subarray(0, count)));
    this.#over = ended || this.#inflater.ended;
    if (error === undefined) return;
    this.#failure = gzipDamage(error, this.#sliceStart, this.#sliceEnd);
    if (!ended) await this.#salvage(signal);
  }

  /**
   * Decompresses once more from the start, byte by byte where the damage is, for the part of the last slice that zlib
   * kept to itself.
   */
  async #salvage(signal: AbortSignal | undefined): Promise<void> {
    const source = this.#again();
    if (source === undefined) return;
    const handedOver = this.#delivered + this.#inflater.available;
    const held = this.#inflater;
    const inflater = new Inflater(handedOver);
    let at = 0;
    let error: Error | undefined;
    while (error === undefined) {
      signal?.throwIfAborted();
      const limit = at < this.#sliceStart ? Math.min(SLICE_LENGTH, this.#sliceStart - at) : 1;
      const filled = source.fill(this.#slice.subarray(0, limit), 0, signal);
      const count = typeof filled === 'number' ? filled : await filled;
      if (count === 0) break;
      at += count;
      error = await inflater.write(this.#slice.subarray(0, count));
    }
    held.append(inflater);
  }
}

/** One zlib stream that is fed one slice after the other and keeps what comes out. */
class Inflater {
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: OUTPUT_LENGTH });
  #skip: number;
  #queue: Uint8Array[] = [];
  #error: Error | undefined;
  /** The gzip data is over, whatever follows. */
  ended = false;
  #settle: () => void = () => {};

  /** Drops the first `skip` bytes that come out. */
  constructor(skip = 0) {
    this.#skip = skip;
    // Flowing, so that each piece arrives before the callback of its write and none is lost with an error.
    this.#gunzip.on('data', (piece: Uint8Array) => {
      const dropped = Math.min(this.#skip, piece.length);
      this.#skip -= dropped;
      if (dropped < piece.length) this.#queue.push(piece.subarray(dropped));
    });
    this.#gunzip.on('end', () => {
      this.ended = true;
      this.#settle();
    });
    this.#gunzip.on('error', (error) => {
      this.#error = error;
    });
    this.#gunzip.on('close', () => this.#settle());
  }

  get available(): number {
    return this.#queue.reduce((sum, piece) => sum + piece.length, 0);
  }

  take(into: Uint8Array, from: number): number {
    const piece = this.#queue[0];
    if (piece === undefined) return 0;
    const count = Math.min(piece.length, into.length - from);
    into.set(piece.subarray(0, count), from);
    if (count < piece.length) this.#queue[0] = piece.subarray(count);
    else this.#queue.shift();
    return count;
  }

  append(other: Inflater): void {
    this.#queue.push(...other.#queue);
  }

  /** Resolves when all that the bytes become has been queued; with the error that stopped it, if any. */
  write(bytes: Uint8Array): Promise<Error | undefined> {
    return this.#settled((done) => this.#gunzip.write(bytes, done));
  }

  finish(): Promise<Error | undefined> {
    // Its callback comes before a cut is noticed; 'end' or 'close' tell.
    return this.#settled(() => this.#gunzip.end());
  }

  /**
   * zlib never calls back for a write whose rest it ignores (zeros behind the last member): 'end' settles that. Nor
   * for one that fails: 'close' settles it, behind 'error'.
   */
  async #settled(start: (done: (error?: Error | null) => void) => void): Promise<Error | undefined> {
    if (this.#error === undefined && !this.ended) {
      await new Promise<void>((resolve) => {
        this.#settle = resolve;
        start((error) => {
          if (!error) resolve();
        });
      });
    }
    return this.#error;
  }
}

function gzipDamage(error: Error, sliceStart: number, sliceEnd: number): GzipDamage {
  const cutOff = 'code' in error && error.code === 'Z_BUF_ERROR';
  const message = cutOff
    ? `The gzip data is cut off after ${sliceEnd} compressed bytes.`
    : `The gzip data is damaged between its bytes ${sliceStart} and ${sliceEnd}: ${error.message}.`;
  return new GzipDamage(message, { cause: error });
}
