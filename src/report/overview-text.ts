import type { Fate } from '../fate/vocabulary.ts';
import { captureTroubles, commonFolder, lengthOf, takenFrom } from './capture-troubles.ts';
import type { CaptureRecord, Finding, MessageSummary, Summary } from './document.ts';
import { forTerminal } from './escape.ts';
import { counted, displayWidth, grouped, padEnd, padStart, shorten, wrap } from './layout.ts';
import { messageVerdict } from './message-check.ts';
import type { Overview, Verdict } from './overview.ts';
import { fateFormat, type Paint, SEVERITY_FORMAT } from './paint.ts';
import { timeSpan } from './time-span.ts';

/** Each of these gives lines for a terminal of `width` columns. */
export interface TextOptions {
  readonly width: number;
  readonly paint: Paint;
}

/** Columns between two columns of a table. */
export const GAP = 2;

/** Captures that get lines of their own. */
const MAX_CAPTURES = 1000;
const MAX_VERDICTS = 4;
const MAX_FINDINGS = 10;
const MAX_BAR = 30;
/** '100.0 %' */
const SHARE_WIDTH = 7;

/** What was read and what was not as it should be; of several captures also what became of the sessions of each. */
export function captureLines(overview: Overview, { width, paint }: TextOptions): string[] {
  const { captures, verdicts } = overview;
  const troubles = (capture: CaptureRecord, indent: string): string[] =>
    captureTroubles(capture).flatMap((trouble) =>
      hanging(indent, forTerminal(trouble), width).map((line) => paint('yellow', line)),
    );
  if (captures.length === 1) {
    return captures.flatMap((capture) => [
      ...hanging('', `${forTerminal(capture.name)}: ${captureText(capture)}`, width),
      ...troubles(capture, INDENT),
    ]);
  }
  const folder = commonFolder(captures.map(({ name }) => name));
  const shown = captures.slice(0, MAX_CAPTURES);
  const names = shown.map(({ name }) => forTerminal(name.slice(folder.length)));
  const texts = shown.map((_, i) => verdictTexts(verdicts[i] ?? [], paint));
  const column = Math.min(Math.floor(width * NAME_SHARE), Math.max(0, ...names.map(displayWidth)));
  const lines = hanging('', totals(captures, folder), width).map((line) => paint('bold', line));
  for (const [i, capture] of shown.entries()) {
    const name = names[i] ?? '';
    const widest = Math.max(
      0,
      ...(texts[i] ?? []).map(({ width }, j, { length }) => width + commaAt(j, length)),
    );
    let start = `${INDENT}${padEnd(name, column)}${' '.repeat(GAP)}`;
    if (displayWidth(name) > column || displayWidth(start) + widest > width) {
      // No room beside each other.
      lines.push(INDENT + shorten(name, width - INDENT.length));
      start = INDENT.repeat(3);
    }
    for (const line of joined(texts[i] ?? [], width - displayWidth(start))) {
      lines.push(start + line);
      start = ' '.repeat(displayWidth(start));
    }
    lines.push(...troubles(capture, INDENT.repeat(2)));
  }
  const others = captures.length - shown.length;
  if (others > 0) lines.push(paint('dim', `${INDENT}and ${counted(others, 'more capture')}`));
  return lines;
}

const INDENT = '  ';
/** Of a line's width, for the names of captures; longer ones get a line of their own. */
const NAME_SHARE = 0.55;

/** A coloured text and the columns that it takes. */
interface Painted {
  readonly text: string;
  readonly width: number;
}

function verdictTexts(verdicts: readonly Verdict[], paint: Paint): Painted[] {
  const texts = verdicts.slice(0, MAX_VERDICTS).map(({ fate, causeId, sessions }) => {
    const count = sessions === 1 ? '' : `${grouped(sessions)} × `;
    const cause = causeId === undefined ? '' : ` (${causeId})`;
    const width = displayWidth(count + fate + cause);
    return { text: count + paint(fateFormat(fate, causeId), fate) + cause, width };
  });
  if (verdicts.length === 0) texts.push({ text: paint('dim', 'no session'), width: 10 });
  if (verdicts.length > MAX_VERDICTS) texts.push({ text: '…', width: 1 });
  return texts;
}

/** Columns of the comma behind the `i`th of so many. */
const commaAt = (i: number, count: number): number => (i < count - 1 ? 1 : 0);

/** With commas between, in lines of at most `width` columns. */
function joined(texts: readonly Painted[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const [i, { text, width: needed }] of texts.entries()) {
    const comma = ','.repeat(commaAt(i, texts.length));
    if (used > 0 && used + 1 + needed + comma.length > width) {
      lines.push(line);
      line = '';
      used = 0;
    }
    line += (used > 0 ? ' ' : '') + text + comma;
    used += (used > 0 ? 1 : 0) + needed + comma.length;
  }
  return [...lines, line];
}

