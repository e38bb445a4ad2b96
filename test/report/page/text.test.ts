import { expect, test } from 'vitest';
import { code, type Page, strong } from '../../../src/report/page/blocks.ts';
import { textPage } from '../../../src/report/page/text.ts';

const PAGE: Page = {
  title: 'title',
  verdict: '2 of 3 failed',
  lead: [{ kind: 'paragraph', text: ['It is ', strong('so'), '.'] }],
  sections: [
    {
      heading: ['Findings'],
      blocks: [
        {
          kind: 'table',
          caption: 'not seen',
          columns: [
            { heading: 'Name', align: 'left' },
            { heading: 'Count', align: 'right' },
            { heading: 'Offers', align: 'left' },
          ],
          rows: [
            [
              ['a rather long name'],
              ['12'],
              [
                {
                  kind: 'names',
                  names: [
                    { text: 'x', mark: 'chosen' },
                    { text: 'y', mark: 'one' },
                  ],
                },
              ],
            ],
          ],
          more: 'and 1 more',
        },
      ],
      sections: [
        {
          heading: [{ kind: 'severity', severity: 'low' }, ' a'],
          blocks: [{ kind: 'list', ordered: true, items: [['do ', code('this'), ' and then that']] }],
          sections: [
            {
              heading: ['Example'],
              blocks: [{ kind: 'command', text: 'a command that is longer than the width' }],
            },
          ],
        },
      ],
    },
  ],
  footer: ['made by'],
};

test('A page in text has its headings underlined, tables in columns, and commands on one line.', () => {
  expect(textPage(PAGE, 26)).toBe(`2 OF 3 FAILED

It is so.

FINDINGS
========

NAME         COUNT  OFFERS
a rather        12  * x
long name           - y
and 1 more

[low] a
-------

1. do this and then that

Example

  a command that is longer than the width

made by
`);
});
