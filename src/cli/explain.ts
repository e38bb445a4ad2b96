import { JOINT_CAUSES, type JointCauseDefinition } from '../compare/joint-causes.ts';
import { CAUSES, type CauseSummary } from '../diagnosis/catalogue.ts';
import type { ClientText } from '../diagnosis/client-text.ts';
import { PATTERNS } from '../diagnosis/patterns/catalogue.ts';
import type { PatternDefinition } from '../diagnosis/patterns/pattern-definition.ts';
import { FATE_DEFINITIONS } from '../fate/definitions.ts';
import { FATE_TABLE } from '../fate/table.ts';
import { ENDINGS, type Ending, FATES, type Fate, STAGES, type Stage } from '../fate/vocabulary.ts';
import { forTerminal } from '../report/escape.ts';
import { fitColumns, padEnd, wrap } from '../report/layout.ts';
import { hanging } from '../report/overview-text.ts';
import { coloured, type Paint, plain } from '../report/paint.ts';
import { CERTAINTY_MEANINGS, CERTAINTY_WORDS } from './certainty-words.ts';
import { UsageError } from './errors.ts';
import { exitCodeLines } from './help.ts';
import { didYouMean } from './near-miss.ts';
import { type Terminal, wantsColour } from './terminal.ts';

interface Page {
  readonly width: number;
  readonly paint: Paint;
}

/** Prints which fates fit what a client printed, and what tells them apart. */
export function explainMessage(text: ClientText, colour: boolean, terminal: Terminal): void {
  const page = pageOf(colour, terminal);
  terminal.stdout.write(`${messageLines(text, page).join('\n')}\n`);
}

/** Prints what a word means. @throws UsageError for an unknown one. */
export function explain(word: string | undefined, colour: boolean, terminal: Terminal): void {
  const page = pageOf(colour, terminal);
  const lines = word === undefined ? overview(page) : explanation(word, page);
  terminal.stdout.write(`${lines.join('\n')}\n`);
}

const pageOf = (colour: boolean, terminal: Terminal): Page => ({
  width: terminal.columns,
  paint: wantsColour(terminal, colour, false) ? coloured : plain,
});

function messageLines(text: ClientText, page: Page): string[] {
  const { width, paint } = page;
  const { messages, release, reached, fates, doubts } = text;
  const lines = messages.flatMap(({ message, line }, i) => [
    ...(i === 0 ? [] : ['']),
    ...hanging('', forTerminal(line), width).map((each) => paint('bold', each)),
    ...hanging('  ', `${message.program}: ${message.means}`, width),
  ]);
  const facts = [
    ...(release === undefined ? [] : [`The client is OpenSSH ${release}.`]),
    ...(reached === undefined
      ? []
      : [`Its -v lines came to stage ${reached.stages.join(' or ')}: ${forTerminal(reached.line)}`]),
    ...doubts.map(forTerminal),
  ];
  if (facts.length > 0) lines.push('', ...bullets(facts, page));
  if (fates.length === 0) {
    return [...lines, '', ...hanging('', 'No fate fits: nothing of it reaches the network.', width)];
  }
  const which = fates.length === 1 ? 'The fate that fits' : 'The fates that fit, and what tells them apart';
  lines.push(
    ...section(
      which,
      fates.flatMap((fate) => fitLines(fate, page)),
      page,
    ),
  );
  const name = fates.length === 1 ? fates[0] : 'FATE';
  lines.push(
    '',
    ...hanging(
      '',
      `A capture tells: sshfate analyze CAPTURE --message '…' says which sessions explain it, 'sshfate explain ${name}' says more.`,
      width,
    ),
  );
  return lines;
}

