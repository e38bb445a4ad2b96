import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { AnalysisProgress } from './stored-capture.ts';
import type { Answer, Job } from './worker-messages.ts';

export interface WorkerLimits {
  /** A job that takes longer is ended. */
  readonly timeMs: number;
  /** Of JavaScript objects; what lies in buffers is bounded by the engine's own limits. */
  readonly heapMegabytes: number;
}

/** Why a job gave nothing. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface RunningJob {
  /** Rejects with a JobFailure. */
  readonly done: Promise<unknown>;
  /** Ends it, without an answer that matters. */
  cancel(): void;
}

/** Threads that do jobs. One that is over a limit or crashes is replaced; others are used again. */
export class WorkerPool {
  private readonly limits: WorkerLimits;
  private readonly idle: Worker[] = [];
  private readonly all = new Set<Worker>();

  constructor(limits: WorkerLimits) {
    this.limits = limits;
  }

  run(job: Job, onProgress: (progress: AnalysisProgress) => void = () => {}): RunningJob {
    const worker = this.idle.pop() ?? this.create();
    let cancel = (): void => {};
    const done = new Promise<unknown>((resolve, reject) => {
      let isSettled = false;
      const settle = (finish: () => void, isReusable: boolean): void => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        if (isReusable) this.idle.push(worker);
        else {
          this.all.delete(worker);
          // It may still throw while it ends.
          worker.on('error', () => {});
          void worker.terminate();
        }
        finish();
      };
      const fail = (code: string, message: string): void =>
        settle(() => reject(new JobFailure(code, message)), false);
      const onMessage = (answer: Answer): void => {
        if (answer.kind === 'progress') onProgress(answer.progress);
        else if (answer.kind === 'done') settle(() => resolve(answer.value), true);
        else settle(() => reject(new JobFailure(answer.code, answer.message)), answer.code !== 'crashed');
      };
      const onError = (error: NodeJS.ErrnoException): void => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
          fail(
            'memory-limit',
            `It needs more memory than the service gives one capture (${this.limits.heapMegabytes} MB). Judge it with sshfate analyze.`,
          );
        } else fail('crashed', `sshfate failed at this capture: ${error.message}. Please report it.`);
      };
      const onExit = (code: number): void => fail('crashed', `The thread ended with code ${code}.`);
      const timer = setTimeout(
        () =>
          fail(
            'time-limit',
            `It took longer than the service gives one capture (${Math.round(this.limits.timeMs / 1000)} s). Judge it with sshfate analyze, or upload less of it.`,
          ),
        this.limits.timeMs,
      );
      cancel = () => fail('cancelled', 'It was cancelled.');
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      worker.postMessage(job);
    });
    return { done, cancel: () => cancel() };
  }

  async close(): Promise<void> {
    await Promise.all([...this.all].map((worker) => worker.terminate()));
    this.all.clear();
  }

  private create(): Worker {
    const worker = new Worker(threadPath(), {
      resourceLimits: { maxOldGenerationSizeMb: this.limits.heapMegabytes },
      env: { LANG: 'C' },
    });
    worker.unref();
    this.all.add(worker);
    return worker;
  }
}

/** Beside the bundle of the command line; from the sources it is the built one. */
function threadPath(): string {
  const places = ['./worker-thread.js', '../../dist/cli/worker-thread.js'];
  const paths = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return paths.find((path) => existsSync(path)) ?? (paths[0] as string);
}
