import { forTerminal, shownForHtml } from '../escape.ts';
import { shorten, wrap } from '../layout.ts';
import { charactersIn, FIGURE_COLOURS, FIGURE_STYLE } from './figure-style.ts';
import type { Sequence, SequenceMark, SequenceMessage, SequenceRow } from './sequence.ts';

export interface FigureOptions {
  /** Unique within the page: letters, digits and hyphens. */
  readonly id: string;
  /** It brings its own style, to stand in a file of its own. */
  readonly standalone?: boolean | undefined;
}

/**
 * The sequence as an SVG element for a page that has `FIGURE_STYLE`. It says all it shows in its description, for
 * those who do not see it.
 */
export function sequenceDiagram(sequence: Sequence, options: FigureOptions): string {
  const place = placeColumns(sequence);
  const parts: string[] = [];
  let y = HEAD_HEIGHT;
  for (const row of sequence.rows) {
    const { svg, height } = drawn(row, y, place);
    parts.push(svg);
    y += height;
  }
  const height = y + FOOT_HEIGHT;
  const lives = place.x.map((x) => line('life', x, HEAD_HEIGHT - 6, x, height - 4));
  return figure(options, WIDTH, height, sequence.title, described(sequence), [
    ...sequence.columns.map((column, i) => columnHead(column.name, column.detail, at(place.x, i))),
    ...lives,
    ...parts,
  ]);
}

/** An SVG element with its title and description; a document of its own when `standalone`. */
export function figure(
  { id, standalone }: FigureOptions,
  width: number,
  height: number,
  title: string,
  description: string,
  parts: readonly string[],
): string {
  const namespace = standalone ? ' xmlns="http://www.w3.org/2000/svg"' : '';
  const style = standalone ? `<style>${FIGURE_COLOURS}${FIGURE_STYLE}</style>` : '';
  return `<svg${namespace} class="fig" id="${id}" role="img" aria-labelledby="${id}-t" aria-describedby="${id}-d" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${style}<title id="${id}-t">${markup(title)}</title><desc id="${id}-d">${markup(description)}</desc>${parts.join('')}</svg>`;
}

/** `shown`: as `forTerminal` gave it, and laid out. */
export function text(classes: string, x: number, y: number, shown: string): string {
  return `<text class="${classes}" x="${x}" y="${y}">${shownForHtml(shown)}</text>`;
}

const markup = (raw: string): string => shownForHtml(forTerminal(raw));

