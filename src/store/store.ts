import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { FolderInUse, lockFolder } from '../folder-lock.ts';
import { makeFolder, whyNoFolder } from '../make-folder.ts';
import { Analyses } from './analyses.ts';
import type { AnalysisJob } from './analysis-job.ts';
import { Audit } from './audit.ts';
import { Result } from './result.ts';
import { MIGRATIONS } from './schema.ts';
import { SessionSearch } from './session-search.ts';
import { type Database, isFull, migrate, openDatabase, StoreError } from './sqlite.ts';
import type { CaptureSummary, StoredCapture, Viewer } from './stored-capture.ts';
import { Tokens } from './tokens.ts';
import { diskFull, emptyFolder, type FileFolders, IncomingFile, overQuota } from './upload.ts';
import { type WorkerLimits, WorkerPool } from './worker-pool.ts';

export interface StoreOptions {
  readonly folder: string;
  /** What judges, e.g. 'sshfate 1.2.3'. */
  readonly generator: string;
  readonly workers: number;
  readonly limits: WorkerLimits & Pick<AnalysisJob, 'maxExpandedBytes'>;
}

export const DEFAULT_LIMITS: StoreOptions['limits'] = {
  timeMs: 30 * 60_000,
  heapMegabytes: 1024,
  maxExpandedBytes: 20e9,
};

export interface NewCapture {
  readonly name: string;
  readonly owner: string;
  readonly ownerName: string;
  /** That all uploads of the owner may take. */
  readonly quotaBytes?: number;
}

const MAX_LIMIT = 200;
/** Some tens of milliseconds. */
const RETAINED_AT_ONCE = 500;
const DATABASE = 'sshfate.db';

/** Whether a service keeps anything there. */
export const isData = (folder: string): boolean => existsSync(path.join(folder, DATABASE));

/** The tokens of a service, which may run meanwhile. Call `close` after use. */
export function openTokens(folder: string): { readonly tokens: Tokens; close(): void } {
  makeFolders([folder]);
  const database = openDatabase(path.join(folder, DATABASE));
  database.pragma('journal_mode = WAL');
  database.pragma('busy_timeout = 5000');
  migrate(database, MIGRATIONS);
  return { tokens: new Tokens(database), close: () => database.close() };
}

/**
 * Keeps uploads and what was found in them, in one folder:
 *
 * - `sshfate.db` says what was uploaded, by whom, and how far its analysis is;
 * - `captures/` has the files, each under its SHA-256, so that a file is kept and judged once;
 * - `results/` has the verdicts, a database for each file;
 * - `incoming/` has what is still being uploaded.
 */
export class Store {
  readonly tokens: Tokens;
  readonly audit: Audit;
  readonly pool: WorkerPool;
  private readonly database: Database;
  private readonly folder: string;
  private readonly folders: FileFolders;
  private readonly analyses: Analyses;
  private readonly search: SessionSearch;
  private readonly changes = new EventEmitter<{ change: [sha256: string] }>().setMaxListeners(0);
  /** Of files that have arrived, and whose row is not written yet. */
  private readonly arriving = new Map<string, number>();
  private readonly unlock: () => void;

  /** @throws StoreError when the folder cannot be used. */
  constructor({ folder, generator, workers, limits }: StoreOptions) {
    this.folder = folder;
    this.folders = { incoming: path.join(folder, 'incoming'), captures: path.join(folder, 'captures') };
    const results = path.join(folder, 'results');
    makeFolders([folder, this.folders.captures, this.folders.incoming, results]);
    this.unlock = lock(folder);
    this.database = openDatabase(path.join(folder, DATABASE));
    this.database.pragma('journal_mode = WAL');
    // With NORMAL the last commits of a WAL may be lost with the power: uploads were acknowledged.
    this.database.pragma('synchronous = FULL');
    migrate(this.database, MIGRATIONS);
    this.tokens = new Tokens(this.database);
    this.audit = new Audit(this.database);
    this.pool = new WorkerPool(limits);
    this.search = new SessionSearch(this.database);
    this.analyses = new Analyses({
      database: this.database,
      pool: this.pool,
      workers,
      jobOf: (sha256) => ({
        file: this.fileOf(sha256),
        result: this.resultOf(sha256),
        maxExpandedBytes: limits.maxExpandedBytes,
        generator,
      }),
      onChange: (sha256) => this.changes.emit('change', sha256),
    });
    this.removeOrphans(results);
    this.analyses.resume((sha256) => existsSync(this.resultOf(sha256)));
  }

