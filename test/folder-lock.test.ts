import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderInUse, lockFolder } from '../src/folder-lock.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sshfate-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that lives, with a lock as it would have made it. */
async function withProcess(use: (pid: number, startTicks: string) => Promise<void> | void): Promise<void> {
  const child = spawn('sleep', ['60']);
  try {
    const pid = child.pid as number;
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    await use(pid, stat.split(') ')[1]?.split(' ')[19] as string);
  } finally {
    child.kill('SIGKILL');
  }
}

const hold = (number: number, text: string) => writeFileSync(path.join(folder, `lock.${number}`), text);

test('a folder is given to one at a time, and given back', () => {
  const unlock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(FolderInUse);
  unlock();
  expect(readdirSync(folder)).toEqual([]);
  lockFolder(folder)();
});

test('the lock of a process that lives holds, and its pid is told', async () => {
  await withProcess((pid, startTicks) => {
    hold(3, `${pid} ${startTicks}\n`);
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ pid }));
    expect(readdirSync(folder)).toEqual(['lock.3']);
  });
});

test('the lock of a process that is gone is taken over', async () => {
  let gone = 0;
  await withProcess((pid) => {
    gone = pid;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  hold(3, `${gone} 12345\n`);
  const unlock = lockFolder(folder);
  expect(readdirSync(folder)).toEqual(['lock.4']);
  unlock();
});

test('a pid that was given to another process holds nothing', async () => {
  await withProcess((pid) => {
    hold(1, `${pid} 1\n`);
    lockFolder(folder)();
  });
});

test('a lock that is no lock holds nothing', () => {
  for (const text of ['', 'x', '12', `${process.pid}`]) {
    hold(1, text);
    lockFolder(folder)();
  }
});

test('of many that come at once, with a lock left behind, one gets it', { timeout: 60_000 }, async () => {
  const module = JSON.stringify(path.join(import.meta.dirname, '../src/folder-lock.ts'));
  const script = `
    import { createInterface } from 'node:readline';
    const { lockFolder } = await import(${module});
    let unlock = () => {};
    console.log('ready');
    for await (const word of createInterface({ input: process.stdin })) {
      if (word === 'give') { unlock(); unlock = () => {}; console.log('given'); continue; }
      try { unlock = lockFolder(${JSON.stringify(folder)}); console.log('mine'); } catch (error) { console.log(error.name); }
    }`;
  const children = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, next: async () => (await lines.next()).value as string };
  });
  const all = async (word: string) => {
    for (const { child } of children) child.stdin.write(`${word}\n`);
    return (await Promise.all(children.map(({ next }) => next()))).sort();
  };
  await Promise.all(children.map(({ next }) => next()));
  for (let round = 0; round < 50; round++) {
    hold(1, '1999999 5\n');
    expect(await all('take')).toEqual([...Array(children.length - 1).fill('FolderInUse'), 'mine']);
    await all('give');
    expect(readdirSync(folder)).toEqual([]);
  }
  for (const { child } of children) child.stdin.end();
});
