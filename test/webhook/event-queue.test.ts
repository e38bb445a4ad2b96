import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderInUse } from '../../src/folder-lock.ts';
import { eventBody } from '../../src/webhook/event-document.ts';
import { EventQueue, type QueueLimits, type QueueTrouble } from '../../src/webhook/event-queue.ts';
import { findingEvent, numberedId } from './findings.ts';

let folder = '';
const troubles: QueueTrouble[] = [];
let opened: EventQueue[] = [];
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'sshfate-queue-')), 'state/queue');
  troubles.length = 0;
});
afterEach(async () => {
  for (const queue of opened) await queue.close();
  opened = [];
  rmSync(path.join(folder, '../..'), { recursive: true });
});

async function openQueue(limits: Partial<QueueLimits> = {}): Promise<EventQueue> {
  const queue = await EventQueue.open({ folder, limits, onTrouble: (trouble) => troubles.push(trouble) });
  opened.push(queue);
  return queue;
}

const source = { host: 'bastion', interfaces: ['eth0'], version: '1.2.3' };

function add(queue: EventQueue, number: number): Buffer {
  const id = randomUUID();
  const body = eventBody(findingEvent(numberedId(number)), { id, time: '2026-11-23T11:26:48.000Z', source });
  queue.add(id, body);
  return body;
}

const files = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.json'));
const waits = { waits: () => true };

async function take(queue: EventQueue): Promise<Buffer | undefined> {
  const event = await queue.first({ waits: () => false });
  if (event === undefined) return undefined;
  const body = await queue.bodyOf(event);
  await queue.delivered(event);
  return body;
}

async function takeAll(queue: EventQueue): Promise<(string | undefined)[]> {
  const bodies: string[] = [];
  for (let body = await take(queue); body !== undefined; body = await take(queue)) bodies.push(String(body));
  return bodies;
}

describe('a queue', () => {
  test('gives events in their order, after they are on disk', async () => {
    const queue = await openQueue();
    const bodies = [1, 2, 3].map((number) => add(queue, number));
    const first = await queue.first(waits);
    expect(readFileSync(path.join(folder, first?.name ?? ''))).toEqual(bodies[0]);
    expect(queue.waiting).toBe(3);
    expect(await takeAll(queue)).toEqual(bodies.map(String));
    expect(files()).toEqual([]);
    expect(troubles).toEqual([]);
  });

  test('gives what was left by another run first, in its order', async () => {
    const before = await openQueue();
    const old = [1, 2].map((number) => add(before, number));
    await before.close();
    const queue = await openQueue();
    const body = add(queue, 3);
    await queue.first(waits);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await takeAll(queue)).toEqual([...old, body].map(String));
  });

  test('is for its owner only, and for one process', async () => {
    const queue = await openQueue();
    add(queue, 1);
    await queue.first(waits);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(folder, files()[0] ?? '')).mode & 0o777).toBe(0o600);
    await expect(openQueue()).rejects.toThrow(FolderInUse);
  });

  test('leaves half-written files and those of others alone, or removes them', async () => {
    await (await openQueue()).close();
    const name = `000000000000001-${randomUUID()}.json`;
    writeFileSync(path.join(folder, `${name}.tmp`), '{"half');
    writeFileSync(path.join(folder, 'notes.json'), '{}');
    const queue = await openQueue();
    expect(queue.waiting).toBe(0);
    expect(existsSync(path.join(folder, `${name}.tmp`))).toBe(false);
    expect(existsSync(path.join(folder, 'notes.json'))).toBe(true);
  });

  test('sets a damaged file aside and goes on', async () => {
    const before = await openQueue();
    const bodies = [1, 2, 3].map((number) => add(before, number));
    await before.close();
    const [first = '', second = ''] = files().sort();
    writeFileSync(path.join(folder, first), '');
    writeFileSync(path.join(folder, second), Buffer.alloc(2e6, ' '));
    const queue = await openQueue();
    expect(await take(queue)).toBeUndefined();
    expect(await takeAll(queue)).toEqual([String(bodies[2])]);
    expect(troubles).toEqual([
      { kind: 'damaged', name: second },
      { kind: 'damaged', name: first },
    ]);
    expect(readdirSync(queue.refusedFolder).sort()).toEqual([first, second]);
  });

  test('sets aside what is refused, as much as its limit', async () => {
    const queue = await openQueue({ refused: 2 });
    for (const number of [1, 2, 3]) add(queue, number);
    const names: string[] = [];
    for (let i = 0; i < 3; i++) {
      const event = await queue.first(waits);
      if (event === undefined) throw new Error('nothing waits');
      names.push(event.name);
      await queue.setAside(event);
    }
    expect(readdirSync(queue.refusedFolder).sort()).toEqual(names.slice(1));
    expect([queue.waiting, files()]).toEqual([0, []]);
  });

  test.each([
    ['events', { events: 3 }],
    ['bytes', { bytes: 3 * 700 }],
  ])('drops the oldest above its limit of %s, but not the one that is on its way', async (_, limits) => {
    const queue = await openQueue(limits);
    const bodies = [add(queue, 1)];
    const first = await queue.first(waits);
    for (const number of [2, 3, 4, 5]) bodies.push(add(queue, number));
    expect(queue.dropped).toBe(bodies.length - queue.waiting);
    expect(troubles[0]).toEqual({ kind: 'dropped' });
    const kept = [bodies[0], ...bodies.slice(1 - queue.waiting)].map(String);
    expect(kept.length).toBeLessThan(5);
    expect(kept.length).toBeGreaterThan(1);
    if (first !== undefined) queue.putBack(first);
    await queue.close();
    expect(await takeAll(await openQueue())).toEqual(kept);
  });

  test('a clock that is set back does not change the order', async () => {
    const now = Date.now;
    try {
      const queue = await openQueue();
      const bodies = [add(queue, 1)];
      Date.now = () => 1000;
      bodies.push(add(queue, 2));
      await queue.close();
      const again = await openQueue();
      bodies.push(add(again, 3));
      expect(await takeAll(again)).toEqual(bodies.map(String));
    } finally {
      Date.now = now;
    }
  });
});