  /** Ends what is analysed; it is begun again at the next start. */
  async close(): Promise<void> {
    this.analyses.stop();
    await this.pool.close();
    this.database.close();
    this.unlock();
  }

  /** What was on its way when the service ended. Call before the first upload. */
  async removeUnfinishedUploads(): Promise<void> {
    await emptyFolder(this.folders.incoming);
  }

  beginUpload(maxBytes: number): IncomingFile {
    return new IncomingFile(this.folders, maxBytes);
  }

  /**
   * Acknowledges an upload: from then on it is there, and gets its verdict, whatever happens to this process.
   *
   * @throws UploadError
   */
  async commit(
    file: IncomingFile,
    { name, owner, ownerName, quotaBytes }: NewCapture,
  ): Promise<StoredCapture> {
    let pinned: string | undefined;
    let isKept = false;
    try {
      const { sha256, sizeBytes } = await file.arrive((hash) => {
        pinned = hash;
        this.arriving.set(hash, (this.arriving.get(hash) ?? 0) + 1);
      });
      const id = randomBytes(16).toString('base64url');
      this.database.transaction(() => {
        // Here, since others of the same owner may have arrived meanwhile.
        if (quotaBytes !== undefined && this.bytesOf(owner) + sizeBytes > quotaBytes) {
          throw overQuota(quotaBytes);
        }
        this.database
          .prepare("INSERT INTO captures VALUES (?, ?, ?, ?, ?, ?, ?, '')")
          .run(id, name, sha256, sizeBytes, new Date().toISOString(), owner, ownerName);
        this.analyses.add(sha256, owner);
      })();
      isKept = true;
      this.analyses.start();
      return this.byId(id) as StoredCapture;
    } catch (error) {
      if (!isFull(error)) throw error;
      throw diskFull();
    } finally {
      if (pinned !== undefined) {
        this.unpin(pinned);
        if (!isKept) this.removeUnknown(pinned);
      }
    }
  }

  capture(viewer: Viewer, id: string): StoredCapture | undefined {
    const found = this.byId(id);
    return found !== undefined && (viewer.seesAll || found.owner === viewer.owner) ? found : undefined;
  }

  /** Newest first. */
  captures(
    viewer: Viewer,
    { search = '', offset = 0, limit = 50 },
  ): { readonly total: number; readonly captures: StoredCapture[] } {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
    const where = `WHERE (@all = 1 OR captures.owner = @owner)
      AND (name LIKE @pattern ESCAPE '\\' OR notes LIKE @pattern ESCAPE '\\' OR captures.sha256 LIKE @pattern ESCAPE '\\')`;
    const values = { all: viewer.seesAll ? 1 : 0, owner: viewer.owner, pattern };
    const total = this.database
      .prepare(`SELECT count(*) FROM captures ${where}`)
      .pluck()
      .get(values) as number;
    const rows = this.database
      .prepare(`${SELECT} ${where} ORDER BY uploaded_at DESC, id LIMIT @limit OFFSET @offset`)
      .all({ ...values, limit: Math.min(limit, MAX_LIMIT), offset }) as Row[];
    return { total, captures: rows.map((row) => this.stored(row)) };
  }

  setNotes(id: string, notes: string): void {
    this.database.prepare('UPDATE captures SET notes = ? WHERE id = ?').run(notes, id);
  }

  /** The file and its verdicts go with the last upload of it. */
  remove(capture: StoredCapture): void {
    const { sha256 } = capture;
    const removeRow = this.database.transaction(() => this.removeRow(capture));
    let isLast: boolean;
    try {
      isLast = removeRow();
    } catch (error) {
      if (!isFull(error)) throw error;
      // To delete needs room, too. The verdict gives some; should this end here, it is made anew at the next start.
      rmSync(this.resultOf(sha256), { force: true });
      isLast = removeRow();
    }
    if (isLast) this.removeFiles(sha256);
  }

  /** Judges it again, by this version. */
  judgeAgain({ sha256, owner }: StoredCapture): void {
    this.analyses.again(sha256, owner);
    this.analyses.start();
  }

  /** Told of every change of its state and progress; returns what ends that. */
  subscribe({ sha256 }: StoredCapture, listener: () => void): () => void {
    const onChange = (changed: string): void => {
      if (changed === sha256) listener();
    };
    this.changes.on('change', onChange);
    return () => this.changes.off('change', onChange);
  }

