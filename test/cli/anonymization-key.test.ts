import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { anonymizationKey } from '../../src/cli/anonymization-key.ts';
import { UsageError } from '../../src/cli/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEX = '0123456789abcdef'.repeat(4);
const KEY = Buffer.from(HEX, 'hex');

function keyed(file: string | undefined, environment: NodeJS.ProcessEnv = {}) {
  const said: string[] = [];
  return { key: Buffer.from(anonymizationKey(file, environment, (text) => said.push(text))), said };
}

test('a key is read from a file, in hexadecimal or as it is', () => {
  for (const [name, content] of [
    ['hex', `${HEX}\n`],
    ['raw', KEY],
  ] as const) {
    const file = path.join(folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    expect(keyed(file)).toEqual({ key: KEY, said: [] });
  }
});

test('a file that is not there gets a new key, for this user alone, which is used the next time', () => {
  const file = path.join(folder, 'new');
  const first = keyed(file);
  expect(first.key.length).toBe(32);
  expect(first.said.join()).toMatch(/A new key is in/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'latin1')).toBe(`${first.key.toString('hex')}\n`);
  expect(keyed(file)).toEqual({ key: first.key, said: [] });
});

test('a file that others can read is used, and said', () => {
  const file = path.join(folder, 'open');
  writeFileSync(file, HEX);
  chmodSync(file, 0o644);
  expect(keyed(file).said.join()).toMatch(/Others can read the key .* chmod 600/);
});

test('a key comes from the environment when no file is named', () => {
  expect(keyed(undefined, { SSHFATE_KEY: HEX })).toEqual({ key: KEY, said: [] });
});

test('without either there is a new one each time, and it is said how to keep one', () => {
  const [one, other] = [keyed(undefined), keyed(undefined, { SSHFATE_KEY: '' })];
  expect(one.key.equals(other.key)).toBe(false);
  expect(one.said.join()).toMatch(/not kept.*--key-file/);
});

test('what is no key is refused, and not shown', () => {
  const file = path.join(folder, 'wrong');
  writeFileSync(file, 'secret password', { mode: 0o600 });
  expect(() => keyed(file)).toThrow(UsageError);
  expect(() => keyed(file)).toThrow(/holds no key/);
  expect(() => keyed(file)).not.toThrow(/password/);
  expect(() => keyed(undefined, { SSHFATE_KEY: 'abc' })).toThrow(/SSHFATE_KEY holds no key/);
  expect(() => keyed(folder)).toThrow(/cannot be read/);
  expect(() => keyed(path.join(folder, 'nowhere', 'key'))).toThrow(
    /cannot be written: .* Choose another file with --key-file\.$/,
  );
});
