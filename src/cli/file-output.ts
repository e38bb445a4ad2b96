import { closeSync, openSync, writeSync } from 'node:fs';
import type { ReportOutput } from '../report/reporter.ts';
import { outputError, type UsageError } from './errors.ts';

/** Text is gathered up to this before it is written. */
const CHUNK_LENGTH = 64 * 1024;
/** How long a full pipe that does not block is left to its reader, before the next try. */
const PIPE_WAIT_MS = 5;

export interface DataOutput extends ReportOutput {
  /** Hands on what was gathered. */
  flush(): void;
  /**
   * Hands on the rest. Standard output stays open.
   *
   * @throws UsageError when something could not be written, for example on a full disk.
   */
  end(): void;
}

/**
 * Data on its way out, written synchronously: a slow reader slows the analysis down instead of filling the memory.
 * When no more can be written, because the reader went away (`| head`) or the disk is full, the rest is dropped and
 * `onClosed` called, once.
 */
export class FileOutput implements DataOutput {
  private readonly descriptor: number;
  private readonly name: string;
  private readonly onClosed: () => void;
  private text = '';
  private scheduled = false;
  private closed = false;
  private failure: UsageError | undefined;

  constructor(descriptor: number, name: string, onClosed: () => void = () => {}) {
    this.descriptor = descriptor;
    this.name = name;
    this.onClosed = onClosed;
  }

  /** @throws UsageError when the file cannot be opened. */
  static create(path: string, onClosed?: () => void): FileOutput {
    try {
      return new FileOutput(openSync(path, 'w'), `'${path}'`, onClosed);
    } catch (error) {
      throw outputError(`'${path}'`, error);
    }
  }

  write(data: string | Uint8Array): void {
    if (typeof data !== 'string') {
      this.flush();
      this.writeAll(data);
      return;
    }
    this.text += data;
    if (this.text.length >= CHUNK_LENGTH) this.flush();
    else if (!this.scheduled) {
      this.scheduled = true;
      setImmediate(() => {
        this.scheduled = false;
        this.flush();
      });
    }
  }

  flush(): void {
    if (this.text === '') return;
    const bytes = Buffer.from(this.text);
    this.text = '';
    this.writeAll(bytes);
  }

  end(): void {
    this.flush();
    if (this.descriptor > 2) closeSync(this.descriptor);
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }

  private writeAll(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length && !this.closed; ) {
      try {
        written += writeSync(this.descriptor, bytes, written);
      } catch (error) {
        this.failed(error);
      }
    }
  }

  private failed(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_WAIT_MS);
      return;
    }
    this.closed = true;
    // Thrown from `end`: this may run between two turns of the event loop, where nobody could catch it.
    if (code !== 'EPIPE') this.failure = outputError(this.name, error);
    this.onClosed();
  }
}
