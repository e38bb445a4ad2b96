import { forMarkdown, forMarkdownCode } from '../../report/escape.ts';
import type { Block, Inline } from '../document.ts';
import { characters, type Markup } from './markup.ts';

/** GitHub's and GitLab's Markdown. The marker is an HTML comment, which neither shows. */
export const markdown: Markup = {
  write: (blocks, marker) => `${blocks.map(block).join('\n\n')}\n\n<!-- ${marker} -->`,
  length: characters,
};

function block(one: Block): string {
  switch (one.kind) {
    case 'heading':
      return `${'#'.repeat(one.level)} ${inline(one.text, 'text')}`;
    case 'paragraph':
      return inline(one.text, 'text');
    case 'list':
      return one.items
        .map((item, index) => `${one.ordered ? `${index + 1}.` : '-'} ${inline(item, 'text')}`)
        .join('\n');
    case 'table':
      return [
        row(one.header.map((cell) => forMarkdown(cell))),
        row(one.header.map(() => '---')),
        ...one.rows.map((cells) => row(cells.map((cell) => inline(cell, 'table')))),
      ].join('\n');
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

type Place = 'text' | 'table';

function inline(parts: readonly Inline[], where: Place): string {
  let line = '';
  for (const part of parts) {
    const written = inlinePart(part, where);
    // Two code spans that touch would be one, with other ends.
    line += line.endsWith('`') && written.startsWith('`') ? ` ${written}` : written;
  }
  return line;
}

function inlinePart(part: Inline, where: Place): string {
  switch (part.kind) {
    case 'text':
      return forMarkdown(part.text);
    case 'code':
      return codeSpan(part.text, where);
    case 'strong':
      return `**${forMarkdown(part.text)}**`;
    case 'link':
      return `[${codeSpan(part.text, where)}](${part.address})`;
  }
}

/** A `|` ends a cell even within a code span. */
function codeSpan(text: string, where: Place): string {
  return where === 'table' && text.includes('|') ? forMarkdown(text) : forMarkdownCode(text);
}
