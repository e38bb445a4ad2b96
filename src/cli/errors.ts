import { forTerminal } from '../report/escape.ts';

/** The user asked for something that cannot be: exit code 2. The message says what is wrong and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A line for stderr. Messages hold names that users gave and texts from files. */
export function message(text: string): string {
  return `sshfate: ${forTerminal(text)}\n`;
}

/** For an output that cannot be opened or written; `name` begins the sentence, `option` chooses another one. */
export function outputError(name: string, error: unknown, option = '--output'): UsageError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = (code !== undefined && WHY[code]) || message;
  return new UsageError(`${name} cannot be written: ${why}. Choose another file with ${option}.`);
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EACCES: 'there is no permission to',
  EPERM: 'there is no permission to',
  EISDIR: 'it is a folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'there is no space left on the device',
  EDQUOT: 'the quota is used up',
};
