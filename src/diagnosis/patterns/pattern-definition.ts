import type { Fate } from '../../fate/vocabulary.ts';
import type { CaptureNotes, Example, Tally } from './capture-notes.ts';

/** What many sessions show together and none alone. One file each, listed in `catalogue.ts`. */
export interface PatternDefinition {
  /** API: never changes. */
  readonly id: string;
  readonly title: string;
  /** The evidence it needs, for `explain`. */
  readonly needs: string;
  /** What it says, for `explain`. */
  readonly says: string;
  /** Sees the notes of one capture, at its end. */
  find(notes: CaptureNotes): readonly PatternFinding[];
}

export interface PatternFinding {
  /** What makes it this finding and no other of its pattern, e.g. the server: the same when seen again. */
  readonly key: string;
  /** A phrase that can stand alone. */
  readonly title: string;
  readonly severity: 'high' | 'medium' | 'low' | 'info';
  /** Address and port; of several, one of them. */
  readonly server: string;
  /** Of most of its sessions. */
  readonly fate: Fate;
  /** Nanoseconds since the capture's first packet. */
  readonly firstNs: number;
  readonly lastNs: number;
  readonly sessions: number;
  readonly clients: ReadonlyMap<string, number>;
  readonly clientsLimited?: boolean;
  readonly examples: readonly Example[];
  /** The evidence, one sentence or two. */
  readonly summary: string;
  readonly nextSteps: readonly string[];
}

/** What a tally gives a finding. */
export function ofTally(tally: Tally) {
  return {
    firstNs: tally.firstNs,
    lastNs: tally.lastNs,
    sessions: tally.sessions,
    clients: tally.clients,
    ...(tally.clientsLimited && { clientsLimited: true }),
    examples: tally.examples,
  };
}

/** '1 client' or '3 clients'. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** 'less than a second', '12 s', '5 min' or '3 h'. */
export function span(firstNs: number, lastNs: number): string {
  const seconds = (lastNs - firstNs) / 1e9;
  if (seconds < 1) return 'less than a second';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
