import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { constants, deflateRawSync } from 'node:zlib';
import { hostPort } from '../diagnosis/cause-definition.ts';
import type { Incident } from '../report/incident/incident.ts';
import type { ReportedSession } from '../report/reporter.ts';
import { SEVERITIES, severityOf } from '../report/severity.ts';
import { type Database, openDatabase } from './sqlite.ts';

/** A capture's verdicts in a file of their own: made once, only read from then on, deleted as a whole. */
const TABLES = `
  CREATE TABLE blocks (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE sessions (
    number INTEGER PRIMARY KEY, start TEXT NOT NULL, duration REAL NOT NULL, fate TEXT NOT NULL, stage TEXT NOT NULL,
    ended_by TEXT NOT NULL, cause TEXT, confidence TEXT, severity INTEGER NOT NULL, client TEXT NOT NULL,
    client_address TEXT NOT NULL, server TEXT NOT NULL, server_address TEXT NOT NULL, client_software TEXT,
    server_software TEXT, block INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL) STRICT;
`;
const INDICES = ['start', 'duration', 'fate', 'cause', 'severity', 'client_address', 'client', 'server']
  .map((column) => `CREATE INDEX by_${column} ON sessions (${column}, number);`)
  .join('\n');

/** Written in one go. */
const ROWS_A_TRANSACTION = 2000;

/** Takes a report as it is printed, and keeps it so that each record is found again. */
export class ResultWriter {
  private readonly path: string;
  private readonly database: Database;
  private readonly insertSession;
  private readonly insertBlock;
  private block = 0;
  private uncommitted = 0;

  constructor(path: string) {
    this.path = path;
    rmSync(this.unfinished, { force: true });
    this.database = openDatabase(this.unfinished);
    // Nothing is lost with it: an unfinished one is made again.
    this.database.pragma('journal_mode = OFF');
    this.database.pragma('synchronous = OFF');
    this.database.exec(TABLES);
    this.insertSession = this.database.prepare(
      'INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.insertBlock = this.database.prepare('INSERT INTO blocks VALUES (?, ?)');
    this.database.exec('BEGIN');
  }

  private get unfinished(): string {
    return `${this.path}.unfinished`;
  }

  /** Part of the report. What `placed` says of sessions is meant for the next part. */
  write(part: string | Uint8Array): void {
    const bytes = deflateRawSync(part, { level: constants.Z_BEST_SPEED });
    this.insertBlock.run(this.block++, bytes);
  }

  /** A session whose record lies there in the part of the report that comes next. */
  placed(session: ReportedSession, offset: number, length: number): void {
    const { client, server, fate, cause } = session;
    this.insertSession.run(
      session.session,
      session.start,
      session.durationMs,
      fate,
      session.stage,
      session.endedBy,
      cause?.id ?? null,
      cause?.confidence ?? null,
      SEVERITIES.indexOf(severityOf(fate, cause?.id)),
      hostPort(client),
      client.address,
      hostPort(server),
      server.address,
      client.software ?? null,
      server.software ?? null,
      this.block,
      offset,
      length,
    );
    if (++this.uncommitted < ROWS_A_TRANSACTION) return;
    this.uncommitted = 0;
    this.database.exec('COMMIT; BEGIN');
  }

  /** `placeholder`: what the report calls the capture; its name is put in when it is read. */
  finish(incident: Incident, placeholder: string): void {
    const insert = this.database.prepare('INSERT INTO facts VALUES (?, ?)');
    insert.run('incident', JSON.stringify(incident));
    insert.run('placeholder', placeholder);
    this.database.exec('COMMIT');
    this.database.exec(INDICES);
    this.database.close();
    const descriptor = openSync(this.unfinished, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(this.unfinished, this.path);
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.database.close();
    rmSync(this.unfinished, { force: true });
  }
}