/** What packets of a session with the fate show, and the causes that are told from them. */
function fitLines(fate: Fate, { width, paint }: Page): string[] {
  const { title, meaning } = FATE_DEFINITIONS[fate];
  const causes = CAUSES.filter((cause) => cause.fates.includes(fate)).map(({ id }) => id);
  const told =
    causes.length === 0 ? [] : hanging('    ', `Causes that are told: ${causes.join(', ')}`, width);
  const [first = '', ...rest] = hanging('    ', `${fate}: ${title}`, width);
  return [
    `  - ${paint('bold', first.trimStart())}`,
    ...rest.map((line) => paint('bold', line)),
    ...hanging('    ', meaning, width),
    ...told,
  ];
}

/** How far a session had come, in the words of FATES.md. */
const STAGE_MEANINGS: Readonly<Record<Stage, string>> = {
  syn: 'The client sent a SYN; there is no SYN-ACK yet.',
  'syn-ack': 'The server sent a SYN-ACK; there is no ACK of it yet.',
  tcp: 'The connection is established; the server has not sent its identification string.',
  banner: "The server's identification string was sent.",
  kex: 'A KEXINIT was sent.',
  auth: 'Both sides sent NEWKEYS.',
  session: 'Authentication succeeded, as told from the sizes of packets.',
  unknown: 'The capture joined midway: it has no start of the connection.',
};

const ENDING_MEANINGS: Readonly<Record<Ending, string>> = {
  fin: 'A FIN: one side closed.',
  rst: 'A RST: one side, or a device between, reset the connection.',
  icmp: "An ICMP error that quotes the session's packets.",
  silence:
    'Packets stopped while something was owed: retransmissions without an answer, or an answer awaited longer than --silence.',
  open: 'Alive and owing nothing when the capture ended, or the capture ended before silence could be told.',
};

const EXIT_CODES_WORD = 'exit-codes';

function explanation(word: string, page: Page): string[] {
  const fate = FATES.find((each) => each === word);
  if (fate !== undefined) return fateLines(fate, page);
  const cause = CAUSES.find(({ id }) => id === word);
  if (cause !== undefined) return causeLines(cause, page);
  const joint = JOINT_CAUSES.find(({ id }) => id === word);
  if (joint !== undefined) return jointCauseLines(joint, page);
  const pattern = PATTERNS.find(({ id }) => id === word);
  if (pattern !== undefined) return patternLines(pattern, page);
  const stage = STAGES.find((each) => each === word);
  if (stage !== undefined) return stageLines(stage, page);
  const ending = ENDINGS.find((each) => each === word);
  if (ending !== undefined) return endingLines(ending, page);
  const certainty = CERTAINTY_WORDS.find((each) => each === word);
  if (certainty !== undefined)
    return hanging('', `${certainty}: ${CERTAINTY_MEANINGS[certainty]}`, page.width);
  if (word === EXIT_CODES_WORD) return exitCodes(page);
  const known = [
    ...FATES,
    ...CAUSES.map(({ id }) => id),
    ...JOINT_CAUSES.map(({ id }) => id),
    ...PATTERNS.map(({ id }) => id),
    ...STAGES,
    ...ENDINGS,
    ...CERTAINTY_WORDS,
    EXIT_CODES_WORD,
  ];
  throw new UsageError(
    `'${word}' is no fate, cause, pattern, stage or ending.${didYouMean(word, known)} 'sshfate explain' lists all words.`,
  );
}

function fateLines(fate: Fate, page: Page): string[] {
  const { title, meaning, usualCauses, clientSees } = FATE_DEFINITIONS[fate];
  const { width, paint } = page;
  const causes = CAUSES.filter((cause) => cause.fates.includes(fate));
  const lines = [
    ...wrap(`${fate}: ${title}`, width).map((line) => paint('bold', line)),
    '',
    ...hanging('  ', meaning, width),
    '',
    ...hanging('  ', `It is given for: ${cellsOf(fate)}`, width),
    ...section('Usually behind it', bullets(usualCauses, page), page),
  ];
  if (causes.length > 0) {
    const told = causes.map(({ id, title }) => `${id}: ${title}`);
    lines.push(...section('Causes that are told from packets', bullets(told, page), page));
  }
  if (clientSees.length > 0)
    lines.push(...section('An OpenSSH client prints', bullets(clientSees, page), page));
  return lines;
}

