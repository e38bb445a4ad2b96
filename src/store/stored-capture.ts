import type { Fate } from '../fate/vocabulary.ts';
import type { Severity } from '../report/document.ts';
import type { Confidence } from '../session/record.ts';

/** `queued` and `analysing` become `done` or `failed`, also after a restart. */
export type CaptureState = 'queued' | 'analysing' | 'done' | 'failed';

/** An upload that was acknowledged, and what is known of it. */
export interface StoredCapture {
  /** Cannot be guessed; safe in an address. */
  readonly id: string;
  /** As uploaded: text, never a path. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the file, hexadecimal. Files with the same one are judged once. */
  readonly sha256: string;
  readonly uploadedAt: string;
  /** Id of the token; {@link LOCAL} where there are none. */
  readonly owner: string;
  readonly ownerName: string;
  readonly state: CaptureState;
  /** Of one that failed. */
  readonly error?: AnalysisError;
  /** From 1; of a queued one. */
  readonly queuePosition?: number;
  /** Of one that is analysed. */
  readonly progress?: AnalysisProgress;
  /** What people wrote to it. */
  readonly notes: string;
  /** Of one that is done. */
  readonly summary?: CaptureSummary;
}

export interface AnalysisError {
  readonly code: AnalysisErrorCode;
  readonly message: string;
}

export type AnalysisErrorCode =
  | 'not-a-capture'
  | 'time-limit'
  | 'expanded-limit'
  | 'memory-limit'
  | 'disk-full'
  | 'crashed';

export interface AnalysisProgress {
  /** Read of the file as it lies on disk. */
  readonly bytes: number;
  readonly totalBytes?: number;
  readonly packets: number;
  readonly sessions: number;
}

export interface CaptureSummary {
  readonly packets: number;
  readonly sessions: number;
  /** Of findings that are more than information. */
  readonly failed: number;
  readonly start?: string;
  readonly end?: string;
  readonly worst?: { readonly severity: Severity; readonly title: string };
  readonly fates: Readonly<Partial<Record<Fate, number>>>;
  /** Where the capture is broken. */
  readonly damage?: string;
}

/** Whose captures may be seen. */
export interface Viewer {
  readonly owner: string;
  readonly seesAll: boolean;
}

/** The owner where there are no tokens. */
export const LOCAL = 'local';

export interface Facet {
  readonly value: string;
  readonly sessions: number;
}

export interface SessionRow {
  readonly session: number;
  readonly start: string;
  readonly durationMs: number;
  readonly fate: Fate;
  readonly stage: string;
  readonly endedBy: string;
  readonly cause?: string;
  readonly confidence?: Confidence;
  readonly severity: Severity;
  /** Address and port. */
  readonly client: string;
  readonly server: string;
  readonly clientSoftware?: string;
  readonly serverSoftware?: string;
}

export const SESSION_SORTS = [
  'number',
  'start',
  'duration',
  'fate',
  'cause',
  'client',
  'server',
  'severity',
] as const;
export type SessionSort = (typeof SESSION_SORTS)[number];

export interface SessionFilter {
  readonly fates?: readonly string[];
  readonly causes?: readonly string[];
  /** Address and port, or an address. */
  readonly server?: string;
  /** An address. */
  readonly client?: string;
}

export interface SessionQuery extends SessionFilter {
  readonly sort?: SessionSort;
  readonly descending?: boolean;
  readonly offset?: number;
  readonly limit?: number;
}
