import { extname } from 'node:path';
import { CaptureError } from '../capture/capture-error.ts';
import { findCaptures } from '../capture/find-captures.ts';
import { openCapture } from '../capture/open-capture.ts';
import { compareSessions, type RecordedCapture } from '../compare/compare-sessions.ts';
import type { Comparison, JointPlace, JointSession } from '../compare/comparison.ts';
import type { Exchange } from '../compare/exchange.ts';
import { recordCapture } from '../compare-captures.ts';
import { byTelling, type ReportedComparison } from '../report/comparison/comparison-page.ts';
import { COMPARISON_WRITERS, type ComparisonFormat } from '../report/comparison/render.ts';
import { createOutput, listenForInterrupt } from './capture-run.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { progressOn } from './progress.ts';
import { sayUnknownEnding } from './report-format.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

export interface CompareSettings {
  readonly port?: readonly number[] | undefined;
  readonly anyPort?: boolean | undefined;
  /** Milliseconds. */
  readonly silence?: number | undefined;
  readonly format?: ComparisonFormat | undefined;
  readonly output?: string | undefined;
  readonly session?: number | undefined;
  readonly limit: number;
  readonly quiet?: boolean | undefined;
  readonly failOn?: ReadonlySet<JointPlace> | undefined;
}

/** Sessions told in full: each is half a page. */
const DETAILED = 25;
/** On a terminal they scroll by. */
const DETAILED_IN_TABLE = 5;

/** Compares captures of the same sessions from several places. */
export async function compare(
  paths: readonly string[],
  settings: CompareSettings,
  terminal: Terminal,
): Promise<ExitCode> {
  const stop = new AbortController();
  const interrupted = listenForInterrupt(stop);
  terminal.onStdoutClosed(() => stop.abort());
  const { captures, problems } = await findCaptures(paths);
  for (const problem of problems) terminal.say(problem.message);
  if (captures.length < 2) {
    interrupted.stopListening();
    if (problems.length > 0) return EXIT_CODES.unreadable.code;
    throw new UsageError(
      'A comparison needs two captures or more, and there is one. Give those of both ends: sshfate compare client.pcap server.pcap',
    );
  }
  const output =
    settings.output === undefined
      ? terminal.stdout
      : createOutput(settings.output, captures, () => stop.abort());
  const { recorded, unreadable } = await recordCaptures(captures, settings, terminal, stop);
  interrupted.stopListening();
  if (interrupted.happened()) {
    terminal.say('Interrupted. A comparison needs its captures whole, so nothing is said of them.');
    output.end();
    return EXIT_CODES.interrupted.code;
  }
  if (recorded.length < 2) {
    terminal.say('There is nothing to compare: fewer than two captures could be read.');
    output.end();
    return EXIT_CODES.unreadable.code;
  }
  const { output: file } = settings;
  const format = settings.format ?? formatOf(file) ?? 'table';
  if (settings.format === undefined && file !== undefined)
    sayUnknownEnding(file, formatOf(file), format, terminal);
  const reported = reportOf(comparedSessions(recorded), settings, format);
  output.write(COMPARISON_WRITERS[format](reported, terminal.columns));
  output.end();
  if (unreadable || problems.length > 0) return EXIT_CODES.unreadable.code;
  const failed = reported.comparison.sessions.some(({ verdict }) => settings.failOn?.has(verdict.place));
  return failed ? EXIT_CODES.failed.code : EXIT_CODES.done.code;
}

function existing(sessions: number): string {
  if (sessions === 0) return 'the captures have none. Watch other ports with --port or --any-port.';
  return sessions === 1 ? 'there is only session 1.' : `give one of 1 to ${sessions}.`;
}

/** What the name of a file says that it shall be. */
const formatOf = (path: string | undefined): ComparisonFormat | undefined =>
  path === undefined ? undefined : FORMATS_BY_ENDING[extname(path).toLowerCase()];

const FORMATS_BY_ENDING: Readonly<Record<string, ComparisonFormat>> = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.txt': 'table',
};

/** Reads captures one after another for a comparison; what cannot be read is said. */
export async function recordCaptures(
  captures: readonly string[],
  settings: Pick<CompareSettings, 'port' | 'anyPort' | 'silence' | 'quiet'>,
  terminal: Terminal,
  stop: AbortController,
): Promise<{ readonly recorded: readonly RecordedCapture[]; readonly unreadable: boolean }> {
  const recorded: RecordedCapture[] = [];
  let unreadable = false;
  const progress = progressOn(terminal, settings.quiet);
  for (const path of captures) {
    if (stop.signal.aborted) break;
    try {
      const capture = await openCapture(path, { signal: stop.signal });
      try {
        const read = await recordCapture(capture, {
          ports: settings.port,
          anyPort: settings.anyPort,
          silenceMs: settings.silence,
          signal: stop.signal,
          ...(progress && { onProgress: (state) => progress.update(path, state) }),
        });
        recorded.push(read.recorded);
        progress?.clear();
        const { damage } = read.record;
        if (damage !== undefined) {
          terminal.say(`${path}: ${damage.message} What came before is compared.`);
          unreadable ||= damage.kind === 'read-error';
        }
      } finally {
        capture.close();
      }
    } catch (error) {
      progress?.clear();
      if (stop.signal.aborted) break;
      if (!(error instanceof CaptureError)) throw error;
      terminal.say(error.message);
      unreadable = true;
    }
  }
  return { recorded, unreadable };
}

export interface ComparedSessions {
  readonly comparison: Comparison;
  /** A session's packets between its captures; made when asked for. */
  readonly exchangeOf: (session: JointSession) => Exchange | undefined;
}

export function comparedSessions(recorded: readonly RecordedCapture[]): ComparedSessions {
  const exchanges = new Map<JointSession, () => Exchange>();
  const comparison = compareSessions(recorded, {
    onSession: (one, exchange) => exchanges.set(one, exchange),
  });
  return { comparison, exchangeOf: (session) => exchanges.get(session)?.() };
}

/** @throws UsageError when the session that was asked for does not exist. */
export function reportOf(
  { comparison: whole, exchangeOf }: ComparedSessions,
  { session, limit }: Pick<CompareSettings, 'session' | 'limit'>,
  format: ComparisonFormat,
): ReportedComparison {
  const comparison = session === undefined ? whole : only(whole, session);
  const sorted = [...comparison.sessions].sort(byTelling);
  const listed = sorted.slice(0, limit);
  const most = format === 'table' ? DETAILED_IN_TABLE : DETAILED;
  const detailed = sorted
    .filter(({ verdict }) => session !== undefined || verdict.place !== 'nowhere')
    .slice(0, Math.min(most, limit));
  const exchanges = new Map<JointSession, Exchange>();
  // In a terminal the picture is for the one session that was asked for.
  const drawn = format === 'html' || session !== undefined ? detailed : [];
  for (const one of drawn) {
    const exchange = exchangeOf(one);
    if (exchange !== undefined) exchanges.set(one, exchange);
  }
  return { comparison, listed, detailed, exchanges, generator: `sshfate ${version()}` };
}

function only(comparison: Comparison, number: number): Comparison {
  const sessions = comparison.sessions.filter(({ session }) => session === number);
  if (sessions.length > 0) return { ...comparison, sessions };
  const { length } = comparison.sessions;
  throw new UsageError(`There is no session ${number}: ${existing(length)}`);
}