describe('without a disk that takes files', () => {
  /** Root may write everywhere: the folder is replaced by a file. */
  function breakFolder(): () => void {
    const away = `${folder}.away`;
    renameSync(folder, away);
    writeFileSync(folder, '');
    return () => {
      rmSync(folder);
      renameSync(away, folder);
    };
  }

  test('events are kept in memory and given from there, and written as soon as it works', async () => {
    const queue = await openQueue({ writeAgainMs: 50 });
    const mend = breakFolder();
    const bodies = [1, 2].map((number) => add(queue, number));
    const first = await queue.first(waits);
    expect(troubles.map(({ kind }) => kind)).toEqual(['not-writable']);
    if (first === undefined) throw new Error('nothing waits');
    expect(await queue.bodyOf(first)).toEqual(bodies[0]);
    queue.putBack(first);
    expect(queue.unwritten).toBe(2);
    mend();
    await expect.poll(() => troubles.map(({ kind }) => kind)).toEqual(['not-writable', 'writable-again']);
    expect(files().length).toBe(2);
    expect(await takeAll(queue)).toEqual(bodies.map(String));
    expect(files()).toEqual([]);
  });

  test('what was given from memory is not given again', async () => {
    const queue = await openQueue({ writeAgainMs: 50 });
    const mend = breakFolder();
    add(queue, 1);
    await queue.first(waits);
    expect((await takeAll(queue)).length).toBe(1);
    mend();
    await expect.poll(() => troubles.at(-1)?.kind).toBe('writable-again');
    expect(files()).toEqual([]);
  });

  test('no more than the limit is kept in memory', async () => {
    const queue = await openQueue({ writeAgainMs: 50, unwritten: 3 });
    const mend = breakFolder();
    const bodies = [1, 2, 3, 4, 5].map((number) => add(queue, number));
    expect([queue.waiting, queue.dropped]).toEqual([3, 2]);
    mend();
    await queue.close();
    expect(await takeAll(await openQueue())).toEqual(bodies.slice(2).map(String));
  });
});

test('a file that cannot be read now is no damaged one', async () => {
  const queue = await openQueue();
  add(queue, 1);
  const event = await queue.first(waits);
  if (event === undefined) throw new Error('nothing waits');
  const file = path.join(folder, event.name);
  const body = readFileSync(file);
  rmSync(file);
  mkdirSync(file);
  await expect(queue.bodyOf(event)).rejects.toThrow('EISDIR');
  rmdirSync(file);
  writeFileSync(file, body);
  expect(await queue.bodyOf(event)).toEqual(body);
});
