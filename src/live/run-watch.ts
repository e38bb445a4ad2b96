import type { CaptureInfo } from '../capture/capture-info.ts';
import type { Packet } from '../capture/packet.ts';
import { counted, grouped } from '../report/layout.ts';
import { Clock } from '../session/clock.ts';
import { mayLose } from './cap-source.ts';
import { LiveClock, SYSTEM_CLOCKS } from './live-clock.ts';
import { LiveFindings } from './live-findings.ts';
import type { LiveSink, LiveState } from './live-sink.ts';
import type { PacketSource, SourceEnd } from './packet-source.ts';
import { supervise } from './supervised-source.ts';
import { Watch } from './watch.ts';

export interface RunWatchOptions {
  readonly sources: readonly PacketSource[];
  readonly sinks: readonly LiveSink[];
  readonly ports?: readonly number[] | undefined;
  readonly anyPort?: boolean | undefined;
  readonly silenceMs?: number | undefined;
  /** Each packet as it was captured, before it is judged; for whoever keeps them. Valid only during the call. */
  readonly onPacket?: ((packet: Packet, info: CaptureInfo, interfaceId: number) => void) | undefined;
  /** Ends the watch: what is open is decided. */
  readonly signal: AbortSignal;
  /** All sources capture. */
  readonly onReady?: (() => void) | undefined;
}

const TICK_MS = 100;
const SECOND_MS = 1000;
/** Losses are said at most as often; they are counted all the time. */
const SAY_LOSSES_EVERY_MS = 10_000;

/** A source that did not work from the start. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  readonly source: PacketSource;
  readonly end: SourceEnd;

  constructor(source: PacketSource, end: SourceEnd) {
    super(end.detail);
    this.source = source;
    this.end = end;
  }
}

/**
 * Watches until the signal; then what is open is decided and the sinks are ended.
 *
 * @throws SourceFailure when an interface cannot be captured from at the start; the sinks are ended before.
 */
export async function runWatch(options: RunWatchOptions): Promise<void> {
  const run = new Run(options);
  try {
    await run.untilStopped();
  } finally {
    run.stop();
    for (const sink of options.sinks) await sink.end?.();
  }
}

interface SourceState {
  readonly source: PacketSource;
  capturing: boolean;
  started: boolean;
  dropsSeen: number;
}

class Run {
  private readonly options: RunWatchOptions;
  private readonly clock = new LiveClock(SYSTEM_CLOCKS);
  private readonly watch: Watch;
  private readonly findings: LiveFindings;
  private readonly states: readonly SourceState[];
  private readonly stopped = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private isoEpochNs = 0n;
  private isoClock = new Clock(0n, 9);
  private lastSecondMs = performance.now();
  private lastSecondNs = 0;
  private packetsThen = 0;
  private packetsASecond = 0;
  private lossesSaidMs = Number.NEGATIVE_INFINITY;
  private lossesSaid = 0;

