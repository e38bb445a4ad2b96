import { readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { message } from './errors.ts';
import { type DataOutput, FileOutput } from './file-output.ts';

/** What the commands see of the world outside: standard output for data, standard error for talk. */
export interface Terminal {
  readonly stdout: DataOutput;
  readonly stderr: DataOutput;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Columns of the terminal; 80 without one. */
  readonly columns: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly stdinIsTerminal: boolean;
  /** All of standard input, or as much of it as the limit allows. */
  readStdin(limitBytes: number): string;
  /** Says a sentence or two on standard error. */
  say(text: string): void;
  /** Calls back once when the reader of standard output has gone. */
  onStdoutClosed(callback: () => void): void;
}

export function processTerminal(): Terminal {
  let closed = () => {};
  const stderr = new FileOutput(2, 'Standard error');
  return {
    stdout: new FileOutput(1, 'Standard output', () => closed()),
    stderr,
    stdoutIsTerminal: isatty(1),
    stderrIsTerminal: isatty(2),
    stdinIsTerminal: isatty(0),
    readStdin,
    columns: columnsOf(process.env),
    environment: process.env,
    say(text) {
      stderr.write(message(text));
      stderr.flush();
    },
    onStdoutClosed(callback) {
      closed = callback;
    },
  };
}

function readStdin(limitBytes: number): string {
  const bytes = Buffer.alloc(limitBytes);
  let length = 0;
  while (length < limitBytes) {
    const read = readSome(bytes, length);
    if (read === 0) break;
    length += read;
  }
  return bytes.toString('utf8', 0, length);
}

function readSome(bytes: Buffer, offset: number): number {
  try {
    return readSync(0, bytes, offset, bytes.length - offset, null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A pipe that somebody set to non-blocking has nothing yet; a closed one is at its end (Windows).
    if (code === 'EAGAIN') return waitAndRead(bytes, offset);
    if (code === 'EOF') return 0;
    throw error;
  }
}

function waitAndRead(bytes: Buffer, offset: number): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  return readSome(bytes, offset);
}

const DEFAULT_COLUMNS = 80;
/** Narrower, nothing can be laid out; a terminal that claims 0 columns does not know. */
const MINIMUM_COLUMNS = 20;

function columnsOf(environment: NodeJS.ProcessEnv): number {
  // `process.stdout` is only made for a terminal: it takes time, and sets pipes to another mode.
  const columns = isatty(1) ? process.stdout.columns : Number(environment.COLUMNS);
  return columns >= MINIMUM_COLUMNS ? Math.floor(columns) : DEFAULT_COLUMNS;
}

/** `--no-color`, then what Node.js and others do: FORCE_COLOR, NO_COLOR (https://no-color.org), a terminal that can. */
export function wantsColour(
  { stdoutIsTerminal, environment }: Pick<Terminal, 'stdoutIsTerminal' | 'environment'>,
  asked: boolean,
  toFile: boolean,
): boolean {
  if (!asked) return false;
  const force = environment.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (environment.NO_COLOR) return false;
  return stdoutIsTerminal && !toFile && environment.TERM !== 'dumb';
}
