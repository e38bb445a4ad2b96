import { Best } from './best.ts';
import { commonFolder } from './capture-troubles.ts';
import { forTerminal } from './escape.ts';
import { displayWidth, fitColumns, grouped, padEnd, padStart, shorten, wrap } from './layout.ts';
import { noneAskedFor } from './left-out.ts';
import type { MessageCheck } from './message-check.ts';
import { Overview } from './overview.ts';
import { captureLines, findingLines, GAP, messageLines, summaryLines } from './overview-text.ts';
import { coloured, fateFormat, type Paint, plain } from './paint.ts';
import type { ReportedSession, Reporter, ReportOutput } from './reporter.ts';
import {
  columnsThatFit,
  SESSION_COLUMN_NAMES,
  SESSION_COLUMNS,
  type SessionColumnName,
} from './session-columns.ts';
import { HEALTHY_FATES, SEVERITIES, severityOf } from './severity.ts';

export interface TableOptions {
  /** Columns of the terminal; 80 when there is none. */
  readonly width: number;
  readonly colour: boolean;
  /** Every session instead of the most telling. */
  readonly all: boolean;
  /** Every column, however wide that is. */
  readonly wide: boolean;
  /** How many sessions are listed without `all`. */
  readonly limit: number;
  /** Column to sort by; the most telling first when absent. */
  readonly sort?: SessionColumnName | undefined;
  /** Sessions of several captures are told apart by a column. */
  readonly severalCaptures: boolean;
  /** Other ports were looked at, too. */
  readonly anyPort?: boolean | undefined;
  /** Whether the sessions explain a message: told beside them. */
  readonly message?: MessageCheck | undefined;
}

/** `--all --sort` has to keep the rows, twice as many while it reads; about 2 kB each. Longer lists are for a program. */
const MAX_SORTED_ROWS = 20_000;
/** This many sessions of one finding come before those of lesser findings. */
const FRONT_ROWS = 3;

/**
 * For people: what was read, the sessions by fate, the findings, and the most telling sessions. With `all` and no
 * order asked for, sessions are printed as they end, and the rest follows them.
 */
export function tableReporter(output: ReportOutput, options: TableOptions): Reporter {
  const paint = options.colour ? coloured : plain;
  const overview = new Overview();
  const streaming = options.all && options.sort === undefined;
  const list = new SessionList(options, paint);
  return {
    session(session) {
      const before = overview.add(session);
      if (streaming) output.write(list.line(session, overview.sessions === 1));
      else list.offer(session, before);
    },
    capture: (capture) => overview.captureEnded(capture),
    end() {
      if (overview.captures.length === 0 && overview.sessions === 0) return;
      const text = { width: options.width, paint };
      const findings = overview.findings();
      const blocks = [
        captureLines(overview, text),
        summaryLines(overview.summary(), text),
        findings.length > 0 ? findingLines(findings, options.severalCaptures, text) : [],
        overview.sessions === 0 ? wrap(noSessions(overview, options.anyPort ?? false), options.width) : [],
        streaming ? [] : list.lines(overview),
        options.message ? messageLines(options.message.summary(), text) : [],
      ].filter((lines) => lines.length > 0);
      if (streaming && overview.sessions > 0) output.write('\n');
      output.write(`${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`);
    },
  };
}

type Row = Readonly<Partial<Record<SessionColumnName, string | undefined>>>;

class SessionList {
  private readonly options: TableOptions;
  private readonly paint: Paint;
  private readonly names: readonly SessionColumnName[];
  private readonly best: Best<Row>;
  /** Columns of a list that is printed before its content is known. */
  private readonly usualNames: readonly SessionColumnName[];

  constructor(options: TableOptions, paint: Paint) {
    this.options = options;
    this.paint = paint;
    this.names = SESSION_COLUMN_NAMES.filter((name) => name !== 'capture' || options.severalCaptures);
    this.best = new Best(options.all ? MAX_SORTED_ROWS : options.limit);
    this.usualNames = this.chosen(this.names, (name) => SESSION_COLUMNS[name].usual);
  }

  /** `before`: how many sessions of the same finding came before it. */
  offer(session: ReportedSession, before: number | undefined): void {
    const { sort } = this.options;
    const key = sort === undefined ? tellingOrder(session, before) : SESSION_COLUMNS[sort].order(session);
    this.best.offer(key, () => rowOf(session, this.names));
  }

  line(session: ReportedSession, first: boolean): string {
    const row = rowOf(session, this.usualNames);
    const width = (name: SessionColumnName) => SESSION_COLUMNS[name].usual;
    const line = this.rowLine(row, this.usualNames, width);
    return first ? `${this.headLine(this.usualNames, width)}\n${line}\n` : `${line}\n`;
  }

