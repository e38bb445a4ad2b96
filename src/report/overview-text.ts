import Table from 'cli-table3';
import type { Fate } from '../fate/vocabulary.ts';
import type { CaptureRecord, Finding, Summary } from './document.ts';
import { forTerminal } from './escape.ts';
import { counted, duration, grouped, wrap } from './layout.ts';
import { fateFormat, type Paint, SEVERITY_FORMAT } from './paint.ts';

/** Each of these gives lines for a terminal of `width` columns. */
export interface TextOptions {
  readonly width: number;
  readonly paint: Paint;
}

/** Without frames, colours or padding of its own: it would colour into pipes. */
export const TABLE_STYLE = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
};

/** Columns between two columns of a table. */
export const GAP = 2;

/** More captures than this are told together, except those with something to say. */
const MAX_CAPTURES = 8;
const MAX_FINDINGS = 10;
const MAX_BAR = 30;

/** What was read, and what of it was not as it should be. */
export function captureLines(captures: readonly CaptureRecord[], { width, paint }: TextOptions): string[] {
  const together = captures.length > MAX_CAPTURES;
  const lines = together ? [totals(captures)] : [];
  for (const capture of captures) {
    const troubles = captureTroubles(capture);
    if (together && troubles.length === 0) continue;
    lines.push(...hanging('', `${forTerminal(capture.name)}: ${captureText(capture)}`, width));
    for (const trouble of troubles) {
      lines.push(...hanging('  ', trouble, width).map((line) => paint('yellow', line)));
    }
  }
  return lines;
}

/** Sessions by fate. */
export function summaryLines(summary: Summary, { width, paint }: TextOptions): string[] {
  const fates = Object.entries(summary.fates) as [Fate, number][];
  if (fates.length === 0) return [];
  fates.sort((a, b) => b[1] - a[1]);
  const table = new Table({ ...TABLE_STYLE, colAligns: ['left', 'right', 'right', 'left'] });
  table.push(['FATE', 'SESSIONS', 'SHARE', ''].map((heading) => paint('bold', heading)));
  const bar = Math.max(0, Math.min(MAX_BAR, width - 50));
  for (const [fate, sessions] of fates) {
    const share = sessions / summary.sessions;
    table.push([
      paint(fateFormat(fate, undefined), fate),
      grouped(sessions),
      `${(share * 100).toFixed(1)} %`,
      // Whatever occurs shall be seen.
      paint('dim', '█'.repeat(Math.max(1, Math.round(share * bar)))),
    ]);
  }
  return trimmed(table.toString());
}

/** What goes into a ticket, in short. */
export function findingLines(findings: readonly Finding[], { width, paint }: TextOptions): string[] {
  const lines = [paint('bold', 'FINDINGS')];
  const indent = ' '.repeat(8);
  for (const finding of findings.slice(0, MAX_FINDINGS)) {
    const [title = '', ...more] = wrap(finding.title, width - indent.length);
    lines.push(
      `${paint(SEVERITY_FORMAT[finding.severity], finding.severity.padEnd(indent.length))}${paint('bold', title)}`,
    );
    lines.push(...more.map((line) => `${indent}${paint('bold', line)}`));
    const example = finding.examples[0];
    const atLeast = finding.clientsAtLeast ? 'at least ' : '';
    const where = example === undefined ? '' : `; see session ${example.session}`;
    lines.push(
      ...hanging(
        indent,
        `${counted(finding.sessions, 'session')} from ${atLeast}${counted(finding.clients, 'client')}, ${span(finding.firstSeen, finding.lastSeen)}${where}`,
        width,
      ),
    );
    if (finding.cause === undefined) continue;
    lines.push(...hanging(indent, forTerminal(finding.cause.summary), width));
    const step = finding.cause.nextSteps[0];
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

/** Text in lines that all start with `indent`. */
export function hanging(indent: string, text: string, width: number): string[] {
  return wrap(text, Math.max(1, width - indent.length)).map((line) => indent + line);
}

/** Lines of a cli-table3 table, which pads the last column as well. */
export function trimmed(table: string): string[] {
  return table.split('\n').map((line) => line.trimEnd());
}

function totals(captures: readonly CaptureRecord[]): string {
  const packets = captures.reduce((sum, capture) => sum + capture.packets, 0);
  return `${counted(captures.length, 'capture')}, ${counted(packets, 'packet')}`;
}

function captureText({ format, gzip, packets, start, end }: CaptureRecord): string {
  const kind = `${format ?? 'no format'}${gzip ? ' in gzip' : ''}, ${counted(packets, 'packet')}`;
  if (start === undefined || end === undefined) return kind;
  const length = duration(Math.max(0, Date.parse(end) - Date.parse(start)));
  return `${kind}, ${length} from ${start.slice(0, 19).replace('T', ' ')} UTC`;
}

function captureTroubles(capture: CaptureRecord): string[] {
  const troubles: string[] = [];
  if (capture.damage !== undefined) troubles.push(forTerminal(capture.damage.message));
  if (capture.drops) troubles.push(`The capturing program lost ${counted(capture.drops, 'packet')}.`);
  if (capture.cutPackets > 0) {
    const length = capture.snapLength === undefined ? '' : ` of ${capture.snapLength}`;
    troubles.push(`The snap length${length} cut ${counted(capture.cutPackets, 'packet')}.`);
  }
  for (const [name, count] of Object.entries(capture.limits)) {
    troubles.push(`Limit reached: ${name.replaceAll('-', ' ')}, ${grouped(count)}.`);
  }
  return troubles;
}

/** '2026-11-23 11:26:46 to 11:27:16 UTC', the second date only when it is another one. */
function span(first: string, last: string): string {
  const from = first.slice(0, 19).replace('T', ' ');
  const to = last.slice(0, 19).replace('T', ' ');
  if (from === to) return `${from} UTC`;
  return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to} UTC`;
}
