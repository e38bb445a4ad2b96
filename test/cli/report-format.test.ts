import { expect, test } from 'vitest';
import { formatOfFile } from '../../src/cli/report-format.ts';

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
