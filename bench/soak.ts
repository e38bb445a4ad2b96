/**
 * `npm run bench:soak`: whether the memory of `sshfate live` stays as it is. Mixed traffic (an attack, copies of large
 * files, a flood, and every capture that comes with the project) is replayed again and again; the resident set is looked
 * at every few seconds, and that around minute 5 is compared with that of the last minute. Needs root and tcpreplay.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  cpuSecondsOf,
  makeLink,
  removeLink,
  replay,
  requireLiveTools,
  residentMbOf,
  watchLink,
} from './live-link.ts';
import { capture } from './shapes.ts';

const SAMPLE_MS = 5000;
const MINUTE_MS = 60_000;
/** What is compared with the end. */
const SETTLED_MINUTE = 5;
const MAX_GROWTH = 0.1;
/** Linux may keep what came last for as long. */
const DRAIN_MS = 4000;

interface Sample {
  readonly atMs: number;
  readonly mb: number;
}

async function soak(packets: number, rate: number): Promise<void> {
  requireLiveTools();
  const file = capture('mixed');
  const link = makeLink();
  const folder = mkdtempSync(join(tmpdir(), 'sshfate-soak-'));
  const samples: Sample[] = [];
  try {
    const output = ['-f', 'ndjson', '-o', '/dev/null', '--metrics', '127.0.0.1:9108'];
    const evidence = ['--write', join(folder, 'evidence'), '--write-limit', '200MB', '--write-only-failed'];
    const watching = await watchLink(link, ['--via', 'tcpdump', ...output, ...evidence]);
    const startMs = performance.now();
    const sampling = setInterval(() => {
      const sample = { atMs: performance.now() - startMs, mb: residentMbOf(watching.child.pid as number) };
      samples.push(sample);
      if (samples.length % 12 === 0)
        console.error(`${(sample.atMs / MINUTE_MS).toFixed(0)} min: ${sample.mb.toFixed(0)} MB`);
    }, SAMPLE_MS);
    const sent = await replay(link, file, [`--pps=${rate}`, '--loop=0', `--limit=${packets}`]);
    clearInterval(sampling);
    await sleep(DRAIN_MS);
    const cpu = cpuSecondsOf(link.watcher);
    await watching.stop();
    report(sent.packets, sent.packetsASecond, cpu, samples, watching.said());
  } finally {
    removeLink(link);
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(sent: number, rate: number, cpu: number, samples: readonly Sample[], said: string): void {
  const endMs = samples.at(-1)?.atMs ?? 0;
  const around = (fromMs: number, toMs: number): number =>
    median(samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).map(({ mb }) => mb));
  const then = around((SETTLED_MINUTE - 0.5) * MINUTE_MS, (SETTLED_MINUTE + 0.5) * MINUTE_MS);
  const now = around(endMs - MINUTE_MS, endMs);
  const growth = now / then - 1;
  const peak = Math.max(...samples.map(({ mb }) => mb));
  console.log(said.trim().split('\n').slice(1).join('\n'));
  console.log(
    `${sent.toLocaleString('en')} packets sent at ${Math.round(rate).toLocaleString('en')} a second in ${(endMs / MINUTE_MS).toFixed(1)} min, ${cpu.toFixed(0)} s of processor time`,
  );
  const change = `${growth >= 0 ? '+' : ''}${(growth * 100).toFixed(1)} %`;
  const verdict = growth <= MAX_GROWTH ? 'pass' : 'MISS';
  console.log(
    `resident: ${then.toFixed(0)} MB in minute ${SETTLED_MINUTE}, ${now.toFixed(0)} MB at the end (${change}), ${peak.toFixed(0)} MB at most: ${verdict}, at most +${MAX_GROWTH * 100} %`,
  );
  if (!(growth <= MAX_GROWTH)) process.exitCode = 1;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '12000000' },
    rate: { type: 'string', default: '12000' },
  },
});
const [packets, rate] = [Number(values.packets), Number(values.rate)];
if (!(packets >= 1 && rate >= 1)) {
  console.error('usage: npm run bench:soak -- [--packets 12000000] [--rate 12000]');
  process.exitCode = 2;
} else {
  await soak(packets, rate);
}