  lines({ sessions, captures }: Overview): string[] {
    const folder = forTerminal(commonFolder(captures.map(({ name }) => name)));
    const rows = this.best.items().map((row) => ({
      ...row,
      capture: row.capture?.startsWith(folder) ? row.capture.slice(folder.length) : row.capture,
    }));
    if (rows.length === 0) return [];
    // What is the same everywhere is told once, and leaves room.
    const server = rows[0]?.server ?? '';
    const sameServer = rows.length > 1 && rows.every((row) => row.server === server);
    const candidates = this.names.filter((name) => !(sameServer && name === 'server'));
    const needed = neededWidths(rows, candidates);
    const names = this.chosen(candidates, needed);
    const heading = this.heading(rows.length, sessions, sameServer ? server : undefined);
    return [...heading, ...this.table(rows, names, needed)];
  }

  private heading(shown: number, sessions: number, server: string | undefined): string[] {
    const { all, sort, width } = this.options;
    const order = sort === undefined ? 'the most telling first' : `by ${sort}`;
    const more =
      shown === sessions ? '' : all ? `; only ${grouped(shown)} can be sorted` : '; --all shows all';
    const count = shown === sessions ? `${grouped(sessions)}` : `${grouped(shown)} of ${grouped(sessions)}`;
    const where = server === undefined ? '' : ` to ${server}`;
    const [first = '', ...rest] = wrap(`SESSIONS  ${count}${where}, ${order}${more}`, width);
    return [this.paint('bold', first.slice(0, 8)) + first.slice(8), ...rest];
  }

  private chosen(
    names: readonly SessionColumnName[],
    needed: (name: SessionColumnName) => number,
  ): readonly SessionColumnName[] {
    return this.options.wide ? names : columnsThatFit(names, needed, this.options.width, GAP);
  }

  private table(
    rows: readonly Row[],
    names: readonly SessionColumnName[],
    needed: (name: SessionColumnName) => number,
  ): string[] {
    const total = this.options.wide ? Number.POSITIVE_INFINITY : this.options.width;
    const minimum = names.map((name) => SESSION_COLUMNS[name].minimum);
    const fitted = fitColumns(names.map(needed), minimum, total, GAP);
    const width = (name: SessionColumnName) => fitted[names.indexOf(name)] as number;
    return [this.headLine(names, width), ...rows.map((row) => this.rowLine(row, names, width))];
  }

  private headLine(names: readonly SessionColumnName[], width: (name: SessionColumnName) => number): string {
    const headings = names.map((name) => aligned(SESSION_COLUMNS[name].heading, name, width(name)));
    return this.paint('bold', headings.join(' '.repeat(GAP)).trimEnd());
  }

  /** With `--all` nothing is cut off: the list may be searched or cut by another program. */
  private rowLine(
    row: Row,
    names: readonly SessionColumnName[],
    width: (name: SessionColumnName) => number,
  ): string {
    const last = names[names.length - 1];
    const cells = names.map((name) => {
      const whole = row[name] ?? '';
      const text = this.options.all ? whole : shorten(whole, width(name));
      const cell = name === last ? text : aligned(text, name, width(name));
      return name === 'fate' ? this.paintFate(row, cell) : cell;
    });
    return cells.join(' '.repeat(GAP));
  }

  private paintFate(row: Row, text: string): string {
    const fate = row.fate as ReportedSession['fate'];
    return this.paint(fateFormat(fate, row.cause), text);
  }
}

/**
 * The worst first, but of each finding only some before the next one has its turn: a thousand sessions of one
 * trouble tell no more than three.
 */
function tellingOrder(session: ReportedSession, before: number | undefined): number {
  const { fate, causeId } = session;
  if (before === undefined && HEALTHY_FATES.has(fate)) return SEVERITIES.length * 2;
  const severity = SEVERITIES.indexOf(severityOf(fate, causeId));
  return before !== undefined && before < FRONT_ROWS ? severity : severity + SEVERITIES.length;
}

function rowOf(session: ReportedSession, names: readonly SessionColumnName[]): Row {
  const row: Partial<Record<SessionColumnName, string>> = {};
  for (const name of names) row[name] = SESSION_COLUMNS[name].text(session);
  return row;
}

function neededWidths(
  rows: readonly Row[],
  names: readonly SessionColumnName[],
): (name: SessionColumnName) => number {
  const widths = new Map<SessionColumnName, number>();
  for (const name of names) {
    let width = displayWidth(SESSION_COLUMNS[name].heading);
    for (const row of rows) width = Math.max(width, displayWidth(row[name] ?? ''));
    widths.set(name, width);
  }
  return (name) => widths.get(name) ?? 0;
}

function aligned(text: string, name: SessionColumnName, width: number): string {
  return SESSION_COLUMNS[name].align === 'right' ? padStart(text, width) : padEnd(text, width);
}

function noSessions({ captures, leftOut }: Overview, anyPort: boolean): string {
  if (leftOut > 0) return noneAskedFor(leftOut);
  if (captures.every(({ packets }) => packets === 0)) return 'No SSH session: there is no packet.';
  return anyPort
    ? 'No SSH session: on no port does anybody send an identification string, and no packet has a watched port.'
    : 'No SSH session: no packet has a watched port. Watch others with --port 22,2222, or all with --any-port.';
}
