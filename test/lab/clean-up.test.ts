import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { whyNotHere } from './needs.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const why = whyNotHere();
const out = mkdtempSync(path.join(tmpdir(), 'sshfate-interrupted-'));
afterAll(() => rmSync(out, { recursive: true }));

const namespaces = (): readonly string[] =>
  spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);

/** R, S, …, or Z for one that is dead and waits to be noticed; undefined when it is gone. */
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}

describe.skipIf(why !== undefined)(`a lab that is interrupted${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s leaves no namespace, no process and no file of its own behind',
    async (signal) => {
      // These three wait for a long time.
      const names = ['stalled-before-banner', 'lost-in-session-keepalive', 'no-syn-ack'];
      const argv = ['--import', 'tsx', 'scripts/lab.ts', ...names, '--out', out];
      const temporary = mkdtempSync(path.join(tmpdir(), 'sshfate-temporary-'));
      const lab = spawn(process.execPath, argv, { cwd: ROOT, env: { ...process.env, TMPDIR: temporary } });
      const ended = new Promise<NodeJS.Signals | null>((resolve) => lab.on('close', (_, by) => resolve(by)));
      const own = (): readonly string[] => namespaces().filter((name) => name.startsWith(`sf${lab.pid}n`));
      try {
        for (let n = 0; n < 200 && own().length < 9; n++) await sleep(100);
        expect(own().length).toBe(9);
        await sleep(1500);
        const inside = own().flatMap((name) =>
          spawnSync('ip', ['netns', 'pids', name.split(' ')[0] ?? ''], { encoding: 'utf8' }).stdout.split(
            '\n',
          ),
        );
        const pids = inside.filter(Boolean).map(Number);
        expect(pids.length).toBeGreaterThan(3);
        lab.kill(signal);
        expect(await ended).toBe(signal);
        expect(own()).toEqual([]);
        expect(readdirSync(temporary).filter((name) => name.startsWith('sshfate-'))).toEqual([]);
        await sleep(200);
        expect(pids.map(stateOf).filter((state) => state !== undefined && state !== 'Z')).toEqual([]);
      } finally {
        lab.kill('SIGKILL');
        rmSync(temporary, { recursive: true, force: true });
      }
    },
    60_000,
  );
});
