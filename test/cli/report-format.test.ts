import { expect, test } from 'vitest';
import { formatOfFile, INCIDENT_FORMATS, parseDataFormat, parseFormat } from '../../src/cli/report-format.ts';

test('The ending of a file says what it shall hold.', () => {
  const formats = ['a.md', 'b.MARKDOWN', 'c.html', 'd.htm', 'e.json', 'dir.md/f.txt'].map(formatOfFile);
  expect(formats).toEqual(['markdown', 'markdown', 'html', 'html', 'json', 'text']);
  expect(['a', 'b.pdf', 'dir.md/c', '.md'].map(formatOfFile)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('the endings of files are names of formats, where the command has the format', () => {
  expect(['md', 'MD', 'htm', 'txt', 'json'].map((text) => parseFormat(text, INCIDENT_FORMATS))).toEqual([
    'markdown',
    'markdown',
    'html',
    'text',
    'json',
  ]);
  expect(() => parseFormat('txt', ['table', 'json'])).toThrow("'txt' is no format. Known are table, json.");
  expect(() => parseFormat('pdf', INCIDENT_FORMATS)).toThrow("'pdf' is no format.");
});

test('who asks analyze for a page is sent to report', () => {
  const parse = (text: string) => parseDataFormat(text, ['table', 'json']);
  expect(parse('json')).toBe('json');
  for (const page of ['md', 'markdown', 'html']) {
    expect(() => parse(page)).toThrow(
      `'${page}' is a format of 'sshfate report'. Here table, json are known.`,
    );
  }
});
