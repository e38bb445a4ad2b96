import { constants, type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemError } from '../capture/capture-error.ts';
import { forTerminal } from '../report/escape.ts';
import { coloured, plain } from '../report/paint.ts';
import { readCredential } from '../tickets/credentials.ts';
import type { Secret } from '../tickets/secret.ts';
import { TicketError } from '../tickets/ticket-error.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { Progress } from './progress.ts';
import { type Terminal, wantsColour } from './terminal.ts';
import { type SentCapture, UploadError, UploadService } from './upload-service.ts';
import { verdictLines } from './upload-verdict.ts';

export interface UploadSettings {
  readonly to: URL;
  readonly wait?: boolean | undefined;
  readonly credentialsFile?: string | undefined;
  readonly credentialsCommand?: string | undefined;
  readonly allowHttp?: boolean | undefined;
  readonly color?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Sends each file, and prints its id and link; with `wait` also what became of its sessions. */
export async function upload(
  files: readonly string[],
  settings: UploadSettings,
  terminal: Terminal,
): Promise<ExitCode> {
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  process.once('SIGINT', onInterrupt);
  const progress = new Progress(terminal.stderr, terminal.columns);
  const run: Run = {
    service: new UploadService(settings.to, await tokenFor(settings, terminal), stop.signal),
    settings,
    terminal,
    progress: terminal.stderrIsTerminal && !settings.quiet ? progress : undefined,
    stop: stop.signal,
  };
  let worst: ExitCode = EXIT_CODES.done.code;
  try {
    // Before the service is asked for anything: to be told of a wrong name nobody has to wait for it.
    const readable: string[] = [];
    for (const file of files) {
      const handle = await openFile(file, terminal);
      await handle?.close();
      if (handle === undefined) worst = EXIT_CODES.unreadable.code;
      else readable.push(file);
    }
    if (readable.length === 0) return worst;
    const maxBytes = await run.service.greet();
    for (const file of readable) worst = worse(worst, await uploadOne(file, maxBytes, run));
    return worst;
  } catch (error) {
    if (!(error instanceof UploadError)) throw error;
    return worse(worst, sayFailure(error, terminal));
  } finally {
    progress.clear();
    process.off('SIGINT', onInterrupt);
  }
}

interface Run {
  readonly service: UploadService;
  readonly settings: UploadSettings;
  readonly terminal: Terminal;
  /** Undefined when nobody would see it. */
  readonly progress: Progress | undefined;
  readonly stop: AbortSignal;
}

/** Undefined when it cannot be read, which is said. */
async function openFile(file: string, terminal: Terminal): Promise<FileHandle | undefined> {
  let handle: FileHandle | undefined;
  try {
    // Of a pipe this does not wait for a writer.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    terminal.say(`'${file}' is no file. Give captures one by one.`);
  } catch (error) {
    terminal.say(systemError(file, error).message);
  }
  await handle?.close();
  return undefined;
}

/** @throws UploadError when it makes no sense to go on with other files. */
async function uploadOne(file: string, maxBytes: number | undefined, run: Run): Promise<ExitCode> {
  const { service, settings, terminal, progress } = run;
  const handle = await openFile(file, terminal);
  if (handle === undefined) return EXIT_CODES.unreadable.code;
  try {
    const { size: sizeBytes } = await handle.stat();
    if (maxBytes !== undefined && sizeBytes > maxBytes) {
      terminal.say(
        `'${file}' has ${sizeBytes} bytes, and ${settings.to.host} takes at most ${maxBytes}. Compress it with gzip, or cut it with editcap.`,
      );
      return EXIT_CODES.undelivered.code;
    }
    const content = counted(handle, sizeBytes, (bytes) => progress?.sending(file, bytes, sizeBytes));
    const sent = await service.send({ name: path.basename(file), sizeBytes, content });
    progress?.clear();
    terminal.stdout.write(`${forTerminal(file)}: ${sent.id} ${service.link(sent.id)}\n`);
    terminal.stdout.flush();
    return settings.wait ? await verdict(file, sent, run) : EXIT_CODES.done.code;
  } catch (error) {
    progress?.clear();
    if (error instanceof UploadError && error.problem === 'refused') {
      terminal.say(`'${file}' was not taken. ${error.message}`);
      return EXIT_CODES.undelivered.code;
    }
    throw error;
  } finally {
    await handle.close();
  }
}

/** No more than there was at first: a capture may still grow. */
async function* counted(
  handle: FileHandle,
  sizeBytes: number,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  if (sizeBytes === 0) return;
  let bytes = 0;
  const options = { start: 0, end: sizeBytes - 1, autoClose: false, highWaterMark: CHUNK_BYTES };
  try {
    for await (const chunk of handle.createReadStream(options) as AsyncIterable<Buffer>) {
      yield chunk;
      bytes += chunk.length;
      onBytes(bytes);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UploadError('refused', `Reading it broke off (${code ?? 'unknown error'}). Check the disk.`);
  }
}

const CHUNK_BYTES = 256 * 1024;

async function verdict(file: string, sent: SentCapture, run: Run): Promise<ExitCode> {
  const { service, settings, terminal, progress } = run;
  const capture = await judged(file, sent, run);
  progress?.clear();
  if (capture.state === 'failed') {
    terminal.say(
      `'${file}' could not be judged. ${capture.error?.message ?? 'The service does not say why.'}`,
    );
    return EXIT_CODES.unreadable.code;
  }
  const paint = wantsColour(terminal, settings.color ?? true, false) ? coloured : plain;
  const incident = await service.incident(capture.id);
  let lines: string[];
  try {
    lines = verdictLines(incident, { width: terminal.columns, paint });
  } catch {
    throw new UploadError(
      'unexpected-answer',
      `${settings.to.host} tells no verdict that this version knows. Open ${service.link(capture.id)} instead.`,
    );
  }
  terminal.stdout.write(`\n${lines.join('\n')}\n\n`);
  terminal.stdout.flush();
  return EXIT_CODES.done.code;
}

const FIRST_LOOK_MS = 100;
const MAX_BETWEEN_LOOKS_MS = 2000;
/** A service that is started again in between goes on with what it has. */
const MAX_FAILURES = 15;

/** Asks until it is judged, ever less often. */
async function judged(
  file: string,
  sent: SentCapture,
  { service, progress, stop }: Run,
): Promise<SentCapture> {
  let capture = sent;
  let failures = 0;
  for (let ms = FIRST_LOOK_MS; ; ms = Math.min(2 * ms, MAX_BETWEEN_LOOKS_MS)) {
    if (capture.state === 'done' || capture.state === 'failed') return capture;
    const { bytes = 0, totalBytes, packets = 0, sessions = 0 } = capture.progress ?? {};
    if (capture.state === 'analysing') progress?.update(file, { bytes, totalBytes, packets, sessions });
    // That it was stopped is found out by the look.
    await sleep(ms, undefined, { signal: stop }).catch(() => {});
    try {
      capture = await service.look(capture.id);
      failures = 0;
    } catch (error) {
      const mayPass = error instanceof UploadError && error.problem === 'unreachable';
      if (!mayPass || ++failures >= MAX_FAILURES) throw error;
    }
  }
}

/** @throws UsageError when the token cannot be read, or would be sent where others could read it. */
async function tokenFor(settings: UploadSettings, terminal: Terminal): Promise<Secret | undefined> {
  const { to, allowHttp, credentialsFile, credentialsCommand } = settings;
  try {
    const token = await readCredential({
      environment: terminal.environment,
      variable: 'SSHFATE_TOKEN',
      file: credentialsFile,
      command: credentialsCommand,
    });
    if (token === undefined) return undefined;
    if (!/^[\x21-\x7e]+$/.test(token.reveal())) {
      throw new UsageError('The token holds characters that no token has. Check where it comes from.');
    }
    if (to.protocol === 'http:' && !isLoopback(to.hostname) && !allowHttp) {
      throw new UsageError(
        `Over http the token could be read on its way to ${to.host}. Use https, or accept that with --allow-http.`,
      );
    }
    return token;
  } catch (error) {
    if (error instanceof TicketError) throw new UsageError(error.message);
    throw error;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function sayFailure({ problem, message }: UploadError, terminal: Terminal): ExitCode {
  terminal.say(message);
  return problem === 'interrupted' ? EXIT_CODES.interrupted.code : EXIT_CODES.undelivered.code;
}

/** The codes are in the order of their weight. */
const worse = (a: ExitCode, b: ExitCode): ExitCode => (a > b ? a : b);
