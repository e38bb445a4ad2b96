import { inFolder, judge, type Verdict } from './judge.ts';
import { describeJointMiss, type JointJudgement, jointScoreOf, judgeTogether } from './judge-together.ts';
import { causeConfusion, confusionRows, describeMiss, fateConfusion, scoreOf } from './score.ts';
import { readTruths } from './truth.ts';

/** Judges all results in a folder, and prints how right sshfate was. Gives whether it met its targets. */
export async function printScore(folder: string): Promise<boolean> {
  const verdicts: Verdict[] = [];
  const truths = readTruths(folder);
  const joint: JointJudgement[] = [];
  for (const truth of truths) {
    verdicts.push(...(await judge(truth, inFolder(folder, truth.name))));
    joint.push(...((await judgeTogether(truth, inFolder(folder, truth.name))) ?? []));
  }
  const score = scoreOf(verdicts);
  printTable('fates, expected × given', confusionRows(fateConfusion(verdicts)));
  printTable('first causes, expected × given', confusionRows(causeConfusion(verdicts)));
  printMisses('wrong fates', score.wrongFates);
  printMisses('wrong or missing first causes', score.wrongCauses);
  printMisses('wrong causes called certain', score.wrongAndCertain);
  printMisses('causes where nothing was wrong', score.causesOnHealthy);
  const { wrongFates, withCause, rightCause } = score;
  console.log(`${truths.length} scenarios, ${verdicts.length} sessions in their captures`);
  console.log(`fates: ${verdicts.length - wrongFates.length} of ${verdicts.length} right`);
  const percent = withCause === 0 ? 100 : (100 * rightCause) / withCause;
  console.log(
    `first causes: right in ${rightCause} of ${withCause} captures that have one (${percent.toFixed(1)} %)`,
  );
  console.log(`wrong causes called certain: ${score.wrongAndCertain.length}`);
  console.log(`causes where nothing was wrong: ${score.causesOnHealthy.length}`);
  return printJointScore(joint) && score.meetsTargets;
}

/** Cause and place by the captures of both ends together. */
function printJointScore(judgements: readonly JointJudgement[]): boolean {
  const { scenarios, right, misses, wrongAndCertain, meetsTargets } = jointScoreOf(judgements);
  console.log('');
  console.log(`by both ends together, wrong cause or place: ${misses.length}`);
  for (const miss of misses) console.log(`  ${describeJointMiss(miss)}`);
  const percent = scenarios === 0 ? 100 : (100 * right) / scenarios;
  console.log(`cause and place: right in ${right} of ${scenarios} scenarios (${percent.toFixed(1)} %)`);
  console.log(`wrong and called certain: ${wrongAndCertain.length}`);
  for (const one of wrongAndCertain) console.log(`  ${describeJointMiss(one)}`);
  return meetsTargets;
}

function printTable(title: string, rows: readonly (readonly [string, number, number, string])[]): void {
  console.log(title);
  for (const [expected, right, all, others] of rows) {
    console.log(`  ${expected.padEnd(34)} ${right}/${all}${others ? `  ${others}` : ''}`);
  }
  console.log('');
}

function printMisses(title: string, misses: readonly Verdict[]): void {
  console.log(`${title}: ${misses.length}`);
  for (const miss of misses) console.log(`  ${describeMiss(miss)}`);
  console.log('');
}
