import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type AnalyzeOptions, analyzeCapture } from '../../src/engine.ts';
import type { SessionRecord } from '../../src/session/record.ts';

/** Folder with captures that nobody of this project made; see its own README. */
const CORPUS = process.env.SSHFATE_CORPUS;

/** For `describe.skipIf`: the reason stands in the title. */
export const WITHOUT_CORPUS = CORPUS === undefined;
export const CORPUS_NEEDED = WITHOUT_CORPUS ? ' (skipped: SSHFATE_CORPUS is not set)' : '';

export function corpusPath(...parts: string[]): string {
  return path.join(CORPUS ?? '/nonexistent', ...parts);
}

/** Names in a folder of the corpus; none without it. */
export function corpusFiles(folder: string, suffix = ''): string[] {
  const full = corpusPath(folder);
  if (!existsSync(full)) return [];
  return readdirSync(full)
    .filter((name) => name.endsWith(suffix))
    .sort();
}

export function readJson<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(corpusPath(...parts), 'utf8')) as T;
}

/** All records of a capture, by session number. */
export async function recordsOf(file: string, options: AnalyzeOptions = {}): Promise<SessionRecord[]> {
  const records: SessionRecord[] = [];
  await analyzeCapture(file, options, (session) => {
    records.push(JSON.parse(JSON.stringify(session)) as SessionRecord);
  });
  return records.sort((a, b) => a.session - b.session);
}

/** Closes in capture order, e.g. 'cFIN+sFIN'. */
export function closesOf(record: SessionRecord): string {
  return record.timeline
    .filter((entry) => entry.what === 'FIN' || entry.what === 'RST')
    .map((entry) => `${entry.from === 'client' ? 'c' : 's'}${entry.what}`)
    .join('+');
}
