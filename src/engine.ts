import type { Capture } from './capture/capture.ts';
import { type CaptureInfo, knownUntilNs } from './capture/capture-info.ts';
import { type CaptureInput, openCapture } from './capture/open-capture.ts';
import { clientMessage } from './diagnosis/client-message.ts';
import { diagnose } from './diagnosis/diagnose.ts';
import { nextCapture } from './diagnosis/next-capture.ts';
import { classifyFate } from './fate/classify.ts';
import type { CaptureRecord } from './report/document.ts';
import { Clock, fractionDigits } from './session/clock.ts';
import { observe } from './session/observe.ts';
import type { FateFacts } from './session/record.ts';
import { Session, type SessionContext } from './session/session.ts';
import { Surroundings } from './session/surroundings.ts';
import { Conversation } from './ssh/conversation.ts';
import type { Connection } from './tcp/connection.ts';
import { Tracker } from './tcp/tracker.ts';
import type { TrackerLimits } from './tcp/tracker-limits.ts';
import { Dissector } from './wire/dissector.ts';
import type { WireHandler } from './wire/segment.ts';

/** How {@link analyzeCapture} reads and judges. */
export interface AnalyzeOptions {
  /** TCP ports on which every connection is a session; default 22. */
  readonly ports?: readonly number[] | undefined;
  /** Also connections on other ports on which an identification string shows up. */
  readonly anyPort?: boolean | undefined;
  /** An answer awaited longer than this, in capture time, is silence; default 15 s. */
  readonly silenceMs?: number | undefined;
  /**
   * Stops reading: what is known by then is still decided, and `analyzeCapture` resolves. Only while the first bytes of
   * a stream are awaited nothing is known, and it rejects with the signal's reason.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called some times a second while packets are read, and once at the end. */
  readonly onProgress?: ((progress: AnalyzeProgress) => void) | undefined;
  /** Where memory is bounded; the defaults suit a machine with 1 GB. */
  readonly limits?: Partial<TrackerLimits> | undefined;
}

/** How far the reading of a capture has come. */
export interface AnalyzeProgress {
  /** Read of the input so far, before decompression. */
  readonly bytes: number;
  /** Of the whole input; undefined for a stream. */
  readonly totalBytes: number | undefined;
  /** Read so far, of all protocols. */
  readonly packets: number;
  /** Met so far, over or open. */
  readonly sessions: number;
}

const DIAGNOSIS = { causes: diagnose, clientMessage, nextCapture };

export const DEFAULT_PORTS: readonly number[] = [22];
export const DEFAULT_SILENCE_MS = 15_000;

/**
 * Judges every session of a capture. Each is given to `onSession` once, when it is over or when the capture
 * ends; the order is that of their ends, their numbers that of their first packets. A session is only valid during
 * the call: take `session.toJSON()` to keep it.
 *
 * @param input as {@link openCapture} takes it, or a capture that it opened, which its owner closes.
 * @returns what was read; `damage` says where a broken capture was given up.
 * @throws {CaptureError} when the input is not there or is no capture.
 * @throws {TypeError} when `input` is something else, or a stream of something else than bytes.
 * @throws what `onSession` and `onProgress` throw.
 */
export async function analyzeCapture(
  input: CaptureInput | Capture,
  options: AnalyzeOptions,
  onSession: (session: Session) => void,
): Promise<CaptureRecord> {
  const { info, engine } = await runEngine(input, options, (info) => {
    return new Engine(info.name, options, {
      clock: () => new Clock(info.epochNs ?? 0n, fractionDigits(info.precision)),
      untilNs: () => knownUntilNs(info),
      onSession,
    });
  });
  return captureRecord(info, engine);
}

/** Gives all packets of a capture to the engine that is made for it. What is opened here is closed here. */
export async function runEngine(
  input: CaptureInput | Capture,
  { signal, onProgress }: AnalyzeOptions,
  engineFor: (info: CaptureInfo) => Engine,
): Promise<{ readonly info: CaptureInfo; readonly engine: Engine }> {
  const isOpen = isCapture(input);
  const capture = isOpen ? input : await openCapture(input, { ...(signal && { signal }) });
  try {
    const { info } = capture;
    const engine = engineFor(info);
    const { dissector, tracker } = engine;
    await capture.read((packet) => dissector.packet(packet), {
      ...(signal && { signal }),
      ...(onProgress && {
        onProgress: (bytes: number, totalBytes: number | undefined) =>
          onProgress({ bytes, totalBytes, packets: info.packets, sessions: tracker.sessions }),
      }),
    });
    tracker.finish();
    return { info, engine };
  } finally {
    if (!isOpen) capture.close();
  }
}

const isCapture = (input: CaptureInput | Capture): input is Capture =>
  typeof input === 'object' && 'info' in input && 'read' in input && !('pipe' in input);

