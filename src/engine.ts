import type { Readable } from 'node:stream';
import type { Capture } from './capture/capture.ts';
import type { CaptureInfo } from './capture/capture-info.ts';
import { openCapture } from './capture/open-capture.ts';
import { clientMessage } from './diagnosis/client-message.ts';
import { diagnose } from './diagnosis/diagnose.ts';
import { nextCapture } from './diagnosis/next-capture.ts';
import { classifyFate } from './fate/classify.ts';
import type { CaptureRecord } from './report/document.ts';
import { Clock, fractionDigits } from './session/clock.ts';
import { observe } from './session/observe.ts';
import { Session, type SessionContext } from './session/session.ts';
import { Surroundings } from './session/surroundings.ts';
import { Conversation } from './ssh/conversation.ts';
import type { Connection } from './tcp/connection.ts';
import { Tracker, type TrackerLimits } from './tcp/tracker.ts';
import { Dissector } from './wire/dissector.ts';

export interface AnalyzeOptions {
  /** Ports on which every connection is a session; default 22. */
  readonly ports?: readonly number[] | undefined;
  /** Also connections on other ports on which an identification string shows up. */
  readonly anyPort?: boolean | undefined;
  /** An answer awaited longer than this, in capture time, is silence; default 15 s. */
  readonly silenceMs?: number | undefined;
  /** Stops reading; what is known by then is still decided. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: AnalyzeProgress) => void) | undefined;
  /** Where memory is bounded; the defaults suit a machine with 1 GB. */
  readonly limits?: Partial<TrackerLimits> | undefined;
}

export interface AnalyzeProgress {
  /** Of the file as it lies on disk. */
  readonly bytes: number;
  /** Absent for a stream. */
  readonly totalBytes: number | undefined;
  readonly packets: number;
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
 * @returns what was read; `damage` says where a broken capture was given up.
 * @throws CaptureError when the input is not there or is no capture.
 */
export async function analyzeCapture(
  input: string | Readable | Capture,
  options: AnalyzeOptions,
  onSession: (session: Session) => void,
): Promise<CaptureRecord> {
  const capture = isCapture(input) ? input : await openCapture(input);
  const { info } = capture;
  const silenceNs = (options.silenceMs ?? DEFAULT_SILENCE_MS) * 1e6;
  const tracker = new Tracker({
    ports: options.ports ?? DEFAULT_PORTS,
    anyPort: options.anyPort ?? false,
    conversation: () => new Conversation(),
    onOpen: (connection) => surroundings.opened(connection),
    onFinish: noteOpen,
    onEnd: judge,
    ...(options.limits && { limits: options.limits }),
  });
  const surroundings = new Surroundings(tracker.neighbours);
  let context: SessionContext | undefined;
  function sessionOf(connection: Connection): Session {
    context ??= {
      captureName: info.name,
      clock: new Clock(info.epochNs ?? 0n, fractionDigits(info.precision)),
      diagnosis: DIAGNOSIS,
      surroundings,
    };
    const facts = observe(connection, {
      untilNs: Math.max(tracker.nowNs, info.lastTimeNs),
      silenceNs,
      headersCut: dissector.headersCut,
    });
    return new Session(connection, facts, classifyFate(facts), context);
  }
  /** The capture is over: sessions that are still open are noted before the first of them is judged. */
  function noteOpen(connections: readonly Connection[]): void {
    for (const connection of connections) {
      if (connection.number > 0) surroundings.noteOpen(connection, sessionOf(connection));
    }
  }
  function judge(connection: Connection): void {
    const session = sessionOf(connection);
    onSession(session);
    surroundings.note(connection, session);
    session.release();
    tracker.recycle(connection);
  }
  const dissector = new Dissector(tracker, {
    ports: options.ports ?? DEFAULT_PORTS,
    anyPort: options.anyPort ?? false,
  });
  const { onProgress, signal } = options;
  await capture.read((packet) => dissector.packet(packet), {
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: (bytes: number, totalBytes: number | undefined) =>
        onProgress({ bytes, totalBytes, packets: info.packets, sessions: tracker.sessions }),
    }),
  });
  tracker.finish();
  return captureRecord(info, dissector, tracker, surroundings);
}

function isCapture(input: string | Readable | Capture): input is Capture {
  return typeof input === 'object' && 'info' in input && 'read' in input && !('pipe' in input);
}

function captureRecord(
  info: CaptureInfo,
  dissector: Dissector,
  tracker: Tracker,
  surroundings: Surroundings,
): CaptureRecord {
  const { epochNs, lastTimeNs, ...rest } = info;
  const clock = epochNs === undefined ? undefined : new Clock(epochNs, fractionDigits(info.precision));
  return {
    ...rest,
    ...(clock && { start: clock.iso(0), end: clock.iso(lastTimeNs) }),
    skipped: dissector.skippedPackets(),
    limits: limitsOf(tracker, surroundings),
  };
}

function limitsOf(tracker: Tracker, surroundings: Surroundings): Record<string, number> {
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
