import type { Fate } from '../../fate/vocabulary.ts';
import { forTerminal } from '../../report/escape.ts';
import { counted, grouped } from '../../report/layout.ts';
import { HEALTHY_FATES, severityOf } from '../../report/severity.ts';
import type { StoredCapture } from './answers.ts';

/** Text of the wire or of a file's name as it may be shown: what cannot be seen is spelled out. */
export const shown = (text: string): string => forTerminal(text);

/** '1.4 MB'. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** '2026-11-23 11:26' of an ISO time, in UTC. */
export const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
/** '2026-11-23 11:26:46'. */
export const second = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

/** The class that colours a fate; what it says is told in words beside it. */
export const fateTone = (fate: Fate, cause?: string): string =>
  HEALTHY_FATES.has(fate) ? 'well' : severityOf(fate, cause);

/** What became of a capture, one phrase for a list. */
export function captureVerdict({ state, error, queuePosition, progress, summary }: StoredCapture): string {
  switch (state) {
    case 'queued':
      return queuePosition === undefined
        ? 'Waits for its turn'
        : `Waits, ${grouped(queuePosition)} in the queue`;
    case 'analysing':
      return progress === undefined
        ? 'Is being judged'
        : `Is being judged: ${counted(progress.packets, 'packet')}, ${counted(progress.sessions, 'session')}`;
    case 'failed':
      return error === undefined ? 'Could not be judged' : shown(error.message);
    case 'done': {
      if (summary === undefined || summary.sessions === 0) return 'No SSH session was seen';
      const { failed, sessions } = summary;
      if (failed === 0)
        return sessions === 1 ? 'The session did not fail' : `None of ${grouped(sessions)} sessions failed`;
      if (failed === sessions)
        return sessions === 1 ? 'The session failed' : `All ${grouped(sessions)} sessions failed`;
      return `${grouped(failed)} of ${grouped(sessions)} sessions failed`;
    }
  }
}

/** How far a judgement is, 0 to 1; undefined when that cannot be told. */
export function share(progress: StoredCapture['progress']): number | undefined {
  if (progress?.totalBytes === undefined || progress.totalBytes === 0) return undefined;
  return Math.min(1, progress.bytes / progress.totalBytes);
}
