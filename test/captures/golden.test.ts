import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { IMPOSSIBLE } from '../../scripts/lab/captures-documents.ts';
import { causeIsRight, fateIsRight, isHealthy, judge } from '../../scripts/lab/judge.ts';
import { CAPTURES, inCaptures, shippedTruths } from '../../scripts/lab/manifest.ts';
import { SIDES } from '../../scripts/lab/scenario.ts';
import { describeMiss, scoreOf } from '../../scripts/lab/score.ts';
import { FATES } from '../../src/fate/vocabulary.ts';
import type { SessionRecord } from '../../src/session/record.ts';

const truths = shippedTruths();
const verdicts = new Map(
  await Promise.all(truths.map(async (truth) => [truth.name, await judge(truth, inCaptures)] as const)),
);
const captures = truths.flatMap((truth) =>
  SIDES.flatMap((side) => {
    const known = truth.sides[side];
    return known ? [[known.file, truth, side] as const] : [];
  }),
);

/** Whether a client's line is the one that is told; what is encrypted has placeholders. */
function isLine(told: string, said: string): boolean {
  const [user, methods] = /^(\S+)@\S+: Permission denied \((\S+)\)\.$/.exec(said)?.slice(1) ?? [];
  return told.replace('USER', user ?? 'USER').replace('METHODS', methods ?? 'METHODS') === said;
}

/** What the tool says of each session, a line each: any change of a verdict shows in the review. */
function verdict(record: SessionRecord): string {
  const cause = record.cause === undefined ? 'no cause' : `${record.cause.id} (${record.cause.confidence})`;
  return `${record.fate}, ${record.endedBy} at ${record.stage}, ${record.certainty}; ${cause}`;
}

describe('shipped captures', () => {
  it('are all in the manifest', () => {
    const files = readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name));
    expect(files.sort()).toEqual(captures.map(([file]) => file).sort());
  });

  it.each(captures)(
    '%s gets the fates that were injected, and no cause but theirs',
    async (file, truth, side) => {
      const here = (verdicts.get(truth.name) ?? []).filter((one) => one.side === side);
      for (const one of here) {
        expect(fateIsRight(one), describeMiss(one)).toBe(true);
        // Whether enough causes are found is counted over all captures.
        if (one.given?.cause || isHealthy(one)) expect(causeIsRight(one), describeMiss(one)).toBe(true);
      }
      const golden = path.join(import.meta.dirname, 'golden', `${file}.golden.txt`);
      const lines = here.flatMap(({ given }) => (given ? [verdict(given)] : []));
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(golden);
    },
  );

  it.each(captures)('%s: what the client is said to have printed, it printed', (_, truth, side) => {
    const printed = truth.clients.flatMap(({ said }) => said.map((line) => line.trim()));
    // It is the line of an OpenSSH client: before it has identified itself nobody can tell that it is another.
    const isSsh = truth.clients.some(({ argv }) => argv[0] === 'ssh');
    if (!isSsh && truth.clients.length > 0) return;
    for (const { given } of (verdicts.get(truth.name) ?? []).filter((one) => one.side === side)) {
      for (const line of given?.clientMessage?.split('\n') ?? []) {
        expect(
          printed.filter((one) => isLine(line, one)),
          line,
        ).not.toEqual([]);
      }
    }
  });

  it('are judged as well as the project has set itself', () => {
    const score = scoreOf([...verdicts.values()].flat());
    const misses = [...score.wrongFates, ...score.wrongCauses, ...score.causesOnHealthy].map(describeMiss);
    expect(score.meetsTargets, misses.join('\n')).toBe(true);
  });

  it('have every fate but those that nothing real brings about', () => {
    const reached = new Set(
      captures.flatMap(([, truth, side]) => truth.sides[side]?.sessions ?? []).values(),
    );
    const fates = new Set([...reached].flatMap(({ fate }) => fate));
    expect(FATES.filter((fate) => !fates.has(fate))).toEqual(Object.keys(IMPOSSIBLE));
  });
});
