import { forTerminal } from '../escape.ts';
import { fatePlotText } from '../figures/fate-plot-text.ts';
import { sequenceText } from '../figures/sequence-text.ts';
import { displayWidth, fitColumns, padEnd, padStart, wrap } from '../layout.ts';
import type { Block, Inline, Inlines, Page, Section, TableBlock } from './blocks.ts';

/** A page as plain text of at most `width` columns, for a terminal or a mail; commands keep to one line, to be copied. */
export function textPage(page: Page, width: number): string {
  const blocks = [
    wrap(forTerminal(page.verdict).toUpperCase(), width),
    ...page.lead.map((block) => textBlock(block, width)),
    ...page.sections.flatMap((section) => textSection(section, width, 0)),
    ...(page.footer === undefined ? [] : [wrap(inlines(page.footer), width)]),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function textSection(section: Section, width: number, depth: number): string[][] {
  const heading = inlines(section.heading);
  const lines = wrap(depth === 0 ? heading.toUpperCase() : heading, width);
  const rule = depth < 2 ? [(depth === 0 ? '=' : '-').repeat(Math.max(...lines.map(displayWidth)))] : [];
  return [
    [...lines, ...rule],
    ...section.blocks.map((block) => textBlock(block, width)),
    ...(section.sections ?? []).flatMap((each) => textSection(each, width, depth + 1)),
  ];
}

const GAP = 2;
/** Narrower, words break everywhere. */
const MINIMUM_COLUMN = 8;

function textBlock(block: Block, width: number): string[] {
  switch (block.kind) {
    case 'paragraph':
      return wrap(inlines(block.text), width);
    case 'list':
      return block.items.flatMap((item, i) => {
        const mark = block.ordered ? `${i + 1}. ` : '- ';
        const [first = '', ...rest] = wrap(inlines(item), width - mark.length);
        return [mark + first, ...rest.map((line) => ' '.repeat(mark.length) + line)];
      });
    case 'table':
      return table(block, width);
    case 'command':
      return [`  ${forTerminal(block.text)}`];
    case 'sequence':
      return sequenceText(block.sequence, width, forTerminal);
    case 'times':
      return fatePlotText(block.times, width);
  }
}

function table({ columns, rows, more }: TableBlock, width: number): string[] {
  const cells = rows.map((row) => row.map(cellLines));
  const needed = columns.map(({ heading }, i) =>
    Math.max(displayWidth(heading), ...cells.flatMap((row) => row[i] ?? []).map(displayWidth)),
  );
  const minimum = needed.map((need) => Math.min(need, MINIMUM_COLUMN));
  const widths = fitColumns(needed, minimum, width, GAP);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => (columns[i]?.align === 'right' ? padStart : padEnd)(text, widths[i] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd();
  const row = (parts: readonly (readonly string[])[]): string[] => {
    const wrapped = parts.map((lines, i) => lines.flatMap((text) => wrap(text, widths[i] ?? 1)));
    const height = Math.max(1, ...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, at) => line(wrapped.map((lines) => lines[at] ?? '')));
  };
  return [
    ...row(columns.map(({ heading }) => [heading.toUpperCase()])),
    ...cells.flatMap(row),
    ...(more === undefined ? [] : [forTerminal(more)]),
  ];
}

/** Names of a list stand one in a line. */
function cellLines(cell: Inlines): string[] {
  return cell
    .flatMap((each): string[] =>
      typeof each !== 'string' && each.kind === 'names' ? each.names.map(name) : [inline(each)],
    )
    .reduce<string[]>((lines, text, i) => {
      const isName = typeof cell[0] === 'object' && cell[0].kind === 'names';
      if (i === 0 || isName) lines.push(text);
      else lines.push((lines.pop() ?? '') + text);
      return lines;
    }, []);
}

const inlines = (list: Inlines): string => list.map(inline).join('');

function inline(each: Inline): string {
  if (typeof each === 'string') return forTerminal(each);
  switch (each.kind) {
    case 'severity':
      return `[${each.severity}]`;
    case 'names':
      return each.names.map(name).join(', ');
    case 'code':
    case 'strong':
    case 'link':
      return forTerminal(each.text);
  }
}

const MARKS = { chosen: '*', both: '=', one: '-' } as const;

const name = ({ text, mark }: { text: string; mark: keyof typeof MARKS }): string =>
  `${MARKS[mark]} ${forTerminal(text)}`;
