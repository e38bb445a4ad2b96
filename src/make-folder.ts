import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The folder and those above it, as far as they are not there. Not by the `recursive` of Node.js, which goes round for
 * ever where the system says of a folder that is there that it is not (ENOENT below /proc; Node.js 20.20).
 *
 * @throws the system's error when it cannot be made, or is no folder.
 */
export function makeFolder(folder: string, mode?: number): void {
  if (isFolder(folder)) return;
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Somebody else made it at the same time.
    if (code === 'EEXIST' && isFolder(folder)) return;
    const above = dirname(folder);
    if (code !== 'ENOENT' || above === folder || isFolder(above)) throw error;
    makeFolder(above, mode);
    makeFolder(folder, mode);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Why a folder cannot be made or written in, to stand behind a colon. */
export function whyNoFolder(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code !== undefined && WHY[code]) || message;
}

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'you have no permission to write there',
  EPERM: 'you have no permission to write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'there is no space left on the device',
  EDQUOT: 'the quota is used up',
  // mkdir says it of a file in its place.
  EEXIST: 'it is a file, or lies in one',
  ENOTDIR: 'it is a file, or lies in one',
  ENOENT: 'no folder can be made there',
};
