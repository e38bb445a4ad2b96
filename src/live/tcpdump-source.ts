import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import type { CaptureInfo } from '../capture/capture-info.ts';
import type { Packet } from '../capture/packet.ts';
import type { PacketSource, SourceEnd, SourceEvents } from './packet-source.ts';
import { type Manner, plainEnvironment, TcpdumpProcess } from './tcpdump-process.ts';

export interface TcpdumpOptions {
  /** The program; 'tcpdump' on the path by default. */
  readonly command?: string;
  readonly interfaceName: string;
  /** The best first; see `captureFilters`. */
  readonly filters: readonly string[];
  readonly promiscuous: boolean;
}

/** Above this rate the buffer of the prompt manner holds less than a second, and blocks of the bulk manner fill in a quarter. */
const BULK_ABOVE_PPS = 8000;
const PROMPT_BELOW_PPS = 3000;
/** Measured over: a burst that fills the prompt buffer takes as long. */
const RATE_MS = 50;
/** A quiet moment is no quiet time. */
const CALM_MS = 3000;
/** Both manners capture as long side by side when one takes over from the other. */
const OVERLAP_MS = 30;
const STOP_PATIENCE_MS = 5000;
const FILTER_PATIENCE_MS = 10_000;

/**
 * tcpdump as a child: kernel time stamps, original lengths and a drop counter, all of which libpcap's binding for Node.js
 * lacks. It runs in the manner that the packet rate asks for; when the rate changes, a second one takes over without a
 * gap: packets that both have are taken once, by their time stamps, which are the kernel's.
 */
export class TcpdumpSource implements PacketSource {
  readonly via = 'tcpdump';
  readonly interfaceName: string;
  private readonly options: TcpdumpOptions;
  private active: TcpdumpProcess | undefined;
  /** Of those that have ended. */
  private earlierDrops = 0;
  private packets = 0;
  /** Time stamp of the last packet, by its capture's epoch. */
  private lastEpochNs = 0n;
  private lastNs = 0;

  constructor(options: TcpdumpOptions) {
    this.options = options;
    this.interfaceName = options.interfaceName;
  }

  get drops(): number | undefined {
    const { active, earlierDrops } = this;
    return active === undefined ? earlierDrops : earlierDrops + (active.drops ?? 0);
  }

  /** Which manner it is in; undefined while it does not run. */
  get manner(): Manner | undefined {
    return this.active?.manner;
  }

  /** For tests that end it from outside. */
  get pid(): number | undefined {
    return this.active?.pid;
  }

  refresh(): void {
    this.active?.askForDrops();
  }

