import { FATES } from '../fate/vocabulary.ts';
import { forTerminal } from '../report/escape.ts';
import type { Incident } from '../report/incident/incident.ts';
import { Overview } from '../report/overview.ts';
import { captureLines, findingLines, summaryLines, type TextOptions } from '../report/overview-text.ts';
import { SEVERITIES } from '../report/severity.ts';

/**
 * What the table of `analyze` says but for the sessions, of an incident that a service told. Its texts are as hostile as those
 * in a capture, and so are the words that our own code would not escape.
 *
 * @throws TypeError for what is no incident.
 */
export function verdictLines(told: unknown, options: TextOptions): string[] {
  const incident = JSON.parse(JSON.stringify(told) ?? 'null', (_, value: unknown) =>
    typeof value === 'string' ? forTerminal(value) : value,
  ) as Incident;
  const overview = new Overview();
  for (const capture of incident.captures) overview.captureEnded(capture);
  const fates = FATES.filter((fate) => Number.isSafeInteger(incident.summary.fates[fate]));
  const summary = {
    ...incident.summary,
    fates: Object.fromEntries(fates.map((fate) => [fate, incident.summary.fates[fate]])),
  };
  const findings = incident.findings.filter(({ severity }) => SEVERITIES.includes(severity));
  const blocks = [
    captureLines(overview, options),
    summaryLines(summary, options),
    findings.length > 0 ? findingLines(findings, false, options) : [],
    fates.length === 0 ? ['No SSH session.'] : [],
  ].filter((lines) => lines.length > 0);
  return blocks.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}
