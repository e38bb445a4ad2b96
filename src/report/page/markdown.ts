import { forMarkdown, forMarkdownBlock, forMarkdownCode } from '../escape.ts';
import { fatePlotText } from '../figures/fate-plot-text.ts';
import { sequenceText } from '../figures/sequence-text.ts';
import type { Block, Inline, Inlines, Page, Section, TableBlock } from './blocks.ts';

/**
 * A page in the Markdown that GitHub, GitLab and Jira have in common: headings, lists, pipe tables and fenced blocks;
 * no HTML, and no links within the page, whose names each makes differently.
 */
export function markdownPage(page: Page): string {
  const parts = [
    `# ${forMarkdown(page.verdict)}`,
    ...page.lead.map(markdownBlock),
    ...page.sections.map((section) => markdownSection(section, 2).trimEnd()),
    ...(page.footer === undefined ? [] : ['---', inlines(page.footer)]),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** A section and those in it, its own heading of this level. */
export function markdownSection(section: Section, level: number): string {
  const parts = [
    `${'#'.repeat(Math.min(6, level))} ${inlines(section.heading)}`,
    ...section.blocks.map(markdownBlock),
    ...(section.sections ?? []).map((each) => markdownSection(each, level + 1).trimEnd()),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Columns of a fenced figure: as many as GitHub shows of a comment without scrolling. */
const FIGURE_WIDTH = 88;

function markdownBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return inlines(block.text);
    case 'list':
      return block.items.map((item, i) => `${block.ordered ? `${i + 1}.` : '-'} ${inlines(item)}`).join('\n');
    case 'table':
      return table(block);
    case 'command':
      return fenced([forMarkdownBlock(block.text)]);
    case 'sequence':
      return fenced(sequenceText(block.sequence, FIGURE_WIDTH, forMarkdownBlock));
    case 'times':
      return fenced(fatePlotText(block.times, FIGURE_WIDTH));
  }
}

function table({ columns, rows, more }: TableBlock): string {
  const lines = [
    columns.map(({ heading }) => heading),
    columns.map(({ align }) => (align === 'right' ? '---:' : '---')),
    ...rows.map((cells) => cells.map((cell) => inlines(cell, true))),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n') + (more === undefined ? '' : `\n\n${forMarkdown(more)}`);
}

const fenced = (lines: readonly string[]): string => ['```', ...lines, '```'].join('\n');

function inlines(list: Inlines, isCell = false): string {
  let line = '';
  for (const each of list) {
    const written = inline(each, isCell);
    // Two code spans that touch would be one, with other ends.
    line += line.endsWith('`') && written.startsWith('`') ? ` ${written}` : written;
  }
  return line;
}

function inline(each: Inline, isCell: boolean): string {
  if (typeof each === 'string') return spaced(each, forMarkdown);
  switch (each.kind) {
    case 'code':
      return codeSpan(each.text, isCell);
    case 'strong':
      return spaced(each.text, (text) => `**${forMarkdown(text)}**`);
    case 'severity':
      return `**${each.severity}**`;
    case 'link':
      return forMarkdown(each.text);
    case 'names':
      return each.names
        .map(({ text, mark }) => {
          const name = codeSpan(text, isCell);
          return mark === 'one' ? name : `**${name}**`;
        })
        .join(', ');
  }
}

/** Spaces at the edges lie outside of what is escaped: there they would make markup of it, or none. */
function spaced(text: string, write: (text: string) => string): string {
  const [, before = '', middle = '', after = ''] = /^( *)(.*?)( *)$/s.exec(text) ?? [];
  return middle === '' ? before : before + write(middle) + after;
}

/** A `|` ends a cell even within a code span. */
function codeSpan(text: string, isCell: boolean): string {
  return isCell && text.includes('|') ? forMarkdown(text) : forMarkdownCode(text);
}
