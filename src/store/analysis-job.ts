import { randomBytes } from 'node:crypto';
import { CaptureError } from '../capture/capture-error.ts';
import { openCapture } from '../capture/open-capture.ts';
import { hostPort } from '../diagnosis/cause-definition.ts';
import { analyzeCapture } from '../engine.ts';
import { collectIncident } from '../report/incident/collect-incident.ts';
import { jsonReporter } from '../report/json.ts';
import type { ReportedSession } from '../report/reporter.ts';
import { ResultWriter } from './result-writer.ts';
import type { AnalysisErrorCode, AnalysisProgress, CaptureSummary } from './stored-capture.ts';

export interface AnalysisJob {
  readonly file: string;
  /** Where the verdicts go. */
  readonly result: string;
  /** Bytes of the capture after it was decompressed. */
  readonly maxExpandedBytes: number;
  /** What made it, e.g. 'sshfate 1.2.3'. */
  readonly generator: string;
}

/** Sessions that share these, for a search over all captures. */
export interface SessionGroup {
  /** Address and port. */
  readonly server: string;
  /** An address. */
  readonly client: string;
  readonly fate: string;
  /** Empty without one. */
  readonly cause: string;
  readonly sessions: number;
}

export interface Analysis {
  readonly summary: CaptureSummary;
  readonly groups: readonly SessionGroup[];
}

/** Why there is no analysis. */
export class AnalysisFailure extends Error {
  override readonly name = 'AnalysisFailure';
  readonly code: AnalysisErrorCode;

  constructor(code: AnalysisErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Kept of a capture for the search over all of them; one with more is found by its largest. */
const MAX_GROUPS = 5000;
const MAX_COUNTED_GROUPS = 50_000;
const PROGRESS_MS = 200;

/**
 * Judges a capture and keeps what was found.
 *
 * @throws AnalysisFailure when it cannot be judged.
 */
export async function analyse(
  job: AnalysisJob,
  onProgress: (progress: AnalysisProgress) => void,
): Promise<Analysis> {
  const placeholder = `capture-${randomBytes(16).toString('hex')}`;
  let writer: ResultWriter | undefined;
  try {
    const capture = await openCapture(job.file, { name: placeholder });
    try {
      writer = new ResultWriter(job.result);
      return await judge(job, capture, placeholder, writer, onProgress);
    } finally {
      capture.close();
    }
  } catch (error) {
    writer?.discard();
    throw failureOf(error, placeholder);
  }
}

async function judge(
  job: AnalysisJob,
  capture: Awaited<ReturnType<typeof openCapture>>,
  placeholder: string,
  writer: ResultWriter,
  onProgress: (progress: AnalysisProgress) => void,
): Promise<Analysis> {
  const stop = new AbortController();
  const groups = new Groups();
  const collector = collectIncident(job.generator);
  let last: ReportedSession | undefined;
  const json = jsonReporter(writer, undefined, (offset, length) => {
    writer.placed(last as ReportedSession, offset, length);
  });
  let toldMs = 0;
  const record = await analyzeCapture(
    capture,
    {
      signal: stop.signal,
      onProgress({ bytes, totalBytes, packets, sessions }) {
        if (capture.info.bytes > job.maxExpandedBytes) stop.abort();
        const nowMs = performance.now();
        if (nowMs - toldMs < PROGRESS_MS) return;
        toldMs = nowMs;
        onProgress({ bytes, ...(totalBytes !== undefined && { totalBytes }), packets, sessions });
      },
    },
    (session) => {
      last = session;
      json.session(session);
      collector.session(session);
      groups.add(session);
    },
  );
  if (stop.signal.aborted) {
    const limit = Math.round(job.maxExpandedBytes / 1e9);
    throw new AnalysisFailure(
      'expanded-limit',
      `Decompressed it has more than ${limit} GB. Cut it, for instance with tcpdump -r and a filter for port 22, and upload that.`,
    );
  }
  json.capture(record);
  collector.capture(record);
  json.end();
  collector.end();
  const incident = collector.incident();
  writer.finish(incident, placeholder);
  const [worst] = incident.findings;
  return {
    summary: {
      packets: record.packets,
      sessions: incident.summary.sessions,
      failed: incident.failed,
      ...(record.start !== undefined && { start: record.start }),
      ...(record.end !== undefined && { end: record.end }),
      ...(worst && { worst: { severity: worst.severity, title: worst.title } }),
      fates: incident.summary.fates,
      ...(record.damage && { damage: record.damage.message }),
    },
    groups: groups.largest(),
  };
}

class Groups {
  private readonly counts = new Map<string, SessionGroup & { sessions: number }>();

  add({ server, client, fate, cause }: ReportedSession): void {
    const group = { server: hostPort(server), client: client.address, fate, cause: cause?.id ?? '' };
    const key = `${group.server} ${group.client} ${fate} ${group.cause}`;
    const known = this.counts.get(key);
    if (known !== undefined) (known as { sessions: number }).sessions++;
    else if (this.counts.size < MAX_COUNTED_GROUPS) this.counts.set(key, { ...group, sessions: 1 });
  }

  largest(): SessionGroup[] {
    return [...this.counts.values()].sort((a, b) => b.sessions - a.sessions).slice(0, MAX_GROUPS);
  }
}

function failureOf(error: unknown, placeholder: string): AnalysisFailure {
  if (error instanceof AnalysisFailure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof CaptureError) {
    return new AnalysisFailure('not-a-capture', message.replaceAll(`'${placeholder}'`, 'The file'));
  }
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return new AnalysisFailure(
      'disk-full',
      'The disk of the service is full. Make room on it, then have the capture judged again.',
    );
  }
  return new AnalysisFailure('crashed', `sshfate failed at this capture: ${message}. Please report it.`);
}
