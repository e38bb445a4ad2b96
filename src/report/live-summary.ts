import type { Finding } from './document.ts';
import { forTerminal } from './escape.ts';
import { counted, duration, wrap } from './layout.ts';
import type { FateCount } from './live-picture.ts';
import { summaryLines, type TextOptions } from './overview-text.ts';
import { SEVERITY_FORMAT } from './paint.ts';

/** What a watch has come to. */
export interface LiveResult {
  readonly interfaces: readonly string[];
  readonly runningMs: number;
  readonly packets: number;
  readonly lost: number;
  readonly judged: number;
  readonly fates: readonly FateCount[];
  /** Worst first, not all. */
  readonly findings: readonly Finding[];
  readonly findingsOpen: number;
}

const MAX_FINDINGS = 10;

/** A watch in a few lines, to be left on the terminal. */
export function liveSummary(result: LiveResult, options: TextOptions): string {
  const { interfaces, runningMs, packets, lost, judged, fates, findings, findingsOpen } = result;
  const { width, paint } = options;
  const head = `${interfaces.map(forTerminal).join(', ')}: ${counted(judged, 'session')} in ${duration(runningMs)}, ${counted(packets, 'packet')}, ${lost === 0 ? 'none' : counted(lost, 'packet')} lost`;
  const lines = wrap(head, width).map((line) => paint('bold', line));
  if (fates.length > 0) {
    const summary = {
      sessions: judged,
      fates: Object.fromEntries(fates.map(({ fate, sessions }) => [fate, sessions])),
      causes: {},
    };
    lines.push('', ...summaryLines(summary, options));
  }
  if (findings.length > 0) lines.push('', paint('bold', 'FINDINGS'));
  for (const finding of findings.slice(0, MAX_FINDINGS)) lines.push(...findingText(finding, options));
  const others = findingsOpen - Math.min(findings.length, MAX_FINDINGS);
  if (others > 0) lines.push(paint('dim', `and ${counted(others, 'more finding')}`));
  return `${lines.join('\n')}\n`;
}

function findingText(
  { severity, title, sessions, clients, clientsAtLeast }: Finding,
  { width, paint }: TextOptions,
): string[] {
  const label = severity.padEnd(LABEL_WIDTH);
  const text = `${forTerminal(title)}: ${counted(sessions, 'session')} of ${clientsAtLeast ? 'at least ' : ''}${counted(clients, 'client')}`;
  return wrap(text, Math.max(1, width - LABEL_WIDTH)).map((line, i) =>
    i === 0 ? paint(SEVERITY_FORMAT[severity], label) + line : ' '.repeat(LABEL_WIDTH) + line,
  );
}

const LABEL_WIDTH = 8;
