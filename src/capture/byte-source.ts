import { fstatSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** Where the bytes of a capture come from. */
export interface ByteSource {
  /** Bytes taken from the file or stream so far, before decompression. */
  readonly bytesRead: number;
  /** Bytes that there are; `undefined` when nobody knows (a pipe). */
  readonly totalBytes: number | undefined;
  /**
   * Puts the next bytes into `into` from offset `from` on and returns their number; 0 at the end. A source that has
   * to wait returns a promise. Throws what the system or the stream reports; an abort of the signal ends the wait
   * with its reason.
   */
  fill(into: Uint8Array, from: number, signal?: AbortSignal): number | Promise<number>;
}

/** What was passed in is no input, or a stream of something else than bytes: a mistake of the caller. */
export class NotBytesError extends TypeError {
  override readonly name = 'NotBytesError';
}

/** A regular file, read synchronously: at gigabytes a second an event-loop turn per block would cost more. */
export class FileSource implements ByteSource {
  readonly totalBytes: number;
  bytesRead = 0;
  readonly #descriptor: number;
  /** `undefined` reads where the descriptor stands (standard input from a file, which may be half read). */
  readonly #start: number | undefined;

  constructor(descriptor: number, start: number | undefined) {
    this.#descriptor = descriptor;
    this.#start = start;
    this.totalBytes = fstatSync(descriptor).size;
  }

  fill(into: Uint8Array, from: number): number {
    const position = this.#start === undefined ? null : this.#start + this.bytesRead;
    const count = readSync(this.#descriptor, into, from, into.length - from, position);
    this.bytesRead += count;
    return count;
  }

  /** The same bytes from the start; `undefined` where that is not possible. */
  again(): FileSource | undefined {
    return this.#start === undefined ? undefined : new FileSource(this.#descriptor, this.#start);
  }
}

/** Bytes that are in memory. */
export class MemorySource implements ByteSource {
  bytesRead = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get totalBytes(): number {
    return this.#bytes.length;
  }

  fill(into: Uint8Array, from: number): number {
    const next = this.#bytes.subarray(this.bytesRead, this.bytesRead + into.length - from);
    into.set(next, from);
    this.bytesRead += next.length;
    return next.length;
  }

  /** The same bytes from the start. */
  again(): MemorySource {
    return new MemorySource(this.#bytes);
  }
}

/** A stream: its bytes are handed on as soon as they arrive. */
export class StreamSource implements ByteSource {
  readonly totalBytes = undefined;
  bytesRead = 0;
  readonly #stream: Readable;
  #rest: Uint8Array | undefined;
  #ended = false;
  #failure: unknown;
  #wake: () => void = () => {};

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#ended = stream.readableEnded;
    this.#failure = stream.errored ?? (stream.destroyed && !stream.readableEnded ? closedEarly() : undefined);
    stream.on('readable', this.#onReadable).on('end', this.#onEnd).on('error', this.#onError);
    stream.on('close', this.#onClose);
  }

  readonly #onReadable = (): void => this.#wake();
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake();
  };
  readonly #onError = (error: unknown): void => {
    this.#failure ??= error;
    this.#wake();
  };
  readonly #onClose = (): void => {
    if (!this.#ended) this.#failure ??= closedEarly();
    this.#wake();
  };

  async fill(into: Uint8Array, from: number, signal?: AbortSignal): Promise<number> {
    const chunk = this.#rest ?? (await this.#next(signal));
    if (chunk === undefined) return 0;
    const count = Math.min(chunk.length, into.length - from);
    into.set(chunk.subarray(0, count), from);
    this.#rest = count < chunk.length ? chunk.subarray(count) : undefined;
    return count;
  }

  /** `undefined` at the end. */
  async #next(signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const chunk: unknown = this.#stream.read();
      if (chunk instanceof Uint8Array) {
        if (chunk.length === 0) continue;
        this.bytesRead += chunk.length;
        return chunk;
      }
      if (chunk !== null) throw new NotBytesError('A capture is read from a stream of bytes.');
      if (this.#ended) return undefined;
      if (this.#failure !== undefined) throw this.#failure;
      await this.#change(signal);
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const woken = (): void => {
        signal?.removeEventListener('abort', woken);
        resolve();
      };
      this.#wake = woken;
      signal?.addEventListener('abort', woken, { once: true });
    });
  }

  /** Leaves the stream to its owner. */
  release(): void {
    this.#stream.off('readable', this.#onReadable).off('end', this.#onEnd).off('error', this.#onError);
    this.#stream.off('close', this.#onClose);
    this.#onClose();
  }
}

const closedEarly = (): Error => new Error('the stream was closed before its end');

/** Puts bytes that were read ahead in front of a source again. */
export class PrefixedSource implements ByteSource {
  readonly #source: ByteSource;
  #prefix: Uint8Array;

  constructor(prefix: Uint8Array, source: ByteSource) {
    this.#prefix = prefix;
    this.#source = source;
  }

  get bytesRead(): number {
    return this.#source.bytesRead;
  }

  get totalBytes(): number | undefined {
    return this.#source.totalBytes;
  }

  fill(into: Uint8Array, from: number, signal?: AbortSignal): number | Promise<number> {
    if (this.#prefix.length === 0) return this.#source.fill(into, from, signal);
    const count = Math.min(this.#prefix.length, into.length - from);
    into.set(this.#prefix.subarray(0, count), from);
    this.#prefix = this.#prefix.subarray(count);
    return count;
  }
}
