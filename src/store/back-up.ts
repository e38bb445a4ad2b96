import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { makeFolder, whyNoFolder } from '../make-folder.ts';
import { openDatabase, StoreError } from './sqlite.ts';

export interface BackUp {
  readonly captures: number;
  /** That were not in the folder from an earlier time. */
  readonly copied: number;
}

/**
 * Copies what a service keeps, while it runs: the database as of one moment, and the files that it knows, each of which
 * never changes. Verdicts are made anew from them. To restore, give the folder to `sshfate serve --data`.
 *
 * @throws StoreError when there is nothing to copy, or no place for it.
 */
export async function backUp(data: string, target: string): Promise<BackUp> {
  const source = path.join(data, 'sshfate.db');
  if (!existsSync(source)) {
    throw new StoreError(`There is no data of a service in '${data}'. Name its folder with --data.`);
  }
  try {
    makeFolder(path.join(target, 'captures'), 0o700);
    const live = openDatabase(source, { readonly: true });
    try {
      await live.backup(path.join(target, 'sshfate.db'));
    } finally {
      live.close();
    }
    const copy = openDatabase(path.join(target, 'sshfate.db'));
    try {
      // Their results are not there.
      copy.exec("UPDATE analyses SET state = 'queued', summary = NULL WHERE state <> 'failed'");
      const files = copy.prepare('SELECT DISTINCT sha256 FROM captures').pluck().all() as string[];
      let copied = 0;
      for (const sha256 of files) {
        const file = path.join(target, 'captures', sha256);
        const original = path.join(data, 'captures', sha256);
        // One that was deleted since the moment of the database is not missed.
        if (existsSync(file) || !existsSync(original)) continue;
        cpSync(original, file);
        copied++;
      }
      return { captures: files.length, copied };
    } finally {
      copy.close();
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      `The backup to '${target}' failed: ${whyNoFolder(error)}. Choose another folder, or make room.`,
    );
  }
}