/** The cells of the table that hold the fate. */
function cellsOf(fate: Fate): string {
  const places: string[] = [];
  for (const stage of STAGES) {
    for (const ending of TABLE_ENDINGS) {
      if (cellFates(stage, ending).some(([each]) => each === fate))
        places.push(`stage ${stage}, ending ${ending}`);
    }
  }
  if (fate === 'open') places.push('any stage, ending open');
  if (fate === 'not-ssh')
    places.push('stage tcp, any ending, when the first bytes of the server are not SSH');
  if (fate === 'undetermined') places.push('any stage and ending, when what decides is not in the capture');
  if (fate === 'lost-in-session')
    places.push('stage session, ending fin, when the closer had been left unanswered');
  return `${places.join('; ')}.`;
}

function causeLines({ id, title, needs, says, fates }: CauseSummary, page: Page): string[] {
  const { width, paint } = page;
  return [
    ...wrap(`${id}: ${title}`, width).map((line) => paint('bold', line)),
    '',
    ...hanging('  ', says, width),
    ...section('Evidence that it needs', hanging('  ', needs, width), page),
    ...section(
      'Looked for under',
      bullets(
        fates.map((fate) => `${fate}: ${FATE_DEFINITIONS[fate].title}`),
        page,
      ),
      page,
    ),
  ];
}

function jointCauseLines(cause: JointCauseDefinition, page: Page): string[] {
  const told = 'Of two captures or more: sshfate compare CLIENT.pcap SERVER.pcap. No single one shows it.';
  return [...patternLines(cause, page), ...section('Told from', hanging('  ', told, page.width), page)];
}

function patternLines({ id, title, needs, says }: Omit<PatternDefinition, 'find'>, page: Page): string[] {
  const { width, paint } = page;
  return [
    ...wrap(`${id}: ${title}`, width).map((line) => paint('bold', line)),
    '',
    ...hanging('  ', says, width),
    ...section('Evidence that it needs', hanging('  ', needs, width), page),
  ];
}

function stageLines(stage: Stage, page: Page): string[] {
  const cells = TABLE_ENDINGS.map((ending) => `ended by ${ending}: ${cellText(stage, ending)}`);
  return [
    ...hanging('', `${stage} (stage): ${STAGE_MEANINGS[stage]}`, page.width),
    ...section('Fates', bullets(cells, page), page),
  ];
}

function endingLines(ending: Ending, page: Page): string[] {
  const meaning = hanging('', `${ending} (ending): ${ENDING_MEANINGS[ending]}`, page.width);
  if (ending === 'open')
    return [...meaning, ...section('Fates', bullets(['in any stage: open'], page), page)];
  const cells = STAGES.map((stage) => `stage ${stage}: ${cellText(stage, ending)}`);
  return [...meaning, ...section('Fates', bullets(cells, page), page)];
}

