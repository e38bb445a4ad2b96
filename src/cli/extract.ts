import { rmSync } from 'node:fs';
import { CaptureError, inputName } from '../capture/capture-error.ts';
import { spoolCapture } from '../capture/spool.ts';
import { EvidenceError } from '../evidence/evidence-error.ts';
import { type ExtractedEvidence, extractEvidence } from '../evidence/extract-evidence.ts';
import type { EvidenceSelection } from '../evidence/find-targets.ts';
import { counted, grouped } from '../report/layout.ts';
import { anonymizationKey } from './anonymization-key.ts';
import { fileIdentity } from './capture-run.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { type DataOutput, FileOutput } from './file-output.ts';
import { progressOn } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

export interface ExtractSettings {
  readonly session?: readonly number[] | undefined;
  readonly finding?: string | undefined;
  readonly output: string;
  readonly stripPayload?: boolean | undefined;
  readonly anonymize?: boolean | undefined;
  readonly keyFile?: string | undefined;
  /** Bytes. */
  readonly maxSize?: number | undefined;
  readonly port?: readonly number[] | undefined;
  readonly anyPort?: boolean | undefined;
  /** Milliseconds. */
  readonly silence?: number | undefined;
  readonly quiet?: boolean | undefined;
}

/** Writes the evidence file of sessions or of a finding. */
export async function extract(
  input: string,
  settings: ExtractSettings,
  terminal: Terminal,
): Promise<ExitCode> {
  const selection = selectionOf(settings);
  requireUsable(input, settings, terminal);
  const toStdout = settings.output === '-';
  const key = settings.anonymize
    ? anonymizationKey(settings.keyFile, terminal.environment, (text) => terminal.say(text))
    : undefined;
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  const output = new LazyOutput(settings.output, toStdout ? terminal.stdout : undefined);
  const progress = progressOn(terminal, settings.quiet);
  let spooled: Awaited<ReturnType<typeof spoolCapture>> | undefined;
  try {
    spooled = await spoolCapture(input, stop.signal);
    let doing = '';
    const evidence = await extractEvidence(
      spooled.path,
      selection,
      {
        application: `sshfate ${version()}`,
        sourceName: input === '-' ? 'standard input' : undefined,
        analysis: {
          ports: settings.port,
          anyPort: settings.anyPort,
          silenceMs: settings.silence,
          signal: stop.signal,
          ...(progress && { onProgress: (state) => progress.update(`${input} (${doing})`, state) }),
        },
        stripPayload: settings.stripPayload,
        anonymizationKey: key,
        maxBytes: settings.maxSize,
        onPass: (what) => {
          doing = what;
        },
      },
      (bytes) => output.write(bytes),
    );
    progress?.clear();
    output.end();
    for (const note of evidence.notes) terminal.say(note);
    if (!settings.quiet && !toStdout) terminal.say(summary(settings.output, evidence));
    return EXIT_CODES.done.code;
  } catch (error) {
    progress?.clear();
    output.discard();
    if (stop.signal.aborted) {
      terminal.say('Interrupted. Nothing was written.');
      return EXIT_CODES.interrupted.code;
    }
    if (error instanceof EvidenceError) throw new UsageError(error.message);
    if (!(error instanceof CaptureError)) throw error;
    // Of a copy the name means nothing.
    const copy = spooled?.path ?? input;
    terminal.say(copy === input ? error.message : error.message.replaceAll(`'${copy}'`, inputName(input)));
    return EXIT_CODES.unreadable.code;
  } finally {
    spooled?.release();
    process.off('SIGINT', interrupt);
  }
}

/** @throws UsageError for an output or a key file that cannot be meant. */
function requireUsable(input: string, settings: ExtractSettings, terminal: Terminal): void {
  const { output, keyFile, anonymize } = settings;
  if (output === '-' && terminal.stdoutIsTerminal) {
    throw new UsageError(
      'A pcapng is nothing for a terminal. Name a file with --output, or pipe it into a program.',
    );
  }
  if (output !== '-' && input !== '-' && isSameFile(input, output)) {
    throw new UsageError(`'${output}' is the capture. Choose another file with --output.`);
  }
  if (keyFile !== undefined && !anonymize) throw new UsageError('--key-file goes with --anonymize.');
}

function selectionOf({ session, finding }: ExtractSettings): EvidenceSelection {
  if (session !== undefined && finding !== undefined) {
    throw new UsageError('Sessions and a finding cannot be taken together. Give --session or --finding.');
  }
  if (session !== undefined) return { sessions: session };
  if (finding !== undefined) return { finding };
  throw new UsageError(
    "Nothing is chosen. Give --session with numbers that 'sshfate analyze' prints, or --finding with an id.",
  );
}

function isSameFile(one: string, other: string): boolean {
  const identity = fileIdentity(one);
  return identity !== undefined && identity === fileIdentity(other);
}

/** Told in full only for a few. */
const TOLD_SESSIONS = 5;

function summary(output: string, { packets, bytes, source, sessions }: ExtractedEvidence): string {
  const told = sessions.slice(0, TOLD_SESSIONS).map(({ session, record }) => {
    const cause = record.cause === undefined ? '' : ` (${record.cause.id})`;
    return `session ${session}: ${record.fate}${cause}`;
  });
  const more =
    sessions.length > TOLD_SESSIONS ? `, and ${grouped(sessions.length - TOLD_SESSIONS)} more` : '';
  return `'${output}' has ${counted(packets, 'packet')} of ${grouped(source.packets)}, ${grouped(bytes)} bytes; ${told.join(', ')}${more}.`;
}

/** Opened when there is something to write, so that nothing lies there when there is not. */
class LazyOutput {
  readonly #path: string;
  readonly #stdout: DataOutput | undefined;
  #file: FileOutput | undefined;

  constructor(path: string, stdout: DataOutput | undefined) {
    this.#path = path;
    this.#stdout = stdout;
  }

  write(bytes: Uint8Array): void {
    if (this.#stdout !== undefined) {
      this.#stdout.write(bytes);
      return;
    }
    this.#file ??= FileOutput.create(this.#path);
    this.#file.write(bytes);
  }

  /** @throws UsageError when something could not be written. */
  end(): void {
    const file = this.#file;
    this.#file = undefined;
    try {
      file?.end();
    } catch (error) {
      this.#remove();
      throw error;
    }
  }

  /** Half an evidence is none. */
  discard(): void {
    if (this.#file === undefined) return;
    try {
      this.#file.end();
    } catch {
      // It is taken away.
    }
    this.#remove();
  }

  /** Only what is a file: the output may be a pipe or a device. */
  #remove(): void {
    if (fileIdentity(this.#path) !== undefined) rmSync(this.#path, { force: true });
  }
}
