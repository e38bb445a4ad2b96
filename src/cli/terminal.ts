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
