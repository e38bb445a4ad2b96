import { setImmediate } from 'node:timers/promises';
import { type ByteSource, NotBytesError } from './byte-source.ts';
import { describeCause } from './capture-error.ts';
import type { CaptureInfo } from './capture-info.ts';
import type { CaptureParser } from './capture-parser.ts';
import { GzipDamage } from './gunzip-source.ts';
import type { PacketSink } from './packet.ts';
import { MAXIMUM_BLOCK_LENGTH } from './pcapng.ts';

/** How {@link Capture.read} reads. */
export interface ReadOptions {
  /** Stops the reading: `read` resolves soon after the abort, and `info` says what was read until then. */
  readonly signal?: AbortSignal;
  /** Called some times a second: bytes read of the file (compressed ones), and all that it has, if known. */
  readonly onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
}

/** A capture that was opened: read it once, then close it. */
export interface Capture {
  /** Format and name are there from the start, all else grows while packets are read. */
  readonly info: Readonly<CaptureInfo>;
  /**
   * Hands every packet to the sink. Can be called once. Resolves also when the capture is damaged or its source fails:
   * `info.damage` says so. Rejects with what the sink throws, with an error when it is called again or after `close()`, and
   * with a `TypeError` when a stream gives something else than bytes.
   */
  read(sink: PacketSink, options?: ReadOptions): Promise<void>;
  /** Gives the file back; again and again does nothing more. A stream that was passed in stays open for its owner. */
  close(): void;
}

/**
 * Small, because it shares the second-level cache (512 kB to 1 MB) with all that connections touch; not smaller, for every
 * read costs some microseconds (measured: with 64 KiB a gigabyte takes a twentieth longer).
 */
const BLOCK_LENGTH = 256 * 1024;
/** The buffer grows to this, for a block of {@link MAXIMUM_BLOCK_LENGTH}, and only as bytes arrive. */
const MAXIMUM_BUFFER_LENGTH = 2 * MAXIMUM_BLOCK_LENGTH;
/** The event loop gets its turn this often, for Ctrl-C and progress. */
const TURN_MS = 50;
const TURN_BYTES = 32 * 1024 * 1024;

/** The driver: moves bytes from the source to the parser. */
export class OpenCapture implements Capture {
  readonly info: CaptureInfo;
  readonly #parser: CaptureParser;
  readonly #source: ByteSource;
  readonly #head: Uint8Array;
  readonly #close: () => void;
  #state: 'open' | 'reading' | 'closed' = 'open';

  constructor(
    info: CaptureInfo,
    parser: CaptureParser,
    source: ByteSource,
    head: Uint8Array,
    close: () => void,
  ) {
    this.info = info;
    this.#parser = parser;
    this.#source = source;
    this.#head = head;
    this.#close = close;
  }

  async read(sink: PacketSink, options: ReadOptions = {}): Promise<void> {
    if (this.#state !== 'open') throw new Error('A capture can be read once, before it is closed.');
    this.#state = 'reading';
    const { signal, onProgress } = options;
    const { info } = this;
    const turns = new Turns();
    let buffer: Uint8Array = new Uint8Array(BLOCK_LENGTH);
    let start = 0;
    let end = this.#head.length;
    buffer.set(this.#head);
    for (;;) {
      const used = this.#parser.parse(buffer, start, end, sink) - start;
      start += used;
      info.bytes += used;
      if (info.damage !== undefined || this.#stopped(signal)) break;
      if (turns.due(info.bytes)) {
        onProgress?.(this.#source.bytesRead, this.#source.totalBytes);
        await setImmediate();
        if (this.#stopped(signal)) break;
      }
      // A stream brings little at a time: moving a long leftover for each piece would cost its length each time.
      if (start > 0 && buffer.length - end < buffer.length / 2) {
        buffer.copyWithin(0, start, end);
        end -= start;
        start = 0;
      }
      if (end === buffer.length) buffer = grown(buffer);
      const count = await this.#fill(buffer, end, signal);
      if (count === undefined) break;
      if (count === 0) {
        this.#parser.end(end - start);
        break;
      }
      end += count;
    }
    onProgress?.(this.#source.bytesRead, this.#source.totalBytes);
  }

  #stopped(signal: AbortSignal | undefined): boolean {
    return signal?.aborted === true || this.#state === 'closed';
  }

  /** `undefined` when the source failed, which is noted, or when the reading was stopped. */
  async #fill(buffer: Uint8Array, end: number, signal: AbortSignal | undefined): Promise<number | undefined> {
    try {
      return await this.#source.fill(buffer, end, signal);
    } catch (error) {
      if (this.#stopped(signal)) return undefined;
      if (error instanceof NotBytesError) throw error;
      const offset = this.info.bytes;
      const place = `after packet ${this.info.packets} (offset ${offset})`;
      this.info.damage =
        error instanceof GzipDamage
          ? { kind: 'bad-gzip', message: `The capture ends ${place}: ${error.message}`, offset }
          : { kind: 'read-error', message: `Reading failed ${place}: ${describeCause(error)}.`, offset };
      return undefined;
    }
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#close();
  }
}

function grown(buffer: Uint8Array): Uint8Array {
  if (buffer.length >= MAXIMUM_BUFFER_LENGTH)
    throw new Error('A parser kept more bytes than a record may have.');
  const larger = new Uint8Array(buffer.length * 2);
  larger.set(buffer);
  return larger;
}

/** Says when the event loop must get a turn. */
class Turns {
  #bytes = 0;
  #at = performance.now();

  due(bytes: number): boolean {
    const now = performance.now();
    if (bytes - this.#bytes < TURN_BYTES && now - this.#at < TURN_MS) return false;
    this.#bytes = bytes;
    this.#at = now;
    return true;
  }
}
