import { join } from 'node:path';
import { analyzeCapture } from '../../src/index.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { type Expected, SIDES, type Side } from './scenario.ts';
import type { Truth } from './truth.ts';

/** One session of one capture: what it had to be called, and what it was. */
export interface Verdict {
  readonly scenario: string;
  readonly side: Side;
  /** By first packet, from 1; absent where a session was expected and none was there. */
  readonly session: number;
  /** Absent where one session too many was found. */
  readonly expected: Expected | undefined;
  readonly given: SessionRecord | undefined;
}

/** Analyses a scenario's captures as a user of the library would. */
export async function judge(truth: Truth, fileOf: (file: string) => string): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const side of SIDES) {
    const known = truth.sides[side];
    if (!known) continue;
    const records = await recordsOf(fileOf(known.file), known.port);
    const wanted = stretched(known.sessions, records.length);
    for (let n = 0; n < Math.max(wanted.length, records.length); n++) {
      verdicts.push({ scenario: truth.name, side, session: n + 1, expected: wanted[n], given: records[n] });
    }
  }
  return verdicts;
}

/** In a folder of results each scenario has a folder of its own. */
export const inFolder =
  (folder: string, name: string) =>
  (file: string): string =>
    join(folder, name, file);

export async function recordsOf(file: string, port: number): Promise<readonly SessionRecord[]> {
  const records: SessionRecord[] = [];
  await analyzeCapture(file, { ports: [port] }, (session) => {
    records.push(session.toJSON());
  });
  return records.sort((a, b) => a.session - b.session);
}

/** With as many of the last session as there are, where that is chance. */
export function stretched(sessions: readonly Expected[], count: number): readonly Expected[] {
  const last = sessions.at(-1);
  if (!last?.andMore) return sessions;
  return [...sessions, ...Array(Math.max(0, count - sessions.length)).fill(last)];
}

export const fateIsRight = ({ expected, given }: Verdict): boolean =>
  expected !== undefined &&
  given !== undefined &&
  expected.fate.includes(given.fate) &&
  (expected.endedBy === undefined || expected.endedBy.includes(given.endedBy));

/** Nothing went wrong in the session, so that a cause can only be wrong. */
export const isHealthy = ({ expected }: Verdict): boolean => expected?.cause.length === 0;

export const causeIsRight = ({ expected, given }: Verdict): boolean => {
  if (!expected) return false;
  const cause = given?.cause?.id;
  if (cause === undefined) return expected.cause.length === 0 || expected.mayBeSilent !== undefined;
  return expected.cause.includes(cause);
};

/** Worse than none: a cause that is wrong, and said to be certain. */
export const isWrongAndCertain = (verdict: Verdict): boolean =>
  verdict.given?.cause?.confidence === 'certain' && !causeIsRight(verdict);
