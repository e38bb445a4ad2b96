import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/errors.ts';
import { FileOutput } from '../../src/cli/file-output.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-output-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('FileOutput', () => {
  test('keeps text and bytes in their order', () => {
    const file = path.join(folder, 'order');
    const output = FileOutput.create(file);
    output.write('a');
    output.write(new TextEncoder().encode('b'));
    output.write('é');
    output.end();
    expect(readFileSync(file, 'utf8')).toBe('abé');
  });
  test('writes what it has when nothing more comes', async () => {
    const file = path.join(folder, 'idle');
    const output = FileOutput.create(file);
    output.write('a');
    expect(readFileSync(file, 'utf8')).toBe('');
    await setImmediate();
    expect(readFileSync(file, 'utf8')).toBe('a');
    output.end();
  });
  test('says why a file cannot be opened, and what to do', () => {
    expect(() => FileOutput.create(path.join(folder, 'no', 'file'))).toThrow(
      /' cannot be written: its folder does not exist\. Choose another file with --output\.$/,
    );
    expect(() => FileOutput.create(folder)).toThrow(UsageError);
    expect(() => FileOutput.create(folder)).toThrow('it is a folder');
  });
  test('says that the disk is full', () => {
    const output = FileOutput.create('/dev/full');
    output.write('a');
    output.flush();
    expect(() => output.end()).toThrow('there is no space left on the device');
  });
  test('drops the rest and says so once when the reader has gone', () => {
    const fifo = path.join(folder, 'pipe');
    execFileSync('mkfifo', [fifo]);
    // Opened for both directions first, so that neither open waits for the other.
    const both = openSync(fifo, 'r+');
    const writing = openSync(fifo, 'w');
    closeSync(both);
    let closed = 0;
    const output = new FileOutput(writing, fifo, () => closed++);
    for (let i = 0; i < 3; i++) {
      output.write('a');
      output.flush();
    }
    output.end();
    expect(closed).toBe(1);
  });
});
