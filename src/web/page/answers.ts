import type { Fate } from '../../fate/vocabulary.ts';
import type { Severity } from '../../report/document.ts';
import type { Incident } from '../../report/incident/incident.ts';
import type { Confidence } from '../../session/record.ts';

/** What the API answers, as far as the page needs it. Texts are raw. */

export interface Me {
  readonly authenticated: boolean;
  readonly role?: 'read' | 'upload' | 'admin';
  readonly name?: string;
  readonly tokensRequired: boolean;
  readonly version: string;
  readonly limits?: { readonly maxUploadBytes?: number };
}

export interface StoredCapture {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly uploadedAt: string;
  readonly ownerName?: string;
  readonly state: 'queued' | 'analysing' | 'done' | 'failed';
  readonly error?: { readonly code: string; readonly message: string };
  readonly queuePosition?: number;
  readonly progress?: {
    readonly bytes: number;
    readonly totalBytes?: number;
    readonly packets: number;
    readonly sessions: number;
  };
  readonly notes?: string;
  readonly summary?: {
    readonly packets: number;
    readonly sessions: number;
    readonly failed: number;
    readonly worst?: { readonly severity: Severity; readonly title: string };
    readonly fates: Readonly<Partial<Record<Fate, number>>>;
    readonly damage?: string;
  };
}

export interface CaptureList {
  readonly total: number;
  readonly captures: readonly StoredCapture[];
}

export interface Facet {
  readonly value: string;
  readonly sessions: number;
}

export interface Facets {
  readonly fates: readonly Facet[];
  readonly causes: readonly Facet[];
  readonly servers: readonly Facet[];
  readonly clients: readonly Facet[];
}

export interface Overview {
  readonly incident: Incident;
  readonly facets: Facets;
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
  readonly client: string;
  readonly server: string;
  readonly clientSoftware?: string;
  readonly serverSoftware?: string;
}

export interface SessionList {
  readonly total: number;
  readonly sessions: readonly SessionRow[];
}

export interface SearchList {
  readonly total: number;
  readonly captures: readonly {
    readonly capture: StoredCapture;
    readonly total: number;
    readonly sessions: readonly SessionRow[];
  }[];
}
