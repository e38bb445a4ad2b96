import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CaptureError } from '../capture/capture-error.ts';
import { openCapture } from '../capture/open-capture.ts';
import type { PacketSource, SourceEnd, SourceEvents } from './packet-source.ts';

export interface CapOptions {
  readonly interfaceName: string;
  /** The best first; see `captureFilters`. */
  readonly filters: readonly string[];
}

const STOP_PATIENCE_MS = 5000;
const MAX_SAID = 8192;

/**
 * libpcap through the package `cap`, in a child process whose end is survived. Times are those of arrival, and
 * what the kernel drops is not counted: see `mayLose`.
 */
export class CapSource implements PacketSource {
  readonly via = 'cap';
  readonly interfaceName: string;
  /** Only what the child itself gave up; the kernel's drops are unknown. */
  readonly drops = undefined;
  private readonly options: CapOptions;
  private child: ChildProcess | undefined;

  constructor(options: CapOptions) {
    this.options = options;
    this.interfaceName = options.interfaceName;
  }

  /** For tests that end it from outside. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  refresh(): void {}

  async run(events: SourceEvents, signal: AbortSignal): Promise<SourceEnd> {
    let end: SourceEnd = { kind: 'bad-filter', detail: 'there is no filter' };
    for (const filter of this.options.filters) {
      end = await this.runWith(filter, events, signal);
      if (end.kind !== 'bad-filter') break;
    }
    return end;
  }

  private async runWith(filter: string, events: SourceEvents, signal: AbortSignal): Promise<SourceEnd> {
    const child = spawn(process.execPath, [capChildPath(), this.options.interfaceName, filter], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    let said = '';
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      said = (said + text).slice(-MAX_SAID);
    });
    const ended = new Promise<SourceEnd>((resolve) => {
      child.once('error', (error) => resolve({ kind: 'failed', detail: error.message }));
      child.once('close', (code, signalName) => resolve(endOf(said, code, signalName)));
    });
    const stop = (): void => {
      child.kill('SIGINT');
    };
    signal.addEventListener('abort', stop, { once: true });
    const patience = (): void => {
      setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS).unref();
    };
    signal.addEventListener('abort', patience, { once: true });
    try {
      const capture = await openCapture(child.stdout as Readable, { name: this.options.interfaceName });
      events.onReady();
      await capture.read((packet) => events.onPacket(packet, capture.info));
    } catch (error) {
      // It ended before it wrote anything: why is told by its end.
      if (!(error instanceof CaptureError)) throw error;
    }
    const end = await ended;
    signal.removeEventListener('abort', stop);
    signal.removeEventListener('abort', patience);
    this.child = undefined;
    return signal.aborted ? { kind: 'stopped', detail: '' } : end;
  }
}

/**
 * The kernel's buffer has room for 1,024 packets (see `KERNEL_BUFFER` in cap-child.ts): above this rate a pause of a fifth
 * of a second loses some, and nobody says so. Measured: at 20,000 a second 2,048 of 2.66 million were lost.
 */
const SAFE_PPS = 5_000;

/** Whether a source that does not count what it loses may have lost something at this rate. */
export function mayLose(source: PacketSource, packetsASecond: number): boolean {
  return source.via === 'cap' && packetsASecond > SAFE_PPS;
}

/** Whether `cap` was built: it is optional, and needs libpcap's headers. */
export function hasCap(): boolean {
  try {
    createRequire(import.meta.url)('cap');
    return true;
  } catch {
    return false;
  }
}

/** Beside this file when bundled; in the build when run from the source. */
function capChildPath(): string {
  const places = ['./cap-child.js', '../../dist/cli/cap-child.js'];
  const paths = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return paths.find((path) => existsSync(path)) ?? (paths[0] as string);
}

function endOf(said: string, code: number | null, signal: NodeJS.Signals | null): SourceEnd {
  const detail = said.trim().split('\n').at(-1) ?? '';
  if (signal === 'SIGABRT') return { kind: 'no-interface', detail: 'the interface went down or away' };
  if (signal !== null) return { kind: 'failed', detail: `it was ended by ${signal}` };
  if (code === 0) return { kind: 'stopped', detail };
  if (/not installed|cap\.node/.test(detail))
    return { kind: 'not-installed', detail: 'cap is not installed' };
  if (/permi/i.test(detail)) return { kind: 'not-permitted', detail };
  if (/filter expression|VLAN|link type/i.test(detail)) return { kind: 'bad-filter', detail };
  if (/No such device|doesn't exist|not up|went down/i.test(detail)) return { kind: 'no-interface', detail };
  return { kind: 'failed', detail: detail === '' ? `it ended with code ${code}` : detail };
}
