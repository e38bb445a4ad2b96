/**
 * Breaks the shipped captures in many ways and says how many were tried: `npm run fuzz -- 100000 [first seed]`.
 * Exits with 1 at the first one that throws, hangs or breaks a guarantee, and names its seed.
 */
import { analyzeBytes, mutate, samples, seeded, violation } from '../test/properties/mutate.ts';

const SLOW_MS = 5000;
const count = Number(process.argv[2] ?? 10_000);
const first = Number(process.argv[3] ?? 1);
const all = samples();
let refused = 0;
let damaged = 0;
let sessions = 0;
let slowestMs = 0;
const started = performance.now();

for (let seed = first; seed < first + count; seed++) {
  const random = seeded(seed);
  const sample = all[random(all.length)];
  if (sample === undefined) throw new Error('There are no captures to break.');
  const began = performance.now();
  let wrong: string | undefined;
  try {
    const broken = mutate(sample.bytes, random);
    const analysis = await analyzeBytes(broken, [broken], { reports: true });
    wrong = violation(analysis);
    if (analysis.refused !== undefined) refused++;
    if (analysis.capture?.damage !== undefined) damaged++;
    sessions += analysis.records.length;
  } catch (error) {
    wrong = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const tookMs = performance.now() - began;
  slowestMs = Math.max(slowestMs, tookMs);
  if (tookMs > SLOW_MS) wrong ??= `took ${tookMs.toFixed(0)} ms`;
  if (wrong !== undefined) {
    console.error(`seed ${seed} (${sample.name}): ${wrong}`);
    process.exitCode = 1;
    break;
  }
}

const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${count} broken captures in ${seconds} s: ${refused} refused, ${damaged} read up to their damage, ${sessions} sessions judged; slowest ${slowestMs.toFixed(0)} ms.`,
);
