import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  causeIsRight,
  fateIsRight,
  inFolder,
  isHealthy,
  judge,
  type Verdict,
} from '../../scripts/lab/judge.ts';
import {
  describeJointMiss,
  type JointJudgement,
  jointScoreOf,
  judgeTogether,
} from '../../scripts/lab/judge-together.ts';
import { runScenarios } from '../../scripts/lab/run.ts';
import { SCENARIOS } from '../../scripts/lab/scenarios/index.ts';
import { describeMiss, scoreOf } from '../../scripts/lab/score.ts';
import { readTruths } from '../../scripts/lab/truth.ts';
import type { Via } from '../../src/live/packet-source.ts';
import { comparedWithLive, VIAS } from './beside-live.ts';
import { whyNotHere } from './needs.ts';

/** A watch goes on after the last packet, and knows of a silence that the capture ends too early to show. */
function sawLonger({ analysed, live }: { readonly analysed: string; readonly live: string }): boolean {
  const silent = /\b(?:stalled|lost)-\S+ \S+|\bopen \S+/g;
  const isOpen = /\bopen\b/.test(analysed) && !/\bopen\b/.test(live);
  return isOpen && analysed.replace(silent, 'silent') === live.replace(silent, 'silent');
}

/** A little over two minutes where nothing else runs. */
const LONGEST_MS = 8 * 60_000;
const why = whyNotHere(['haproxy', 'nmap', 'plink', 'sshpass', 'dumpcap', 'socat', 'curl', 'nc']);

describe.skipIf(why !== undefined)(
  `the whole lab with other addresses, port and keys${why ? ` (skipped: ${why})` : ''}`,
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-whole-'));
    let verdicts: Verdict[] = [];
    let joint: JointJudgement[] = [];

    beforeAll(async () => {
      const run = async (names: readonly string[]): Promise<readonly string[]> => {
        const scenarios = SCENARIOS.filter(({ name }) => names.includes(name));
        const result = await runScenarios(scenarios, {
          ...{ out: folder, jobs: 8, other: true, say: () => {} },
          // Each beside one of the two: both would take as long as all the rest.
          live: (n) => [VIAS[n % VIAS.length] as Via],
        });
        return result.failed;
      };
      const judged = async (): Promise<Verdict[]> => {
        const all: Verdict[] = [];
        joint = [];
        for (const truth of readTruths(folder)) {
          const fileOf = inFolder(folder, truth.name);
          all.push(...(await judge(truth, fileOf)));
          joint.push(...((await judgeTogether(truth, fileOf)) ?? []));
        }
        return all;
      };
      const unmade = await run(SCENARIOS.map(({ name }) => name));
      const first = await judged();
      const missed = first
        .filter((one) => !fateIsRight(one) || !causeIsRight(one))
        .map(({ scenario }) => scenario);
      const differing = (await comparedWithLive(folder)).filter((one) => one.live !== one.analysed);
      // On a busy machine a fault may meet another moment than it was meant for. What depends on addresses misses again.
      const again = new Set([
        ...[...unmade, ...missed],
        ...jointScoreOf(joint).misses.map(({ scenario }) => scenario),
        ...differing.map(({ scenario }) => scenario),
      ]);
      if (again.size > 0) await run([...again]);
      verdicts = await judged();
    }, LONGEST_MS);

    afterAll(() => rmSync(folder, { recursive: true }));

    it('is judged as the shipped captures are: every fate, nearly every cause, none wrong and certain', () => {
      const score = scoreOf(verdicts);
      const misses = [...score.wrongFates, ...score.wrongCauses, ...score.causesOnHealthy].map(describeMiss);
      expect(score.meetsTargets, misses.join('\n')).toBe(true);
      expect(verdicts.filter((one) => isHealthy(one)).length).toBeGreaterThan(100);
    });

    it('is judged by both ends together: nearly every cause and place, none wrong and certain', () => {
      const score = jointScoreOf(joint);
      expect(score.wrongAndCertain.map(describeJointMiss)).toEqual([]);
      expect(score.meetsTargets, score.misses.map(describeJointMiss).join('\n')).toBe(true);
      expect(score.scenarios).toBeGreaterThan(150);
    });

    it.each(VIAS)('is judged by sshfate live through %s as its captures are', async (via) => {
      const compared = (await comparedWithLive(folder)).filter((one) => one.via === via);
      expect(compared.length).toBeGreaterThan(SCENARIOS.length * 0.35);
      expect(compared.filter((one) => one.live !== one.analysed && !sawLonger(one))).toEqual([]);
    });

    it('has nearly all scenarios', () => {
      // Without Debian's newer release at hand those with OpenSSH 10 are left out.
      expect(readTruths(folder).length).toBeGreaterThan(SCENARIOS.length * 0.9);
    });

    it('leaves no namespace behind', () => {
      const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
      expect(stdout).not.toContain(`sf${process.pid}n`);
    });
  },
);
