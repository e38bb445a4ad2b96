import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CaptureError, inputName, isDirectory, systemError } from './capture-error.ts';

/** A capture that can be read more than once. */
export interface SpooledCapture {
  readonly path: string;
  /** Takes away what was made for it. */
  release(): void;
}

/**
 * Makes sure that a capture can be read again: standard input and pipes are copied to a file that only this user can
 * read, a file stays where it is.
 *
 * @throws {CaptureError} when it cannot be read or copied.
 */
export async function spoolCapture(input: string, signal?: AbortSignal): Promise<SpooledCapture> {
  if (input !== '-' && isRegularFile(input)) return { path: input, release: () => {} };
  if (input === '-' && process.stdin.isTTY) {
    throw new CaptureError(
      'not-a-capture',
      '-',
      'Standard input is a terminal, not a capture. Pipe a capture into it, for example from tcpdump -w -.',
    );
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-'));
  const copy = path.join(folder, 'capture');
  const release = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const source = input === '-' ? process.stdin : createReadStream(input);
    await pipeline(source, createWriteStream(copy, { mode: 0o600 }), { ...(signal && { signal }) });
    return { path: copy, release };
  } catch (error) {
    release();
    if (signal?.aborted) throw error;
    throw new CaptureError(
      'read-failed',
      input,
      `${inputName(input)} is read more than once and could not be copied to ${tmpdir()}: ${String((error as NodeJS.ErrnoException).code ?? error)}. Save it to a file first and name that.`,
      { cause: error },
    );
  }
}

/** SHA-256 of a file's bytes as they lie on disk, in hexadecimal. */
export async function sha256OfFile(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, { ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw systemError(file, error);
  }
  return hash.digest('hex');
}

function isRegularFile(file: string): boolean {
  try {
    const status = statSync(file);
    if (status.isDirectory()) throw isDirectory(file);
    return status.isFile();
  } catch (error) {
    throw error instanceof CaptureError ? error : systemError(file, error);
  }
}
