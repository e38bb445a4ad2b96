import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fateIsRight, inFolder, judge } from '../../scripts/lab/judge.ts';
import { inCaptures, shippedTruths } from '../../scripts/lab/manifest.ts';
import { runScenarios } from '../../scripts/lab/run.ts';
import { SCENARIOS } from '../../scripts/lab/scenarios/index.ts';
import { describeMiss } from '../../scripts/lab/score.ts';
import { readTruths, type Truth } from '../../scripts/lab/truth.ts';
import { whyNotHere } from './needs.ts';

/** Quick ones, of every stage. */
const SAMPLE = [
  'rst-after-syn',
  'icmp-after-syn-admin-prohibited',
  'rst-after-syn-firewall',
  'no-syn-ack-return-path',
  'not-ssh-http',
  'close-during-kex-no-common-kex',
  'close-during-kex-no-common-mac-to-server',
  'close-during-kex-host-key-unknown',
  'close-during-auth-unknown-key',
  'completed',
  'completed-dropbear-server',
  'closed-in-session',
];

const why = whyNotHere();

describe.skipIf(why !== undefined)(`captures made anew${why ? ` (skipped: ${why})` : ''}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-again-'));
  let made: readonly Truth[] = [];

  beforeAll(async () => {
    const scenarios = SCENARIOS.filter(({ name }) => SAMPLE.includes(name));
    const complaints: string[] = [];
    const result = await runScenarios(scenarios, {
      ...{ out: folder, jobs: 4, other: true },
      say: (line) => complaints.push(line),
    });
    expect(result.failed, complaints.join('\n')).toEqual([]);
    made = readTruths(folder);
  }, 180_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(SAMPLE)(
    '%s gets the verdicts of the shipped capture, with other addresses, port and keys',
    async (name) => {
      const truth = made.find((one) => one.name === name) as Truth;
      const shipped = shippedTruths().find((one) => one.name === name) as Truth;
      const before = await judge(shipped, inCaptures);
      for (const verdict of await judge(truth, inFolder(folder, name))) {
        expect(fateIsRight(verdict), describeMiss(verdict)).toBe(true);
        const then = before.find(({ side, session }) => side === verdict.side && session === verdict.session);
        expect(verdict.given?.cause?.id, describeMiss(verdict)).toBe(then?.given?.cause?.id);
      }
    },
  );

  it('leaves no namespace behind', () => {
    const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
    expect(stdout).not.toContain(`sf${process.pid}n`);
  });
});
