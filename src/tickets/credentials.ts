import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Secret } from './secret.ts';
import { TicketError } from './ticket-error.ts';

/** Where a credential may come from; never the command line, which every user of the machine can read. */
export interface CredentialSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The environment variable of the system. */
  readonly variable: string;
  readonly file?: string | undefined;
  readonly command?: string | undefined;
  readonly commandTimeoutMs?: number;
}

/**
 * The credential from a file, a command or the environment, the first that was named; undefined when nothing was.
 *
 * @throws TicketError when the source does not give one line of text, or others may read the file.
 */
export async function readCredential(sources: CredentialSources): Promise<Secret | undefined> {
  const { file, command, environment, variable } = sources;
  if (file !== undefined && command !== undefined) {
    throw new TicketError(
      'usage',
      'There are both --credentials-file and --credentials-command. Give one of them.',
    );
  }
  if (file !== undefined) return oneLine(fromFile(file), `the file '${file}'`);
  if (command !== undefined) {
    const text = await fromCommand(command, sources.commandTimeoutMs ?? COMMAND_TIMEOUT_MS);
    return oneLine(text, 'the output of --credentials-command');
  }
  const text = environment[variable];
  return text === undefined || text === '' ? undefined : oneLine(text, `the variable ${variable}`);
}

/** Longer than any token; a larger file is another file. */
const MAX_BYTES = 16 * 1024;
/** Time enough to unlock a password store. */
const COMMAND_TIMEOUT_MS = 60_000;
/** A command that does not end when asked to is killed. */
const KILL_AFTER_MS = 2_000;
const OTHERS = 0o077;

function fromFile(path: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TicketError(
      'credentials',
      `The credentials file '${path}' cannot be opened (${code ?? 'unknown error'}). Check --credentials-file.`,
    );
  }
  try {
    // Of the open file, not of the name: between two looks at a name it may become another file.
    const status = fstatSync(descriptor);
    if (!status.isFile()) {
      throw new TicketError('credentials', `'${path}' is no file. Name a file with --credentials-file.`);
    }
    if ((status.mode & OTHERS) !== 0) {
      const mode = (status.mode & 0o777).toString(8).padStart(4, '0');
      throw new TicketError(
        'credentials',
        `Others may read or change the credentials file '${path}' (mode ${mode}). Run: chmod 600 '${path}'`,
      );
    }
    const owner = process.getuid?.();
    if (owner !== undefined && status.uid !== owner && owner !== 0) {
      throw new TicketError(
        'credentials',
        `The credentials file '${path}' belongs to another user. Make one of your own, with mode 0600.`,
      );
    }
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    const length = readSync(descriptor, bytes, 0, bytes.length, 0);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** Runs the words of the command as they are: no shell, so nothing in them is expanded. */
function fromCommand(command: string, timeoutMs: number): Promise<string> {
  const [program, ...words] = commandWords(command);
  if (program === undefined) {
    throw new TicketError('usage', '--credentials-command is empty. Give a program and its arguments.');
  }
  const hint = 'Run it by hand to see why.';
  return new Promise((resolve, reject) => {
    // Its standard error is the user's: it may ask for a passphrase there.
    const child = spawn(program, words, { stdio: ['inherit', 'pipe', 'inherit'], shell: false });
    let output = Buffer.alloc(0);
    let timedOut = false;
    const kill = setTimeout(() => {
      timedOut = true;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      if (output.length <= MAX_BYTES) output = Buffer.concat([output, chunk]);
    });
    child.on('error', ({ code }: NodeJS.ErrnoException) => {
      clearTimeout(kill);
      reject(
        new TicketError(
          'credentials',
          `The program '${program}' of --credentials-command cannot be run (${code ?? 'unknown error'}). Check its name.`,
        ),
      );
    });
    child.on('close', (code, signal) => {
      clearTimeout(kill);
      if (timedOut) {
        const seconds = timeoutMs / 1000;
        reject(
          new TicketError('credentials', `'${program}' gave no credential within ${seconds} s. ${hint}`),
        );
      } else if (code !== 0) {
        const how = code === null ? `was ended by ${signal}` : `ended with code ${code}`;
        reject(new TicketError('credentials', `'${program}' of --credentials-command ${how}. ${hint}`));
      } else resolve(output.toString('utf8'));
    });
  });
}

/** Splits at spaces; quotes keep words together. */
export function commandWords(command: string): string[] {
  const words: string[] = [];
  for (const match of command.matchAll(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g)) {
    words.push(match[0].replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
  }
  return words;
}

function oneLine(text: string, source: string): Secret {
  const [first = '', ...rest] = text.split(/\r?\n/);
  const line = first.trim();
  if (line === '' || rest.some((more) => more.trim() !== '') || text.length > MAX_BYTES) {
    throw new TicketError(
      'credentials',
      `There is no credential in ${source}: it must be one line, a token or USER:PASSWORD.`,
    );
  }
  // A control character would end a header; nothing of the text is shown.
  if (/[\p{Cc}\u2028\u2029]/u.test(line)) {
    throw new TicketError(
      'credentials',
      `The credential in ${source} holds a control character. Check how it was written there.`,
    );
  }
  return new Secret(line);
}
