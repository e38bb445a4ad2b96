import { CAUSES } from '../../src/diagnosis/catalogue.ts';
import { PATTERNS } from '../../src/diagnosis/patterns/catalogue.ts';
import { FATE_TABLE } from '../../src/fate/table.ts';
import { ENDED_BY, STAGES } from '../../src/fate/vocabulary.ts';

const ENDINGS = ['fin', 'rst', 'icmp', 'silence'] as const;

/** The README with its tables as the code has them. */
export function withTables(readme: string): string {
  const withFates = between(readme, 'fates', fateTable());
  return between(between(withFates, 'causes', causeTable()), 'patterns', patternTable());
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
