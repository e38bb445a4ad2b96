import type { CaptureInfo } from '../capture/capture-info.ts';
import type { Fate } from '../fate/vocabulary.ts';
import type { Cause, SessionRecord } from '../session/record.ts';

/** `sshfate/report@1`: what `--format json` prints. */
export interface Report {
  /** Name and version of the format. */
  readonly schema: 'sshfate/report@1';
  /** What was read, in order. */
  readonly captures: readonly CaptureRecord[];
  /** Counts over all sessions. */
  readonly summary: Summary;
  /** What many sessions share, worst first. */
  readonly findings: readonly Finding[];
  /** As they ended, capture by capture. */
  readonly sessions: readonly SessionRecord[];
}

/** What was read of one capture, and what could not be judged. */
export type CaptureRecord = Omit<CaptureInfo, 'epochNs' | 'lastTimeNs' | 'untilNs'> & {
  readonly start?: string;
  readonly end?: string;
  /** Of an evidence file of sshfate: when the capture ended that it is taken from. Absent in all others. */
  readonly sourceEnd?: string;
  /** Packets that were not judged, by reason, e.g. { 'not-tcp': 12, 'other-port': 300 }. */
  readonly skipped: Readonly<Record<string, number>>;
  /** What limits cost, by name; empty when nothing. */
  readonly limits: Readonly<Record<string, number>>;
  /** Sessions that did not pass the filters of the command line; absent when all did. */
  readonly leftOut?: number;
};

/** Counts over the sessions of a report. */
export interface Summary {
  /** All of them. */
  readonly sessions: number;
  /** Only fates that occur. */
  readonly fates: Readonly<Partial<Record<Fate, number>>>;
  /** Only causes that occur. */
  readonly causes: Readonly<Record<string, number>>;
  /** What the limits of the findings cost, by name; absent when nothing. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Whether the sessions explain what a client printed; absent when nobody asked. */
  readonly message?: MessageSummary;
}

/** Of `--message`. */
export interface MessageSummary {
  /** The lines that were known, raw. */
  readonly lines: readonly string[];
  /** That fit; empty when nothing of it reaches the network. */
  readonly fates: readonly Fate[];
  /** That end in a way that makes a client print it. */
  readonly sessions: number;
  /** At most 10 of them. */
  readonly examples: readonly { readonly capture: string; readonly session: number }[];
  /** That the message names and no session has; absent when there are none. */
  readonly absentAddresses?: readonly string[];
}

/** `high`: users cannot work; `medium`: some lost something or may; `low`: theirs to mend; `info`: nobody's trouble. */
export type Severity = 'high' | 'medium' | 'low' | 'info';

/** Sessions that share server, fate and cause, or a pattern over sessions: what goes into a ticket. */
export interface Finding {
  /** Stays the same when the same capture is analysed again. */
  readonly id: string;
  /** What many sessions show together, e.g. 'outage'; absent for sessions that share server, fate and cause. */
  readonly pattern?: string;
  /** One line for people. */
  readonly title: string;
  /** How much it matters to who runs the server. */
  readonly severity: Severity;
  /** Of a pattern over several servers: one of them. */
  readonly server: string;
  /** Of a pattern: that of most of its sessions. */
  readonly fate: Fate;
  /** First packet of its sessions, ISO 8601 UTC. */
  readonly firstSeen: string;
  /** Last packet of its sessions, ISO 8601 UTC. */
  readonly lastSeen: string;
  /** How many. */
  readonly sessions: number;
  /** Distinct client addresses; `clientsAtLeast` says that the count stopped at its limit. */
  readonly clients: number;
  readonly clientsAtLeast?: boolean;
  /** Client addresses with the most sessions, at most 10. */
  readonly topClients: readonly { readonly address: string; readonly sessions: number }[];
  /** At most 5, with their decisive packets. */
  readonly examples: readonly {
    readonly capture: string;
    readonly session: number;
    readonly packets: readonly number[];
  }[];
  /** That its sessions share; absent without one. */
  readonly cause?: Cause;
  /** Of a pattern: its evidence, and what to do; of others the cause has them. */
  readonly summary?: string;
  readonly nextSteps?: readonly string[];
}
