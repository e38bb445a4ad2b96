/** Text in columns: how wide it is, how it breaks, how it is shortened. All of it after escaping (`escape.ts`). */

/** Columns that a terminal uses for the text, which holds no escape sequences. */
export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** Breaks text into lines of at most so many columns, behind spaces and commas (name-lists have no spaces) where there are any. */
export function wrap(text: string, columns: number, breaks = /(?<=[ ,])/): string[] {
  // In less not even one character would fit, and there would be no end.
  const width = Math.max(1, columns);
  const lines: string[] = [];
  let line = '';
  for (const piece of text.split(breaks)) {
    if (displayWidth(line) + displayWidth(piece.trimEnd()) <= width) {
      line += piece;
      continue;
    }
    if (line.trim() !== '') lines.push(line.trimEnd());
    line = piece;
    while (displayWidth(line.trimEnd()) > width) {
      const head = cut(line, width);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  if (line.trim() !== '' || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

/** The text, or as much of its start as fits, with an ellipsis behind it. */
export function clip(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let head = '';
  let used = 0;
  for (const character of text) {
    const needed = displayWidth(character);
    if (used + needed > width - 1) break;
    head += character;
    used += needed;
  }
  return width < 1 ? '' : `${head}…`;
}

/** The text, or its start and its end around an ellipsis: of an address both ends tell something. */
export function shorten(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 1) return '…'.slice(0, width);
  const tail = Math.floor((width - 1) / 2);
  const head = cut(text, width - 1 - tail);
  let end = '';
  for (const character of [...text].reverse()) {
    if (displayWidth(character + end) > tail) break;
    end = character + end;
  }
  return `${head}…${end}`;
}

/**
 * Column widths that fit `total` with `gap` columns between: columns keep what their content needs until it is too
 * much, then the widest shrink first, none below its minimum.
 */
export function fitColumns(
  needed: readonly number[],
  minimum: readonly number[],
  total: number,
  gap: number,
): number[] {
  const widths = [...needed];
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1) - total;
  while (excess > 0) {
    let widest = -1;
    for (let i = 0; i < widths.length; i++) {
      const spare = at(widths, i) > (minimum[i] ?? 1);
      if (spare && (widest === -1 || at(widths, i) > at(widths, widest))) widest = i;
    }
    if (widest === -1) break;
    widths[widest] = at(widths, widest) - 1;
    excess--;
  }
  return widths;
}

/** 1234567 as 1,234,567. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** '1 session', '2 sessions'. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A length of time in the unit that a person would choose. */
export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  const seconds = ms / 1000;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** As many characters from the start as fit, at least one. */
function cut(text: string, width: number): string {
  let head = '';
  for (const character of text) {
    if (head !== '' && displayWidth(head + character) > width) break;
    head += character;
  }
  return head;
}

const at = (list: readonly number[], i: number): number => list[i] as number;

/** Latin and Greek, Cyrillic: one column each. */
const NARROW =
  /^[\u0020-\u02ff\u0370-\u0482\u048a-\u0590\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25fc]*$/;
const COMBINING = /\p{M}/u;
/** East Asian Wide and Fullwidth (Unicode TR 11), and pictographs, of which some stand among narrow symbols. */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
