import { setTimeout as wait } from 'node:timers/promises';
import type { Capture } from '../capture/capture.ts';
import { Handover } from './handover.ts';
import type { SourceEnd, SourceEvents } from './packet-source.ts';
import { type Manner, type TcpdumpCommand, TcpdumpProcess } from './tcpdump-process.ts';

/** The bulk manner is left when fewer come, for some time: a quiet moment is no quiet time. */
const PROMPT_BELOW_PPS = 2000;
const CALM_MS = 3000;
/** Sooner when none comes: then the last ones wait in the bulk one until it is stopped. */
const SILENT_MS = 500;
const RATE_MS = 500;
/** As long after the prompt one has begun, the bulk one has brought all from before: it hands over after a second. */
const OVERLAP_MS = 1500;
/** As long a packet may wait in the kernel in the bulk manner: a block is handed over after a second at the latest. */
const BLOCK_MS = 1100;
const STOP_PATIENCE_MS = 5000;

export type PairCommand = Omit<TcpdumpCommand, 'manner'>;

/**
 * tcpdump twice: in the bulk manner all the time, and in the prompt manner while few packets come. When either ends by
 * itself, both are ended.
 */
export class TcpdumpPair {
  private readonly command: PairCommand;
  private readonly events: SourceEvents;
  private readonly handover: Handover;
  private bulk: TcpdumpProcess;
  /** Of bulk ones that have ended. */
  private earlierDrops = 0;
  private promptLost = 0;
  /** Of the present prompt one. */
  private promptDropsSeen = 0;
  /** Undefined while only the bulk one runs. */
  private prompt: TcpdumpProcess | undefined;
  private readonly readings: Promise<void>[] = [];
  private bulkReading: Promise<void> = Promise.resolve();
  /** While one bulk one takes the place of another. */
  private renewal: Promise<void> = Promise.resolve();
  private readonly started: TcpdumpProcess[] = [];
  private firstEnd: SourceEnd | undefined;
  private isOver = false;
  /** What it had not written then is lost; after the watch has ended it is nobody's. */
  private endedByItself = false;
  private finish: () => void = () => {};
  private packetsThen = 0;
  private calmSinceMs: number | undefined;

  /** Starts both. */
  constructor(command: PairCommand, events: SourceEvents) {
    this.command = command;
    this.events = events;
    this.handover = new Handover(
      (packet, info) => events.onPacket(packet, info),
      () => this.leavePrompt(),
    );
    this.bulk = this.start('bulk');
    this.prompt = this.start('prompt');
  }

  get manner(): Manner {
    return this.handover.manner;
  }

  /**
   * Packets that were lost so far, never fewer than before. What the prompt one loses while the bulk one takes over does
   * not matter, but is not taken back either.
   */
  lostSoFar(): number {
    const { bulk, prompt, manner } = this;
    const ofPrompt = prompt?.drops ?? 0;
    if (manner === 'prompt' && ofPrompt > this.promptDropsSeen) {
      this.promptLost += ofPrompt - this.promptDropsSeen;
      this.promptDropsSeen = ofPrompt;
    }
    const ofBulk = this.earlierDrops + (bulk.drops ?? 0);
    return ofBulk + this.promptLost + (manner === 'bulk' && this.endedByItself ? bulk.unwritten : 0);
  }

  askForDrops(): void {
    this.bulk.askForDrops();
    this.prompt?.askForDrops();
  }

  /** Until the signal, or until one of them ends by itself: then it says why. */
  async run(signal: AbortSignal): Promise<SourceEnd> {
    const over = new Promise<void>((resolve) => {
      this.finish = resolve;
    });
    signal.addEventListener('abort', this.finish, { once: true });
    if (signal.aborted || this.firstEnd !== undefined) this.finish();
    const prompt = this.prompt as TcpdumpProcess;
    this.readBulk();
    const [isListening, ofPrompt] = await Promise.all([this.bulk.listening, prompt.open(signal)]);
    if (isListening && ofPrompt !== undefined && !signal.aborted) {
      this.events.onReady();
      this.readPrompt(ofPrompt);
    } else this.finish();
    const timer = setInterval(() => this.lookAtRate(signal), RATE_MS);
    await over;
    clearInterval(timer);
    signal.removeEventListener('abort', this.finish);
    return this.stop();
  }

