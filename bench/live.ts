/**
 * `npm run bench:live`: how many packets a second `sshfate live` takes before one is lost. A password-guessing attack is
 * replayed between two network namespaces, by one processor core, and watched on another one. Needs root, tcpreplay and
 * some quiet.
 */
import { spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import {
  cpuSecondsOf,
  type Link,
  makeLink,
  removeLink,
  replay,
  requireLiveTools,
  watchLink,
} from './live-link.ts';
import { capture } from './shapes.ts';

const SSHFATE = join(import.meta.dirname, '..', 'bin', 'sshfate.js');
/** What is watched through what, printed how, at which rates. */
const SERIES = [
  { via: 'tcpdump', format: 'lines', rates: [50_000, 100_000, 200_000, 250_000, 300_000] },
  { via: 'tcpdump', format: 'ndjson', rates: [50_000, 100_000, 150_000, 200_000] },
  { via: 'cap', format: 'lines', rates: [10_000, 20_000, 50_000, 100_000] },
] as const;
type Series = (typeof SERIES)[number];
/** Linux may keep what came last for as long. */
const DRAIN_MS = 4000;

interface Result {
  readonly rate: number;
  readonly sent: number;
  readonly seen: number;
  readonly saidLost: string;
  readonly sessions: number;
  readonly undetermined: number;
  readonly wrong: number;
  readonly cpuSeconds: number;
}

async function main(): Promise<void> {
  requireLiveTools();
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
      'format',
      'packets/s',
      'sent',
      'missing',
      'said to be lost',
      'sessions',
      'undetermined',
      'other verdicts',
      'CPU',
    ],
    style: { head: [], border: [] },
  });
  try {
    for (const one of series) {
      for (const rate of rates ?? one.rates) {
        const result = await measure(one, rate, file, folder, link, expected);
        table.push([
          one.via,
          one.format,
          Math.round(result.rate).toLocaleString('en'),
          result.sent.toLocaleString('en'),
          (result.sent - result.seen).toLocaleString('en'),
          result.saidLost,
          result.sessions.toLocaleString('en'),
          result.undetermined.toLocaleString('en'),
          result.wrong.toLocaleString('en'),
          `${result.cpuSeconds.toFixed(1)} s`,
        ]);
        console.error(table.toString().split('\n').at(-2));
        // Faster only loses more.
        if (result.seen < result.sent * 0.7) break;
      }
    }
  } finally {
    removeLink(link);
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(table.toString());
}

async function measure(
  { via, format }: Series,
  wanted: number,
  file: string,
  folder: string,
  link: Link,
  expected: ReadonlyMap<string, string>,
): Promise<Result> {
  const output = join(folder, 'verdicts');
  const watching = await watchLink(link, ['--via', via, '-f', format, '-o', output]);
  const sent = await replay(link, file, [`--pps=${wanted}`]);
  await sleep(DRAIN_MS);
  const cpuSeconds = cpuSecondsOf(link.watcher);
  await watching.stop();
  const [, seen = '0', saidLost = '?'] =
    /([\d,]+) packets?, .* sessions?, ([\d,]+) packets known/.exec(watching.said()) ?? [];
  const verdicts = createReadStream(output);
  const given = await (format === 'ndjson' ? fatesOf(verdicts) : fatesInLines(verdicts));
  let undetermined = 0;
  let wrong = 0;
  for (const [key, fate] of given) {
    if (fate === 'undetermined') undetermined++;
    else if (expected.get(key) !== fate) wrong++;
  }
  return {
    ...{ saidLost, undetermined, wrong, cpuSeconds },
    sessions: given.size,
    rate: sent.packetsASecond,
    sent: sent.packets,
    seen: Number(seen.replaceAll(',', '')),
  };
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

/** The same from lines for people: time, number, fate, cause if any, `client > server`. */
async function fatesInLines(lines: Readable): Promise<Map<string, string>> {
  const fates = new Map<string, string>();
  for await (const line of createInterface({ input: lines })) {
    const [, fate = '', ends = ''] = /^\S+ #\d+(?:, now)? +(\S+) +(\S+ > \S+)/.exec(line) ?? [];
    if (fate !== '') fates.set(ends.replace(' > ', ' '), fate);
  }
  return fates;
}

const { values } = parseArgs({
  options: { via: { type: 'string' }, format: { type: 'string' }, rates: { type: 'string' } },
});
const series = SERIES.filter(
  ({ via, format }) => via === (values.via ?? via) && format === (values.format ?? format),
);
const rates = values.rates?.split(',').map(Number);
if (series.length === 0 || rates?.some((rate) => !(rate >= 1))) {
  console.error(
    'usage: npm run bench:live -- [--via tcpdump|cap] [--format lines|ndjson] [--rates 50000,100000,…]',
  );
  process.exitCode = 2;
} else {
  await main();
}
