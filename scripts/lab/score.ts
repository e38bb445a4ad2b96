import { causeIsRight, fateIsRight, isHealthy, isWrongAndCertain, type Verdict } from './judge.ts';

/** How right the verdicts are, by the measures that the project has set itself. */
export interface Score {
  readonly verdicts: readonly Verdict[];
  readonly wrongFates: readonly Verdict[];
  /** Scenarios at a side with a session that has a cause; right when all of its sessions got one of theirs. */
  readonly withCause: number;
  readonly rightCause: number;
  readonly wrongCauses: readonly Verdict[];
  readonly wrongAndCertain: readonly Verdict[];
  readonly causesOnHealthy: readonly Verdict[];
  readonly meetsTargets: boolean;
}

const CAUSES_RIGHT_AT_LEAST = 0.95;

export function scoreOf(verdicts: readonly Verdict[]): Score {
  const wrongFates = verdicts.filter((one) => !fateIsRight(one));
  const sick = verdicts.filter((one) => one.expected !== undefined && !isHealthy(one));
  const wrongCauses = sick.filter((one) => !causeIsRight(one));
  const key = ({ scenario, side }: Verdict): string => `${scenario} ${side}`;
  const withCause = new Set(sick.map(key)).size;
  const rightCause = withCause - new Set(wrongCauses.map(key)).size;
  const wrongAndCertain = verdicts.filter(isWrongAndCertain);
  const causesOnHealthy = verdicts.filter((one) => isHealthy(one) && one.given?.cause !== undefined);
  return {
    ...{ verdicts, wrongFates, withCause, rightCause, wrongCauses, wrongAndCertain, causesOnHealthy },
    meetsTargets:
      wrongFates.length === 0 &&
      wrongAndCertain.length === 0 &&
      causesOnHealthy.length === 0 &&
      rightCause >= withCause * CAUSES_RIGHT_AT_LEAST,
  };
}

const NONE = 'none';

/** Counts of expected × given. Where several are right, the one that was given stands, or else the first. */
export type Confusion = ReadonlyMap<string, ReadonlyMap<string, number>>;

export const fateConfusion = (verdicts: readonly Verdict[]): Confusion =>
  confusion(verdicts, ({ expected, given }) => [expected?.fate ?? [], given?.fate]);

export const causeConfusion = (verdicts: readonly Verdict[]): Confusion =>
  confusion(verdicts, ({ expected, given }) => {
    const right = expected?.cause ?? [];
    // What may be left unsaid is no confusion when it is.
    const silent = expected?.mayBeSilent !== undefined ? [NONE] : [];
    return [right.length === 0 ? [NONE] : [...right, ...silent], given?.cause?.id ?? NONE];
  });

function confusion(
  verdicts: readonly Verdict[],
  pair: (verdict: Verdict) => readonly [expected: readonly string[], given: string | undefined],
): Confusion {
  const counts = new Map<string, Map<string, number>>();
  for (const verdict of verdicts) {
    const [right, given = 'no session'] = pair(verdict);
    const expected = right.includes(given) ? given : (right[0] ?? 'no session');
    const row = counts.get(expected) ?? new Map<string, number>();
    row.set(given, (row.get(given) ?? 0) + 1);
    counts.set(expected, row);
  }
  return new Map([...counts].sort(([a], [b]) => a.localeCompare(b)));
}

/** A line for each expected value: how often it was given, and what was given in its place. */
export function confusionRows(table: Confusion): readonly (readonly [string, number, number, string])[] {
  return [...table].map(([expected, given]) => {
    const right = given.get(expected) ?? 0;
    const all = [...given.values()].reduce((sum, count) => sum + count, 0);
    const others = [...given].filter(([one]) => one !== expected).map(([one, count]) => `${count} × ${one}`);
    return [expected, right, all, others.join(', ')] as const;
  });
}

/** A miss in words. */
export function describeMiss({ scenario, side, session, expected, given }: Verdict): string {
  const one = (values: readonly string[] | undefined): string => values?.join('|') || 'none';
  const wanted = expected
    ? `${one(expected.fate)} by ${one(expected.endedBy)}, ${one(expected.cause)}`
    : 'no session';
  const got = given
    ? `${given.fate} by ${given.endedBy}, ${given.cause ? `${given.cause.id} (${given.cause.confidence})` : 'none'}`
    : 'no session';
  return `${scenario}, ${side}, session ${session}: expected ${wanted}; given ${got}`;
}
