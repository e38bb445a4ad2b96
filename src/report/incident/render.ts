import { forJson } from '../escape.ts';
import { htmlPage } from '../page/html.ts';
import { markdownPage, markdownSection } from '../page/markdown.ts';
import { textPage } from '../page/text.ts';
import { findingSection } from './finding-section.ts';
import type { Incident, IncidentFinding } from './incident.ts';
import { type Extent, FULL_EXTENT, incidentPage } from './incident-page.ts';

export interface MarkdownOptions {
  /** Characters. Fewer findings are told in full where it would be longer; what is left out is said. */
  readonly maxLength?: number | undefined;
}

/** For GitHub, GitLab and Jira alike: CommonMark with pipe tables, no HTML. */
export function renderMarkdown(incident: Incident, { maxLength }: MarkdownOptions = {}): string {
  return withinLength(maxLength ?? Number.POSITIVE_INFINITY, (extent) =>
    markdownPage(incidentPage(incident, extent)),
  );
}

/** One finding alone, for a ticket; its heading is of the second level. */
export function renderFindingMarkdown(finding: IncidentFinding): string {
  return markdownSection(findingSection(finding, true), 2);
}

/** One file of less than 1 MB that needs no script and no network. */
export function renderHtml(incident: Incident): string {
  return withinLength(MAX_HTML_LENGTH, (extent) => htmlPage(incidentPage(incident, extent)));
}

/** For a terminal of so many columns, or a mail. */
export function renderText(incident: Incident, width: number): string {
  return textPage(incidentPage(incident), width);
}

/** `sshfate/incident@1`: all findings, those that matter with a session in full. */
export function renderJson(incident: Incident): string {
  const { findings } = incident;
  // What is drawn is in the sessions themselves.
  const data = { ...incident, findings: findings.map((one) => ({ ...one, jointSequence: undefined })) };
  return `${forJson(JSON.stringify(data, undefined, 2))}\n`;
}

/** What mail servers and ticket systems take without question, less what characters beyond ASCII need more. */
const MAX_HTML_LENGTH = 900_000;

/** The largest extent that keeps to the length; when none does, the smallest. */
function withinLength(maxLength: number, write: (extent: Extent) => string): string {
  let text = '';
  for (const extent of EXTENTS) {
    text = write(extent);
    if (text.length <= maxLength) break;
  }
  return text;
}

const EXTENTS: readonly Extent[] = [
  FULL_EXTENT,
  { detailed: 10, listed: 100, rows: 20 },
  { detailed: 5, listed: 50, rows: 10 },
  { detailed: 3, listed: 20, rows: 10 },
  { detailed: 1, listed: 10, rows: 5 },
  { detailed: 0, listed: 10, rows: 5 },
  { detailed: 0, listed: 3, rows: 3 },
];
