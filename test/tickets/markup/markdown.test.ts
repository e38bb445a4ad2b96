import { describe, expect, it } from 'vitest';
import { markerIn } from '../../../src/tickets/marker.ts';
import { markdown } from '../../../src/tickets/markup/markdown.ts';
import { HOSTILE_TEXTS } from '../../report/hostile-texts.ts';
import { withMarkdownIt, withMarked } from '../../report/rendered-markdown.ts';
import { hostileDocument } from './hostile-document.ts';

const MARKER = 'sshfate:1:0123456789abcdef:fedcba9876543210';

describe('Markdown', () => {
  it('has headings, lists, tables, and the marker where nobody sees it', () => {
    expect(
      markdown.write(
        [
          { kind: 'heading', level: 3, text: [{ kind: 'text', text: 'Two findings' }] },
          {
            kind: 'list',
            ordered: true,
            items: [
              [
                { kind: 'text', text: 'run ' },
                { kind: 'code', text: 'sshd -t' },
              ],
            ],
          },
          {
            kind: 'table',
            header: ['A', 'B'],
            rows: [[[{ kind: 'text', text: '1' }], [{ kind: 'code', text: 'a|b' }]]],
          },
          { kind: 'paragraph', text: [{ kind: 'link', text: 'a.html', address: '/uploads/x/a.html' }] },
        ],
        MARKER,
      ),
    ).toBe(
      [
        '### Two findings',
        '',
        '1. run `sshd -t`',
        '',
        '| A | B |',
        '| --- | --- |',
        '| 1 | a&#124;b |',
        '',
        '[`a.html`](/uploads/x/a.html)',
        '',
        `<!-- ${MARKER} -->`,
      ].join('\n'),
    );
  });
  it.each(HOSTILE_TEXTS)('keeps its form whatever comes, by two renderers: %j', (hostile) => {
    const written = String(markdown.write(hostileDocument(hostile), MARKER));
    expect(markerIn(written)).toEqual({ key: '0123456789abcdef', content: 'fedcba9876543210' });
    const visible = written.slice(0, written.lastIndexOf('<!--'));
    const plain = String(markdown.write(hostileDocument('word'), MARKER)).replace(/<!--.*/, '');
    for (const render of [withMarkdownIt, withMarked]) {
      const shown = render(visible);
      const expected = render(plain);
      expect(shown.cells).toBe(expected.cells);
      const allowed = new Set([...expected.elements, 'code', 'codespan', 'escape', 'text', 'space']);
      expect([...shown.elements].filter((element) => !allowed.has(element))).toEqual([]);
      for (const run of shown.texts) expect(run).not.toMatch(/@\w|(^|\W)[#!]\d|:\/\/|www\.|GH-\d/);
    }
    // GitLab carries out a line that begins with a slash.
    expect(visible).not.toMatch(/^\s*\//m);
  });
});
