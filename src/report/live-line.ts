import type { Finding } from './document.ts';
import { forTerminal } from './escape.ts';
import { counted, padEnd } from './layout.ts';
import { fateFormat, type Paint, SEVERITY_FORMAT } from './paint.ts';
import type { ReportedSession } from './reporter.ts';
import { SESSION_COLUMNS } from './session-columns.ts';

const FATE_WIDTH = 21;

/** One verdict on one line: when, what, who, and the cause in a sentence. Nothing is cut off: it may be searched. */
export function liveLine(
  session: ReportedSession & { readonly revision?: number | undefined },
  paint: Paint,
): string {
  const { fate, cause, revision } = session;
  const time = session.end.slice(11, 19);
  const ends = `${SESSION_COLUMNS.client.text(session)} > ${SESSION_COLUMNS.server.text(session)}`;
  const why = cause === undefined ? '' : `  ${cause.id}: ${forTerminal(cause.summary)}`;
  const again = revision === undefined ? '' : `, now`;
  const label = paint(fateFormat(fate, session.causeId), padEnd(fate, FATE_WIDTH));
  return `${time} ${padEnd(`#${session.session}${again}`, 7)} ${label} ${ends}${why}`;
}

/** What became of a finding, on one line. */
export function findingLine(event: 'opened' | 'grew' | 'ended', finding: Finding, paint: Paint): string {
  const { title, severity, sessions, clients, clientsAtLeast, id } = finding;
  const count = `${counted(sessions, 'session')} of ${clientsAtLeast ? 'at least ' : ''}${counted(clients, 'client')}`;
  const label = paint(SEVERITY_FORMAT[severity], `finding ${event}`);
  return `${label} [${id}, ${severity}] ${forTerminal(title)}: ${count}`;
}
