import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeFolder, whyNoFolder } from '../src/make-folder.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Why it cannot be made. */
function refusal(of: string): string | undefined {
  try {
    makeFolder(of);
  } catch (error) {
    return whyNoFolder(error);
  }
  return undefined;
}

test('makes what is not there, with its mode, and leaves what is', () => {
  const deep = path.join(folder, 'a', 'b', 'c');
  makeFolder(deep, 0o700);
  expect(statSync(path.dirname(deep)).mode & 0o777).toBe(0o700);
  writeFileSync(path.join(deep, 'file'), 'x');
  makeFolder(deep);
  makeFolder(`${deep}/`);
  expect(statSync(path.join(deep, 'file')).size).toBe(1);
});

test('says that a file is in the way', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, 'x');
  for (const path of [file, `${file}/a/b`]) expect(refusal(path)).toBe('it is a file, or lies in one');
  const link = path.join(folder, 'link');
  symlinkSync(path.join(folder, 'nowhere'), link);
  expect(refusal(path.join(link, 'a'))).toBe('it is a file, or lies in one');
});

test.skipIf(!existsSync('/proc/self'))('comes to an end where the system takes no folders', () => {
  expect(refusal('/proc/sshfate')).toBe('no folder can be made there');
  expect(refusal('/proc/sshfate/a/b')).toBe('no folder can be made there');
});
