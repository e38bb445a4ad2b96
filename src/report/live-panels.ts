import type { Finding } from './document.ts';
import { forTerminal } from './escape.ts';
import { clip, counted, grouped, wrap } from './layout.ts';
import type { LivePicture } from './live-picture.ts';
import { sectionTitle } from './live-tables.ts';
import { fateFormat, SEVERITY_FORMAT } from './paint.ts';
import { filled, reversed, ruled, type SpanLine } from './span-line.ts';

/** Sessions by fate with bars, in one or two columns. */
export function fateLines(
  { fates, judged }: LivePicture,
  width: number,
  mostRows: number,
  columns: 1 | 2,
): SpanLine[] {
  const title = ruled([{ text: 'FATES', format: 'bold' }], width);
  if (fates.length === 0) return [title, [{ text: ' none yet', format: 'dim' }]];
  const column = Math.floor((width - (columns - 1) * 2) / columns);
  const shown = fates.slice(0, mostRows * columns);
  const rows = Math.ceil(shown.length / columns);
  const counts = Math.max(...shown.map(({ sessions }) => grouped(sessions).length));
  const bar = Math.max(0, Math.min(24, column - FATE_WIDTH - counts - 3));
  const cells = shown.map(
    ({ fate, sessions }): SpanLine => [
      { text: ` ${fate.padEnd(FATE_WIDTH)}`, format: fateFormat(fate, undefined) },
      { text: ` ${grouped(sessions).padStart(counts)} ` },
      // Whatever occurs shall be seen.
      { text: '█'.repeat(Math.max(1, Math.round((bar * sessions) / Math.max(1, judged)))), format: 'dim' },
    ],
  );
  const lines = Array.from({ length: rows }, (_, i) => {
    const right = cells[i + rows];
    return [...filled(cells[i] ?? [], column), ...(right === undefined ? [] : [{ text: '  ' }, ...right])];
  });
  const others = fates.length - shown.length;
  if (others === 0) return [title, ...lines];
  return [
    ruled(
      [
        { text: 'FATES', format: 'bold' },
        { text: ` and ${others} more`, format: 'dim' },
      ],
      width,
    ),
    ...lines,
  ];
}

const FATE_WIDTH = 21;

/** Findings with their words, where there is room for them. */
export function findingBlock(picture: LivePicture, width: number, room: number): SpanLine[] {
  const title = sectionTitle(picture, 'findings', width);
  if (picture.findings.length === 0) return [title, [{ text: ' none', format: 'dim' }]];
  const selected = picture.list === 'findings' ? picture.selected : undefined;
  const blocks = picture.findings.map((finding, i) => {
    const block = findingText(finding, width);
    return i === selected ? block.map((line) => reversed(line, width)) : block;
  });
  // As far down as is needed to see the one that is selected.
  let first = 0;
  while (first < (selected ?? 0) && linesOf(blocks.slice(first, (selected ?? 0) + 1)) > room - 1) first++;
  const lines = [title, ...blocks.slice(first).flat()];
  return lines.slice(0, room);
}

const linesOf = (blocks: readonly (readonly SpanLine[])[]): number =>
  blocks.reduce((sum, block) => sum + block.length, 0);

function findingText(
  { severity, title, sessions, clients, clientsAtLeast, cause, summary }: Finding,
  width: number,
): SpanLine[] {
  const [first = '', ...more] = wrap(forTerminal(title), width - SEVERITY_WIDTH);
  const indent = ' '.repeat(SEVERITY_WIDTH);
  const why = summary ?? cause?.summary;
  return [
    [
      { text: ` ${severity.padEnd(SEVERITY_WIDTH - 1)}`, format: SEVERITY_FORMAT[severity] },
      { text: first, format: 'bold' },
    ],
    ...more.map((text): SpanLine => [{ text: indent + text, format: 'bold' }]),
    [
      {
        text: `${indent}${counted(sessions, 'session')} of ${clientsAtLeast ? 'at least ' : ''}${counted(clients, 'client')}`,
      },
    ],
    ...(why === undefined ? [] : firstLines(forTerminal(why), width - SEVERITY_WIDTH)).map(
      (text): SpanLine => [{ text: indent + text, format: 'dim' }],
    ),
  ];
}

const SEVERITY_WIDTH = 8;
const WHY_LINES = 3;

function firstLines(text: string, width: number): string[] {
  const lines = wrap(text, width);
  if (lines.length <= WHY_LINES) return lines;
  const last = lines[WHY_LINES - 1] ?? '';
  return [...lines.slice(0, WHY_LINES - 1), clip(`${last} …`, width)];
}