/** What the engine asks and tells whoever gives it packets. */
export interface EngineSurroundings {
  /** Asked once, when the first session is judged, and again after {@link Engine.clockChanged}. */
  readonly clock: () => Clock;
  /** Capture time up to which it is known that nothing more came. */
  readonly untilNs: () => number;
  /** Valid only during the call. */
  readonly onSession: (session: Session) => void;
  /** A FIN, a RST or an ICMP error: the session may be decided now. */
  readonly onClosing?: (connection: Connection) => void;
  /** What stamps the packets, where it is not the kernel. */
  readonly times?: 'arrival' | undefined;
  /** What sees the packets of the watched ports before the tracker and hands them on to it. */
  readonly before?: (tracker: WireHandler) => WireHandler;
  /** Whether the capture lost packets in this time. */
  readonly lostBetween?: (fromNs: number, toNs: number) => boolean;
}

/** Packets in, judged sessions out. Knows neither files nor interfaces. */
export class Engine {
  readonly tracker: Tracker;
  readonly dissector: Dissector;
  readonly surroundings: Surroundings;
  private readonly name: string;
  private readonly silenceNs: number;
  private readonly around: EngineSurroundings;
  private context: SessionContext | undefined;

  constructor(name: string, options: AnalyzeOptions, around: EngineSurroundings) {
    this.name = name;
    this.around = around;
    this.silenceNs = (options.silenceMs ?? DEFAULT_SILENCE_MS) * 1e6;
    const ports = options.ports ?? DEFAULT_PORTS;
    const anyPort = options.anyPort ?? false;
    this.tracker = new Tracker({
      ports,
      anyPort,
      conversation: () => new Conversation(),
      onOpen: (connection) => this.surroundings.opened(connection),
      onDropped: (connection) => this.surroundings.dropped(connection),
      onFinish: (connection) => this.noteOpen(connection),
      onEnd: (connection) => this.judge(connection),
      ...(around.onClosing && { onClosing: around.onClosing, isGivenUp: (c) => this.isSilent(c) }),
      ...(options.limits && { limits: options.limits }),
    });
    this.surroundings = new Surroundings(this.tracker.neighbours, this.tracker.askedInVain);
    this.dissector = new Dissector(around.before?.(this.tracker) ?? this.tracker, { ports, anyPort });
  }

  /** The clock that gives the packets their times was set. */
  clockChanged(): void {
    this.context = undefined;
  }

  /** A connection as a session by what is known now; valid until its next packet. */
  sessionOf(connection: Connection): Session {
    this.context ??= {
      captureName: this.name,
      clock: this.around.clock(),
      diagnosis: DIAGNOSIS,
      surroundings: this.surroundings,
      times: this.around.times,
    };
    const facts = this.observe(connection);
    return new Session(connection, facts, classifyFate(facts), this.context);
  }

  private observe(connection: Connection): FateFacts {
    const { around, tracker, silenceNs } = this;
    const untilNs = Math.max(tracker.nowNs, around.untilNs());
    return observe(connection, {
      untilNs,
      silenceNs,
      headersCut: this.dissector.headersCut,
      onlyControls: tracker.onlyControls,
      lostBetween: around.lostBetween,
    });
  }

  private isSilent(connection: Connection): boolean {
    return this.observe(connection).owed?.silent === true;
  }

  /** The capture is over: sessions that are still open are noted before the first of them is judged. */
  private noteOpen(connection: Connection): void {
    if (connection.number > 0) this.surroundings.noteOpen(connection, this.sessionOf(connection));
  }

  private judge(connection: Connection): void {
    const session = this.sessionOf(connection);
    this.around.onSession(session);
    this.surroundings.note(connection, session);
    session.release();
    this.tracker.recycle(connection);
  }
}

/** What is told of a capture that was read. */
export function captureRecord(info: CaptureInfo, engine: Engine): CaptureRecord {
  const { epochNs, lastTimeNs, untilNs, ...rest } = info;
  const clock = epochNs === undefined ? undefined : new Clock(epochNs, fractionDigits(info.precision));
  return {
    ...rest,
    ...(clock && { start: clock.iso(0), end: clock.iso(lastTimeNs) }),
    ...(clock && untilNs !== undefined && { sourceEnd: clock.iso(Math.max(lastTimeNs, untilNs)) }),
    skipped: skippedPackets(engine),
    limits: limitsOf(engine),
  };
}

/** Packets that were not judged, by reason; only reasons that occurred. */
export function skippedPackets({ dissector, tracker }: Engine): Record<string, number> {
  const { damagedPackets } = tracker.counters;
  return { ...dissector.skippedPackets(), ...(damagedPackets > 0 && { damaged: damagedPackets }) };
}

/** What limits cost, by name; empty when nothing. */
export function limitsOf({ tracker, surroundings }: Engine): Record<string, number> {
  const { counters, budget } = tracker;
  const all = {
    'evicted-connections': counters.evictedConnections,
    'evicted-syns': counters.evictedSyns,
    'late-packets': counters.latePackets,
    'unmatched-icmp': counters.unmatchedIcmp,
    'reassembly-refused': budget.refused,
    'unnoted-sessions': surroundings.unnoted,
  };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}
