import { inflateRawSync } from 'node:zlib';
import { forJson } from '../report/escape.ts';
import type { Incident } from '../report/incident/incident.ts';
import { SEVERITIES } from '../report/severity.ts';
import { type Database, openDatabase } from './sqlite.ts';
import type { Facet, SessionFilter, SessionQuery, SessionRow, SessionSort } from './stored-capture.ts';

const COLUMNS: Readonly<Record<SessionSort, string>> = {
  number: 'number',
  start: 'start',
  duration: 'duration',
  fate: 'fate',
  cause: 'cause',
  client: 'client',
  server: 'server',
  severity: 'severity',
};
const MAX_LIMIT = 1000;
const MAX_FACETS = 200;

interface Row {
  readonly number: number;
  readonly start: string;
  readonly duration: number;
  readonly fate: string;
  readonly stage: string;
  readonly ended_by: string;
  readonly cause: string | null;
  readonly confidence: string | null;
  readonly severity: number;
  readonly client: string;
  readonly server: string;
  readonly client_software: string | null;
  readonly server_software: string | null;
}

interface Place {
  readonly block: number;
  readonly offset: number;
  readonly length: number;
}

/** The verdicts of a capture that was analysed. Close it. */
export class Result {
  private readonly database: Database;
  private readonly placeholder: string;
  /** As JSON has it, without quotes. */
  private readonly name: string;

  /** `name`: what the capture is called now; the same file may have been uploaded under several. */
  constructor(path: string, name: string) {
    this.database = openDatabase(path, { readonly: true });
    this.placeholder = this.fact('placeholder');
    this.name = forJson(JSON.stringify(name)).slice(1, -1);
  }

  close(): void {
    this.database.close();
  }

  get incident(): Incident {
    return JSON.parse(this.named(this.fact('incident'))) as Incident;
  }

  sessions(query: SessionQuery): { readonly total: number; readonly sessions: SessionRow[] } {
    const { where, values } = condition(query);
    const { sort = 'number', descending = false, offset = 0, limit = 50 } = query;
    const order = descending ? 'DESC' : 'ASC';
    const total = this.database
      .prepare(`SELECT count(*) FROM sessions ${where}`)
      .pluck()
      .get(values) as number;
    const rows = this.database
      .prepare(
        `SELECT * FROM sessions ${where} ORDER BY ${COLUMNS[sort]} ${order}, number ${order} LIMIT ? OFFSET ?`,
      )
      .all(...values, Math.min(limit, MAX_LIMIT), offset) as Row[];
    return { total, sessions: rows.map(sessionRow) };
  }

  /** The record as JSON, as `analyze --format ndjson` prints it. */
  session(number: number): string | undefined {
    const place = this.database
      .prepare('SELECT block, offset, length FROM sessions WHERE number = ?')
      .get(number) as Place | undefined;
    if (place === undefined) return undefined;
    const part = this.part(place.block).subarray(place.offset, place.offset + place.length);
    return this.named(part.toString('latin1'));
  }

  /** What `analyze --format json` prints, in parts. */
  *report(): Generator<string> {
    const count = this.database.prepare('SELECT count(*) FROM blocks').pluck().get() as number;
    for (let block = 0; block < count; block++) yield this.named(this.part(block).toString('latin1'));
  }

  facets(): Readonly<Record<'fates' | 'causes' | 'servers' | 'clients', readonly Facet[]>> {
    return {
      fates: this.facet('fate'),
      causes: this.facet('cause'),
      servers: this.facet('server'),
      clients: this.facet('client_address'),
    };
  }

  private facet(column: string): Facet[] {
    return this.database
      .prepare(
        `SELECT ${column} AS value, count(*) AS sessions FROM sessions WHERE ${column} IS NOT NULL
         GROUP BY ${column} ORDER BY sessions DESC, value LIMIT ${MAX_FACETS}`,
      )
      .all() as Facet[];
  }

  private part(block: number): Buffer {
    const bytes = this.database.prepare('SELECT bytes FROM blocks WHERE number = ?').pluck().get(block);
    return inflateRawSync(bytes as Buffer);
  }

  private fact(name: string): string {
    return this.database.prepare('SELECT value FROM facts WHERE name = ?').pluck().get(name) as string;
  }

  private named(json: string): string {
    return json.replaceAll(this.placeholder, () => this.name);
  }
}

function condition({ fates = [], causes = [], server, client }: SessionFilter): {
  readonly where: string;
  readonly values: string[];
} {
  const parts: string[] = [];
  const values: string[] = [];
  const among = (column: string, wanted: readonly string[]): void => {
    if (wanted.length === 0) return;
    parts.push(`${column} IN (${wanted.map(() => '?').join(', ')})`);
    values.push(...wanted);
  };
  among('fate', fates);
  among('cause', causes);
  if (server !== undefined) {
    parts.push('(server = ? OR server_address = ?)');
    values.push(server, server);
  }
  if (client !== undefined) {
    parts.push('(client_address = ? OR client = ?)');
    values.push(client, client);
  }
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values };
}

function sessionRow(row: Row): SessionRow {
  return {
    session: row.number,
    start: row.start,
    durationMs: row.duration,
    fate: row.fate as SessionRow['fate'],
    stage: row.stage,
    endedBy: row.ended_by,
    ...(row.cause !== null && { cause: row.cause }),
    ...(row.confidence !== null && { confidence: row.confidence as NonNullable<SessionRow['confidence']> }),
    severity: SEVERITIES[row.severity] ?? 'info',
    client: row.client,
    server: row.server,
    ...(row.client_software !== null && { clientSoftware: row.client_software }),
    ...(row.server_software !== null && { serverSoftware: row.server_software }),
  };
}
