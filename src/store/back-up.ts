import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { FolderInUse, lockFolder } from '../folder-lock.ts';
import { makeFolder, whyNoFolder } from '../make-folder.ts';
import { openDatabase, StoreError } from './sqlite.ts';

export interface BackUp {
  readonly captures: number;
  /** That were not in the folder from an earlier time. */
  readonly copied: number;
}

const DATABASE = 'sshfate.db';

/**
 * Copies what a service keeps, while it runs: the database as of one moment, and the files that it knows, each of which
 * never changes. Verdicts are made anew from them. To restore, give the folder to `sshfate serve --data`.
 *
 * What is there from an earlier time is replaced only by what is whole, the database last.
 *
 * @throws StoreError when there is nothing to copy, or no place for it.
 */
export async function backUp(data: string, target: string): Promise<BackUp> {
  const source = path.join(data, DATABASE);
  if (!existsSync(source)) {
    throw new StoreError(`There is no data of a service in '${data}'. Name its folder with --data.`);
  }
  try {
    makeFolder(path.join(target, 'captures'), 0o700);
    if (realpathSync(target) === realpathSync(data)) {
      throw new StoreError(`'${target}' is what is to be backed up. Choose another folder.`);
    }
    // Neither a service nor another backup may have it meanwhile.
    const unlock = lockFolder(target);
    try {
      return await copyTo(source, data, target);
    } finally {
      unlock();
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    if (error instanceof FolderInUse) {
      throw new StoreError(`'${target}' is used by process ${error.pid}. Choose another folder.`);
    }
    throw new StoreError(
      `The backup to '${target}' failed: ${whyNoFolder(error)}. Choose another folder, or make room.`,
    );
  }
}

async function copyTo(source: string, data: string, target: string): Promise<BackUp> {
  const draft = path.join(target, `${DATABASE}.unfinished`);
  rmSync(draft, { force: true });
  const live = openDatabase(source, { readonly: true });
  try {
    // For nobody else to read; it would be made for everybody.
    writeFileSync(draft, '', { mode: 0o600 });
    await live.backup(draft);
  } finally {
    live.close();
  }
  let captures = 0;
  let copied = 0;
  const written = openDatabase(draft);
  try {
    written.pragma('journal_mode = DELETE');
    // Their results are not there.
    written.exec("UPDATE analyses SET state = 'queued', summary = NULL WHERE state <> 'failed'");
    const files = written.prepare('SELECT DISTINCT sha256, size FROM captures').all() as {
      sha256: string;
      size: number;
    }[];
    for (const { sha256, size } of files) {
      const file = path.join(target, 'captures', sha256);
      if (statSync(file, { throwIfNoEntry: false })?.size === size) captures++;
      else if (copyWhole(path.join(data, 'captures', sha256), file)) {
        captures++;
        copied++;
      } else {
        // Deleted since the moment of the database.
        for (const table of ['captures', 'analyses', 'groups']) {
          written.prepare(`DELETE FROM ${table} WHERE sha256 = ?`).run(sha256);
        }
      }
    }
  } finally {
    written.close();
  }
  // Of a service that was started on it: they belong to the old one.
  for (const ending of ['-wal', '-shm']) rmSync(path.join(target, DATABASE + ending), { force: true });
  renameSync(draft, path.join(target, DATABASE));
  return { captures, copied };
}

/** Whether it was there to be copied. */
function copyWhole(original: string, file: string): boolean {
  const draft = `${file}.unfinished`;
  try {
    copyFileSync(original, draft);
    // By its name and size it counts as whole from now on, also after a power cut.
    const descriptor = openSync(draft, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch (error) {
    rmSync(draft, { force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  renameSync(draft, file);
  return true;
}
