import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { carryOut } from './carry-out.ts';
import { FIXABLE, type Fixable } from './fixable.ts';
import { recordsOf } from './judge.ts';
import { generateKeys } from './keys.ts';
import { Lab } from './lab.ts';
import { Network } from './network.ts';
import { planFor } from './plan.ts';
import { forget, remember } from './run.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { buildWire } from './wire.ts';

/**
 * For each fixable fault: makes it, captures it, asks sshfate, carries out the first next step of the first cause to the
 * letter, and logs in again. Gives whether every login worked.
 */
export async function tryFixes(
  names: readonly string[],
  options: { readonly other: boolean; readonly say: (line: string) => void },
): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'sshfate-fix-'));
  let failed = 0;
  try {
    const keys = await generateKeys(folder, options.other);
    const wire = await buildWire(folder);
    const wanted = FIXABLE.filter(({ scenario }) => names.length === 0 || names.includes(scenario));
    for (const [n, fixable] of wanted.entries()) {
      const scenario = SCENARIOS.find(({ name }) => name === fixable.scenario);
      if (!scenario) throw new Error(`there is no scenario ${fixable.scenario}`);
      const plan = planFor('routed', options.other);
      const network = new Network(`sx${process.pid}n${n}`, 'routed', plan);
      remember(network, folder);
      try {
        await network.build();
        mkdirSync(join(folder, scenario.name), { recursive: true });
        const lab = new Lab({ network, keys, folder: join(folder, scenario.name), wire });
        options.say(`fixed   ${scenario.name}: ${await fix(scenario, fixable, lab)}`);
      } catch (error) {
        failed++;
        options.say(`NOT     ${scenario.name}: ${(error as Error).message}`);
      } finally {
        await network.dispose();
        forget(network, folder);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return failed === 0;
}

/** What was done that helped. */
async function fix(
  scenario: Scenario,
  { side, step: number = 1, login }: Fixable,
  lab: Lab,
): Promise<string> {
  await scenario.run(lab);
  await lab.endCapture();
  const records = await recordsOf(join(lab.folder, `${side}.pcap`), lab.port);
  const cause = records.map((record) => record.cause).find((one) => one !== undefined);
  if (!cause) throw new Error('no cause was given');
  const step = cause.nextSteps[number - 1];
  if (!step) throw new Error(`${cause.id} has no next step ${number}`);
  const { done, settings } = await carryOut(step, lab);
  await sleep(500);
  const client = lab.ssh({ settings: [...settings, 'ConnectTimeout=6'], command: login ?? 'echo hello' });
  const { code, stderr } = await client.ended;
  if (code !== 0) throw new Error(`after “${done}” the client says: ${stderr.trim().split('\n').at(-1)}`);
  return done;
}
