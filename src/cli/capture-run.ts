import { statSync } from 'node:fs';
import { CaptureError } from '../capture/capture-error.ts';
import { findCaptures } from '../capture/find-captures.ts';
import { openCapture } from '../capture/open-capture.ts';
import { analyzeCapture } from '../engine.ts';
import type { CaptureRecord } from '../report/document.ts';
import type { ReportedSession, Reporter } from '../report/reporter.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { type DataOutput, FileOutput } from './file-output.ts';
import type { FailOn } from './option-values.ts';
import { type Progress, progressOn } from './progress.ts';
import { type SessionFilterOptions, sessionFilter } from './session-filter.ts';
import { partedNotice, SharedSessions, sharedNotice } from './shared-sessions.ts';
import type { Terminal } from './terminal.ts';

/** What every command that judges captures is told (`capture-options.ts`). */
export interface CaptureRunSettings extends SessionFilterOptions {
  readonly port?: readonly number[] | undefined;
  readonly anyPort?: boolean | undefined;
  /** Milliseconds. */
  readonly silence?: number | undefined;
  readonly output?: string | undefined;
  readonly quiet?: boolean | undefined;
  readonly failOn?: FailOn | undefined;
}

export interface CaptureRunOptions {
  /** Results are printed while captures are read: progress would stand between them. */
  readonly streams?: boolean;
  /** What to do when two captures hold the same sessions; absent where they are judged together anyway. */
  readonly sharedAdvice?: ((first: string, second: string) => string) | undefined;
}

export interface CaptureRun {
  readonly output: DataOutput;
  readonly severalCaptures: boolean;
}

/**
 * Finds the captures, judges one after another, and gives the sessions that the settings let through to the reporter
 * that `begin` makes. An input that cannot be read is said, and the others are judged all the same.
 */
export async function judgeCaptures(
  paths: readonly string[],
  settings: CaptureRunSettings,
  terminal: Terminal,
  begin: (run: CaptureRun) => Promise<Reporter>,
  { streams = false, sharedAdvice }: CaptureRunOptions = {},
): Promise<ExitCode> {
  if (paths.filter((path) => path === '-').length > 1) {
    throw new UsageError("Standard input can be read only once. Give '-' once.");
  }
  const stop = new AbortController();
  const interrupted = listenForInterrupt(stop);
  terminal.onStdoutClosed(() => stop.abort());
  const { captures, problems } = await findCaptures(paths);
  for (const problem of problems) terminal.say(problem.message);
  if (settings.session !== undefined && captures.length > 1) {
    throw new UsageError(
      `Sessions are numbered within a capture, and there are ${captures.length}. Give --session with the capture that it is in.`,
    );
  }
  const output =
    settings.output === undefined
      ? terminal.stdout
      : createOutput(settings.output, captures, () => stop.abort());
  const reporter = await begin({ output, severalCaptures: captures.length > 1 });
  const shared = captures.length > 1 && sharedAdvice !== undefined ? new SharedSessions() : undefined;
  const run = new Run({ settings, terminal, reporter, stop, streams, shared });
  let unreadable = problems.length > 0;
  for (const capture of captures) {
    if (stop.signal.aborted) break;
    unreadable = (await run.capture(capture)) || unreadable;
  }
  run.end();
  output.end();
  interrupted.stopListening();
  if (interrupted.happened()) {
    terminal.say('Interrupted. What was read until then is judged.');
    return EXIT_CODES.interrupted.code;
  }
  run.requireSession();
  const parted = stop.signal.aborted ? undefined : shared?.partedSummary();
  if (parted !== undefined) terminal.say(partedNotice(parted));
  const summary = stop.signal.aborted ? undefined : shared?.summary();
  if (summary !== undefined && sharedAdvice !== undefined) {
    terminal.say(sharedNotice(summary, captures.length, sharedAdvice));
  }
  if (unreadable) return EXIT_CODES.unreadable.code;
  return run.failed ? EXIT_CODES.failed.code : EXIT_CODES.done.code;
}

/** @throws UsageError when the file cannot be opened, or is one of the captures. */
export function createOutput(path: string, captures: readonly string[], onClosed: () => void): DataOutput {
  const target = fileIdentity(path);
  if (
    target !== undefined &&
    captures.some((capture) => capture !== '-' && fileIdentity(capture) === target)
  ) {
    throw new UsageError(`'${path}' is one of the captures. Choose another file with --output.`);
  }
  return FileOutput.create(path, onClosed);
}

