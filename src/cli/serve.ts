import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isLoopback } from '../metrics/metrics-server.ts';
import { StoreError } from '../store/sqlite.ts';
import { DEFAULT_LIMITS, Store } from '../store/store.ts';
import type { StoredCapture } from '../store/stored-capture.ts';
import type { RunningService } from '../web/serve-app.ts';
import type { LogEvent, Service } from '../web/service.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { hostNames } from './host-names.ts';
import { listenError } from './listen-error.ts';
import type { ListenAddress } from './live-option-values.ts';
import { stateFolder } from './state-folder.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

export interface ServeSettings {
  readonly listen: ListenAddress;
  readonly data?: string | undefined;
  readonly hostName?: readonly string[] | undefined;
  readonly ticketUrl?: readonly URL[] | undefined;
  /** Bytes. */
  readonly maxUpload: number;
  /** Bytes. */
  readonly quota?: number | undefined;
  readonly workers?: number | undefined;
  /** Milliseconds. */
  readonly keep?: number | undefined;
  /** Bytes. */
  readonly keepSize?: number | undefined;
  /** Milliseconds. */
  readonly timeLimit?: number | undefined;
  readonly quiet?: boolean | undefined;
}

/** Of one token, or of one address: a person with many tabs and a script have less. */
const REQUESTS_A_MINUTE = 6000;
const RETAIN_EVERY_MS = 3600_000;
/** Others are answered in between. */
const RETAIN_PAUSE_MS = 50;
const TICKET_PATIENCE_MS = 10 * 60_000;
const MAX_TICKET_OUTPUT = 1_000_000;

/** Serves until SIGINT or SIGTERM. */
export async function serve(settings: ServeSettings, terminal: Terminal): Promise<ExitCode> {
  const { host, port } = settings.listen;
  const store = openStore(settings, terminal);
  let running: RunningService | undefined;
  try {
    const demandsTokens = store.tokens.exist();
    if (!demandsTokens && !isLoopback(host)) {
      throw new UsageError(
        `On ${host} others reach the service, so it needs a token. Make one first: sshfate token create NAME --role admin`,
      );
    }
    await store.removeUnfinishedUploads();
    const service = serviceOf(store, settings, terminal, demandsTokens);
    const { serveApp } = await import('../web/serve-app.ts');
    running = await serveApp(service, { host, port }).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${host} port ${port} cannot be listened on: ${listenError(error, '--listen')}`);
    });
    const shown = host.includes(':') ? `[${host}]` : host;
    if (!settings.quiet) {
      terminal.say(
        `Serving at http://${shown}:${port}/${demandsTokens ? ', for those who have a token' : ', for this machine'}. Ctrl-C ends it.`,
      );
    }
    service.log({ level: 'info', event: 'started', version: version(), port });
    const stopped = new AbortController();
    const retaining = retainAlways(service, settings, stopped.signal);
    const signal = await nextSignal();
    stopped.abort();
    await retaining;
    service.log({ level: 'info', event: 'stopping', signal });
    return signal === 'SIGINT' ? EXIT_CODES.interrupted.code : EXIT_CODES.done.code;
  } finally {
    await running?.close();
    await store.close();
  }
}

/** Deletes what is not to be kept any longer, now and every hour. */
async function retainAlways(
  { store, log }: Service,
  { keep, keepSize }: ServeSettings,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let removed: readonly StoredCapture[] = [];
    try {
      removed = store.retain({
        ...(keep !== undefined && { maxAgeMs: keep }),
        ...(keepSize !== undefined && { maxBytes: keepSize }),
      });
      for (const { id, name } of removed) log({ level: 'info', event: 'retention', capture: id, name });
      store.audit.addAll(
        removed.map(({ id, name }) => ({
          ...{ who: 'sshfate', whoName: 'retention', what: 'deleted' as const },
          ...{ capture: id, detail: name },
        })),
      );
    } catch (error) {
      // A disk that is full, for instance: the next time may be better.
      log({ level: 'error', event: 'retention-failed', reason: (error as Error).message });
    }
    await sleep(removed.length > 0 ? RETAIN_PAUSE_MS : RETAIN_EVERY_MS, undefined, { signal }).catch(
      () => {},
    );
  }
}

/** Where the service keeps its data unless it is told. */
export const dataFolder = (data: string | undefined, terminal: Terminal): string =>
  data ?? stateFolder('serve', terminal.environment);

/** @throws UsageError */
export function asUsage<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new UsageError(error.message);
  }
}

function openStore(settings: ServeSettings, terminal: Terminal): Store {
  const { timeLimit = DEFAULT_LIMITS.timeMs, workers = Math.max(1, availableParallelism() - 1) } = settings;
  return asUsage(
    () =>
      new Store({
        folder: dataFolder(settings.data, terminal),
        generator: `sshfate ${version()}`,
        workers,
        limits: { ...DEFAULT_LIMITS, timeMs: timeLimit },
      }),
  );
}

function serviceOf(
  store: Store,
  { listen, hostName = [], ticketUrl, maxUpload, quota, quiet = false }: ServeSettings,
  terminal: Terminal,
  demandsTokens: boolean,
): Service {
  const allowedTickets = new Set(ticketUrl?.map(({ origin }) => origin));
  return {
    store,
    version: version(),
    maxUploadBytes: maxUpload,
    quotaBytes: demandsTokens ? quota : undefined,
    requestsAMinute: REQUESTS_A_MINUTE,
    demandsTokens,
    ...hostNames(listen.host, hostName),
    isHttps: false,
    pageFolder: pageFolder(),
    log: (event) => {
      if (!quiet || event.level !== 'info') writeLog(terminal, event);
    },
    isTicketAddress: (address) =>
      URL.canParse(address) && (allowedTickets.has(new URL(address).origin) || !demandsTokens),
    runTicket: (words, environment) => runSelf(words, environment, terminal),
  };
}

/** A line of JSON; what came from outside is escaped by it. */
function writeLog(terminal: Terminal, event: LogEvent): void {
  const line = JSON.stringify({ at: new Date().toISOString(), ...event });
  // Not only control characters can mislead who reads it in a terminal.
  terminal.stderr.write(
    `${line.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`,
  );
  terminal.stderr.flush();
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
}

/** Beside the bundle of the command line; from the sources it is the built one. */
function pageFolder(): string | undefined {
  const places = ['../page', '../../dist/page'];
  return places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((folder) => existsSync(path.join(folder, 'index.html')));
}

/** Another command of this program, in a process of its own: it reads captures, which takes long. */
function runSelf(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  { environment: { PATH, HOME, NODE_EXTRA_CA_CERTS } }: Terminal,
): Promise<{ readonly code: number; readonly text: string }> {
  const program = fileURLToPath(new URL('../../bin/sshfate.js', import.meta.url));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...words],
      {
        env: { PATH, HOME, ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }), ...environment },
        timeout: TICKET_PATIENCE_MS,
        maxBuffer: MAX_TICKET_OUTPUT,
        encoding: 'utf8',
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, text: `${stdout}${stderr}`.trim() });
      },
    );
  });
}
