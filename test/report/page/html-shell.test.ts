import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { htmlDocument } from '../../../src/report/page/html-shell.ts';

const html = htmlDocument({ title: '<a> & "b"', style: 'p{color:red}', body: '<main></main>' });

test('The policy admits the one style sheet by its hash, and nothing else.', () => {
  const hash = createHash('sha256').update('p{color:red}').digest('base64');
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1];
  expect(policy).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`,
  );
  // It counts from where it stands.
  expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
});

test('The title is text.', () => {
  expect(html).toContain('<title>&lt;a&gt; &amp; &quot;b&quot;</title>');
});