  constructor(options: RunWatchOptions) {
    this.options = options;
    const { sources, sinks } = options;
    const name = sources.map(({ interfaceName }) => interfaceName).join(',');
    this.states = sources.map((source) => ({ source, capturing: false, started: false, dropsSeen: 0 }));
    this.findings = new LiveFindings({
      name,
      iso: (timeNs) => this.iso(timeNs),
      onEvent: (event) => {
        for (const sink of sinks) sink.finding?.(event);
      },
    });
    this.watch = new Watch({
      name,
      clock: this.clock,
      ports: options.ports,
      anyPort: options.anyPort,
      silenceMs: options.silenceMs,
      times: sources.some(({ via }) => via === 'cap') ? 'arrival' : undefined,
      onVerdict: (session, verdict) => {
        for (const sink of sinks) sink.verdict?.(session, verdict);
        this.findings.verdict(session, verdict, this.clock.nowNs());
      },
      onEnd: (session) => {
        this.findings.ended(session);
        for (const sink of sinks) sink.ended?.(session);
      },
    });
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  async untilStopped(): Promise<void> {
    const { signal } = this.options;
    const abort = (): void => this.stopped.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      await Promise.all(this.states.map((state, interfaceId) => this.keepGoing(state, interfaceId)));
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  stop(): void {
    clearInterval(this.timer);
    this.countLosses();
    this.watch.finish();
    this.tellState();
    const { packets, losses, engine } = this.watch;
    if (this.states.some(({ started }) => started)) {
      const text = `${counted(packets, 'packet')}, ${counted(engine.tracker.sessions, 'session')}, ${counted(losses.lost, 'packet')} known to be lost.`;
      for (const sink of this.options.sinks) sink.closing?.(text);
    }
  }

  /** The same clock until it is set: it remembers the texts of the last seconds. */
  private iso(timeNs: number): string {
    const { epochNs } = this.clock;
    if (epochNs !== this.isoEpochNs) {
      this.isoEpochNs = epochNs;
      this.isoClock = new Clock(epochNs, 9);
    }
    return this.isoClock.iso(timeNs);
  }

  private async keepGoing(state: SourceState, interfaceId: number): Promise<void> {
    const { source } = state;
    const { interfaceName, via } = source;
    const onPacket = this.options.onPacket;
    const end = await supervise(
      source,
      {
        onPacket: (packet, info) => {
          onPacket?.(packet, info, interfaceId);
          this.watch.take(packet, info.epochNs ?? 0n, interfaceId);
        },
        onStarted: () => {
          state.capturing = true;
          state.started = true;
          if (this.states.every(({ started }) => started)) this.options.onReady?.();
        },
        onInterrupted: ({ detail }) => {
          state.capturing = false;
          this.notice(
            `${interfaceName}: ${via} has stopped: ${detail}. It is started again as soon as that works; packets until then are missed.`,
          );
        },
        onResumed: (lostMs) => {
          state.capturing = true;
          const nowNs = this.clock.nowNs();
          this.watch.lost(nowNs - lostMs * 1e6 - SECOND_MS * 1e6, 0);
          this.notice(`${interfaceName}: capturing again after ${(lostMs / 1000).toFixed(1)} s.`);
        },
      },
      this.stopped.signal,
    );
    state.capturing = false;
    if (this.stopped.signal.aborted) return;
    // The others are not to go on for nothing.
    this.stopped.abort();
    throw new SourceFailure(source, end);
  }

  private tick(): void {
    this.watch.tick();
    const nowMs = performance.now();
    if (nowMs - this.lastSecondMs >= SECOND_MS) {
      const seconds = (nowMs - this.lastSecondMs) / 1000;
      this.packetsASecond = (this.watch.packets - this.packetsThen) / seconds;
      this.packetsThen = this.watch.packets;
      this.lastSecondMs = nowMs;
      this.countLosses();
      for (const { source } of this.states) source.refresh();
      this.findings.tick(this.clock.nowNs());
    }
    this.tellState();
  }

  /** What the sources say that they lost since the last look. */
  private countLosses(): void {
    // They are asked once a second, and answer some time later.
    const sinceNs = this.lastSecondNs - SECOND_MS * 1e6;
    this.lastSecondNs = this.clock.nowNs();
    for (const state of this.states) {
      const drops = state.source.drops ?? 0;
      if (drops > state.dropsSeen) this.watch.lost(sinceNs, drops - state.dropsSeen);
      state.dropsSeen = Math.max(drops, state.dropsSeen);
      if (mayLose(state.source, this.packetsASecond)) this.watch.lost(sinceNs, 0);
    }
    const { lost } = this.watch.losses;
    const nowMs = performance.now();
    if (lost === this.lossesSaid || nowMs - this.lossesSaidMs < SAY_LOSSES_EVERY_MS) return;
    const more = lost - this.lossesSaid;
    this.lossesSaid = lost;
    this.lossesSaidMs = nowMs;
    this.notice(
      `${grouped(more)} packets were lost because they came faster than they could be read. Sessions of that time are undetermined where a missing packet would decide.`,
    );
  }

  private tellState(): void {
    const state: LiveState = {
      watch: this.watch,
      findings: this.findings,
      nowNs: this.clock.nowNs(),
      packetsASecond: this.packetsASecond,
      lost: this.watch.losses.lost,
      interfaces: this.states.map(({ source, capturing }) => ({
        name: source.interfaceName,
        via: source.via,
        capturing,
        drops: source.drops,
      })),
    };
    for (const sink of this.options.sinks) sink.state?.(state);
  }

  private notice(text: string): void {
    for (const sink of this.options.sinks) sink.notice?.(text);
  }
}
