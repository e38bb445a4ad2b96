import type { Incident, IncidentFinding } from './incident.ts';

export interface MarkdownOptions {
  /** Fewer findings are told in full when the text would be longer; what was left out is said. */
  readonly maxLength?: number;
}

/** For GitHub, GitLab and Jira alike: CommonMark with pipe tables, no HTML. */
export function renderMarkdown(incident: Incident, options: MarkdownOptions = {}): string {
  return JSON.stringify([incident, options]);
}

/** One finding alone, for a ticket; the heading is of the second level. */
export function renderFindingMarkdown(finding: IncidentFinding, options: MarkdownOptions = {}): string {
  return JSON.stringify([finding, options]);
}

/** One page that needs no script and no network. */
export function renderHtml(incident: Incident): string {
  return JSON.stringify(incident);
}

/** For a terminal of so many columns, or a mail. */
export function renderText(incident: Incident, width: number): string {
  return JSON.stringify([incident, width]);
}

export function renderJson(incident: Incident): string {
  return `${JSON.stringify(incident, undefined, 2)}\n`;
}
