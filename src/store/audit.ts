import type { Database } from './sqlite.ts';

export interface AuditEvent {
  readonly who: string;
  readonly whoName: string;
  readonly what:
    | 'uploaded'
    | 'read'
    | 'deleted'
    | 'noted'
    | 'judged-again'
    | 'sent'
    | 'token-created'
    | 'token-revoked';
  /** Id of the capture. */
  readonly capture?: string;
  readonly detail?: string;
}

export interface AuditEntry extends AuditEvent {
  readonly at: string;
}

interface Row {
  readonly at: string;
  readonly who: string;
  readonly who_name: string;
  readonly what: AuditEvent['what'];
  readonly capture: string | null;
  readonly detail: string | null;
}

/** Kept; the oldest go. */
const MAX_ENTRIES = 1_000_000;

/** Who uploaded, read and deleted what. */
export class Audit {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  add({ who, whoName, what, capture, detail }: AuditEvent): void {
    const { lastInsertRowid } = this.database
      .prepare('INSERT INTO audit (at, who, who_name, what, capture, detail) VALUES (?, ?, ?, ?, ?, ?)')
      .run(new Date().toISOString(), who, whoName, what, capture ?? null, detail ?? null);
    this.database.prepare('DELETE FROM audit WHERE number <= ?').run(Number(lastInsertRowid) - MAX_ENTRIES);
  }

  /** All of them or none. */
  addAll(events: readonly AuditEvent[]): void {
    this.database.transaction(() => {
      for (const event of events) this.add(event);
    })();
  }

  /** Newest first. */
  list({ offset = 0, limit = 100 }): AuditEntry[] {
    const rows = this.database
      .prepare('SELECT * FROM audit ORDER BY number DESC LIMIT ? OFFSET ?')
      .all(Math.min(limit, 1000), offset) as Row[];
    return rows.map(({ at, who, who_name, what, capture, detail }) => ({
      at,
      who,
      whoName: who_name,
      what,
      ...(capture !== null && { capture }),
      ...(detail !== null && { detail }),
    }));
  }
}