export function line(classes: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="${classes}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

const WIDTH = 760;
const HEAD_HEIGHT = 48;
const FOOT_HEIGHT = 8;
/** For packet number and time. */
const GUTTER = 150;
const MARGIN = 28;
const LABEL_SIZE = 12;
const DETAIL_SIZE = 11;
const DETAIL_HEIGHT = 14;
const MAX_DETAIL_LINES = 3;
/** From the middle of two columns: where something on the path acts. */
const BETWEEN_RADIUS = 5;

interface Place {
  /** Of each column's life line. */
  readonly x: readonly number[];
  readonly hasRight: boolean;
}

function placeColumns({ columns, rows }: Sequence): Place {
  const hasRight = rows.some((row) => 'right' in row && row.right !== undefined);
  const left = GUTTER + MARGIN;
  const right = WIDTH - (hasRight ? GUTTER : 0) - MARGIN - (hasRight ? 0 : 40);
  const gap = (right - left) / Math.max(1, columns.length - 1);
  return { x: columns.map((_, i) => Math.round(left + i * gap)), hasRight };
}

function columnHead(name: string, detail: string | undefined, x: number): string {
  const room = charactersIn(200, DETAIL_SIZE);
  return (
    text('b c', x, 16, shorten(forTerminal(name), room)) +
    (detail === undefined ? '' : text('m q c', x, 33, shorten(forTerminal(detail), room)))
  );
}

function drawn(row: SequenceRow, y: number, place: Place): { svg: string; height: number } {
  switch (row.kind) {
    case 'message':
      return drawnMessage(row, y, place);
    case 'note': {
      const [first, last] = ends(place);
      const lines = detailLines(row.label, charactersIn(last - first - 16, DETAIL_SIZE));
      const label = lines.map((shown, i) =>
        text('label c', (first + last) / 2, y + 20 + i * DETAIL_HEIGHT, shown),
      );
      const marks = markText(row.left, 'left', y + 20) + markText(row.right, 'right', y + 20);
      return {
        svg: `<g class="decisive">${marks}${label.join('')}</g>`,
        height: 16 + DETAIL_HEIGHT * lines.length,
      };
    }
    case 'phase': {
      const [first, last] = ends(place);
      const width = last - first + 2 * MARGIN;
      const band = `<rect class="phase" x="${first - MARGIN}" y="${y + 4}" width="${width}" height="20" rx="3"/>`;
      return { svg: band + text('q s c', (first + last) / 2, y + 18, forTerminal(row.label)), height: 32 };
    }
    case 'pause': {
      const [first, last] = ends(place);
      const dashes = place.x.map((x) => line('pause', x, y + 3, x, y + 21)).join('');
      return { svg: dashes + text('q s c', (first + last) / 2, y + 16, forTerminal(row.label)), height: 24 };
    }
  }
}

function drawnMessage(message: SequenceMessage, y: number, place: Place): { svg: string; height: number } {
  const from = at(place.x, message.from);
  const to = at(place.x, message.to);
  const middle = (from + to) / 2;
  const direction = Math.sign(to - from) || 1;
  const begin = message.course === 'inserted' ? middle : from + 3 * direction;
  const end = message.course === 'lost' ? middle : to - 3 * direction;
  const arrowY = y + 20;
  // Of an arrow that ends or begins on the way, the words stand at its own half.
  const centre = (begin + end) / 2;
  const room = Math.abs(end - begin) - 16;
  const label = shorten(forTerminal(message.label), charactersIn(room, LABEL_SIZE));
  const details = detailLines(message.detail, charactersIn(room, DETAIL_SIZE));
  const parts = [
    markText(message.left, 'left', arrowY + 4),
    markText(message.right, 'right', arrowY + 4),
    text('label c', centre, arrowY - 6, label),
    line('arrow', begin, arrowY, end, arrowY),
    message.course === 'lost' ? cross(middle, arrowY) : arrowHead(end, arrowY, direction),
    message.course === 'inserted' ? diamond(middle, arrowY) : '',
    ...details.map((detail, i) => text('q s c', centre, arrowY + DETAIL_HEIGHT * (i + 1), detail)),
  ];
  const emphasis = message.emphasis === undefined ? '' : ` class="${message.emphasis}"`;
  return {
    svg: `<g${emphasis}>${parts.join('')}</g>`,
    height: 30 + DETAIL_HEIGHT * details.length,
  };
}

function detailLines(detail: string | undefined, characters: number): string[] {
  if (detail === undefined || detail === '') return [];
  const lines = wrap(forTerminal(detail), characters);
  if (lines.length <= MAX_DETAIL_LINES) return lines;
  const shown = lines.slice(0, MAX_DETAIL_LINES);
  const last = shown.pop() ?? '';
  return [...shown, `${last.slice(0, characters - 2)} …`];
}

function markText(mark: SequenceMark | undefined, side: 'left' | 'right', y: number): string {
  if (mark === undefined) return '';
  const [packet, time] = side === 'left' ? [46, GUTTER - 8] : [WIDTH - GUTTER + 46, WIDTH - 8];
  return text('m b e', packet, y, String(mark.packet)) + text('m q e', time, y, forTerminal(mark.time));
}

function arrowHead(x: number, y: number, direction: number): string {
  const back = x - 9 * direction;
  return `<path class="head" d="M${x} ${y}L${back} ${y - 4.5}L${back} ${y + 4.5}Z"/>`;
}

function cross(x: number, y: number): string {
  return `<path class="arrow" d="M${x - 6} ${y - 6}L${x + 6} ${y + 6}M${x - 6} ${y + 6}L${x + 6} ${y - 6}"/>`;
}

function diamond(x: number, y: number): string {
  const r = BETWEEN_RADIUS;
  return `<path class="head" d="M${x - r} ${y}L${x} ${y - r}L${x + r} ${y}L${x} ${y + r}Z"/>`;
}

const ends = ({ x }: Place): [number, number] => [at(x, 0), at(x, x.length - 1)];

function described({ columns, rows }: Sequence): string {
  const sentences = rows.map((row) => {
    if (row.kind === 'phase') return `Then ${row.label}.`;
    if (row.kind === 'pause') return `${row.label}.`;
    const mark = row.left ?? row.right;
    const where = mark === undefined ? '' : `Packet ${mark.packet}, ${mark.time}: `;
    if (row.kind === 'note') return `${where}${row.label}.`;
    const names = [row.from, row.to].map((i) => columns[i]?.name ?? '');
    const course = { whole: '', lost: ', lost on the way', inserted: ', sent by something between' }[
      row.course
    ];
    const detail = row.detail === undefined ? '' : ` (${row.detail})`;
    return `${where}${names[0]} to ${names[1]}${course}: ${row.label}${detail}.`;
  });
  return sentences.join(' ');
}

const at = (list: readonly number[], i: number): number => list[i] ?? 0;
