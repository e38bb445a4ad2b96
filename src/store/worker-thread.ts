/** What runs in a thread: one job after another, none of which can take the service along. */
import { parentPort } from 'node:worker_threads';
import { EvidenceError } from '../evidence/evidence-error.ts';
import { AnalysisFailure, analyse } from './analysis-job.ts';
import { compareStored } from './comparison-job.ts';
import { extractStored } from './evidence-job.ts';
import type { Answer, Job } from './worker-messages.ts';

const port = parentPort;
if (port === null) throw new Error('This file is started as a thread by the upload service.');

port.on('message', (job: Job) => {
  const answer = (message: Answer): void => port.postMessage(message);
  run(job, (progress) => answer({ kind: 'progress', progress })).then(
    (value) => answer({ kind: 'done', value }),
    (error: unknown) => {
      const code =
        error instanceof AnalysisFailure
          ? error.code
          : error instanceof EvidenceError
            ? 'not-there'
            : (error as NodeJS.ErrnoException).code === 'ENOSPC'
              ? 'disk-full'
              : 'crashed';
      answer({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
    },
  );
});

function run(job: Job, onProgress: Parameters<typeof analyse>[1]): Promise<unknown> {
  switch (job.kind) {
    case 'analysis':
      return analyse(job, onProgress);
    case 'comparison':
      return compareStored(job);
    case 'evidence':
      return extractStored(job);
  }
}
