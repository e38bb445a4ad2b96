import { displayWidth, padEnd, padStart, shorten, wrap } from '../layout.ts';
import type { Sequence, SequenceMark, SequenceMessage } from './sequence.ts';

/** The sequence in characters of one width, at most `width` columns where there are some; `shown` as the place asks for where it stands. */
export function sequenceText(sequence: Sequence, width: number, shown: (text: string) => string): string[] {
  const { columns, rows } = sequence;
  const marked = rows.filter((row) => row.kind === 'message' || row.kind === 'note');
  const gutters = [
    gutter(
      marked.map(({ left }) => left),
      'left',
    ),
    gutter(
      marked.map(({ right }) => right),
      'right',
    ),
  ] as const;
  const room = Math.max(MINIMUM_ROOM, width - gutters[0].width - gutters[1].width);
  const names = columns.map(({ name, detail }) => shown(detail === undefined ? name : `${name} ${detail}`));
  const x = placeColumns(columns.length, room);
  const draw = new Drawing(x, room);
  const lines = [`${' '.repeat(gutters[0].width)}${heads(names, x, room)}`];
  for (const row of rows) {
    if (row.kind === 'note') {
      for (const [i, text] of wrap(`${shown(row.label)} *`, room - 4).entries()) {
        const [left, right] = i === 0 ? [row.left, row.right] : [undefined, undefined];
        lines.push(gutters[0].of(left) + draw.label(text) + gutters[1].of(right));
      }
      continue;
    }
    if (row.kind !== 'message') {
      const label = row.kind === 'phase' ? `-- ${shown(row.label)} --` : `… ${shown(row.label)} …`;
      lines.push(' '.repeat(gutters[0].width) + draw.label(label));
      continue;
    }
    const label = shown(row.label) + (row.emphasis === undefined ? '' : ' *');
    const marks = [gutters[0].of(row.left), gutters[1].of(row.right)];
    const inner = draw.between(row);
    const above = displayWidth(label) > draw.arrowLength(row) - 6 ? wrap(label, inner - 2) : [];
    for (const text of above) lines.push(' '.repeat(gutters[0].width) + draw.label(text, row));
    lines.push(`${marks[0]}${draw.arrow(row, above.length > 0 ? '' : label)}${marks[1]}`);
    const details = row.detail === undefined ? [] : wrap(shown(row.detail), inner - 2);
    for (const text of details.slice(0, MAX_DETAIL_LINES)) {
      lines.push(' '.repeat(gutters[0].width) + draw.label(text, row));
    }
  }
  if (marked.some((row) => row.kind === 'note' || row.emphasis !== undefined)) lines.push('* decides');
  return lines.map((line) => line.trimEnd());
}

const MAX_DETAIL_LINES = 3;
/** In less than this nothing can be read: the lines are longer than asked for. */
const MINIMUM_ROOM = 24;

interface Gutter {
  readonly width: number;
  of(mark: SequenceMark | undefined): string;
}

/** Packet numbers and times, each at the right of its column; no column when there is none. */
function gutter(marks: readonly (SequenceMark | undefined)[], side: 'left' | 'right'): Gutter {
  const known = marks.filter((mark) => mark !== undefined);
  if (known.length === 0) return { width: 0, of: () => '' };
  const packets = Math.max(...known.map(({ packet }) => String(packet).length));
  const times = Math.max(...known.map(({ time }) => time.length));
  const width = packets + times + 4;
  return {
    width,
    of(mark) {
      if (mark === undefined) return ' '.repeat(width);
      const text = `${padStart(String(mark.packet), packets)}  ${padStart(mark.time, times)}`;
      return side === 'left' ? `${text}  ` : `  ${text}`;
    },
  };
}

function placeColumns(count: number, room: number): number[] {
  const last = room - 1;
  return Array.from({ length: count }, (_, i) => Math.round((last * i) / Math.max(1, count - 1)));
}

/** The first name begins at its column, the last ends there, those between stand around theirs. */
function heads(names: readonly string[], x: readonly number[], room: number): string {
  let line = '';
  const share = Math.floor(room / Math.max(1, names.length)) - 1;
  for (const [i, name] of names.entries()) {
    const head = shorten(name, share);
    const width = displayWidth(head);
    const middle = (x[i] ?? 0) - Math.floor(width / 2);
    const start = i === 0 ? 0 : i === names.length - 1 ? room - width : middle;
    line = padEnd(line, Math.max(start, displayWidth(line) + (i === 0 ? 0 : 1))) + head;
  }
  return line;
}

class Drawing {
  private readonly x: readonly number[];
  private readonly room: number;

  constructor(x: readonly number[], room: number) {
    this.x = x;
    this.room = room;
  }

  /** In the middle between the two columns of a message, or of all. */
  label(text: string, message?: SequenceMessage): string {
    const [a, b] = message === undefined ? [0, this.room - 1] : this.ends(message);
    const shown = shorten(text, b - a - 1);
    return this.placed(shown, a + 1 + Math.floor((b - a - 1 - displayWidth(shown)) / 2));
  }

  /** An arrow that ends or begins on the way takes the half at its known end, with its label in it. */
  arrow(message: SequenceMessage, label: string): string {
    const [a] = this.ends(message);
    const inner = this.between(message);
    const length = this.arrowLength(message);
    const isRight = message.to > message.from;
    const tip = message.course === 'lost' ? 'X' : isRight ? '>' : '<';
    const tail = message.course === 'inserted' ? 'o' : '';
    const text = label === '' ? '' : ` ${label} `;
    const shaft = length - displayWidth(text) - tip.length - tail.length;
    const before = '-'.repeat(Math.max(0, Math.ceil(shaft / 2)));
    const after = '-'.repeat(Math.max(0, Math.floor(shaft / 2)));
    const body = before + text + after;
    const isLeftHalf = isRight === (message.course === 'lost');
    const start = message.course === 'whole' || isLeftHalf ? a + 1 : a + 1 + inner - length;
    return this.placed(isRight ? tail + body + tip : tip + body + tail, start);
  }

  /** Columns between the two life lines. */
  between(message: SequenceMessage): number {
    const [a, b] = this.ends(message);
    return b - a - 1;
  }

  arrowLength(message: SequenceMessage): number {
    const inner = this.between(message);
    return message.course === 'whole' ? inner : Math.ceil(inner / 2);
  }

  private ends({ from, to }: SequenceMessage): [number, number] {
    const [a = 0, b = this.room - 1] = [this.x[from], this.x[to]];
    return a < b ? [a, b] : [b, a];
  }

  /** The life lines with a text over them. */
  private placed(text: string, start: number): string {
    const end = start + displayWidth(text);
    let line = '';
    for (let column = 0; column < this.room; column++) {
      if (column === start) line += text;
      if (column < start || column >= end) line += this.x.includes(column) ? '|' : ' ';
    }
    return line;
  }
}
