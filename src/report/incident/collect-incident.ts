import { hostPort } from '../../diagnosis/cause-definition.ts';
import { toldMs } from '../../session/clock.ts';
import type { SessionRecord } from '../../session/record.ts';
import { Best } from '../best.ts';
import type { CaptureRecord, Finding } from '../document.ts';
import { FateCounts } from '../figures/fate-times.ts';
import { Overview } from '../overview.ts';
import type { ReportedSession, Reporter } from '../reporter.ts';
import { SEVERITIES, severityOf } from '../severity.ts';
import type { Incident, IncidentFinding } from './incident.ts';
import { PartyTally } from './party-tally.ts';

/** Gathers what a report tells from a run. Give it to whoever judges captures, then ask for the incident. */
export interface IncidentCollector extends Reporter {
  incident(): Incident;
}

/** `generator`: what made it, e.g. 'sshfate 1.2.3'. */
export function collectIncident(generator?: string): IncidentCollector {
  const overview = new Overview();
  const servers = new PartyTally('server');
  const clients = new PartyTally('client');
  const examples = new Best<SessionRecord>(MAX_EXAMPLES);
  const counts = new FateCounts();
  /** Of the capture that is being read, since its first packet. */
  let current = new FateCounts();
  let failed = 0;

  function session(session: ReportedSession): void {
    const before = overview.add(session);
    const severity = severityOf(session.fate, session.causeId);
    const hasFailed = before !== undefined && severity !== 'info';
    if (hasFailed) failed++;
    servers.add(session, hasFailed);
    clients.add(session, hasFailed);
    current.add(session.fate, session.endNs / 1e6);
    if (before !== undefined && before < EXAMPLES_OF_A_FINDING) {
      examples.offer(SEVERITIES.indexOf(severity) + before * SEVERITIES.length, () => session.toJSON());
    }
  }

  function capture(capture: CaptureRecord): void {
    overview.captureEnded(capture);
    const startMs = capture.start === undefined ? Number.NaN : Date.parse(capture.start);
    if (!Number.isNaN(startMs)) {
      for (const [fate, ms, sessions] of current) counts.add(fate, toldMs(startMs + ms), sessions);
    }
    current = new FateCounts();
  }

  return {
    session,
    capture,
    end: () => {},
    incident() {
      const records = examples.items();
      const times = counts.times();
      return {
        schema: 'sshfate/incident@1',
        ...(generator !== undefined && { generator }),
        captures: overview.captures,
        summary: overview.summary(),
        failed,
        findings: overview.findings().map((finding) => withExample(finding, records)),
        ...(times && { times }),
        servers: servers.table(),
        clients: clients.table(),
      };
    },
  };
}

/**
 * Records that are kept to illustrate findings, about 15 kB each. The first of every finding of a severity come
 * before the second ones.
 */
const MAX_EXAMPLES = 150;
/** Of these the most telling is chosen. */
const EXAMPLES_OF_A_FINDING = 3;

function withExample(finding: Finding, records: readonly SessionRecord[]): IncidentFinding {
  const isExample = ({ capture, session }: SessionRecord) =>
    finding.examples.some((example) => example.session === session && example.capture === capture);
  const candidates = records.filter(isExample);
  // A pattern's own examples may be of findings with many others before them: any of the same kind will do.
  const isAlike = (record: SessionRecord) =>
    finding.pattern !== undefined && record.fate === finding.fate && finding.server === nameOf(record);
  const [example] = (candidates.length > 0 ? candidates : records.filter(isAlike)).sort(
    (a, b) => tellingness(b) - tellingness(a) || a.session - b.session,
  );
  return example === undefined ? finding : { ...finding, example };
}

const nameOf = ({ server }: SessionRecord): string => hostPort(server);

const CONFIDENCE = { certain: 3, likely: 2, possible: 1 } as const;

/** How much a session shows of why it ended: its confidence first, then how much evidence there is. */
function tellingness({ cause, timeline, certainty }: SessionRecord): number {
  const confidence = cause === undefined ? 0 : CONFIDENCE[cause.confidence];
  const evidence = Math.min(99, (cause?.evidence.length ?? 0) * 4 + timeline.length);
  return confidence * 1000 + (certainty === 'observed' ? 100 : 0) + evidence;
}
