import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredCapture } from '../../src/store/stored-capture.ts';
import { temporaryFolder } from '../web/service.ts';

const PROGRAM = path.join(import.meta.dirname, '../../bin/sshfate.js');
const CAPTURES = path.join(import.meta.dirname, '../../captures');
const FILES = readdirSync(CAPTURES)
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => readFileSync(path.join(CAPTURES, name)));

interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  said(): string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe('sshfate serve', () => {
  let temporary: ReturnType<typeof temporaryFolder>;
  let children: ChildProcess[];
  beforeEach(() => {
    temporary = temporaryFolder();
    children = [];
  });
  afterEach(async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    temporary.remove();
  });

  function run(...words: string[]): { child: ChildProcess; said: () => string } {
    const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
    return { child, said: () => text };
  }

  async function start(...more: string[]): Promise<Served> {
    const port = await freePort();
    const { child, said } = run(
      'serve',
      '--listen',
      `127.0.0.1:${port}`,
      '--data',
      temporary.folder,
      ...more,
    );
    while (!said().includes('Serving at')) {
      if (child.exitCode !== null) throw new Error(said());
      await sleep(20);
    }
    return { url: `http://127.0.0.1:${port}`, child, said };
  }

  it('has every acknowledged upload after it was killed twenty times in the middle, and judges it', async () => {
    const acknowledged: string[] = [];
    let number = 0;
    for (let round = 0; round < 20; round++) {
      const { url, child } = await start();
      let isOver = false;
      const client = async (): Promise<void> => {
        while (!isOver) {
          const bytes = Buffer.concat([FILES[number % FILES.length] as Buffer, Buffer.from(`${number++}`)]);
          try {
            const response = await fetch(`${url}/api/v1/captures?name=n`, {
              method: 'POST',
              body: new Uint8Array(bytes),
            });
            if (response.status === 201) acknowledged.push(((await response.json()) as StoredCapture).id);
          } catch {
            return;
          }
        }
      };
      const clients = [client(), client(), client()];
      // Some are acknowledged, others are on their way.
      while (acknowledged.length < 3 * (round + 1)) await sleep(5);
      await sleep((7 * round) % 45);
      child.kill('SIGKILL');
      await once(child, 'close');
      isOver = true;
      await Promise.all(clients);
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(60);
    const { url } = await start();
    for (const id of acknowledged) {
      const events = await (await fetch(`${url}/api/v1/captures/${id}/events`)).text();
      const last = events.trim().split('data: ').at(-1) as string;
      expect(JSON.parse(last)).toMatchObject({ id, state: 'done' });
    }
  }, 120_000);

  it('ends with what is under way unharmed when it is asked to', async () => {
    const { url, child, said } = await start();
    await fetch(`${url}/api/v1/captures?name=%1b]0;x%07`, {
      method: 'POST',
      body: new Uint8Array(FILES[0] as Buffer),
    });
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    const lines = said().split('\n').slice(1, -1);
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(
      expect.arrayContaining(['started', 'uploaded', 'stopping']),
    );
    expect(said()).not.toContain('\u001b');
  });

  it('listens for others only when somebody has a token, and lets in with it', async () => {
    const refused = run('serve', '--listen', '0.0.0.0:8422', '--data', temporary.folder);
    expect((await once(refused.child, 'close'))[0]).toBe(2);
    expect(refused.said()).toContain('sshfate token create NAME --role admin');
    const created = run('token', 'create', 'anna', '--role', 'read', '--data', temporary.folder);
    await once(created.child, 'close');
    const [secret = ''] = created.said().match(/sshf_[\w-]{43}/) ?? [];
    const { url } = await start();
    expect((await fetch(`${url}/api/v1/captures`)).status).toBe(401);
    const headers = { authorization: `Bearer ${secret}` };
    expect((await fetch(`${url}/api/v1/captures`, { headers })).status).toBe(200);
    const list = run('token', 'list', '--data', temporary.folder);
    await once(list.child, 'close');
    const [id = ''] = list.said().split(' ');
    const revoked = run('token', 'revoke', id, '--data', temporary.folder);
    expect((await once(revoked.child, 'close'))[0]).toBe(0);
    expect((await fetch(`${url}/api/v1/captures`, { headers })).status).toBe(401);
  });

  it('says what is wrong with a folder or an address that is taken', async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const same = run('serve', '--data', temporary.folder);
    expect((await once(same.child, 'close'))[0]).toBe(2);
    expect(same.said()).toMatch(/is used by process \d+\. End that one/);
    const other = temporaryFolder();
    const taken = run('serve', '--data', other.folder, '--listen', `127.0.0.1:${port}`);
    expect((await once(taken.child, 'close'))[0]).toBe(2);
    expect(taken.said()).toContain('another program listens there. Choose another port with --listen.');
    other.remove();
  });
});
