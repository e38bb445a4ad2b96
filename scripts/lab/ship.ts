import { copyFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturesReadme, clientMessages } from './captures-documents.ts';
import { CAPTURES, shippedName } from './manifest.ts';
import { SIDES, type Side } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { readTruths, type SideTruth, type Truth } from './truth.ts';

/** One capture's, and that of all. */
const LARGEST_BYTES = 100_000;
const ALL_BYTES = 4_000_000;
/** Of what a capture of nothing holds: its file header. */
const EMPTY_BYTES = 24;

/** Puts the small results of a run into captures/, in the scenarios' order, with their manifest and tables. */
export async function ship(folder: string): Promise<void> {
  const results = new Map(readTruths(folder).map((truth) => [truth.name, truth]));
  const missing = SCENARIOS.filter(({ name, large }) => !large && !results.has(name));
  for (const { name } of missing) console.error(`not made: ${name}`);
  for (const name of readdirSync(CAPTURES)) if (/\.pcap(ng)?$/.test(name)) rmSync(join(CAPTURES, name));

  const shipped: Truth[] = [];
  let bytes = 0;
  for (const { name, large } of SCENARIOS) {
    const truth = results.get(name);
    if (!truth || large) continue;
    const sides: { [side in Side]?: SideTruth } = {};
    for (const side of SIDES) {
      const known = truth.sides[side];
      if (!known) continue;
      const from = join(folder, name, known.file);
      const size = statSync(from).size;
      if (size <= EMPTY_BYTES || size > LARGEST_BYTES || known.sessions.length === 0) continue;
      const file = shippedName(name, side, known.file);
      copyFileSync(from, join(CAPTURES, file));
      bytes += size;
      sides[side] = { ...known, file };
    }
    shipped.push({ ...truth, server: truth.server.slice(-SERVER_LINES), sides });
  }
  write('manifest.json', `${JSON.stringify({ scenarios: shipped }, undefined, 1)}\n`);
  write('README.md', capturesReadme(shipped));
  write('client-messages.md', clientMessages(shipped));
  console.error(`${shipped.length} scenarios, ${bytes} bytes in captures/`);
  if (bytes > ALL_BYTES) throw new Error(`captures/ may hold ${ALL_BYTES} bytes`);
}

const SERVER_LINES = 6;

function write(name: string, text: string): void {
  const path = join(CAPTURES, name);
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
