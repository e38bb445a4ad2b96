import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPage } from '../../../scripts/page/bundle.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-bundle-'));
beforeAll(() => buildPage(folder));
afterAll(() => rmSync(folder, { recursive: true }));
const read = (ending: string): string => {
  const name = readdirSync(folder).find((each) => each.endsWith(ending)) ?? '';
  return readFileSync(path.join(folder, name), 'utf8');
};

test('the shell names one script and one style sheet that are there, and holds neither itself', () => {
  const html = read('.html');
  const named = [...html.matchAll(/(?:src|href)="\/assets\/([^"]+)"/g)].map(([, name]) => name);
  expect(named.sort()).toEqual(
    readdirSync(folder)
      .filter((name) => name !== 'index.html')
      .sort(),
  );
  expect(named).toHaveLength(2);
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
});

test('no part of it leads to another machine', () => {
  const foreign = (text: string) =>
    [...text.matchAll(/(?:https?:)?\/\/[a-z][\w.-]*\.[a-z]+/gi)].map(([url]) => url);
  expect(foreign(read('.css'))).toEqual([]);
  // The names of namespaces, and an example in the field of the ticket system's address.
  expect(foreign(read('.js')).filter((url) => !/www\.w3\.org|tickets\.example\.com/.test(url))).toEqual([]);
});

test('what comes off the wire never becomes markup: nothing of the page sets it', () => {
  const source = path.join(import.meta.dirname, '../../../src/web/page');
  for (const name of readdirSync(source).filter((each) => /\.tsx?$/.test(each))) {
    const text = readFileSync(path.join(source, name), 'utf8');
    expect(text, name).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
    );
  }
});

test('it is small enough for a slow line', () => {
  expect(read('.js').length).toBeLessThan(140_000);
  expect(read('.css').length).toBeLessThan(25_000);
});
