import path from 'node:path';
import { CaptureNotes } from '../../../src/diagnosis/patterns/capture-notes.ts';
import type { PatternDefinition } from '../../../src/diagnosis/patterns/pattern-definition.ts';
import { analyzeCapture } from '../../../src/engine.ts';
import type { SessionRecord } from '../../../src/session/record.ts';
import { cause, completed, portClosed, reported } from '../../report/fixtures.ts';

// Sessions for patterns. No test of its own: used by the tests beside it.

const CAPTURES = path.join(import.meta.dirname, '../../../captures');
const EPOCH = Date.parse('2026-11-23T11:26:46.000Z');

/** What a session is made of; times in seconds since the first packet. */
export interface Brief {
  readonly fate: SessionRecord['fate'];
  readonly from?: string;
  readonly to?: string;
  readonly port?: number;
  readonly at?: number;
  readonly lasts?: number;
  readonly cause?: string;
  readonly stage?: SessionRecord['stage'];
  readonly ending?: SessionRecord['ending'];
  readonly endedBy?: SessionRecord['endedBy'];
  readonly survivors?: number;
}

/** What a pattern finds in these sessions, numbered as they are given. */
export function found(pattern: PatternDefinition, briefs: readonly Brief[]) {
  const notes = new CaptureNotes();
  briefs.forEach((brief, index) => {
    notes.add(reported(recordOf(brief, index + 1)));
  });
  return pattern.find(notes);
}

/** What it finds in a shipped capture. */
export async function foundIn(pattern: PatternDefinition, name: string) {
  const notes = new CaptureNotes();
  await analyzeCapture(path.join(CAPTURES, name), {}, (session) => notes.add(session));
  return pattern.find(notes);
}

const iso = (seconds: number): string => new Date(EPOCH + seconds * 1000).toISOString();

function recordOf(brief: Brief, session: number): SessionRecord {
  const { fate, from = '10.0.0.1', to = '10.9.0.1', port = 22, at = 0, lasts = 3 } = brief;
  const base = IN_SESSION.has(fate) ? completed() : portClosed();
  const { cause: _, ...rest } = base;
  return {
    ...rest,
    session,
    fate,
    client: { address: from, port: 40_000 + session },
    server: { address: to, port },
    start: iso(at),
    end: iso(at + lasts),
    durationMs: lasts * 1000,
    stage: brief.stage ?? (IN_SESSION.has(fate) ? 'session' : fate === 'close-during-auth' ? 'auth' : 'syn'),
    ending: brief.ending ?? base.ending,
    endedBy: brief.endedBy ?? base.endedBy,
    ...(brief.cause !== undefined && { cause: cause(brief.cause, 2) }),
    observed: { ...base.observed, closes: [] },
    ...(brief.survivors !== undefined && { surroundings: survivedBy(brief.survivors) }),
  };
}

const IN_SESSION = new Set<SessionRecord['fate']>([
  'completed',
  'open',
  'closed-in-session',
  'reset-in-session',
  'icmp-in-session',
  'lost-in-session',
]);

function survivedBy(survivors: number): NonNullable<SessionRecord['surroundings']> {
  const none = { sessions: 0, clients: 0, answered: 0, identified: 0, authenticated: 0, fates: {} };
  return { server: { ...none, survivors }, client: { ...none, servers: 1, ports: 1 } };
}

/** So many of a kind, a second apart. */
export const many = (number: number, brief: (index: number) => Brief): Brief[] =>
  Array.from({ length: number }, (_, index) => ({ at: index, ...brief(index) }));
