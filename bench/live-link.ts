import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SSHFATE = join(import.meta.dirname, '..', 'bin', 'sshfate.js');
/** Until both tcpdumps have opened the interface. */
const SETTLE_MS = 500;

/** Two network namespaces with a wire between them: `b0` in the sender's, `b1` in the watcher's. */
export interface Link {
  readonly sender: string;
  readonly watcher: string;
}

/** @throws Error when what live measurements need is not there. */
export function requireLiveTools(): void {
  if (process.getuid?.() !== 0)
    throw new Error('Live measurements make network namespaces: run them as root.');
  if (spawnSync('tcpreplay', ['-V']).error)
    throw new Error('Live measurements need tcpreplay (apt install tcpreplay).');
}

export function makeLink(): Link {
  const link = { sender: `sfb${process.pid}a`, watcher: `sfb${process.pid}b` };
  const ip = (...argv: string[]): void => {
    execFileSync('ip', argv);
  };
  ip('netns', 'add', link.sender);
  ip('netns', 'add', link.watcher);
  ip('link', 'add', 'b0', 'netns', link.sender, 'type', 'veth', 'peer', 'name', 'b1', 'netns', link.watcher);
  // Offloaded segments are larger than a usual frame.
  ip('-n', link.sender, 'link', 'set', 'b0', 'mtu', '9000', 'up');
  ip('-n', link.watcher, 'link', 'set', 'b1', 'mtu', '9000', 'up');
  ip('-n', link.watcher, 'link', 'set', 'lo', 'up');
  return link;
}

export function removeLink(link: Link): void {
  for (const name of [link.sender, link.watcher]) spawnSync('ip', ['netns', 'del', name]);
}

/** A running `sshfate live b1` on the first processor core. */
export interface Watching {
  readonly child: ChildProcess;
  /** All that it wrote to stderr so far. */
  said(): string;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/** Settled when it watches. */
export async function watchLink({ watcher }: Link, options: readonly string[]): Promise<Watching> {
  const argv = [SSHFATE, 'live', 'b1', ...options];
  const child = spawn('ip', ['netns', 'exec', watcher, 'taskset', '-c', '0', 'node', ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  while (!text.includes('Watching')) {
    if (child.exitCode !== null) throw new Error(`sshfate live ended: ${text}`);
    await sleep(50);
  }
  await sleep(SETTLE_MS);
  return {
    child,
    said: () => text,
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** What tcpreplay says that it did. */
export interface Replayed {
  readonly packets: number;
  readonly packetsASecond: number;
}

/** Sends a capture's packets over the link, by the second processor core. */
export async function replay({ sender }: Link, file: string, options: readonly string[]): Promise<Replayed> {
  const argv = ['netns', 'exec', sender, 'taskset', '-c', '1', 'tcpreplay', '-q', '-K', '-i', 'b0'];
  const child = spawn('ip', [...argv, ...options, file]);
  let stats = '';
  child.stdout.on('data', (chunk) => {
    stats += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  const [, packets = '0'] = /Actual: (\d+) packets/.exec(stats) ?? [];
  const [, rate = '0'] = /([\d.]+) pps/.exec(stats) ?? [];
  return { packets: Number(packets), packetsASecond: Number(rate) };
}

/** Processor seconds that the processes of a namespace have used so far. */
export function cpuSecondsOf(namespace: string): number {
  const ticks = processesOf(namespace).map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, count) => sum + count, 0) / 100;
}

/** Resident megabytes of a process. */
export function residentMbOf(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

const processesOf = (namespace: string): string[] =>
  execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).trim().split('\n');
