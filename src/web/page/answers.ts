import type { Incident } from '../../report/incident/incident.ts';
import type { Facet, SessionRow, StoredCapture } from '../../store/stored-capture.ts';

export type { Facet, SessionRow, StoredCapture };

/** What the API answers, as far as the page needs it. Texts are raw. */

export interface Me {
  readonly authenticated: boolean;
  readonly role?: 'read' | 'upload' | 'admin';
  readonly name?: string;
  readonly tokensRequired: boolean;
  readonly version: string;
  readonly limits?: { readonly maxUploadBytes?: number };
}

export interface CaptureList {
  readonly total: number;
  readonly captures: readonly StoredCapture[];
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
