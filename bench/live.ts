/**
 * `npm run bench:live`: how many packets a second `sshfate live` takes before one is lost. A password-guessing attack is
 * replayed between two network namespaces, by one processor core, and watched on another one. Needs root, tcpreplay and
 * some quiet.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { capture } from './shapes.ts';

const SSHFATE = join(import.meta.dirname, '..', 'bin', 'sshfate.js');
const RATES = [10_000, 20_000, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000, 400_000];
const VIAS = ['tcpdump', 'cap'] as const;
/** Linux may keep what came last for as long. */
const DRAIN_MS = 4000;

interface Result {
  readonly via: string;
  readonly wanted: number;
  readonly rate: number;
  readonly sent: number;
  readonly seen: number;
  readonly saidLost: string;
  readonly sessions: number;
  readonly wrong: number;
  readonly cpuSeconds: number;
}

interface Link {
  readonly sender: string;
  readonly watcher: string;
}

async function main(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('bench:live makes network namespaces: run it as root.');
  if (spawnSync('tcpreplay', ['-V']).error)
    throw new Error('bench:live needs tcpreplay (apt install tcpreplay).');
  const file = capture('attack');
  const analysis = spawn('node', [SSHFATE, 'analyze', file, '-f', 'ndjson'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const expected = await fatesOf(analysis.stdout);
  const folder = mkdtempSync(join(tmpdir(), 'sshfate-bench-'));
  const link = makeLink();
  const table = new Table({
    head: [
      'source',
      'packets/s',
      'sent',
      'missing',
      'said to be lost',
      'sessions',
      'other verdicts',
      'CPU of 2 processes',
    ],
    style: { head: [], border: [] },
  });
  try {
    for (const via of VIAS) {
      for (const rate of RATES) {
        const result = await measure(via, rate, file, folder, link, expected);
        table.push([
          via,
          Math.round(result.rate).toLocaleString('en'),
          result.sent.toLocaleString('en'),
          (result.sent - result.seen).toLocaleString('en'),
          result.saidLost,
          result.sessions.toLocaleString('en'),
          result.wrong.toLocaleString('en'),
          `${result.cpuSeconds.toFixed(1)} s`,
        ]);
        console.error(table.toString().split('\n').at(-2));
        // Faster only loses more.
        if (result.seen < result.sent * 0.7) break;
      }
    }
  } finally {
    for (const name of [link.sender, link.watcher]) spawnSync('ip', ['netns', 'del', name]);
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(table.toString());
}

function makeLink(): Link {
  const link = { sender: `sfb${process.pid}a`, watcher: `sfb${process.pid}b` };
  const ip = (...argv: string[]): void => {
    execFileSync('ip', argv);
  };
  ip('netns', 'add', link.sender);
  ip('netns', 'add', link.watcher);
  ip('link', 'add', 'b0', 'netns', link.sender, 'type', 'veth', 'peer', 'name', 'b1', 'netns', link.watcher);
  ip('-n', link.sender, 'link', 'set', 'b0', 'up');
  ip('-n', link.watcher, 'link', 'set', 'b1', 'up');
  return link;
}

async function measure(
  via: (typeof VIAS)[number],
  wanted: number,
  file: string,
  folder: string,
  link: Link,
  expected: ReadonlyMap<string, string>,
): Promise<Result> {
  const output = join(folder, 'live.ndjson');
  const argv = [SSHFATE, 'live', 'b1', '--via', via, '-f', 'ndjson', '-o', output];
  const child = spawn('ip', ['netns', 'exec', link.watcher, 'taskset', '-c', '0', 'node', ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = saidBy(child);
  while (!said().includes('Watching')) await sleep(50);
  await sleep(500);
  const replay = spawn('ip', [
    ...['netns', 'exec', link.sender, 'taskset', '-c', '1', 'tcpreplay'],
    ...['-q', '-K', '-i', 'b0', `--pps=${wanted}`, file],
  ]);
  let stats = '';
  replay.stdout.on('data', (chunk) => {
    stats += chunk;
  });
  await new Promise((resolve) => replay.once('close', resolve));
  await sleep(DRAIN_MS);
  const cpuSeconds = cpuOf(link.watcher);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGINT');
  await ended;
  const [, sent = '0'] = /Actual: (\d+) packets/.exec(stats) ?? [];
  const [, rate = '0'] = /([\d.]+) pps/.exec(stats) ?? [];
  const [, seen = '0', saidLost = '?'] =
    /([\d,]+) packets?, .* sessions?, ([\d,]+) packets known/.exec(said()) ?? [];
  const given = await fatesOf(createReadStream(output));
  let wrong = 0;
  for (const [key, fate] of given) if (expected.get(key) !== fate && fate !== 'undetermined') wrong++;
  return {
    ...{ via, wanted, saidLost, wrong, cpuSeconds },
    sessions: given.size,
    rate: Number(rate),
    sent: Number(sent),
    seen: Number(seen.replaceAll(',', '')),
  };
}

function saidBy(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text += chunk;
  });
  return () => text;
}

/** Seconds that the processes of a namespace have used so far. */
function cpuOf(namespace: string): number {
  const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).trim().split('\n');
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, count) => sum + count, 0) / 100;
}

/** The last fate of each session, by its ends. */
async function fatesOf(ndjson: Readable): Promise<Map<string, string>> {
  const fates = new Map<string, string>();
  for await (const line of createInterface({ input: ndjson })) {
    const { client, server, fate } = JSON.parse(line);
    fates.set(`${client.address}:${client.port} ${server.address}:${server.port}`, fate);
  }
  return fates;
}

await main();
