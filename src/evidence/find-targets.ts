import { openCapture } from '../capture/open-capture.ts';
import { hostPort } from '../diagnosis/cause-definition.ts';
import { type AnalyzeOptions, analyzeCapture } from '../engine.ts';
import type { Finding } from '../report/document.ts';
import { FindingAggregator, findingId } from '../report/findings.ts';
import { PatternFindings } from '../report/pattern-findings.ts';
import { EvidenceError } from './evidence-error.ts';
import type { Target } from './related-sessions.ts';
import { placeOf } from './session-place.ts';

/** What is to be extracted: sessions by their numbers, or those of a finding. */
export type EvidenceSelection =
  | { readonly sessions: readonly number[]; readonly finding?: undefined }
  | { readonly finding: string; readonly sessions?: undefined };

/** Sessions of a finding that are extracted; its first ones show what the others show. */
const MAX_TARGETS = 1000;

export interface Targets {
  readonly targets: readonly Target[];
  readonly finding: Finding | undefined;
  /** Sessions of the finding beyond those. */
  readonly unlisted: number;
  readonly sourcePackets: number;
}

/**
 * @throws {EvidenceError} when it is not in the capture.
 * @throws the signal's reason: what was not read may have it.
 */
export async function findTargets(
  path: string,
  selection: EvidenceSelection,
  options: AnalyzeOptions,
): Promise<Targets> {
  return selection.finding === undefined
    ? targetsByNumber(path, selection.sessions, options)
    : targetsOfFinding(path, selection.finding, options);
}

async function targetsByNumber(
  path: string,
  numbers: readonly number[],
  options: AnalyzeOptions,
): Promise<Targets> {
  const wanted = new Set(numbers);
  const targets: Target[] = [];
  let sessions = 0;
  const capture = await openCapture(path);
  try {
    await analyzeCapture(capture, options, (session) => {
      sessions++;
      if (wanted.has(session.session)) targets.push({ place: placeOf(session), record: session.toJSON() });
    });
  } finally {
    capture.close();
  }
  options.signal?.throwIfAborted();
  const found = new Set(targets.map(({ place }) => place.session));
  const missing = [...wanted].find((number) => !found.has(number));
  if (missing !== undefined) {
    const there =
      sessions === 0
        ? 'the capture has none. Watch other ports with --port or --any-port.'
        : `the capture's ${sessions === 1 ? 'only session is 1' : `sessions are 1 to ${sessions}`}. 'sshfate analyze' lists them.`;
    throw new EvidenceError(`There is no session ${missing}: ${there}`);
  }
  return { targets: byNumber(targets), finding: undefined, unlisted: 0, sourcePackets: capture.info.packets };
}

async function targetsOfFinding(path: string, id: string, options: AnalyzeOptions): Promise<Targets> {
  const aggregator = new FindingAggregator();
  const patterns = new PatternFindings();
  const targets: Target[] = [];
  let unlisted = 0;
  const capture = await openCapture(path);
  try {
    const record = await analyzeCapture(capture, options, (session) => {
      const isFinding = aggregator.add(session) !== undefined;
      patterns.add(session);
      if (!isFinding) return;
      const { fate, causeId } = session;
      if (findingId(hostPort(session.server), fate, causeId) !== id) return;
      if (targets.length < MAX_TARGETS) targets.push({ place: placeOf(session), record: session.toJSON() });
      else unlisted++;
    });
    aggregator.captureEnded(record);
    patterns.captureEnded(record);
  } finally {
    capture.close();
  }
  options.signal?.throwIfAborted();
  const findings = [...aggregator.findings(), ...patterns.findings()];
  const finding = findings.find((one) => one.id === id);
  if (finding === undefined) {
    throw new EvidenceError(
      `There is no finding '${id}' in the capture. 'sshfate analyze --format json' gives their ids.`,
    );
  }
  const { packets: sourcePackets } = capture.info;
  if (finding.pattern === undefined) return { targets: byNumber(targets), finding, unlisted, sourcePackets };
  const numbers = finding.examples.map(({ session }) => session);
  const examples = await targetsByNumber(path, numbers, options);
  return { targets: examples.targets, finding, unlisted: 0, sourcePackets };
}

const byNumber = (targets: Target[]): Target[] => targets.sort((a, b) => a.place.session - b.place.session);
