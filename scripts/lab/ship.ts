import { copyFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturesReadme, clientMessages } from './captures-documents.ts';
import { CAPTURES, shippedName, shippedTruths } from './manifest.ts';
import { type Scenario, SIDES, type Side } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { readTruths, type SideTruth, type Truth } from './truth.ts';

/** One capture's, and that of all. */
const LARGEST_BYTES = 100_000;
const ALL_BYTES = 4_000_000;
/** Of what a capture of nothing holds: its file header. */
const EMPTY_BYTES = 24;

/**
 * Puts the small results of a run into captures/, in the scenarios' order, with their manifest and tables: of the named
 * scenarios, or of all. What others have there stays, with the truth as the scenarios tell it now.
 */
export async function ship(folder: string, names: readonly string[] = []): Promise<void> {
  const isWanted = ({ name }: Pick<Scenario, 'name'>): boolean => names.length === 0 || names.includes(name);
  const results = new Map(readTruths(folder).map((truth) => [truth.name, truth]));
  const before = new Map(shippedTruths().map((truth) => [truth.name, truth]));
  for (const one of SCENARIOS.filter((scenario) => !scenario.large && isWanted(scenario))) {
    if (!results.has(one.name)) console.error(`not made: ${one.name}`);
    for (const { file } of Object.values(before.get(one.name)?.sides ?? {})) rmSync(join(CAPTURES, file));
  }
  const shipped: Truth[] = [];
  for (const scenario of SCENARIOS) {
    const truth = (isWanted(scenario) ? results : before).get(scenario.name);
    if (!truth || scenario.large) continue;
    shipped.push(isWanted(scenario) ? put(folder, truth) : asToldNow(truth, scenario));
  }
  write('manifest.json', `${JSON.stringify({ scenarios: shipped }, undefined, 1)}\n`);
  write('README.md', capturesReadme(shipped));
  write('client-messages.md', clientMessages(shipped));
  const bytes = readdirSync(CAPTURES).reduce((sum, name) => sum + statSync(join(CAPTURES, name)).size, 0);
  console.error(`${shipped.length} scenarios, ${bytes} bytes in captures/`);
  if (bytes > ALL_BYTES) throw new Error(`captures/ may hold ${ALL_BYTES} bytes`);
}

function put(folder: string, truth: Truth): Truth {
  const { name } = truth;
  const sides: { [side in Side]?: SideTruth } = {};
  for (const side of SIDES) {
    const known = truth.sides[side];
    if (!known) continue;
    const from = join(folder, name, known.file);
    const size = statSync(from).size;
    if (size <= EMPTY_BYTES || size > LARGEST_BYTES || known.sessions.length === 0) continue;
    const file = shippedName(name, side, known.file);
    copyFileSync(from, join(CAPTURES, file));
    sides[side] = { ...known, file };
  }
  return { ...truth, server: truth.server.slice(-SERVER_LINES), sides };
}

function asToldNow(truth: Truth, { place, expected, together }: Scenario): Truth {
  const sides: { [side in Side]?: SideTruth } = {};
  for (const side of SIDES) {
    const known = truth.sides[side];
    if (known) sides[side] = { ...known, sessions: expected[side] ?? known.sessions };
  }
  return { ...truth, place, sides, ...(together && { together }) };
}

const SERVER_LINES = 6;

function write(name: string, text: string): void {
  const path = join(CAPTURES, name);
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
