import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Capture } from '../capture/capture.ts';
import { CaptureError } from '../capture/capture-error.ts';
import { openCapture } from '../capture/open-capture.ts';
import type { SourceEnd } from './packet-source.ts';

/**
 * How tcpdump takes packets from the kernel. `prompt`: each at once (`--immediate-mode`), but only some thousand fit into
 * the kernel's buffer, whatever their size. `bulk`: packed in blocks that are handed over when they are full, or after a
 * second; hundreds of thousands fit. It writes 4 KiB at a time, and what is left over only with the next packets or when it
 * is stopped: to write each packet by itself took a quarter of all the time at 200,000 a second.
 */
export type Manner = 'prompt' | 'bulk';

/** KiB of kernel memory: 8,000 packets in prompt mode, a second at 300,000 small packets a second in bulk mode. */
const BUFFER_KIB = 65_536;
/**
 * In prompt mode each packet takes as much of the buffer, whatever its size; two of them fill four pages. Offloaded
 * segments are longer, but only in bulk data, of which sizes are enough; a key exchange is shorter.
 */
const PROMPT_SNAP_LENGTH = 8064;
/** Kept of what it says. */
const MAX_SAID = 8192;

export interface TcpdumpCommand {
  readonly command: string;
  readonly interfaceName: string;
  readonly filter: string;
  readonly manner: Manner;
  readonly promiscuous: boolean;
}

/** One run of tcpdump that writes packets into a pipe. */
export class TcpdumpProcess {
  readonly manner: Manner;
  /** Packets that the kernel dropped because tcpdump was too slow, as last said; undefined before it said so. */
  drops: number | undefined;
  /** Settled when it is over; never rejects. */
  readonly ended: Promise<SourceEnd>;
  /** Settled when it captures: true; or when it is over before. */
  readonly listening: Promise<boolean>;
  hasEnded = false;
  private hasListened = false;
  private isListening: () => void = () => {};
  private readonly child: ChildProcess;
  private readonly name: string;
  private said = '';

  constructor({ command, interfaceName, filter, manner, promiscuous }: TcpdumpCommand) {
    this.manner = manner;
    this.name = interfaceName;
    const args = ['-i', interfaceName, '-n', '-w', '-', '-B', String(BUFFER_KIB)];
    args.push('--time-stamp-precision=nano');
    if (manner === 'prompt') args.push('-U', '--immediate-mode', '-s', String(PROMPT_SNAP_LENGTH));
    else args.push('-s', '0');
    if (!promiscuous) args.push('-p');
    args.push('--', filter);
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: plainEnvironment() });
    this.listening = new Promise((resolve) => {
      this.isListening = () => {
        this.hasListened = true;
        resolve(true);
      };
      const over = (): void => {
        this.hasEnded = true;
        resolve(false);
      };
      this.child.once('error', over).once('close', over);
    });
    this.child.stderr?.setEncoding('latin1').on('data', (text: string) => this.hear(text));
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error: NodeJS.ErrnoException) => {
        resolve(
          error.code === 'ENOENT'
            ? { kind: 'not-installed', detail: `${command} is not installed` }
            : { kind: 'failed', detail: error.message },
        );
      });
      this.child.once('close', (code, signal) => resolve(this.endOf(code, signal)));
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** The packets, when the first of them are there; undefined when it ended without any. */
  async open(signal?: AbortSignal): Promise<Capture | undefined> {
    try {
      return await openCapture(this.child.stdout as Readable, { name: this.name, ...(signal && { signal }) });
    } catch (error) {
      if (signal?.aborted || error instanceof CaptureError) return undefined;
      throw error;
    }
  }

  /** Asks for {@link drops}. One that only starts would be ended by the signal. */
  askForDrops(): void {
    if (this.hasListened) this.child.kill('SIGUSR1');
  }

  /** It writes what it has and ends. */
  stop(): void {
    this.child.kill('SIGINT');
  }

  /** For one that does not listen. What it has written can still be read. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** For one whose packets nobody reads: unread ones in its pipe would keep it from ever being over. */
  abandon(): void {
    this.kill();
    this.child.stdout?.destroy();
  }

  /** Packets that it had from the kernel, but not written when it was stopped. */
  get unwritten(): number {
    const captured = count(this.said, /(\d+) packets? captured/);
    const received = count(this.said, /(\d+) packets? received by filter/);
    return Math.max(0, (received ?? 0) - (captured ?? 0) - (this.drops ?? 0));
  }

  private hear(text: string): void {
    this.said = (this.said + text).slice(-MAX_SAID);
    if (this.said.includes('listening on ')) this.isListening();
    this.drops = count(this.said, /(\d+) packets? dropped by kernel/) ?? this.drops;
  }

  private endOf(code: number | null, signal: NodeJS.Signals | null): SourceEnd {
    if (signal !== null) return { kind: 'failed', detail: `it was ended by ${signal}` };
    const lines = this.said
      .split('\n')
      .filter((line) => line !== '' && !/^\d+ packets? |listening on /.test(line));
    const detail = lines.map((line) => line.replace(/^\S*tcpdump: /, '')).join(' ');
    if (code === 0) return { kind: 'stopped', detail };
    return { kind: kindOf(detail), detail: detail === '' ? `it ended with code ${code}` : detail };
  }
}

/** What tcpdump and libpcap say (tcpdump.c, pcap-linux.c), in English whatever the locale. */
function kindOf(detail: string): SourceEnd['kind'] {
  if (/permission|not permitted/i.test(detail)) return 'not-permitted';
  if (/No such device|doesn't exist|disappeared|is not up|went down/i.test(detail)) return 'no-interface';
  if (/syntax error|expression|filter|not supported|support for|unknown (host|port|network)/i.test(detail)) {
    return 'bad-filter';
  }
  return 'failed';
}

/** The last number, for it is said again and again. */
function count(said: string, pattern: RegExp): number | undefined {
  const matches = [...said.matchAll(new RegExp(pattern, 'g'))];
  const last = matches.at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}

export function plainEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C' };
}
