import { describe, expect, it } from 'vitest';
import { markerIn } from '../../../src/tickets/marker.ts';
import { adf, adfText } from '../../../src/tickets/markup/adf.ts';
import { HOSTILE_TEXTS } from '../../report/hostile-texts.ts';
import { hostileDocument } from './hostile-document.ts';

const MARKER = 'sshfate:1:0123456789abcdef:fedcba9876543210';

/** Of the structure that Atlassian documents, what a node may hold; a text node's marks besides. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  doc: ['paragraph', 'heading', 'bulletList', 'orderedList', 'table'],
  paragraph: ['text'],
  heading: ['text'],
  bulletList: ['listItem'],
  orderedList: ['listItem'],
  listItem: ['paragraph'],
  table: ['tableRow'],
  tableRow: ['tableHeader', 'tableCell'],
  tableHeader: ['paragraph'],
  tableCell: ['paragraph'],
};

interface Node {
  readonly type: string;
  readonly text?: string;
  readonly marks?: readonly { readonly type: string }[];
  readonly content?: readonly Node[];
}

function check(node: Node): void {
  if (node.type === 'text') {
    expect(node.text).not.toBe('');
    for (const { type } of node.marks ?? []) expect(['code', 'strong', 'link']).toContain(type);
    return;
  }
  const allowed = CHILDREN[node.type];
  expect(allowed, node.type).toBeDefined();
  for (const child of node.content ?? []) {
    expect(allowed).toContain(child.type);
    check(child);
  }
}

describe('Atlassian Document Format', () => {
  it.each(HOSTILE_TEXTS)('has text where text was, whatever it says: %j', (hostile) => {
    const body = adf.write(hostileDocument(hostile), MARKER);
    check(body as unknown as Node);
    expect(JSON.stringify(body)).not.toMatch(/"type":"(?:mention|inlineCard|media|link)"/);
    expect(markerIn(adfText(body))).toEqual({ key: '0123456789abcdef', content: 'fedcba9876543210' });
  });
  it('is read back whatever an answer holds', () => {
    let deep: unknown = { type: 'text', text: 'x' };
    for (let i = 0; i < 20_000; i++) deep = { type: 'paragraph', content: [deep, null, 7] };
    expect(adfText(deep)).toBe('x');
    expect(adfText(undefined)).toBe('');
    expect(adfText({ type: 'text', text: 5, content: 'x' })).toBe('');
  });
});
