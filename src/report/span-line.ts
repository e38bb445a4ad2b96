import { clip, displayWidth, padEnd, padStart } from './layout.ts';
import type { Format, Paint } from './paint.ts';

/** A piece of a line. Colours come last, so that what is measured and cut holds none. */
export interface Span {
  /** Escaped. */
  readonly text: string;
  readonly format?: Format | undefined;
}

export type SpanLine = readonly Span[];

/** The line as it is printed: never wider than `width`. */
export function paintLine(line: SpanLine, width: number, paint: Paint): string {
  return clipped(line, width)
    .map(({ text, format }) => (format === undefined || text === '' ? text : paint(format, text)))
    .join('');
}

export function lineWidth(line: SpanLine): number {
  return line.reduce((sum, { text }) => sum + displayWidth(text), 0);
}

/** As much of the line as fits. */
export function clipped(line: SpanLine, width: number): SpanLine {
  const spans: Span[] = [];
  let left = width;
  for (const { text, format } of line) {
    if (left <= 0) break;
    const fitting = clip(text, left);
    spans.push({ text: fitting, format });
    left -= displayWidth(fitting);
    if (fitting !== text) break;
  }
  return spans;
}

/** The line, with blanks up to the width. */
export function filled(line: SpanLine, width: number): SpanLine {
  const spans = clipped(line, width);
  return [...spans, { text: ' '.repeat(Math.max(0, width - lineWidth(spans))) }];
}

/** One line in reverse, whatever its colours. */
export function reversed(line: SpanLine, width: number): SpanLine {
  const text = filled(line, width)
    .map((span) => span.text)
    .join('');
  return [{ text, format: 'inverse' }];
}

/** A title with a line behind it. */
export function ruled(title: SpanLine, width: number): SpanLine {
  const rest = width - lineWidth(title) - 1;
  return [...title, { text: rest > 0 ? ` ${'─'.repeat(rest)}` : '', format: 'dim' }];
}

/** A column of a list on the screen. */
export interface SpanColumn<Row> {
  readonly heading: string;
  readonly align: 'left' | 'right';
  /** What it takes when there is room, and the least that is of use. */
  readonly width: number;
  readonly minimum: number;
  /** Without enough room, those with the highest are left out first. */
  readonly rank: number;
  /** Takes what the others leave. */
  readonly grows?: boolean;
  cell(row: Row): Span;
}

export interface ColumnPlace<Row> {
  readonly column: SpanColumn<Row>;
  readonly width: number;
}

const GAP = 1;

/** The columns that fit, with their widths. */
export function placeColumns<Row>(columns: readonly SpanColumn<Row>[], width: number): ColumnPlace<Row>[] {
  const chosen = [...columns];
  const room = (): number => chosen.reduce((sum, { minimum }) => sum + minimum + GAP, -GAP);
  while (chosen.length > 1 && room() > width) {
    const last = chosen.reduce((a, b) => (b.rank > a.rank ? b : a));
    chosen.splice(chosen.indexOf(last), 1);
  }
  let spare = width - room();
  const widths = new Map(chosen.map((column) => [column, column.minimum]));
  // What matters most gets its width first.
  for (const column of [...chosen].sort((a, b) => a.rank - b.rank)) {
    const more = Math.max(0, Math.min(spare, column.width - column.minimum));
    widths.set(column, column.minimum + more);
    spare -= more;
  }
  return chosen.map((column) => ({
    column,
    width: (widths.get(column) ?? 0) + (column.grows === true ? Math.max(0, spare) : 0),
  }));
}

export function headingLine<Row>(places: readonly ColumnPlace<Row>[]): SpanLine {
  return spaced(
    places.map(({ column, width }) => ({
      text: aligned(column.heading, width, column.align),
      format: 'dim',
    })),
  );
}

export function rowLine<Row>(places: readonly ColumnPlace<Row>[], row: Row): SpanLine {
  return spaced(
    places.map(({ column, width }) => {
      const { text, format } = column.cell(row);
      return { text: aligned(text, width, column.align), format };
    }),
  );
}

function aligned(text: string, width: number, align: 'left' | 'right'): string {
  const fitting = clip(text, width);
  return align === 'left' ? padEnd(fitting, width) : padStart(fitting, width);
}

function spaced(cells: readonly Span[]): SpanLine {
  return cells.flatMap((cell, i) => (i === 0 ? [cell] : [{ text: ' '.repeat(GAP) }, cell]));
}
