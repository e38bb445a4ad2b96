import type { Block, Inline } from '../document.ts';
import { forAdf } from '../escape.ts';
import { FOOTER } from '../marker.ts';
import { characters, type Markup } from './markup.ts';

/**
 * Atlassian Document Format, the only form of rich text that version 3 of Jira Cloud's API takes
 * (https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/). Mentions and links are nodes and
 * marks of their own there: no text becomes one.
 */
export const adf: Markup = {
  write: (blocks, marker) => ({
    version: 1,
    type: 'doc',
    content: [
      ...blocks.map(block),
      { type: 'paragraph', content: [{ type: 'text', text: `${FOOTER}, ${marker}` }] },
    ],
  }),
  length: characters,
};

type Node = Readonly<Record<string, unknown>>;

function block(one: Block): Node {
  switch (one.kind) {
    case 'heading':
      return { type: 'heading', attrs: { level: one.level }, content: inline(one.text) };
    case 'paragraph':
      return paragraph(one.text);
    case 'list':
      return {
        type: one.ordered ? 'orderedList' : 'bulletList',
        content: one.items.map((item) => ({ type: 'listItem', content: [paragraph(item)] })),
      };
    case 'table':
      return {
        type: 'table',
        content: [
          tableRow(
            'tableHeader',
            one.header.map((cell) => [{ kind: 'strong', text: cell }]),
          ),
          ...one.rows.map((cells) => tableRow('tableCell', cells)),
        ],
      };
  }
}

function tableRow(type: string, cells: readonly (readonly Inline[])[]): Node {
  return { type: 'tableRow', content: cells.map((cell) => ({ type, content: [paragraph(cell)] })) };
}

function paragraph(parts: readonly Inline[]): Node {
  return { type: 'paragraph', content: inline(parts) };
}

function inline(parts: readonly Inline[]): Node[] {
  const nodes: Node[] = [];
  for (const part of parts) {
    const text = forAdf(part.text);
    // The format has no empty text nodes.
    if (text === '') continue;
    switch (part.kind) {
      case 'text':
        nodes.push({ type: 'text', text });
        break;
      case 'code':
      case 'strong':
        nodes.push({ type: 'text', text, marks: [{ type: part.kind }] });
        break;
      case 'link':
        nodes.push({ type: 'text', text, marks: [{ type: 'link', attrs: { href: part.address } }] });
        break;
    }
  }
  return nodes;
}

/** The texts of a document, a line for each block, as far as a marker in it is concerned. */
export function adfText(document: unknown): string {
  const lines: string[] = [];
  // A list instead of recursion: how deep an answer is nested is up to who wrote it.
  const pending: unknown[] = [document];
  for (let node = pending.pop(); node !== undefined && lines.length < MAX_NODES; node = pending.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const { type, text, content } = node as { type?: unknown; text?: unknown; content?: unknown };
    if (type === 'text' && typeof text === 'string') lines.push(text);
    if (Array.isArray(content)) pending.push(...content.toReversed());
  }
  return lines.join('\n');
}

/** A comment of the length limit has fewer; the marker of a longer one is not looked for. */
const MAX_NODES = 100_000;
