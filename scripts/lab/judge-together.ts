import type { JointPlace, JointSession } from '../../src/compare/comparison.ts';
import { compareCaptures } from '../../src/index.ts';
import { stretched } from './judge.ts';
import { type Expected, type Place, SIDES, type Side, type Together } from './scenario.ts';
import type { Truth } from './truth.ts';

/** One session by all captures of a scenario: what was done, and what they say together. */
export interface JointJudgement {
  readonly scenario: string;
  readonly session: number;
  /** Absent where one session too many was found: the ends' captures of one session were not matched. */
  readonly wanted: Wanted | undefined;
  readonly given: JointSession;
}

export interface Wanted extends Together {
  /** None may be given. */
  readonly mayBeSilent: boolean;
  /** The captures do not hold what decides. */
  readonly mayBeUnknown: boolean;
}

/** Compares a scenario's captures; undefined for one with a single capture. */
export async function judgeTogether(
  truth: Truth,
  fileOf: (file: string) => string,
): Promise<readonly JointJudgement[] | undefined> {
  const sides = SIDES.filter((side) => truth.sides[side] !== undefined);
  if (sides.length < 2) return undefined;
  const files = new Map(sides.map((side) => [fileOf(truth.sides[side]?.file ?? ''), side]));
  const ports = sides.map((side) => truth.sides[side]?.port ?? 0);
  const { sessions, captures } = await compareCaptures([...files.keys()], { ports: [...new Set(ports)] });
  const known = new Map(
    sides.map((side) => {
      const file = fileOf(truth.sides[side]?.file ?? '');
      const count = captures.find(({ name }) => name === file)?.sessions ?? 0;
      return [side, stretched(truth.sides[side]?.sessions ?? [], count)];
    }),
  );
  const most = Math.max(...[...known.values()].map((expected) => expected.length));
  return sessions.map((given, n) => ({
    scenario: truth.name,
    session: n + 1,
    wanted: n < most ? wantedOf(truth, given, n, known, files) : undefined,
    given,
  }));
}

function wantedOf(
  truth: Truth,
  { seen }: JointSession,
  n: number,
  known: ReadonlyMap<Side, readonly Expected[]>,
  files: ReadonlyMap<string, Side>,
): Wanted | undefined {
  const expected = seen.flatMap(({ capture, session }) => {
    const side = files.get(capture);
    return (side === undefined ? undefined : known.get(side)?.[session - 1]) ?? [];
  });
  if (expected.length === 0) return undefined;
  const sick = expected.filter(({ cause }) => cause.length > 0);
  const mayBeUnknown = expected.every(({ fate }) => fate.includes('undetermined'));
  const together = truth.together?.[n];
  if (together !== undefined) return { ...together, mayBeSilent: false, mayBeUnknown };
  const places = (sick.length > 0 ? sick : expected).map(({ place }) => place);
  return {
    cause: [...new Set(sick.flatMap(({ cause }) => cause))],
    place: places.find((place) => place !== undefined) ?? (sick.length > 0 ? truth.place : 'nowhere'),
    mayBeSilent: sick.every(({ mayBeSilent }) => mayBeSilent !== undefined),
    mayBeUnknown,
  };
}

export const jointCauseIsRight = ({ wanted, given }: JointJudgement): boolean => {
  if (wanted === undefined) return false;
  const cause = given.verdict.cause?.id;
  if (cause === undefined) return wanted.cause.length === 0 || wanted.mayBeSilent;
  return wanted.cause.includes(cause);
};

export const jointPlaceIsRight = ({ wanted, given }: JointJudgement): boolean => {
  const { place } = given.verdict;
  if (wanted === undefined) return false;
  // Where the fault may pass without being seen, its session is as any other.
  if (given.verdict.cause === undefined && wanted.mayBeSilent && place === 'nowhere') return true;
  return samePlace(place, wanted.place) || (wanted.mayBeUnknown && place === 'unknown');
};

const samePlace = (given: JointPlace, wanted: Place): boolean => given === wanted;

const isJointlyWrongAndCertain = (one: JointJudgement): boolean =>
  one.given.verdict.cause?.confidence === 'certain' && !(jointCauseIsRight(one) && jointPlaceIsRight(one));

/** How right the joint verdicts are: by scenarios, of which each counts once. */
export interface JointScore {
  readonly scenarios: number;
  readonly right: number;
  readonly misses: readonly JointJudgement[];
  readonly wrongAndCertain: readonly JointJudgement[];
  readonly meetsTargets: boolean;
}

const RIGHT_AT_LEAST = 0.95;

export function jointScoreOf(judgements: readonly JointJudgement[]): JointScore {
  const misses = judgements.filter((one) => !(jointCauseIsRight(one) && jointPlaceIsRight(one)));
  const scenarios = new Set(judgements.map(({ scenario }) => scenario)).size;
  const right = scenarios - new Set(misses.map(({ scenario }) => scenario)).size;
  const wrongAndCertain = judgements.filter(isJointlyWrongAndCertain);
  return {
    ...{ scenarios, right, misses, wrongAndCertain },
    meetsTargets: wrongAndCertain.length === 0 && right >= scenarios * RIGHT_AT_LEAST,
  };
}

/** A miss in words. */
export function describeJointMiss({ scenario, session, wanted, given }: JointJudgement): string {
  const { place, cause } = given.verdict;
  const expected = wanted ? `${wanted.cause.join('|') || 'none'} at ${wanted.place}` : 'no further session';
  const got = `${cause ? `${cause.id} (${cause.confidence})` : 'none'} at ${place}`;
  const seen = given.seen.map(({ capture, fate }) => `${capture.split('/').at(-1)} ${fate}`).join(', ');
  return `${scenario}, session ${session}: expected ${expected}; given ${got}; ${seen}`;
}
