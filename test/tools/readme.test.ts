import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { withTables } from './readme-tables.ts';

const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');

it('The tables of the README are those of the code (npm run docs writes them).', async () => {
  expect(readme).toBe(await withTables(readme));
}, 60_000);

it('The first example of the README is what the command prints.', () => {
  const capture = 'captures/close-during-kex-no-common-kex.client.pcap';
  const command = ['analyze', capture, '--session', '1'];
  const root = path.join(import.meta.dirname, '../..');
  const { stdout } = spawnSync(process.execPath, ['bin/sshfate.js', ...command], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '80' },
  });
  const shown = readme.slice(readme.indexOf(`$ sshfate ${command.join(' ')}`)).split('```')[0] ?? '';
  const [, ...lines] = shown.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(30);
  expect(stdout.split('\n').slice(0, lines.length)).toEqual(lines);
});

it('The README has every exit code, in the words of the help.', () => {
  for (const { code, meaning } of Object.values(EXIT_CODES)) {
    expect(readme.replaceAll('`', '')).toContain(`| ${code} | ${meaning} |`);
  }
});