/** The same for all names of a file; undefined for what is no file or cannot be looked at. */
export function fileIdentity(path: string): string | undefined {
  try {
    const status = statSync(path);
    return status.isFile() ? `${status.dev}:${status.ino}` : undefined;
  } catch {
    return undefined;
  }
}

interface RunParts {
  readonly settings: CaptureRunSettings;
  readonly terminal: Terminal;
  readonly reporter: Reporter;
  readonly stop: AbortController;
  /** Results are printed while captures are read. */
  readonly streams: boolean;
  readonly shared: SharedSessions | undefined;
}

class Run {
  /** A session matched `--fail-on`. */
  failed = false;
  private readonly settings: CaptureRunSettings;
  private readonly terminal: Terminal;
  private readonly reporter: Reporter;
  private readonly stop: AbortController;
  private readonly progress: Progress | undefined;
  private readonly shared: SharedSessions | undefined;
  private foundSession = false;
  /** Of the capture that is being read, sessions that do not pass the filters. */
  private leftOut = 0;
  private lastCapture: { readonly name: string; readonly sessions: number } | undefined;

  constructor({ settings, terminal, reporter, stop, streams, shared }: RunParts) {
    this.settings = settings;
    this.terminal = terminal;
    this.reporter = reporter;
    this.stop = stop;
    this.shared = shared;
    // Where results scroll by on the same terminal there is progress enough.
    const silent = settings.output === undefined && terminal.stdoutIsTerminal && streams;
    this.progress = progressOn(terminal, settings.quiet || silent);
  }

  /** Returns whether the capture could not be read. */
  async capture(path: string): Promise<boolean> {
    try {
      const record = await this.read(path);
      this.progress?.clear();
      if (record !== undefined)
        this.captureEnded(this.leftOut > 0 ? { ...record, leftOut: this.leftOut } : record);
      return record?.damage?.kind === 'read-error';
    } catch (error) {
      this.progress?.clear();
      if (!(error instanceof CaptureError)) throw error;
      this.terminal.say(error.message);
      return true;
    }
  }

  end(): void {
    this.progress?.clear();
    this.reporter.end();
  }

  /** @throws UsageError when the session that was asked for does not exist. */
  requireSession(): void {
    const { session } = this.settings;
    if (session === undefined || this.foundSession || this.lastCapture === undefined) return;
    const { name, sessions } = this.lastCapture;
    const there =
      sessions === 0
        ? 'it has no session. Watch other ports with --port or --any-port.'
        : `its ${sessions === 1 ? 'only session is 1' : `sessions are 1 to ${sessions}`}, and the other options must let it through.`;
    throw new UsageError(`There is no session ${session} in '${name}': ${there}`);
  }

  private async read(path: string): Promise<CaptureRecord | undefined> {
    const { settings, stop, progress } = this;
    const { signal } = stop;
    const capture = await openCapture(path, { signal }).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (capture === undefined) return undefined;
    let passes: ((session: ReportedSession) => boolean) | undefined;
    let sessions = 0;
    this.leftOut = 0;
    try {
      return await analyzeCapture(
        capture,
        {
          ports: settings.port,
          anyPort: settings.anyPort,
          silenceMs: settings.silence,
          signal,
          ...(progress && { onProgress: (state) => progress.update(path, state) }),
        },
        (session) => {
          sessions++;
          if (passes === undefined) {
            const epochNs = capture.info.epochNs ?? 0n;
            passes = sessionFilter(settings, epochNs);
            this.shared?.begin(path, epochNs);
          }
          if (passes(session)) this.session(session);
          else this.leftOut++;
        },
      );
    } finally {
      this.lastCapture = { name: path, sessions };
      capture.close();
    }
  }

  private session(session: ReportedSession): void {
    const { failOn } = this.settings;
    if (failOn !== undefined && !this.failed) {
      const { causeId } = session;
      this.failed = failOn.fates.has(session.fate) || (causeId !== undefined && failOn.causes.has(causeId));
    }
    this.foundSession = true;
    this.shared?.add(session);
    this.reporter.session(session);
  }

  private captureEnded(record: CaptureRecord): void {
    this.reporter.capture(record);
    if (record.damage === undefined) return;
    this.terminal.say(`${record.name}: ${record.damage.message} What came before is judged.`);
  }
}

/** Ctrl-C ends the reading; a second one ends the program. */
export function listenForInterrupt(stop: AbortController): { happened(): boolean; stopListening(): void } {
  let happened = false;
  const onInterrupt = (): void => {
    happened = true;
    stop.abort();
  };
  process.once('SIGINT', onInterrupt);
  return { happened: () => happened, stopListening: () => process.off('SIGINT', onInterrupt) };
}
