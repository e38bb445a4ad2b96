import type { Analysis, AnalysisJob } from './analysis-job.ts';
import { FairQueue } from './fair-queue.ts';
import type { Database } from './sqlite.ts';
import type { AnalysisProgress } from './stored-capture.ts';
import type { JobFailure, RunningJob, WorkerPool } from './worker-pool.ts';

export interface AnalysesOptions {
  readonly database: Database;
  readonly pool: WorkerPool;
  /** Analyses at the same time. */
  readonly workers: number;
  readonly jobOf: (sha256: string) => AnalysisJob;
  readonly onChange: (sha256: string) => void;
}

const RETRY_MS = 10_000;

/** Sees to it that every file gets its verdict, one file once, owners in turn. */
export class Analyses {
  private readonly options: AnalysesOptions;
  private readonly queue = new FairQueue<string>();
  private readonly running = new Map<string, { readonly job: RunningJob; progress?: AnalysisProgress }>();
  private stopped = false;

  constructor(options: AnalysesOptions) {
    this.options = options;
  }

  /** What was queued or under way when the process ended, and what has lost its verdict. */
  resume(hasResult: (sha256: string) => boolean): void {
    const { database } = this.options;
    database.prepare("UPDATE analyses SET state = 'queued' WHERE state = 'analysing'").run();
    const lost = database.prepare("UPDATE analyses SET state = 'queued', summary = NULL WHERE sha256 = ?");
    const done = database
      .prepare("SELECT sha256 FROM analyses WHERE state = 'done'")
      .pluck()
      .all() as string[];
    for (const sha256 of done) if (!hasResult(sha256)) lost.run(sha256);
    const rows = database
      .prepare("SELECT sha256, owner FROM analyses WHERE state = 'queued' ORDER BY queued")
      .all() as { sha256: string; owner: string }[];
    for (const { sha256, owner } of rows) this.queue.add(owner, sha256);
    this.start();
  }

  /** In the transaction of an upload. */
  add(sha256: string, owner: string): void {
    const { changes } = this.options.database
      .prepare("INSERT OR IGNORE INTO analyses (sha256, state, queued, owner) VALUES (?, 'queued', ?, ?)")
      .run(sha256, this.nextNumber(), owner);
    if (changes > 0) this.queue.add(owner, sha256);
  }

  again(sha256: string, owner: string): void {
    const { changes } = this.options.database
      .prepare(
        `UPDATE analyses SET state = 'queued', queued = ?, error_code = NULL, error_message = NULL, summary = NULL
         WHERE sha256 = ? AND state IN ('done', 'failed')`,
      )
      .run(this.nextNumber(), sha256);
    if (changes === 0) return;
    this.queue.add(owner, sha256);
    this.options.onChange(sha256);
  }

  /** In the transaction that removes the last upload of it. */
  remove(sha256: string): void {
    this.queue.remove(sha256);
    this.running.get(sha256)?.job.cancel();
    this.running.delete(sha256);
    const { database } = this.options;
    database.prepare('DELETE FROM analyses WHERE sha256 = ?').run(sha256);
    database.prepare('DELETE FROM groups WHERE sha256 = ?').run(sha256);
  }

  position(sha256: string): number | undefined {
    return this.queue.position(sha256);
  }

  progress(sha256: string): AnalysisProgress | undefined {
    return this.running.get(sha256)?.progress;
  }

  /** Begins as many as may run. */
  start(): void {
    while (!this.stopped && this.running.size < this.options.workers) {
      const sha256 = this.queue.next();
      if (sha256 === undefined) return;
      this.run(sha256).catch(() => this.retryLater(sha256));
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private async run(sha256: string): Promise<void> {
    const { database, pool, jobOf, onChange } = this.options;
    database.prepare("UPDATE analyses SET state = 'analysing' WHERE sha256 = ?").run(sha256);
    const job = pool.run({ kind: 'analysis', ...jobOf(sha256) }, (progress) => {
      entry.progress = progress;
      onChange(sha256);
    });
    const entry: { readonly job: RunningJob; progress?: AnalysisProgress } = { job };
    this.running.set(sha256, entry);
    onChange(sha256);
    const outcome = await job.done.then(
      (value) => ({ analysis: value as Analysis }),
      (failure: JobFailure) => ({ failure }),
    );
    // Removed meanwhile, or the service ends: then it is analysed at the next start.
    if (this.stopped || this.running.get(sha256) !== entry) return;
    this.running.delete(sha256);
    if ('analysis' in outcome) this.succeeded(sha256, outcome.analysis, jobOf(sha256).generator);
    else this.failed(sha256, outcome.failure);
    onChange(sha256);
    this.start();
  }

  /** Its state could not be written: the disk is full. */
  private retryLater(sha256: string): void {
    this.running.get(sha256)?.job.cancel();
    this.running.delete(sha256);
    const timer = setTimeout(() => {
      if (this.stopped) return;
      this.queue.add('', sha256);
      this.start();
    }, RETRY_MS);
    timer.unref();
  }

  private succeeded(sha256: string, { summary, groups }: Analysis, generator: string): void {
    const { database } = this.options;
    const insert = database.prepare('INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?)');
    database.transaction(() => {
      database.prepare('DELETE FROM groups WHERE sha256 = ?').run(sha256);
      for (const { server, client, fate, cause, sessions } of groups) {
        insert.run(sha256, server, client, fate, cause, sessions);
      }
      database
        .prepare("UPDATE analyses SET state = 'done', summary = ?, generator = ? WHERE sha256 = ?")
        .run(JSON.stringify(summary), generator, sha256);
    })();
  }

  private failed(sha256: string, { code, message }: JobFailure): void {
    this.options.database
      .prepare("UPDATE analyses SET state = 'failed', error_code = ?, error_message = ? WHERE sha256 = ?")
      .run(code, message, sha256);
  }

  private nextNumber(): number {
    return this.options.database
      .prepare('SELECT coalesce(max(queued), 0) + 1 FROM analyses')
      .pluck()
      .get() as number;
  }
}
