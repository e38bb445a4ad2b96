import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { code, type Inlines, type Page, strong } from '../../../src/report/page/blocks.ts';
import { markdownPage, markdownSection } from '../../../src/report/page/markdown.ts';
import { HOSTILE_TEXTS } from '../hostile-texts.ts';
import { type Rendered, withMarkdownIt, withMarked } from '../rendered-markdown.ts';

const text: Inlines = ['before ', code('ls | wc'), ' ', strong('strong'), ' after'];
const PAGE: Page = {
  title: 'title',
  verdict: '2 of 3 failed',
  lead: [{ kind: 'paragraph', text }],
  sections: [
    {
      id: 'a',
      heading: [{ kind: 'severity', severity: 'high' }, ' it'],
      blocks: [
        { kind: 'list', ordered: true, items: [['one'], ['two']] },
        {
          kind: 'table',
          caption: 'caption',
          columns: [
            { heading: 'Name', align: 'left' },
            { heading: 'Count', align: 'right' },
          ],
          rows: [[['a'], ['1']]],
          more: 'and 3 more rows',
        },
        { kind: 'command', text: 'ssh -vvv host' },
      ],
    },
  ],
  footer: ['made by'],
};

test('A page is headings, paragraphs, lists, pipe tables and fenced blocks.', () => {
  expect(markdownPage(PAGE)).toBe(`# 2 of 3 failed

before \`ls | wc\` **strong** after

## **high** it

1. one
2. two

| Name | Count |
| --- | ---: |
| a | 1 |

and 3 more rows

\`\`\`
ssh -vvv host
\`\`\`

---

made by
`);
});

/** Every place of a page that holds text. */
function pageOf(hostile: string): string {
  const cell: Inlines = [hostile];
  return markdownPage({
    title: hostile,
    verdict: hostile,
    lead: [{ kind: 'paragraph', text: [hostile, ' ', strong(hostile), ' ', code(hostile), ` (${hostile})`] }],
    sections: [
      {
        heading: [hostile],
        blocks: [
          { kind: 'paragraph', text: cell },
          { kind: 'list', ordered: false, items: [cell, [`step: ${hostile}`]] },
          {
            kind: 'table',
            caption: hostile,
            columns: [
              { heading: 'a', align: 'left' },
              { heading: 'b', align: 'left' },
            ],
            rows: [
              [cell, [code(hostile)]],
              [
                [{ kind: 'names', names: [{ text: hostile, mark: 'both' }] }],
                [{ kind: 'link', section: 'x', text: hostile }],
              ],
            ],
          },
          { kind: 'command', text: hostile },
          {
            kind: 'sequence',
            sequence: {
              title: hostile,
              columns: [{ name: 'client', detail: hostile }, { name: 'server' }],
              rows: [{ kind: 'message', from: 0, to: 1, course: 'whole', label: 'text', detail: hostile }],
            },
          },
        ],
      },
    ],
  });
}

/** What forges make links and mentions of in text. GitHub: a name after @ behind no word; GitLab: the signs behind no word. */
const ACTIVE =
  /(?<![\w`])@\w|(?<!\w)#\d|(?<!\w)[!~%&$^]\d|\bGH-\d|\w#\d|https?:\/\/|www\.\w|(?<![\w-])[0-9a-f]{7,40}(?![\w-])|:(?:smile|\+1):|\w@\w+\.\w|\{[+-]|\[\[/;

function expectInert({ elements, texts, codes }: Rendered, allowed: ReadonlySet<string>): void {
  expect([...elements].filter((name) => !allowed.has(name))).toEqual([]);
  for (const each of texts) expect(each).not.toMatch(ACTIVE);
  for (const each of [...texts, ...codes]) expect(each.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
}

const MARKDOWN_IT_ELEMENTS = new Set([
  'h1',
  'h2',
  'p',
  'ul',
  'li',
  'strong',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
]);
const MARKED_ELEMENTS = new Set([
  'heading',
  'paragraph',
  'list',
  'list_item',
  'strong',
  'table',
  'code',
  'codespan',
  'text',
  'escape',
  'space',
]);

describe('Whatever a text holds,', () => {
  const usual = withMarkdownIt(pageOf('plain'));

  test.each(HOSTILE_TEXTS)('renderers make nothing of %j but text and code.', (hostile) => {
    const markdown = pageOf(hostile);
    expectInert(withMarkdownIt(markdown), MARKDOWN_IT_ELEMENTS);
    expectInert(withMarked(markdown), MARKED_ELEMENTS);
    expect(usual.elements).toEqual(MARKDOWN_IT_ELEMENTS);
    expect(withMarkdownIt(markdown).cells).toBe(6);
    // A command of GitLab's begins a line.
    expect(markdown.replace(/^```$.*?^```$/gms, '')).not.toMatch(/^\s*\/[a-z]/m);
  });

  test('random mixtures of markup stay text and code, too.', () => {
    const piece = fc.constantFrom(
      ...HOSTILE_TEXTS.flatMap((each) => each.split(/(?<=[^\w\s])|\s/)),
      ' ',
      'a',
      '1',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const markdown = pageOf(pieces.join(''));
        expectInert(withMarkdownIt(markdown), MARKDOWN_IT_ELEMENTS);
        expectInert(withMarked(markdown), MARKED_ELEMENTS);
      }),
      { numRuns: 500 },
    );
  });
});

test('A section alone begins at the level that is asked for.', () => {
  const section = { heading: ['a'], blocks: [], sections: [{ heading: ['b'], blocks: [] }] };
  expect(markdownSection(section, 3)).toBe('### a\n\n#### b\n');
});

test('Code and a word that is shown as code stay two, also side by side.', () => {
  const section = {
    heading: ['x'],
    blocks: [{ kind: 'paragraph', text: [code('a`b'), '@admin', code('c')] }],
  } as const;
  const rendered = withMarkdownIt(markdownSection(section, 2));
  expect(rendered.codes).toEqual(['a`b', '@admin', 'c']);
});
