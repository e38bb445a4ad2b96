import { existsSync } from 'node:fs';
import path from 'node:path';
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
  return new UsageError(`${name} cannot be written: ${whyNot(error)}. Choose another file with ${option}.`);
}

function whyNot(error: unknown): string {
  const { code, message, path: file } = error as NodeJS.ErrnoException;
  if (file === '') return 'the name is empty';
  // /proc says it of every new file.
  if (code === 'ENOENT' && file !== undefined && existsSync(path.dirname(file))) {
    return 'its folder takes no new files';
  }
  return (code !== undefined && WHY[code]) || message;
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EACCES: 'you have no permission to write there',
  EPERM: 'you have no permission to write there',
  EISDIR: 'it is a folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'there is no space left on the device',
  EDQUOT: 'the quota is used up',
  EFBIG: 'it would be larger than files may be there',
  EIO: 'the disk fails',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'it is a symbolic link that leads back to itself',
  ETXTBSY: 'it is a program that runs',
};
