import { describe, expect, test } from 'vitest';
import { code, type Page, strong } from '../../../src/report/page/blocks.ts';
import { htmlPage } from '../../../src/report/page/html.ts';
import { TWO_CAPTURES } from '../figures/two-captures.ts';
import { HOSTILE_TEXTS } from '../hostile-texts.ts';

function pageOf(text: string): Page {
  return {
    title: text,
    verdict: text,
    lead: [{ kind: 'paragraph', text: [text, strong(text), code(text)], tone: 'lead' }],
    sections: [
      {
        id: 'a',
        heading: [text],
        blocks: [
          { kind: 'list', ordered: true, items: [[text]] },
          { kind: 'command', text },
          {
            kind: 'table',
            caption: text,
            columns: [
              { heading: text, align: 'left' },
              { heading: text, align: 'right' },
            ],
            rows: [[[text], [{ kind: 'names', names: [{ text, mark: 'both' }] }]]],
            more: text,
          },
          { kind: 'sequence', sequence: TWO_CAPTURES },
          { kind: 'sequence', sequence: TWO_CAPTURES },
        ],
        sections: [{ heading: [{ kind: 'link', section: 'a', text }], blocks: [] }],
      },
    ],
    footer: [text],
  };
}

const tagsOf = (html: string): string[] => [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag);

describe('a page in HTML', () => {
  const html = htmlPage(pageOf('plain'));

  test('has landmarks, one heading of the first level, and sections below each other', () => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    for (const landmark of ['header', 'nav', 'main', 'footer'])
      expect(html.match(new RegExp(`<${landmark}[ >]`, 'g'))).toHaveLength(1);
    expect(html.match(/<h1>/g)).toHaveLength(1);
    expect(html).toContain('<h2 id="a">plain</h2>');
    expect(html).toContain('<h3><a href="#a">plain</a></h3>');
  });
  test('names the rows and columns of its tables, and lets the keyboard scroll them', () => {
    expect(html).toContain('<th scope="col">plain</th><th scope="col" class="n">plain</th>');
    expect(html).toContain('<th scope="row">plain</th>');
    expect(html).toMatch(
      /<div class="box" role="group" aria-labelledby="(box-\d+)" tabindex="0"><table><caption id="\1">plain</,
    );
  });
  test('gives no two things the same id', () => {
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
  test('has no script, no style attribute, no address of another place', () => {
    expect(html).not.toMatch(/<script|style="|https?:/);
  });
  test.each(HOSTILE_TEXTS)('is made of the same tags whatever a text holds: %j', (text) => {
    const hostile = htmlPage(pageOf(text));
    const shape = (tags: string[]) => tags.map((tag) => tag.replace(/ class="[nw]"/, ''));
    expect(shape(tagsOf(hostile))).toEqual(shape(tagsOf(html)));
    expect(hostile.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });
});
