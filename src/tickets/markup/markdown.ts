import type { Block, Inline } from '../document.ts';
import { forMarkdownCode, forMarkdownText, type MarkdownPlace } from '../escape.ts';
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
      return start(inline(one.text, 'text'));
    case 'list':
      return one.items
        .map((item, index) => `${one.ordered ? `${index + 1}.` : '-'} ${start(inline(item, 'text'))}`)
        .join('\n');
    case 'table':
      return [
        row(one.header.map((cell) => forMarkdownText(cell, 'table'))),
        row(one.header.map(() => '---')),
        ...one.rows.map((cells) => row(cells.map((cell) => inline(cell, 'table')))),
      ].join('\n');
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** What would begin a list, at the beginning of a block. */
function start(line: string): string {
  return line.replace(/^(\d*)([-+.)])(?=\s|$)/, '$1\\$2');
}

function inline(parts: readonly Inline[], where: MarkdownPlace): string {
  return parts.map((part) => inlinePart(part, where)).join('');
}

function inlinePart(part: Inline, where: MarkdownPlace): string {
  switch (part.kind) {
    case 'text':
      return forMarkdownText(part.text, where);
    case 'code':
      return forMarkdownCode(part.text, where);
    case 'strong':
      return `**${forMarkdownText(part.text, where)}**`;
    case 'link':
      return `[${forMarkdownCode(part.text, where)}](${part.address})`;
  }
}
