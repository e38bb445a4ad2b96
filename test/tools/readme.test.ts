import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { withTables } from './readme-tables.ts';

const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');

it('The tables of the README are those of the code (npm run docs writes them).', async () => {
  expect(readme).toBe(await withTables(readme));
}, 60_000);

it('The README has every exit code, in the words of the help.', () => {
  for (const { code, meaning } of Object.values(EXIT_CODES)) {
    expect(readme.replaceAll('`', '')).toContain(`| ${code} | ${meaning} |`);
  }
});
