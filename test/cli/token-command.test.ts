import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { run } from '../../src/cli/program.ts';
import { memoryTerminal } from './memory-terminal.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-token-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function token(...words: string[]) {
  const terminal = memoryTerminal();
  const code = await run(['token', ...words], terminal);
  return { code, text: terminal.stdout.text, said: terminal.said };
}

test('where no service has been, there is no token, and nothing is made to find that out', async () => {
  const data = path.join(folder, 'nothing');
  expect(await token('list', '--data', data)).toEqual({
    code: 0,
    text: '',
    said: ["There is no token. 'sshfate token create NAME' makes one."],
  });
  expect(await token('revoke', 'abc', '--data', data)).toMatchObject({ code: 2 });
  expect(existsSync(data)).toBe(false);
});

test('a token is made, listed without its secret, and revoked', async () => {
  const data = path.join(folder, 'data');
  const { text } = await token('create', 'anna', '--role', 'read', '--data', data);
  const { text: list } = await token('list', '--data', data);
  expect(list).toMatch(/^[0-9a-f]{12} {2}read {4}\d{4}-\d\d-\d\d {2}anna\n$/);
  expect(list).not.toContain(text.trim());
  expect((await token('revoke', list.slice(0, 12), '--data', data)).code).toBe(0);
  expect((await token('list', '--data', data)).text).toMatch(/anna, revoked /);
});