/** Sessions by fate. */
export function summaryLines(summary: Summary, { width, paint }: TextOptions): string[] {
  const fates = Object.entries(summary.fates) as [Fate, number][];
  if (fates.length === 0) return [];
  fates.sort((a, b) => b[1] - a[1]);
  const names = Math.max(...fates.map(([fate]) => fate.length));
  const counts = Math.max('SESSIONS'.length, ...fates.map(([, sessions]) => grouped(sessions).length));
  const columns = (fate: string, sessions: string, share: string): string[] => [
    padEnd(fate, names),
    padStart(sessions, counts),
    padStart(share, SHARE_WIDTH),
  ];
  const gap = ' '.repeat(GAP);
  const bar = Math.max(0, Math.min(MAX_BAR, width - names - counts - SHARE_WIDTH - 3 * GAP));
  const lines = fates.map(([fate, sessions]) => {
    const share = sessions / summary.sessions;
    const [name = '', ...numbers] = columns(fate, grouped(sessions), `${(share * 100).toFixed(1)} %`);
    // Whatever occurs shall be seen.
    const length = Math.max(1, Math.round(share * bar));
    return [paint(fateFormat(fate, undefined), name), ...numbers, paint('dim', '█'.repeat(length))].join(gap);
  });
  return [paint('bold', columns('FATE', 'SESSIONS', 'SHARE').join(gap)), ...lines];
}

/** Whether the sessions explain what a client printed. */
export function messageLines(summary: MessageSummary, { width, paint }: TextOptions): string[] {
  return [
    paint('bold', 'MESSAGE'),
    ...summary.lines.slice(0, MAX_MESSAGE_LINES).flatMap((line) => hanging(INDENT, forTerminal(line), width)),
    ...hanging('', forTerminal(messageVerdict(summary)), width),
  ];
}

const MAX_MESSAGE_LINES = 4;

/** What goes into a ticket, in short. */
export function findingLines(
  findings: readonly Finding[],
  severalCaptures: boolean,
  { width, paint }: TextOptions,
): string[] {
  const lines = [paint('bold', 'FINDINGS')];
  const indent = ' '.repeat(8);
  for (const finding of findings.slice(0, MAX_FINDINGS)) {
    const [title = '', ...more] = wrap(forTerminal(finding.title), width - indent.length);
    lines.push(
      `${paint(SEVERITY_FORMAT[finding.severity], finding.severity.padEnd(indent.length))}${paint('bold', title)}`,
    );
    lines.push(...more.map((line) => `${indent}${paint('bold', line)}`));
    const example = finding.examples[0];
    const atLeast = finding.clientsAtLeast ? 'at least ' : '';
    const of = severalCaptures && example !== undefined ? ` of ${forTerminal(example.capture)}` : '';
    const where = example === undefined ? '' : `; see session ${example.session}${of}`;
    lines.push(
      ...hanging(
        indent,
        `${counted(finding.sessions, 'session')} from ${atLeast}${counted(finding.clients, 'client')}, ${timeSpan(finding.firstSeen, finding.lastSeen)}${where}`,
        width,
      ),
    );
    const { summary, nextSteps } = finding.summary === undefined ? (finding.cause ?? NOTHING) : finding;
    if (summary === undefined) continue;
    lines.push(...hanging(indent, forTerminal(summary), width));
    const step = nextSteps?.[0];
    if (step !== undefined) {
      const [first = '', ...rest] = hanging(`${indent}  `, forTerminal(step), width);
      lines.push(
        paint('cyan', `${indent}> ${first.trimStart()}`),
        ...rest.map((line) => paint('cyan', line)),
      );
    }
  }
  const others = findings.length - MAX_FINDINGS;
  if (others > 0)
    lines.push(paint('dim', `and ${counted(others, 'more finding')}: --format json has them all`));
  return lines;
}

const NOTHING: Pick<Finding, 'summary' | 'nextSteps'> = {};

/** Text in lines that all start with `indent`. */
export function hanging(indent: string, text: string, width: number): string[] {
  return wrap(text, Math.max(1, width - indent.length)).map((line) => indent + line);
}

function totals(captures: readonly CaptureRecord[], folder: string): string {
  const packets = captures.reduce((sum, capture) => sum + capture.packets, 0);
  const where = folder === '' ? '' : ` in ${forTerminal(folder)}`;
  return `${counted(captures.length, 'capture')}${where}, ${counted(packets, 'packet')}`;
}

function captureText(capture: CaptureRecord): string {
  const { format, gzip, packets, start } = capture;
  const kind = `${format ?? 'no format'}${gzip ? ' in gzip' : ''}, ${counted(packets, 'packet')}`;
  const length = lengthOf(capture);
  if (start === undefined || length === undefined) return kind;
  return `${kind}, ${length} from ${start.slice(0, 19).replace('T', ' ')} UTC${takenFrom(capture)}`;
}
