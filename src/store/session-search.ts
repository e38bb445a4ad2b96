import type { Database } from './sqlite.ts';
import type { SessionFilter, Viewer } from './stored-capture.ts';

export interface SearchQuery extends SessionFilter {
  readonly offset?: number;
  readonly limit?: number;
}

const MAX_LIMIT = 50;

/** Finds captures by the sessions in them. */
export class SessionSearch {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  find(
    viewer: Viewer,
    { server, client, fates = [], causes = [], offset = 0, limit = 20 }: SearchQuery,
  ): {
    readonly total: number;
    readonly found: readonly { readonly id: string; readonly sessions: number }[];
  } {
    const parts = ['(? = 1 OR captures.owner = ?)', "analyses.state = 'done'"];
    const values: (string | number)[] = [viewer.seesAll ? 1 : 0, viewer.owner];
    if (server !== undefined) {
      // An address alone stands for all its ports.
      parts.push(
        "(groups.server = ? OR groups.server LIKE ? ESCAPE '\\' OR groups.server LIKE ? ESCAPE '\\')",
      );
      const literal = server.replace(/[\\%_]/g, '\\$&');
      values.push(server, `${literal}:%`, `[${literal}]:%`);
    }
    if (client !== undefined) {
      parts.push('groups.client = ?');
      values.push(client);
    }
    for (const [column, wanted] of [
      ['fate', fates],
      ['cause', causes],
    ] as const) {
      if (wanted.length === 0) continue;
      parts.push(`groups.${column} IN (${wanted.map(() => '?').join(', ')})`);
      values.push(...wanted);
    }
    const from = `FROM captures JOIN analyses USING (sha256) JOIN groups USING (sha256) WHERE ${parts.join(' AND ')}`;
    const total = this.database
      .prepare(`SELECT count(DISTINCT captures.id) ${from}`)
      .pluck()
      .get(values) as number;
    const found = this.database
      .prepare(
        `SELECT captures.id AS id, sum(groups.sessions) AS sessions ${from}
         GROUP BY captures.id ORDER BY captures.uploaded_at DESC, captures.id LIMIT ? OFFSET ?`,
      )
      .all(...values, Math.min(limit, MAX_LIMIT), offset) as { id: string; sessions: number }[];
    return { total, found };
  }
}
