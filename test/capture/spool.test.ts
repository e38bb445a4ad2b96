import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CaptureError } from '../../src/capture/capture-error.ts';
import { sha256OfFile, spoolCapture } from '../../src/capture/spool.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-spool-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a file stays where it is', async () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, 'bytes');
  const spooled = await spoolCapture(file);
  expect(spooled.path).toBe(file);
  spooled.release();
  expect(existsSync(file)).toBe(true);
});

test('a pipe is copied for this user alone, and the copy taken away', async () => {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writer = spawn('sh', ['-c', 'printf bytes > "$0"', pipe]);
  const spooled = await spoolCapture(pipe);
  expect(readFileSync(spooled.path, 'utf8')).toBe('bytes');
  expect(statSync(spooled.path).mode & 0o777).toBe(0o600);
  spooled.release();
  expect(existsSync(path.dirname(spooled.path))).toBe(false);
  writer.kill();
});

test('what is not there is said', async () => {
  await expect(spoolCapture(path.join(folder, 'nothing'))).rejects.toThrow(CaptureError);
  await expect(sha256OfFile(path.join(folder, 'nothing'))).rejects.toThrow(/does not exist/);
});

test('the hash is that of the bytes', async () => {
  const file = path.join(folder, 'hashed');
  writeFileSync(file, Buffer.alloc(3_000_000, 7));
  expect(await sha256OfFile(file)).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'));
});
