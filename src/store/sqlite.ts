import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';

export type Database = Sqlite.Database;

/** Something is wrong with where the service keeps its data; the message says what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** Whether there was no room on the disk. */
export const isFull = (error: unknown): boolean => (error as { code?: unknown }).code === 'SQLITE_FULL';

/** Loaded on demand: it is compiled when it is installed, and only the service needs it. */
export function openDatabase(path: string, options: { readonly readonly?: boolean } = {}): Database {
  let Constructor: typeof Sqlite;
  try {
    Constructor = createRequire(import.meta.url)('better-sqlite3') as typeof Sqlite;
    // SQLite would let everybody read it, and gives its journals the same mode.
    if (options.readonly !== true) closeSync(openSync(path, 'a', 0o600));
    return new Constructor(path, {
      readonly: options.readonly === true,
      fileMustExist: options.readonly === true,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND' || /bindings file|NODE_MODULE_VERSION|\.node/.test(message)) {
      throw new StoreError(
        'The package better-sqlite3 is missing, in which the service keeps its data. Install it with a C++ compiler at hand: npm install better-sqlite3',
      );
    }
    throw new StoreError(`'${path}' cannot be opened: ${message}. Check the folder and its permissions.`);
  }
}

/**
 * Brings a database to the newest version, each step in a transaction of its own.
 *
 * @throws StoreError for one that a newer program wrote.
 */
export function migrate(database: Database, steps: readonly string[]): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > steps.length) {
    throw new StoreError(
      `The data was written by a newer sshfate (version ${version} of its tables, this one knows ${steps.length}). Start that one, or give another folder with --data.`,
    );
  }
  for (let next = version; next < steps.length; next++) {
    database.transaction(() => {
      database.exec(steps[next] as string);
      database.pragma(`user_version = ${next + 1}`);
    })();
  }
}
