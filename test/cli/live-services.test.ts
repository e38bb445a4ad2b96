import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openServices, type ServiceSettings } from '../../src/cli/live-services.ts';
import { whyNotHere } from '../lab/needs.ts';
import { parseExposition } from '../metrics/exposition.ts';
import { type TestReceiver, testReceiver } from '../webhook/receiver.ts';
import { memoryTerminal } from './memory-terminal.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const TOKEN = 'token-that-nobody-sees';

let folder = '';
let children: Watcher[] = [];
let receivers: TestReceiver[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sshfate-services-'));
});
afterEach(async () => {
  for (const { child } of children)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  for (const receiver of receivers) await receiver.close();
  [children, receivers] = [[], []];
  rmSync(folder, { recursive: true });
});

/** One that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function refuse(port: number, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await once(connect(port, '127.0.0.1'), 'error');
}

const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('services that cannot be opened', () => {
  const opening = (settings: ServiceSettings, environment: NodeJS.ProcessEnv = {}) =>
    openServices(settings, ['lo'], memoryTerminal({ environment }), () => {});

  test('say that the port of the metrics is taken, and leave nothing open', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const webhook = new URL('http://127.0.0.1:1/');
    const settings = { metrics: { host: '127.0.0.1', port }, webhook, webhookQueue: folder };
    for (let i = 0; i < 2; i++) {
      await expect(opening(settings)).rejects.toThrow(
        `Metrics cannot be served on 127.0.0.1:${port}: another program listens there. Choose another port with --metrics.`,
      );
    }
    server.close();
    expect(readdirSync(folder)).toEqual(['refused']);
  });

  test('say that no interface has the address of the metrics', async () => {
    await expect(opening({ metrics: { host: '192.0.2.1', port: 9108 } })).rejects.toThrow(
      'no interface of this machine has that address.',
    );
  });

  test('say that a queue is another one’s', async () => {
    const settings = { webhook: new URL('http://127.0.0.1:1/'), webhookQueue: folder };
    const [first] = await opening(settings);
    await expect(opening(settings)).rejects.toThrow(
      `Another sshfate (process ${process.pid}) keeps its findings in '${folder}'. Give this one a folder of its own with --webhook-queue.`,
    );
    await first?.end?.();
  });

  test('say that a queue is no folder', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    await expect(opening({ webhook: new URL('http://127.0.0.1:1/'), webhookQueue: file })).rejects.toThrow(
      `Findings for the webhook cannot be kept in '${file}': it is a file, or lies in one. Choose another folder with --webhook-queue.`,
    );
  });

  test('take no http to other machines unless told so', async () => {
    const webhook = new URL('http://hooks.example.org/path-that-is-secret');
    await expect(opening({ webhook, webhookQueue: folder })).rejects.toThrow(
      'http to hooks.example.org lets everyone on the way read the findings and the token. Use https, or --webhook-allow-http where the way is safe.',
    );
    for (const own of ['http://localhost/', 'http://127.0.0.1:8080/', 'http://[::1]:8080/']) {
      const [sink] = await opening({ webhook: new URL(own), webhookQueue: folder });
      await sink?.end?.();
    }
    const [sink] = await opening({ webhook, webhookQueue: folder, webhookAllowHttp: true });
    await sink?.end?.();
  });

  test('refuse options of a webhook that is not there', async () => {
    await expect(opening({ webhookTokenFile: 'x' })).rejects.toThrow(
      '--webhook-token-file is for --webhook.',
    );
    expect(await opening({})).toEqual([]);
  });
});

test('metrics that others can reach are said', async () => {
  const said: string[] = [];
  const port = await closedPort();
  const terminal = memoryTerminal();
  const [sink] = await openServices({ metrics: { host: '0.0.0.0', port } }, ['lo'], terminal, (text) =>
    said.push(text),
  );
  expect(said).toEqual([
    `The metrics on 0.0.0.0:${port} are open to everyone who reaches that address. They hold no addresses and no secrets; 127.0.0.1:${port} keeps them to this machine.`,
  ]);
  await sink?.end?.();
});

interface Watcher {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly printed: () => string;
  readonly exit: Promise<number | null>;
}

/** `sshfate live lo` as a process, when it captures. `before`: words of a program that starts it. */
async function watching(words: readonly string[], before: readonly string[] = []): Promise<Watcher> {
  const [program = process.execPath, ...rest] = [...before, process.execPath];
  const child = spawn(program, [...rest, '--import', 'tsx', 'src/cli/main.ts', 'live', 'lo', ...words], {
    cwd: ROOT,
    env: { ...process.env, SSHFATE_WEBHOOK_TOKEN: TOKEN, XDG_STATE_HOME: folder, STATE_DIRECTORY: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const watcher = { child, said: () => said, printed: () => printed, exit };
  children.push(watcher);
  await Promise.race([exit, expect.poll(() => said, { timeout: 20_000 }).toContain('Watching')]);
  return watcher;
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);

const why = whyNotHere() ?? '';
describe.skipIf(why !== '')(
  `a watch of the loopback interface${why && ` (skipped: ${why})`}`,
  { timeout: 90_000 },
  () => {
    test('counts a session in its metrics, once', async () => {
      const [port, metricsPort] = [await closedPort(), await closedPort()];
      const watcher = await watching(['-p', String(port), '--metrics', String(metricsPort)]);
      const health = async () => (await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).text();
      await expect.poll(health).toBe('ok\n');
      await refuse(port, 3);
      const sample = async (name: string, label: string, value: string) => {
        const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
        expect(response.headers.get('content-type')).toContain('version=0.0.4');
        const family = parseExposition(await response.text()).get(name);
        return family?.samples.find(({ labels }) => labels[label] === value)?.value;
      };
      await expect
        .poll(() => sample('sshfate_sessions_total', 'cause', 'port-closed'), {
          timeout: 60_000,
          interval: 1000,
        })
        .toBe(3);
      expect(await sample('sshfate_interface_up', 'interface', 'lo')).toBe(1);
      expect(await sample('sshfate_findings_open', 'severity', 'high')).toBe(1);
      watcher.child.kill('SIGTERM');
      expect(await watcher.exit).toBe(0);
    });

    test('tells the webhook within a second, and nobody else its token', async () => {
      const receiver = await testReceiver();
      receivers.push(receiver);
      const port = await closedPort();
      const watcher = await watching(['-p', String(port), '--webhook', receiver.url.href]);
      const { pid = 0 } = watcher.child;
      const seen = [pid, ...childrenOf(pid)].map((one) => readFileSync(`/proc/${one}/cmdline`, 'latin1'));
      const inherited = childrenOf(pid).map((one) => readFileSync(`/proc/${one}/environ`, 'latin1'));
      expect(inherited.length).toBeGreaterThan(0);
      const startMs = performance.now();
      await refuse(port);
      await expect.poll(() => receiver.received.length, { timeout: 10_000, interval: 20 }).toBe(1);
      expect(performance.now() - startMs).toBeLessThan(2000);
      const [received] = receiver.received;
      expect(received?.headers.authorization).toBe(`Bearer ${TOKEN}`);
      expect(received?.document).toMatchObject({
        event: 'opened',
        source: { interfaces: ['lo'] },
        finding: { server: `127.0.0.1:${port}`, fate: 'rst-after-syn', cause: { id: 'port-closed' } },
      });
      watcher.child.kill('SIGINT');
      expect(await watcher.exit).toBe(130);
      const all = [watcher.said(), watcher.printed(), ...seen, ...inherited, received?.body].join('\n');
      expect(all).not.toContain(TOKEN);
      expect(watcher.said()).not.toContain('path-that-is-secret');
      expect(readdirSync(path.join(folder, 'sshfate/webhook'))).toEqual(['refused']);
    });

    test('killed between a finding and its delivery, delivers it after the next start, once', async () => {
      const gone = await testReceiver();
      await gone.close();
      const queue = path.join(folder, 'queue');
      const ports = [await closedPort(), await closedPort(), await closedPort()];
      const words = ['-p', ports.join(), '--webhook', gone.url.href, '--webhook-queue', queue];
      const waiting = () =>
        readdirSync(queue)
          .filter((name) => name.endsWith('.json'))
          .sort();
      const first = await watching(words);
      for (const port of ports) await refuse(port);
      await expect.poll(() => waiting().length, { timeout: 10_000 }).toBe(3);
      expect(first.said()).toContain(`The webhook at ${gone.url.origin} does not listen (ECONNREFUSED).`);
      const acknowledged = waiting().map((name) => name.slice(16, -5));
      const orphans = childrenOf(first.child.pid ?? 0);
      first.child.kill('SIGKILL');
      await first.exit;
      for (const pid of orphans) process.kill(pid, 'SIGKILL');

      const back = await testReceiver(undefined, Number(gone.url.port));
      receivers.push(back);
      const second = await watching(words);
      await expect.poll(() => back.received.length, { timeout: 10_000 }).toBe(3);
      await settle(500);
      expect(back.received.map(({ document }) => document.id)).toEqual(acknowledged);
      expect(second.said()).toContain(`3 finding events wait in '${queue}' from before.`);
      expect(waiting()).toEqual([]);
      second.child.kill('SIGTERM');
      expect(await second.exit).toBe(0);
    });

    test('a full disk is said, and what waited in memory is written when there is room', async () => {
      const gone = await testReceiver();
      await gone.close();
      const port = await closedPort();
      const mount = `mount -t tmpfs -o size=64k,mode=700 none '${folder}' && exec "$@"`;
      const watcher = await watching(
        ['-p', String(port), '--webhook', gone.url.href, '--webhook-queue', path.join(folder, 'queue')],
        ['unshare', '--mount', 'sh', '-c', mount, 'sh'],
      );
      const inside = `/proc/${watcher.child.pid}/root${folder}`;
      const filler = path.join(inside, 'filler');
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k'], { stdio: 'ignore' });
      await refuse(port);
      await expect
        .poll(watcher.said, { timeout: 10_000 })
        .toContain(`Events for the webhook cannot be written to '${folder}/queue': there is no space left.`);
      rmSync(filler);
      await expect.poll(watcher.said, { timeout: 15_000 }).toContain('are written to');
      const queue = path.join(inside, 'queue');
      expect(readdirSync(queue).filter((name) => name.endsWith('.json')).length).toBe(1);
      watcher.child.kill('SIGTERM');
      expect(await watcher.exit).toBe(0);
      expect(watcher.said()).toContain('1 finding event waits in');
      expect(existsSync(path.join(folder, 'queue'))).toBe(false);
    });
  },
);
