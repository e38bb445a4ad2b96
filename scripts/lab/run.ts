import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Via } from '../../src/live/packet-source.ts';
import { generateKeys, type Keys } from './keys.ts';
import { Lab, liveFile } from './lab.ts';
import { Network } from './network.ts';
import { openSshTen } from './openssh-ten.ts';
import { planFor } from './plan.ts';
import type { Scenario, Side } from './scenario.ts';
import { SIDES } from './scenario.ts';
import type { SideTruth, Truth } from './truth.ts';
import { versionsOf } from './versions.ts';
import { buildWire } from './wire.ts';

export interface RunOptions {
  /** A folder for each scenario goes in here. */
  readonly out: string;
  /** How many at once: they mostly wait. */
  readonly jobs: number;
  /** Other addresses and another port. */
  readonly other: boolean;
  /** Watches at the server, too, by the scenario's number; what was said goes into `live-*.ndjson`. */
  readonly live?: (n: number) => readonly Via[];
  readonly say: (line: string) => void;
}

export interface RunResult {
  readonly made: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

const LONGEST_MS = 120_000;
const LONGEST_IN_ALL_MS = 20 * 60_000;
/** What a scenario prints in one of its files at most. */
const LINES_KEPT = 80;

const networks = new Set<Network>();
const folders = new Set<string>();
let interrupted = false;

/** Makes scenarios, several at once, and leaves nothing of them but the results. */
export async function runScenarios(scenarios: readonly Scenario[], options: RunOptions): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sshfate-lab-'));
  folders.add(folder);
  const [made, failed, skipped]: [string[], string[], string[]] = [[], [], []];
  try {
    mkdirSync(options.out, { recursive: true });
    const bench = {
      ...{ folder, out: options.out, other: options.other, live: options.live ?? (() => []) },
      keys: await generateKeys(folder, options.other),
      wire: await buildWire(folder),
      ten: scenarios.some(needsTen) ? await openSshTen(options.say) : undefined,
    };
    const deadline = Date.now() + LONGEST_IN_ALL_MS;
    const queue = scenarios.map((scenario, n) => ({ scenario, n }));
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next && !interrupted; next = queue.shift()) {
        const { scenario, n } = next;
        const started = Date.now();
        if (needsTen(scenario) && bench.ten === undefined) {
          skipped.push(scenario.name);
          options.say(`skipped ${scenario.name}: there is no OpenSSH 10 here`);
          continue;
        }
        try {
          if (started > deadline) throw new Error('no time left');
          await once(scenario, bench, n);
          made.push(scenario.name);
          options.say(`made    ${scenario.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
        } catch (error) {
          failed.push(scenario.name);
          if (!interrupted) options.say(`FAILED  ${scenario.name}: ${(error as Error).message}`);
        }
      }
    };
    await Promise.all(Array.from({ length: options.jobs }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    folders.delete(folder);
  }
  return { made, failed, skipped };
}

/** For networks that others build: cleaned up on interruption too. */
export function remember(network: Network, folder: string): void {
  networks.add(network);
  folders.add(folder);
}

export function forget(network: Network, folder: string): void {
  networks.delete(network);
  folders.delete(folder);
}

/** Removes what is there of runs that are going on; they end by themselves then, with failures. */
export async function cleanUp(): Promise<void> {
  interrupted = true;
  await Promise.allSettled([...networks].map((network) => network.dispose()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

const needsTen = ({ programs }: Scenario): boolean => programs.includes('openssh-10');

interface Bench {
  readonly folder: string;
  readonly out: string;
  readonly other: boolean;
  readonly live: (n: number) => readonly Via[];
  readonly keys: Keys;
  readonly wire: string;
  readonly ten: string | undefined;
}

async function once(scenario: Scenario, bench: Bench, n: number): Promise<void> {
  const plan = planFor(scenario.topology ?? 'routed', bench.other);
  const network = new Network(`sf${process.pid}n${n}`, scenario.topology ?? 'routed', plan);
  networks.add(network);
  let timer: NodeJS.Timeout | undefined;
  try {
    await network.build();
    const folder = join(bench.folder, scenario.name);
    const { keys, wire, ten } = bench;
    const live = bench.live(n);
    const lab = new Lab({ network, keys, folder, wire, live, ...(ten && { ten }) });
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${LONGEST_MS / 1000} s`)), LONGEST_MS);
    });
    await Promise.race([scenario.run(lab), tooLong]);
    await lab.endCapture();
    await keep(scenario, lab, bench, live);
  } finally {
    clearTimeout(timer);
    await network.dispose();
    networks.delete(network);
  }
}

/** Puts the results where they are wanted, all at once. */
async function keep(
  scenario: Scenario,
  lab: Lab,
  { out, folder }: Bench,
  live: readonly Via[],
): Promise<void> {
  const { name, made, place, expected, together } = scenario;
  const part = join(out, `.${name}.part`);
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part);
  // Without the names of this run's temporary files.
  const plain = (line: string): string => line.replaceAll(folder, '…').replaceAll(lab.root10 || folder, '…');
  const sides: { [side in Side]?: SideTruth } = {};
  for (const side of SIDES) {
    const file = readdirSync(lab.folder).find((one) => new RegExp(`^${side}\\.pcap(ng)?$`).test(one));
    const sessions = expected[side];
    if (file === undefined || sessions === undefined) continue;
    copyFileSync(join(lab.folder, file), join(part, file));
    // dumpcap's are for its user only.
    chmodSync(join(part, file), 0o644);
    sides[side] = { file, port: lab.ports.get(side) ?? lab.port, sessions };
  }
  for (const side of SIDES) {
    if (expected[side] && !sides[side]) throw new Error(`nothing was captured at the ${side}`);
    const some = sides[side];
    if (!some || some.sessions.length === 0) continue;
    if (statSync(join(part, some.file)).size <= 24) throw new Error(`the capture at the ${side} is empty`);
  }
  for (const via of live) {
    const said = join(lab.folder, liveFile(via));
    if (existsSync(said)) copyFileSync(said, join(part, liveFile(via)));
  }
  const truth: Truth = {
    ...{ name, made, place, sides },
    ...(together && { together }),
    versions: { linux: release(), ...(await versionsOf(scenario.programs, lab.root10)) },
    clients: lab.clients().map(({ argv, said, exit }) => ({
      argv: argv.map(plain),
      said: said.slice(-LINES_KEPT).map(plain),
      exit,
    })),
    server: lab.serverSaid().slice(-LINES_KEPT).map(plain),
  };
  const write = (file: string, lines: readonly string[]): void =>
    writeFileSync(join(part, file), lines.map((line) => `${line}\n`).join(''));
  write('truth.json', [JSON.stringify(truth, undefined, 2)]);
  write('server.txt', truth.server);
  write('commands.txt', lab.network.commands.map(plain));
  write(
    'client.txt',
    truth.clients.flatMap(({ argv, said, exit }) => [
      `$ ${argv.join(' ')}`,
      ...said,
      `exit ${exit ?? 'none'}`,
      '',
    ]),
  );
  const target = join(out, name);
  if (existsSync(target)) rmSync(target, { recursive: true });
  renameSync(part, target);
}
