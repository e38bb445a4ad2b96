import type { Fate } from '../../fate/vocabulary.ts';
import { HEALTHY_FATES, SEVERITIES, severityOf } from '../severity.ts';

/** How many sessions met which fate when: those that ended in each of a number of equal spans of time. */
export interface FateTimes {
  /** ISO 8601 UTC of the first column's begin, a whole multiple of the width. */
  readonly start: string;
  readonly columnMs: number;
  /** At most 120. */
  readonly columns: number;
  /** The worst first, then the most frequent; `counts` has one number a column. */
  readonly fates: readonly {
    readonly fate: Fate;
    readonly sessions: number;
    readonly counts: readonly number[];
  }[];
}

/** Counts sessions by fate and time, in bounded memory: the longer the time, the wider the spans. */
export class FateCounts {
  private step = 0;
  private entries = 0;
  /** By fate, sessions by number of the span. */
  private readonly counts = new Map<Fate, Map<number, number>>();

  /** At so many milliseconds after some moment, the same for all. */
  add(fate: Fate, ms: number, sessions = 1): void {
    let spans = this.counts.get(fate);
    if (spans === undefined) {
      spans = new Map();
      this.counts.set(fate, spans);
    }
    const span = Math.floor(ms / widthAt(this.step));
    const before = spans.get(span);
    spans.set(span, (before ?? 0) + sessions);
    if (before === undefined && ++this.entries > MAX_ENTRIES) this.widen();
  }

  /** What it holds: the middle of each span, with its sessions. */
  *[Symbol.iterator](): Generator<readonly [Fate, number, number]> {
    const width = widthAt(this.step);
    for (const [fate, spans] of this.counts) {
      for (const [span, sessions] of spans) yield [fate, (span + 0.5) * width, sessions];
    }
  }

  /** With milliseconds since 1970; undefined when there is nothing. */
  times(maxColumns = MAX_COLUMNS): FateTimes | undefined {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const [, ms] of this) {
      first = Math.min(first, ms);
      last = Math.max(last, ms);
    }
    if (first > last) return undefined;
    let step = this.step;
    const columnsAt = (width: number) => Math.floor(last / width) - Math.floor(first / width) + 1;
    while (columnsAt(widthAt(step)) > maxColumns) step++;
    const columnMs = widthAt(step);
    const start = Math.floor(first / columnMs);
    const columns = columnsAt(columnMs);
    const rows = new Map<Fate, number[]>();
    for (const [fate, ms, sessions] of this) {
      const counts = rows.get(fate) ?? new Array<number>(columns).fill(0);
      rows.set(fate, counts);
      const column = Math.floor(ms / columnMs) - start;
      counts[column] = (counts[column] ?? 0) + sessions;
    }
    const fates = [...rows].map(([fate, counts]) => ({ fate, sessions: sum(counts), counts }));
    fates.sort((a, b) => rankOf(a.fate) - rankOf(b.fate) || b.sessions - a.sessions);
    return { start: new Date(start * columnMs).toISOString(), columnMs, columns, fates };
  }

  private widen(): void {
    while (this.entries > MAX_ENTRIES / 2) {
      const factor = widthAt(this.step + 1) / widthAt(this.step);
      this.step++;
      this.entries = 0;
      for (const [fate, spans] of this.counts) {
        const wider = new Map<number, number>();
        for (const [span, sessions] of spans) {
          const at = Math.floor(span / factor);
          wider.set(at, (wider.get(at) ?? 0) + sessions);
        }
        this.counts.set(fate, wider);
        this.entries += wider.size;
      }
    }
  }
}

/** The same with fewer columns. */
export function narrowed(times: FateTimes, maxColumns: number): FateTimes {
  if (times.columns <= maxColumns) return times;
  const counts = new FateCounts();
  const start = Date.parse(times.start);
  for (const row of times.fates) {
    for (const [column, sessions] of row.counts.entries()) {
      if (sessions > 0) counts.add(row.fate, start + (column + 0.5) * times.columnMs, sessions);
    }
  }
  return counts.times(maxColumns) ?? times;
}

export interface AxisTick {
  readonly column: number;
  readonly label: string;
}

/** At most `count` round times within the columns. */
export function axisTicks({ start, columnMs, columns }: FateTimes, count = 6): AxisTick[] {
  const startMs = Date.parse(start);
  const spanMs = columns * columnMs;
  const step = TICK_WIDTHS.find((width) => spanMs / width <= count) ?? Math.ceil(spanMs / count / DAY) * DAY;
  const ticks: AxisTick[] = [];
  for (let ms = Math.ceil(startMs / step) * step; ms < startMs + spanMs; ms += step) {
    ticks.push({ column: (ms - startMs) / columnMs, label: tickLabel(ms, step, spanMs) });
  }
  // A span with no round time in it has at least its begin.
  return ticks.length > 0 ? ticks : [{ column: 0, label: tickLabel(startMs, columnMs, spanMs) }];
}

/** '10 s'. */
export function widthText({ columnMs }: FateTimes): string {
  if (columnMs < SECOND) return `${columnMs} ms`;
  if (columnMs < MINUTE) return `${columnMs / SECOND} s`;
  if (columnMs < HOUR) return `${columnMs / MINUTE} min`;
  if (columnMs < DAY) return `${columnMs / HOUR} h`;
  return columnMs === DAY ? 'a day' : `${Math.round(columnMs / DAY)} days`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Each is a multiple of the one before: spans put together end where wider ones end. */
const WIDTHS = [
  ...[1, 5, 10, 50, 100, 500],
  ...[1, 5, 10, 30].map((count) => count * SECOND),
  ...[1, 5, 10, 30].map((count) => count * MINUTE),
  ...[1, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 5, 10].map((count) => count * DAY),
] as const;
const TICK_WIDTHS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 20, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 20, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((count) => count * DAY),
];
/** More than a plot shows by far, so that spans which are put together show no steps; about 60 bytes each. */
const MAX_ENTRIES = 8192;
/** More cannot be told apart on paper. */
const MAX_COLUMNS = 100;

/** Beyond the table, twice as wide each time. */
function widthAt(step: number): number {
  const last = WIDTHS.length - 1;
  return step <= last ? (WIDTHS[step] as number) : (WIDTHS[last] as number) * 2 ** (step - last);
}

const rankOf = (fate: Fate): number =>
  HEALTHY_FATES.has(fate) ? SEVERITIES.length : SEVERITIES.indexOf(severityOf(fate, undefined));

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

function tickLabel(ms: number, step: number, spanMs: number): string {
  const iso = new Date(ms).toISOString();
  if (step >= DAY) return iso.slice(0, 10);
  const time = step < SECOND ? iso.slice(11, 23) : step < MINUTE ? iso.slice(11, 19) : iso.slice(11, 16);
  return spanMs > DAY ? `${iso.slice(5, 10)} ${time}` : time;
}
