import type { Incident } from '../../report/incident/incident.ts';
import type { AuditEntry } from '../../store/audit.ts';
import type { Facet, SessionRow, StoredCapture } from '../../store/stored-capture.ts';
import type { Token } from '../../store/tokens.ts';

export type { AuditEntry, Facet, SessionRow, StoredCapture, Token };

/** What the API answers, as far as the page needs it. Texts are raw. */

export interface Me {
  readonly authenticated: boolean;
  readonly role?: 'read' | 'upload' | 'admin';
  readonly name?: string;
  readonly tokensRequired: boolean;
  readonly version: string;
  readonly limits?: { readonly maxUploadBytes?: number };
}

export interface TokenList {
  readonly tokens: readonly Token[];
}

export interface MadeToken extends Token {
  readonly secret: string;
}

export interface AuditList {
  readonly events: readonly AuditEntry[];
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
