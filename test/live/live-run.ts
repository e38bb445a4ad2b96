import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateKeys } from '../../scripts/lab/keys.ts';
import { Lab } from '../../scripts/lab/lab.ts';
import { Network, type Running } from '../../scripts/lab/network.ts';
import { planFor } from '../../scripts/lab/plan.ts';
import { buildWire } from '../../scripts/lab/wire.ts';
import type { Via } from '../../src/live/packet-source.ts';
import type { SessionRecord } from '../../src/session/record.ts';

const SSHFATE = path.join(import.meta.dirname, '../../bin/sshfate.js');
const PATIENCE_MS = 60_000;

let networks = 0;

/** Two hosts with a router between them, real programs on them, and nothing left of it afterwards. */
export async function withLab(use: (lab: Lab, network: Network) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-live-'));
  const network = new Network(`sf${process.pid}l${networks++}`, 'routed', planFor('routed', false));
  try {
    await network.build();
    const [keys, wire] = [await generateKeys(folder, false), await buildWire(folder)];
    await use(new Lab({ network, keys, wire, folder }), network);
  } finally {
    await network.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Heard {
  readonly record: SessionRecord;
  /** Milliseconds since 1970 when the line was there. */
  readonly atMs: number;
}

/** `sshfate live` as a user runs it, at the server. */
export class LiveRun {
  readonly heard: Heard[] = [];
  private readonly running: Running;
  private readonly output: string;
  private readonly timer: NodeJS.Timeout;
  private seen = 0;

  private constructor(running: Running, output: string) {
    this.running = running;
    this.output = output;
    this.timer = setInterval(() => this.read(), 10);
  }

  static async begin(
    { network, folder }: Lab,
    interfaceNames: readonly string[],
    options: readonly string[] = [],
    host: 'server' | 'client' | 'router' = 'server',
  ): Promise<LiveRun> {
    const output = path.join(folder, `live-${Math.random().toString(36).slice(2)}.ndjson`);
    const argv = [
      process.execPath,
      SSHFATE,
      'live',
      ...interfaceNames,
      '-f',
      'ndjson',
      '-o',
      output,
      ...options,
    ];
    const run = new LiveRun(network.start(host, argv as [string, ...string[]]), output);
    await run.says('Watching ');
    return run;
  }

  /** Waits for a notice. */
  async says(text: string | RegExp, patienceMs = PATIENCE_MS): Promise<void> {
    const matches = (said: string): boolean =>
      typeof text === 'string' ? said.includes(text) : text.test(said);
    await eventually(
      () => matches(this.running.complained()),
      () => `it never said ${text}, but: ${this.running.complained()}`,
      patienceMs,
    );
  }

  /** Waits for a verdict. */
  async verdict(is: (record: SessionRecord) => boolean): Promise<Heard> {
    await eventually(
      () => this.heard.some(({ record }) => is(record)),
      () =>
        `no such verdict, but: ${this.heard.map(({ record }) => `${record.fate} ${record.cause?.id ?? ''}`).join(', ')}; ${this.running.complained()}`,
    );
    return this.heard.find(({ record }) => is(record)) as Heard;
  }

  said(): string {
    return this.running.complained();
  }

  signal(name: NodeJS.Signals): void {
    this.running.signal(name);
  }

  async end(name: NodeJS.Signals = 'SIGINT'): Promise<number | undefined> {
    const { code } = await this.running.stop(name);
    this.read();
    clearInterval(this.timer);
    return code;
  }

  private read(): void {
    if (!existsSync(this.output)) return;
    const lines = readFileSync(this.output, 'utf8').split('\n');
    // The last one may still be growing.
    for (const line of lines.slice(this.seen, -1)) {
      this.heard.push({ record: JSON.parse(line) as SessionRecord, atMs: Date.now() });
      this.seen++;
    }
  }
}

export async function eventually(
  isTrue: () => boolean | Promise<boolean>,
  complaint: () => string,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(complaint());
    await sleep(20);
  }
}

export const VIAS: readonly Via[] = ['tcpdump', 'cap'];