  /** Resolves when it is done or has failed, or when the time is over. */
  whenDecided(capture: StoredCapture, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const isDecided = (): boolean => {
      const { state } = this.byId(capture.id) ?? { state: 'failed' };
      return state === 'done' || state === 'failed';
    };
    return new Promise((resolve) => {
      if (isDecided() || signal?.aborted) return resolve();
      const finish = (): void => {
        clearTimeout(timer);
        unsubscribe();
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const unsubscribe = this.subscribe(capture, () => {
        if (isDecided()) finish();
      });
      const timer = setTimeout(finish, timeoutMs);
      signal?.addEventListener('abort', finish, { once: true });
    });
  }

  /** Of one that is done. Close it after use. */
  result({ sha256, name }: StoredCapture): Result {
    return new Result(this.resultOf(sha256), name);
  }

  fileOf(sha256: string): string {
    return path.join(this.folders.captures, sha256);
  }

  /** For what is made for one answer. */
  temporaryFile(): string {
    return path.join(this.folders.incoming, randomBytes(16).toString('hex'));
  }

  /** Captures with sessions like these, newest first. */
  searchSessions(viewer: Viewer, query: Parameters<SessionSearch['find']>[1]) {
    const { total, found } = this.search.find(viewer, query);
    return {
      total,
      captures: found.flatMap(({ id, sessions }) => {
        const capture = this.byId(id);
        if (capture === undefined) return [];
        const result = this.result(capture);
        try {
          return [
            {
              capture,
              total: sessions,
              sessions: result.sessions({ ...query, offset: 0, limit: 5 }).sessions,
            },
          ];
        } finally {
          result.close();
        }
      }),
    };
  }

  /**
   * Removes what is older, and then the oldest until the rest takes no more than so many bytes. Returns what went: at most
   * {@link RETAINED_AT_ONCE}, so that the service answers meanwhile; call it again until nothing goes.
   */
  retain({ maxAgeMs, maxBytes }: { maxAgeMs?: number; maxBytes?: number }): StoredCapture[] {
    if (maxAgeMs === undefined && maxBytes === undefined) return [];
    const before = maxAgeMs === undefined ? '' : new Date(Date.now() - maxAgeMs).toISOString();
    const rows = this.database
      .prepare(
        `${SELECT} WHERE state IN ('done', 'failed') AND (@bySize = 1 OR uploaded_at < @before)
         ORDER BY uploaded_at, id LIMIT @limit`,
      )
      .all({ bySize: maxBytes === undefined ? 0 : 1, before, limit: RETAINED_AT_ONCE }) as Row[];
    const removed: StoredCapture[] = [];
    const files: string[] = [];
    let bytes = maxBytes === undefined ? 0 : this.storedBytes();
    const removeRows = this.database.transaction(() => {
      for (const row of rows) {
        const isTooOld = row.uploaded_at < before;
        if (!isTooOld && (maxBytes === undefined || bytes <= maxBytes)) break;
        removed.push(this.stored(row));
        if (!this.removeRow(row)) continue;
        files.push(row.sha256);
        bytes -= row.size;
      }
    });
    try {
      removeRows();
    } catch (error) {
      if (!isFull(error)) throw error;
      // One that makes room for the others.
      const [first] = removed;
      if (first === undefined) throw error;
      this.remove(first);
      return [first];
    }
    for (const sha256 of files) this.removeFiles(sha256);
    return removed;
  }

  /** Of what somebody uploaded, copies included. */
  bytesOf(owner: string): number {
    return this.database
      .prepare('SELECT coalesce(sum(size), 0) FROM captures WHERE owner = ?')
      .pluck()
      .get(owner) as number;
  }

  /** Of all files, each counted once. */
  storedBytes(): number {
    return this.database
      .prepare('SELECT coalesce(sum(size), 0) FROM (SELECT size FROM captures GROUP BY sha256)')
      .pluck()
      .get() as number;
  }

  /** How many captures there are in each state. */
  counts(): Readonly<Record<StoredCapture['state'], number>> {
    const counts = { queued: 0, analysing: 0, done: 0, failed: 0 };
    for (const { state, captures } of this.database
      .prepare('SELECT state, count(*) AS captures FROM captures JOIN analyses USING (sha256) GROUP BY state')
      .all() as { state: StoredCapture['state']; captures: number }[]) {
      counts[state] = captures;
    }
    return counts;
  }

  private byId(id: string): StoredCapture | undefined {
    const row = this.database.prepare(`${SELECT} WHERE id = ?`).get(id) as Row | undefined;
    return row && this.stored(row);
  }

  private stored(row: Row): StoredCapture {
    const { state, sha256 } = row;
    const queuePosition = state === 'queued' ? this.analyses.position(sha256) : undefined;
    const progress = state === 'analysing' ? this.analyses.progress(sha256) : undefined;
    return {
      id: row.id,
      name: row.name,
      sizeBytes: row.size,
      sha256,
      uploadedAt: row.uploaded_at,
      owner: row.owner,
      ownerName: row.owner_name,
      state,
      ...(row.error_code !== null && {
        error: { code: row.error_code, message: row.error_message ?? '' } as StoredCapture['error'] & object,
      }),
      ...(queuePosition !== undefined && { queuePosition }),
      ...(progress && { progress }),
      notes: row.notes,
      ...(row.summary !== null && { summary: JSON.parse(row.summary) as CaptureSummary }),
    };
  }

  private resultOf(sha256: string): string {
    return path.join(this.folder, 'results', `${sha256}.db`);
  }

  /** In a transaction. Whether it was the last upload of its file. */
  private removeRow({ id, sha256 }: Pick<StoredCapture, 'id' | 'sha256'>): boolean {
    this.database.prepare('DELETE FROM captures WHERE id = ?').run(id);
    const others = this.database.prepare('SELECT 1 FROM captures WHERE sha256 = ?').get(sha256);
    if (others !== undefined || this.arriving.has(sha256)) return false;
    this.analyses.remove(sha256);
    return true;
  }

  private removeFiles(sha256: string): void {
    rmSync(this.fileOf(sha256), { force: true });
    rmSync(this.resultOf(sha256), { force: true });
  }

  /** A file that was refused after it had arrived, unless it was uploaded another time. */
  private removeUnknown(sha256: string): void {
    const isKnown =
      this.database.prepare('SELECT 1 FROM captures WHERE sha256 = ?').get(sha256) !== undefined;
    if (isKnown || this.arriving.has(sha256)) return;
    this.removeFiles(sha256);
    // Left by a deletion that waited for this upload.
    this.analyses.remove(sha256);
  }

  private unpin(sha256: string): void {
    const count = (this.arriving.get(sha256) ?? 1) - 1;
    if (count > 0) this.arriving.set(sha256, count);
    else this.arriving.delete(sha256);
  }

  /**
   * Files that no row knows: the process ended between the two. They were not acknowledged. And verdicts of a file that was
   * deleted while it arrived once more: the next upload of it is to be judged.
   */
  private removeOrphans(results: string): void {
    for (const table of ['analyses', 'groups']) {
      this.database.exec(`DELETE FROM ${table} WHERE sha256 NOT IN (SELECT sha256 FROM captures)`);
    }
    const known = new Set(
      this.database.prepare('SELECT DISTINCT sha256 FROM captures').pluck().all() as string[],
    );
    for (const name of readdirSync(this.folders.captures)) {
      if (!known.has(name)) rmSync(path.join(this.folders.captures, name), { force: true });
    }
    for (const name of readdirSync(results)) {
      if (name.endsWith('.unfinished') || !known.has(path.basename(name, '.db'))) {
        rmSync(path.join(results, name), { force: true });
      }
    }
  }
}

const SELECT = `SELECT captures.*, state, error_code, error_message, summary
  FROM captures JOIN analyses USING (sha256)`;

interface Row {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
  readonly uploaded_at: string;
  readonly owner: string;
  readonly owner_name: string;
  readonly notes: string;
  readonly state: StoredCapture['state'];
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly summary: string | null;
}

function lock(folder: string): () => void {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw unusable(folder, error);
    throw new StoreError(
      `The folder '${folder}' is used by process ${error.pid}. End that one, or give another folder with --data.`,
    );
  }
}

function makeFolders(folders: readonly string[]): void {
  try {
    for (const folder of folders) makeFolder(folder, 0o700);
  } catch (error) {
    throw unusable(folders[0] as string, error);
  }
}

const unusable = (folder: string, error: unknown): StoreError =>
  new StoreError(
    `'${folder}' cannot be used for data: ${whyNoFolder(error)}. Give another folder with --data.`,
  );
