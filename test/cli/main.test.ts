import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const NO_COMMON_KEX = path.join(ROOT, 'captures/close-during-kex-no-common-kex.client.pcap');
const COMPLETED = path.join(ROOT, 'captures/completed.client.pcap');
const HEALTH_CHECKS = path.join(ROOT, 'captures/fin-before-banner-health-check.client.pcap');

const PCAP_HEADER_LENGTH = 24;

function start(words: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ...environment },
  });
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no pipes');
  const [out, err, [code]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
  return { code, out, err };
}

describe('the program', () => {
  test('judges what comes on standard input as it judges the file', async () => {
    const fromFile = await exitOf(start(['analyze', NO_COMMON_KEX, '-f', 'ndjson']));
    const child = start(['analyze', '-', '-f', 'ndjson']);
    createReadStream(NO_COMMON_KEX).pipe(child.stdin as NodeJS.WritableStream);
    const fromPipe = await exitOf(child);
    expect(fromPipe.code).toBe(0);
    expect(JSON.parse(fromPipe.out)).toEqual({ ...JSON.parse(fromFile.out), capture: '-' });
  });

  test('gives records while its input goes on, and on Ctrl-C writes what is known and exits with 130', async () => {
    const child = start(['analyze', '-', '-f', 'ndjson']);
    const ended = exitOf(child);
    const first = once(child.stdout as NodeJS.ReadableStream, 'data');
    // One capture behind the other; the second is minutes later, and does not come to its end.
    child.stdin?.write(readFileSync(HEALTH_CHECKS));
    child.stdin?.write(readFileSync(COMPLETED).subarray(PCAP_HEADER_LENGTH, -200));
    await first;
    child.kill('SIGINT');
    const { code, out, err } = await ended;
    expect(code).toBe(130);
    expect(err).toBe('sshfate: Interrupted. What was read until then is judged.\n');
    const sessions = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).session);
    expect(sessions).toEqual([1, 2, 3, 4, 5]);
  });

  test('ends quietly when the reader of its output has gone', async () => {
    const child = start(['analyze', 'captures', '-f', 'json']);
    child.stdout?.destroy();
    const [err, [code]] = await Promise.all([
      text(child.stderr as NodeJS.ReadableStream),
      once(child, 'close'),
    ]);
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  test('gives wrong usage the code 2 and an unreadable input the code 3, and says why on standard error', async () => {
    const [usage, unreadable] = await Promise.all([
      exitOf(start(['analyze', '--port', 'x', NO_COMMON_KEX])),
      exitOf(start(['analyze', 'no-such-file\x1b[31m.pcap'])),
    ]);
    expect(usage).toEqual({
      code: 2,
      out: '',
      err: "sshfate: --port: 'x' is no port. Give numbers from 1 to 65535, as in 22,2222.\n",
    });
    expect(unreadable).toEqual({
      code: 3,
      out: '',
      err: "sshfate: 'no-such-file\\x1b[31m.pcap' does not exist. Check the path.\n",
    });
  });

  test('colours a pipe only when it is told to', async () => {
    const [bare, forced] = await Promise.all([
      exitOf(start(['analyze', NO_COMMON_KEX])),
      exitOf(start(['analyze', NO_COMMON_KEX], { FORCE_COLOR: '1' })),
    ]);
    expect(bare.out).not.toContain('\x1b');
    expect(forced.out).toContain('\x1b[');
  });
});