function overview(page: Page): string[] {
  const { width, paint } = page;
  const words = (heading: string, items: readonly (readonly [string, string])[]): string[] => {
    const column = Math.max(...items.map(([word]) => word.length)) + 2;
    return section(
      heading,
      items.flatMap(([word, meaning]) => {
        const [first = '', ...rest] = hanging(' '.repeat(column + 2), meaning, width);
        return [`  ${paint('bold', word.padEnd(column))}${first.trimStart()}`, ...rest];
      }),
      page,
    );
  };
  return [
    ...wrap('Every session gets one fate, from how far it had come (stage) and how it ended:', width).map(
      (line) => paint('bold', line),
    ),
    '',
    ...fateTable(page),
    '',
    ...hanging(
      '',
      "Alive at the capture's end is open. Where the server's first bytes are not SSH, the fate is not-ssh; where the capture does not hold what decides, undetermined.",
      width,
    ),
    ...words(
      'Fates',
      FATES.map((fate) => [fate, FATE_DEFINITIONS[fate].title]),
    ),
    ...words(
      'Causes',
      CAUSES.map(({ id, title }) => [id, title]),
    ),
    ...words(
      'Causes that only sshfate compare tells',
      JOINT_CAUSES.map(({ id, title }) => [id, title]),
    ),
    ...words(
      'Patterns over many sessions',
      PATTERNS.map(({ id, title }) => [id, title]),
    ),
    ...words(
      'Stages',
      STAGES.map((stage) => [stage, STAGE_MEANINGS[stage]]),
    ),
    ...words(
      'Endings',
      ENDINGS.map((ending) => [ending, ENDING_MEANINGS[ending]]),
    ),
    ...words(
      'How sure it is',
      CERTAINTY_WORDS.map((word) => [word, CERTAINTY_MEANINGS[word]]),
    ),
    ...exitCodes(page),
    '',
    "'sshfate explain WORD' says more.",
  ];
}

type TableEnding = Exclude<Ending, 'open'>;
const TABLE_ENDINGS = ENDINGS.filter((ending): ending is TableEnding => ending !== 'open');

/** Stage × ending, as the table that judges has it; a cell with several fates has a line for each. */
function fateTable({ width, paint }: Page): string[] {
  const rows = STAGES.map((stage) => [stage, ...TABLE_ENDINGS.map((ending) => cellText(stage, ending))]);
  const all = [['STAGE', ...TABLE_ENDINGS.map((ending) => ending.toUpperCase())], ...rows];
  const needed = all[0]?.map((_, i) => Math.max(...all.map((row) => longestWord(row[i] ?? '')))) ?? [];
  const widths = fitColumns(needed, [], width, 2);
  return all.flatMap((row, index) => {
    const cells = row.map((cell, i) => wrap(cell, widths[i] ?? 1, /(?<=[ -])/));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) => {
      const text = cells
        .map((lines, i) => padEnd(lines[line] ?? '', widths[i] ?? 0))
        .join('  ')
        .trimEnd();
      return index === 0 ? paint('bold', text) : text;
    });
  });
}

const longestWord = (text: string): number => Math.max(...text.split(' ').map((word) => word.length));

/** The fates of a cell with who must have ended the session for each; empty for all. */
function cellFates(stage: Stage, ending: TableEnding): readonly (readonly [Fate, string])[] {
  const cell = FATE_TABLE[stage][ending];
  if (typeof cell === 'string') return [[cell, '']];
  const by = new Map<Fate, string[]>();
  for (const [who, fate] of Object.entries(cell)) by.set(fate, [...(by.get(fate) ?? []), who]);
  // The fate of most enders comes first and stands for all but the exceptions.
  const [most, ...exceptions] = [...by].sort((a, b) => b[1].length - a[1].length);
  if (most === undefined) return [];
  return [[most[0], ''], ...exceptions.map(([fate, who]): [Fate, string] => [fate, who.join(' or ')])];
}

function cellText(stage: Stage, ending: TableEnding): string {
  return cellFates(stage, ending)
    .map(([fate, who]) => (who === '' ? fate : `${fate} (by ${who})`))
    .join(' ');
}

function exitCodes({ width }: Page): string[] {
  return ['', 'Exit codes', ...exitCodeLines(width - 2).map((line) => `  ${line}`)];
}

function section(heading: string, lines: readonly string[], { paint }: Page): string[] {
  return ['', paint('bold', heading), ...lines];
}

function bullets(items: readonly string[], { width }: Page): string[] {
  return items.flatMap((item) => {
    const [first = '', ...rest] = hanging('    ', item, width);
    return [`  - ${first.trimStart()}`, ...rest];
  });
}
