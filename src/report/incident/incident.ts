import type { JointSession } from '../../compare/comparison.ts';
import type { Fate } from '../../fate/vocabulary.ts';
import type { SessionRecord } from '../../session/record.ts';
import type { CaptureRecord, Finding, Summary } from '../document.ts';
import type { FateTimes } from '../figures/fate-times.ts';
import type { Sequence } from '../figures/sequence.ts';

/** `sshfate/incident@1`: all that a report tells. Bounded however many sessions there were; texts are raw. */
export interface Incident {
  readonly schema: 'sshfate/incident@1';
  /** What made it, e.g. 'sshfate 1.2.3'. */
  readonly generator?: string;
  readonly captures: readonly CaptureRecord[];
  readonly summary: Summary;
  /** Sessions of findings that are more than information. */
  readonly failed: number;
  /** Worst first. */
  readonly findings: readonly IncidentFinding[];
  /** When sessions met their fates; absent without a session. */
  readonly times?: FateTimes;
  readonly servers: PartyTable;
  readonly clients: PartyTable;
}

export interface IncidentFinding extends Finding {
  /** Its most telling session in full; absent when there were more findings than are illustrated. */
  readonly example?: SessionRecord;
  /** One of its sessions, by all captures together; absent when they were not compared. */
  readonly joint?: JointSession;
  /** Its packets between the captures; not in the JSON. */
  readonly jointSequence?: Sequence;
}

/** Those with the most failures first. */
export interface PartyTable {
  readonly rows: readonly Party[];
  /** Further ones that have no row. */
  readonly more: number;
  /** There were too many to count: `more` and the rows' numbers are lower bounds. */
  readonly atLeast?: boolean;
}

/** A server (address and port) or a client (address) with what became of its sessions. */
export interface Party {
  /** As printed: '10.0.0.1:22', '[2001:db8::1]:22', or a client's bare address. */
  readonly name: string;
  /** Its softwareversion as first seen. */
  readonly software?: string;
  readonly sessions: number;
  /** Of these, of findings that are more than information. */
  readonly failed: number;
  /** What became of its sessions, most frequent first, at most 4. */
  readonly verdicts: readonly { readonly fate: Fate; readonly cause?: string; readonly sessions: number }[];
}