  async run(events: SourceEvents, signal: AbortSignal): Promise<SourceEnd> {
    const filter = await this.workingFilter();
    if (typeof filter !== 'string') return filter;
    let process = this.start(filter, 'prompt');
    const capture = await process.open(signal);
    if (capture === undefined) return this.over(process, signal);
    events.onReady();
    const { info } = capture;
    let reading = capture.read((packet) => this.hand(packet, info, events));
    const monitor = new RateMonitor(() => this.packets);
    // No Promise.race in a loop: each would leave a reaction behind on what outlives it.
    await new Promise<void>((resolve) => {
      let changing = false;
      const follow = (one: TcpdumpProcess): void => {
        reading.then(() => {
          if (process === one && !changing) finish();
        });
      };
      const change = async (manner: Manner): Promise<void> => {
        const next = this.start(filter, manner);
        const taken = await this.change(process, reading, next, events, signal);
        changing = false;
        if (taken === undefined) this.active = process;
        else {
          process = next;
          [reading] = taken;
        }
        follow(process);
        if (signal.aborted) finish();
      };
      const timer = setInterval(() => {
        const manner = changing ? process.manner : monitor.wanted(process.manner);
        if (manner === process.manner) return;
        changing = true;
        void change(manner);
      }, RATE_MS);
      const finish = (): void => {
        if (changing) return;
        clearInterval(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      signal.addEventListener('abort', finish, { once: true });
      follow(process);
      if (signal.aborted) finish();
    });
    process.stop();
    const patience = setTimeout(() => process.kill(), STOP_PATIENCE_MS);
    await reading;
    const end = await this.over(process, signal);
    clearTimeout(patience);
    return end;
  }

  /** One takes over from the other; undefined when it cannot start: then why is seen when the old one, too, ends. */
  private async change(
    old: TcpdumpProcess,
    reading: Promise<void>,
    next: TcpdumpProcess,
    events: SourceEvents,
    signal: AbortSignal,
  ): Promise<readonly [Promise<void>] | undefined> {
    const capture = await next.open(signal);
    if (capture === undefined) {
      next.stop();
      return undefined;
    }
    const readyMs = Date.now();
    await wait(OVERLAP_MS);
    old.stop();
    await reading;
    await old.ended;
    this.noteTakenOver(old, readyMs);
    // In an array, because a promise in a promise would be waited for.
    return [this.takeOver(capture.info, capture, events)];
  }

  private start(filter: string, manner: Manner): TcpdumpProcess {
    const { command = 'tcpdump', interfaceName, promiscuous } = this.options;
    const process = new TcpdumpProcess({ command, interfaceName, filter, manner, promiscuous });
    this.active = process;
    return process;
  }

  private hand(packet: Packet, info: CaptureInfo, events: SourceEvents): void {
    this.packets++;
    this.lastNs = packet.timeNs;
    this.lastEpochNs = info.epochNs ?? 0n;
    events.onPacket(packet, info);
  }

  /** Reads on where the other one stopped. */
  private takeOver(
    info: CaptureInfo,
    capture: { read(sink: (packet: Packet) => void): Promise<void> },
    events: SourceEvents,
  ): Promise<void> {
    const lastNs = this.lastEpochNs + BigInt(Math.round(this.lastNs));
    let skipToNs: number | undefined;
    return capture.read((packet) => {
      skipToNs ??= Number(lastNs - (info.epochNs ?? 0n));
      if (packet.timeNs > skipToNs) {
        skipToNs = Number.NEGATIVE_INFINITY;
        this.hand(packet, info, events);
      }
    });
  }

  /** What it had not written is lost when it is older than what the next one has. */
  private noteTakenOver(process: TcpdumpProcess, readyMs: number): void {
    this.earlierDrops += process.drops ?? 0;
    const lastMs = Number(this.lastEpochNs / 1_000_000n) + this.lastNs / 1e6;
    if (process.unwritten > 0 && lastMs < readyMs) this.earlierDrops += process.unwritten;
  }

  private async over(process: TcpdumpProcess, signal: AbortSignal): Promise<SourceEnd> {
    if (signal.aborted) process.stop();
    const end = await process.ended;
    this.earlierDrops += process.drops ?? 0;
    this.active = undefined;
    return signal.aborted ? { kind: 'stopped', detail: '' } : end;
  }

  /** The first filter that libpcap takes for this interface; else what it says of the last one. */
  private async workingFilter(): Promise<string | SourceEnd> {
    let end: SourceEnd = { kind: 'bad-filter', detail: 'there is no filter' };
    for (const filter of this.options.filters) {
      end = await this.tryFilter(filter);
      if (end.kind === 'stopped') return filter;
      if (end.kind !== 'bad-filter') break;
    }
    return end;
  }

  private tryFilter(filter: string): Promise<SourceEnd> {
    const { command = 'tcpdump', interfaceName } = this.options;
    const options = { env: plainEnvironment(), timeout: FILTER_PATIENCE_MS, encoding: 'latin1' } as const;
    return new Promise((resolve) => {
      execFile(command, ['-i', interfaceName, '-d', '--', filter], options, (error, _stdout, stderr) => {
        if (error === null) resolve({ kind: 'stopped', detail: '' });
        else if (error.code === 'ENOENT') {
          resolve({ kind: 'not-installed', detail: `${command} is not installed` });
        } else {
          const detail = stderr.replace(/^\S*tcpdump: /gm, '').trim();
          resolve({ kind: endKind(detail), detail: detail || error.message });
        }
      });
    });
  }
}

function endKind(detail: string): SourceEnd['kind'] {
  if (/permission|not permitted/i.test(detail)) return 'not-permitted';
  if (/No such device|doesn't exist/i.test(detail)) return 'no-interface';
  return 'bad-filter';
}

/** Says which manner the rate asks for. */
class RateMonitor {
  private readonly packets: () => number;
  private seen: number;
  private atMs = performance.now();
  private calmSinceMs: number | undefined;

  constructor(packets: () => number) {
    this.packets = packets;
    this.seen = packets();
  }

  wanted(now: Manner): Manner {
    const nowMs = performance.now();
    const packets = this.packets();
    const rate = ((packets - this.seen) * 1000) / Math.max(1, nowMs - this.atMs);
    this.seen = packets;
    this.atMs = nowMs;
    if (rate > BULK_ABOVE_PPS) {
      this.calmSinceMs = undefined;
      return 'bulk';
    }
    if (now === 'prompt' || rate > PROMPT_BELOW_PPS) {
      this.calmSinceMs = undefined;
      return now;
    }
    this.calmSinceMs ??= nowMs;
    return nowMs - this.calmSinceMs >= CALM_MS ? 'prompt' : now;
  }
}
