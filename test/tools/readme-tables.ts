import { judge, type Verdict } from '../../scripts/lab/judge.ts';
import { type JointJudgement, jointScoreOf, judgeTogether } from '../../scripts/lab/judge-together.ts';
import { inCaptures, shippedTruths } from '../../scripts/lab/manifest.ts';
import { causeConfusion, confusionRows, scoreOf } from '../../scripts/lab/score.ts';
import { CAUSES } from '../../src/diagnosis/catalogue.ts';
import { PATTERNS } from '../../src/diagnosis/patterns/catalogue.ts';
import { FATE_TABLE } from '../../src/fate/table.ts';
import { ENDED_BY, STAGES } from '../../src/fate/vocabulary.ts';

const ENDINGS = ['fin', 'rst', 'icmp', 'silence'] as const;

/** The README with its tables as the code has them, and the lab's as the shipped captures are judged. */
export async function withTables(readme: string): Promise<string> {
  const withFates = between(readme, 'fates', fateTable());
  const withWords = between(between(withFates, 'causes', causeTable()), 'patterns', patternTable());
  return between(withWords, 'lab', await labTable());
}

async function labTable(): Promise<string> {
  const truths = shippedTruths();
  const verdicts: Verdict[] = [];
  const joint: JointJudgement[] = [];
  for (const truth of truths) {
    verdicts.push(...(await judge(truth, inCaptures)));
    joint.push(...((await judgeTogether(truth, inCaptures)) ?? []));
  }
  const together = jointScoreOf(joint);
  const { wrongFates, withCause, rightCause, wrongAndCertain, causesOnHealthy } = scoreOf(verdicts);
  const rows = confusionRows(causeConfusion(verdicts)).map(
    ([expected, right, all, others]) =>
      `| ${expected === 'none' ? 'none' : `\`${expected}\``} | ${right} of ${all} | ${others} |`,
  );
  return [
    `${truths.length} scenarios, ${verdicts.length} sessions: the fate is right in ${verdicts.length - wrongFates.length} of them, the`,
    `first cause in ${rightCause} of the ${withCause} captures that have one. Wrong causes called certain: ${wrongAndCertain.length};`,
    `causes where nothing was wrong: ${causesOnHealthy.length}.`,
    '',
    `By both ends together the cause and its place (client, path, server) are right in ${together.right} of ${together.scenarios}`,
    `scenarios; wrong and called certain: ${together.wrongAndCertain.length}.`,
    '',
    '| cause that was injected | came first in | given instead |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

function fateTable(): string {
  const rows = STAGES.map((stage) => {
    const cells = ENDINGS.map((ending) => {
      const cell = FATE_TABLE[stage][ending];
      if (typeof cell === 'string') return `\`${cell}\``;
      const usual = cell.unknown;
      const others = ENDED_BY.filter((who) => cell[who] !== usual).map((who) => `\`${cell[who]}\` (${who})`);
      return [`\`${usual}\``, ...others].join(' · ');
    });
    return `| ${stage} | ${cells.join(' | ')} |`;
  });
  return [`| stage | ${ENDINGS.join(' | ')} |`, '|---|---|---|---|---|', ...rows].join('\n');
}

function causeTable(): string {
  const rows = CAUSES.map((cause) => `| \`${cause.id}\` | ${cause.needs.replaceAll('|', '\\|')} |`);
  return ['| cause | evidence that it needs |', '|---|---|', ...rows].join('\n');
}

function patternTable(): string {
  const rows = PATTERNS.map((pattern) => `| \`${pattern.id}\` | ${pattern.needs.replaceAll('|', '\\|')} |`);
  return ['| pattern | evidence that it needs |', '|---|---|', ...rows].join('\n');
}

function between(text: string, name: string, content: string): string {
  const start = text.indexOf('-->', text.indexOf(`<!-- ${name}`)) + '-->'.length;
  const end = text.indexOf(`<!-- /${name} -->`);
  return `${text.slice(0, start)}\n\n${content}\n\n${text.slice(end)}`;
}
