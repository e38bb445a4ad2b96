import type { Capture } from './capture/capture.ts';
import { knownUntilNs } from './capture/capture-info.ts';
import type { CaptureInput } from './capture/open-capture.ts';
import { type CompareOptions, compareSessions, type RecordedCapture } from './compare/compare-sessions.ts';
import type { Comparison } from './compare/comparison.ts';
import type { PacketLogLimits } from './compare/packet-log.ts';
import { Recorder } from './compare/recorder.ts';
import { type AnalyzeOptions, captureRecord, Engine, runEngine } from './engine.ts';
import type { CaptureRecord } from './report/document.ts';
import { Clock, fractionDigits } from './session/clock.ts';

/** How {@link compareCaptures} reads, judges and compares. */
export interface CompareCapturesOptions extends AnalyzeOptions, CompareOptions {
  /** Where the memory for packets is bounded, for each capture. */
  readonly packetLimits?: Partial<PacketLogLimits> | undefined;
}

/**
 * What two or more captures of the same sessions tell together: where on the way each session broke. Give them in any
 * order.
 *
 * @param inputs as {@link analyzeCapture} takes them; captures that are open already are closed by their owner.
 * @throws {CaptureError} when an input is not there or is no capture.
 * @throws {TypeError} when an input is something else, or a stream of something else than bytes.
 */
export async function compareCaptures(
  inputs: readonly (CaptureInput | Capture)[],
  options: CompareCapturesOptions = {},
): Promise<Comparison> {
  const recorded: RecordedCapture[] = [];
  for (const input of inputs) recorded.push((await recordCapture(input, options)).recorded);
  return compareSessions(recorded, options);
}

/** Reads a capture and keeps what a comparison needs of it. */
export async function recordCapture(
  input: CaptureInput | Capture,
  options: CompareCapturesOptions,
): Promise<{ readonly recorded: RecordedCapture; readonly record: CaptureRecord }> {
  let recorder: Recorder | undefined;
  const { info, engine } = await runEngine(input, options, (info) => {
    return new Engine(info.name, options, {
      clock: () => new Clock(info.epochNs ?? 0n, fractionDigits(info.precision)),
      untilNs: () => knownUntilNs(info),
      before: (tracker) => {
        recorder = new Recorder(tracker, options.packetLimits ?? {});
        return recorder;
      },
      onSession: (session) => recorder?.sessionEnded(session),
    });
  });
  const clock = new Clock(info.epochNs ?? 0n, fractionDigits(info.precision));
  return {
    record: captureRecord(info, engine),
    recorded: {
      name: info.name,
      epochNs: info.epochNs,
      lastTimeNs: info.lastTimeNs,
      iso: (timeNs) => clock.iso(timeNs),
      traces: recorder?.traces ?? [],
      droppedPackets: recorder?.log.dropped ?? 0,
      droppedSessions: recorder?.dropped ?? 0,
    },
  };
}