  private start(manner: Manner): TcpdumpProcess {
    const process = new TcpdumpProcess({ ...this.command, manner });
    this.started.push(process);
    void process.ended.then((end) => {
      this.started.splice(this.started.indexOf(process), 1);
      if (process !== this.bulk && process !== this.prompt) return;
      this.firstEnd ??= end;
      this.finish();
    });
    return process;
  }

  /** To its end, whatever the signal says: the first bytes of few packets come only when it is stopped. */
  private readBulk(): void {
    const read = async (process: TcpdumpProcess): Promise<void> => {
      const capture = await process.open();
      await capture?.read((packet) => this.handover.bulk(packet, capture.info));
    };
    this.bulkReading = this.keep(read(this.bulk));
  }

  private readPrompt(capture: Capture): void {
    void this.keep(capture.read((packet) => this.handover.prompt(packet, capture.info)));
  }

  /** Remembered until it is over. */
  private keep(reading: Promise<void>): Promise<void> {
    this.readings.push(reading);
    void reading.then(() => this.readings.splice(this.readings.indexOf(reading), 1));
    return reading;
  }

  /** The bulk one has taken over. */
  private leavePrompt(): void {
    const { prompt } = this;
    this.prompt = undefined;
    this.calmSinceMs = undefined;
    prompt?.stop();
  }

  private lookAtRate(signal: AbortSignal): void {
    const { packets } = this.handover;
    const rate = ((packets - this.packetsThen) * 1000) / RATE_MS;
    this.packetsThen = packets;
    if (this.manner === 'prompt') return;
    const nowMs = performance.now();
    if (rate > PROMPT_BELOW_PPS) this.calmSinceMs = undefined;
    else this.calmSinceMs ??= nowMs;
    if (this.prompt !== undefined || this.calmSinceMs === undefined) return;
    const patienceMs = rate === 0 ? SILENT_MS : CALM_MS;
    if (nowMs - this.calmSinceMs >= patienceMs) void this.comeBack(signal);
  }

  /**
   * Begins to capture at once again. When the prompt one has run for a while, the bulk one has all from before it from the
   * kernel; it is stopped, so that it writes all of that, and another one that began with the prompt one takes its place.
   */
  private async comeBack(signal: AbortSignal): Promise<void> {
    const prompt = this.start('prompt');
    const next = this.start('bulk');
    this.prompt = prompt;
    this.promptDropsSeen = 0;
    const [capture, isListening] = await Promise.all([prompt.open(signal), next.listening]);
    const works = capture !== undefined && isListening;
    if (works) await wait(OVERLAP_MS, undefined, { signal }).catch(() => {});
    if (this.isOver || signal.aborted) {
      // What becomes of them is no end of the watch.
      this.prompt = undefined;
      prompt.abandon();
      next.abandon();
      return;
    }
    if (works && !next.hasEnded && this.calmSinceMs !== undefined) {
      this.renewal = this.renewBulk(next);
      await this.renewal;
      if (!this.isOver && this.calmSinceMs !== undefined) {
        this.handover.toPrompt();
        this.readPrompt(capture);
        return;
      }
    } else next.abandon();
    this.prompt = undefined;
    prompt.abandon();
    // The next try has to wait as long again.
    this.calmSinceMs = undefined;
  }

  /** The bulk one writes everything and ends, and the next one goes on. */
  private async renewBulk(next: TcpdumpProcess): Promise<void> {
    const [before, reading] = [this.bulk, this.bulkReading];
    const counted = before.drops ?? 0;
    this.earlierDrops += counted;
    this.bulk = next;
    before.stop();
    await reading;
    await before.ended;
    this.earlierDrops += (before.drops ?? 0) - counted;
    this.handover.renewBulk();
    this.readBulk();
  }

  private async stop(): Promise<SourceEnd> {
    this.isOver = true;
    // tcpdump ends at once, and leaves what waits in the kernel.
    this.endedByItself = this.firstEnd !== undefined;
    if (this.manner === 'bulk' && !this.endedByItself) await wait(BLOCK_MS);
    const { started } = this;
    const processes = [...started];
    for (const process of processes) process.stop();
    const patience = setTimeout(() => {
      for (const process of processes) process.kill();
    }, STOP_PATIENCE_MS);
    await this.renewal;
    await Promise.all(this.readings);
    await Promise.all(processes.map(({ ended }) => ended));
    clearTimeout(patience);
    return this.firstEnd ?? { kind: 'stopped', detail: '' };
  }
}
