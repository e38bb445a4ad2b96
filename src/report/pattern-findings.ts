import { createHash } from 'node:crypto';
import { CaptureNotes } from '../diagnosis/patterns/capture-notes.ts';
import { PATTERNS } from '../diagnosis/patterns/catalogue.ts';
import type { PatternFinding } from '../diagnosis/patterns/pattern-definition.ts';
import type { CaptureRecord, Finding } from './document.ts';
import { after, type Instant, instant, iso } from './instant.ts';
import type { ReportedSession } from './reporter.ts';

const MAX_EXAMPLES = 5;
const MAX_TOP_CLIENTS = 10;
/** More than this nobody reads. */
const MAX_FINDINGS = 1000;
const ID_LENGTH = 10;

/** One pattern at one place, over the captures in which it was found. */
interface Found {
  readonly pattern: string;
  /** In the capture with most of its sessions. */
  most: PatternFinding;
  captures: number;
  first: Instant;
  last: Instant;
  sessions: number;
  readonly clients: Map<string, number>;
  clientsLimited: boolean;
  readonly examples: Finding['examples'][number][];
}

/** What the sessions noted so far show together. `epoch`: of the capture's first packet. */
export function patternsIn(notes: CaptureNotes, capture: string, epoch: Instant): Finding[] {
  const findings = new PatternFindings();
  findings.look(notes, capture, epoch);
  return findings.findings();
}

/** Findings over many sessions: patterns are looked for within each capture, and told together. */
export class PatternFindings {
  private notes = new CaptureNotes();
  private readonly found = new Map<string, Found>();
  private unnoted = 0;

  add(session: ReportedSession): void {
    this.notes.add(session);
  }

  captureEnded({ name, start }: CaptureRecord): void {
    const { notes } = this;
    this.notes = new CaptureNotes();
    this.unnoted += notes.unnoted;
    if (start === undefined) return;
    this.look(notes, name, instant(start));
  }

  look(notes: CaptureNotes, capture: string, epoch: Instant): void {
    for (const pattern of PATTERNS) {
      for (const finding of pattern.find(notes)) this.merge(pattern.id, finding, capture, epoch);
    }
  }

  findings(): Finding[] {
    return [...this.found].map(([id, found]) => findingOf(id, found));
  }

  limits(): Record<string, number> {
    return this.unnoted > 0 ? { 'sessions-without-pattern': this.unnoted } : {};
  }

  private merge(pattern: string, finding: PatternFinding, capture: string, epoch: Instant): void {
    const id = createHash('sha256').update(`${pattern} ${finding.key}`).digest('hex').slice(0, ID_LENGTH);
    const first = after(epoch, finding.firstNs);
    const last = after(epoch, finding.lastNs);
    let found = this.found.get(id);
    if (found === undefined) {
      if (this.found.size >= MAX_FINDINGS) return;
      found = {
        pattern,
        most: finding,
        captures: 0,
        first,
        last,
        sessions: 0,
        clients: new Map(),
        clientsLimited: false,
        examples: [],
      };
      this.found.set(id, found);
    }
    found.captures++;
    found.sessions += finding.sessions;
    if (finding.sessions > found.most.sessions) found.most = finding;
    if (first.ns < found.first.ns) found.first = first;
    if (last.ns > found.last.ns) found.last = last;
    if (finding.clientsLimited) found.clientsLimited = true;
    for (const [client, sessions] of finding.clients) {
      found.clients.set(client, (found.clients.get(client) ?? 0) + sessions);
    }
    for (const { session, packets } of finding.examples) {
      if (found.examples.length < MAX_EXAMPLES) found.examples.push({ capture, session, packets });
    }
  }
}

function findingOf(id: string, found: Found): Finding {
  const { most, captures, sessions } = found;
  const inAll =
    captures === 1
      ? ''
      : ` This is what the capture with the most of them shows; all ${captures} captures together have ${sessions}.`;
  const clients = [...found.clients].sort((a, b) => b[1] - a[1]);
  return {
    id,
    pattern: found.pattern,
    title: most.title,
    severity: most.severity,
    server: most.server,
    fate: most.fate,
    firstSeen: iso(found.first),
    lastSeen: iso(found.last),
    sessions,
    clients: clients.length,
    ...(found.clientsLimited && { clientsAtLeast: true }),
    topClients: clients.slice(0, MAX_TOP_CLIENTS).map(([address, count]) => ({ address, sessions: count })),
    examples: found.examples,
    summary: most.summary + inAll,
    nextSteps: most.nextSteps,
  };
}
