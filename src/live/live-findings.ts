import { hostPort } from '../diagnosis/cause-definition.ts';
import { CaptureNotes, decisivePackets } from '../diagnosis/patterns/capture-notes.ts';
import type { Fate } from '../fate/vocabulary.ts';
import type { Finding } from '../report/document.ts';
import { byWorst, findingHead } from '../report/findings.ts';
import { instant } from '../report/instant.ts';
import { patternsIn } from '../report/pattern-findings.ts';
import type { ReportedSession } from '../report/reporter.ts';
import { HEALTHY_FATES, SEVERITIES, severityOf } from '../report/severity.ts';
import type { Cause } from '../session/record.ts';
import type { Verdict } from './watch.ts';

/** What becomes of a finding while it is watched. */
export interface FindingEvent {
  /** `grew`: ten times the sessions that it had when it was last told, or as many again after an hour. */
  readonly event: 'opened' | 'grew' | 'ended';
  readonly finding: Finding;
}

export interface LiveFindingsOptions {
  readonly name: string;
  /** ISO 8601 of a time of the watch. */
  readonly iso: (timeNs: number) => string;
  readonly onEvent: (event: FindingEvent) => void;
}

/** Without a session for as long, a finding is over. */
const QUIET_NS = 900e9;
const GROWN_FACTOR = 10;
const TOLD_AGAIN_NS = 3600e9;
/** Groups at once; a scan over many hosts makes one each. About 1 kB a group, and its clients. */
const MAX_GROUPS = 2000;
const MAX_CLIENTS = 1000;
const MAX_EXAMPLES = 5;
const MAX_TOP_CLIENTS = 10;
/** Patterns are looked for in the sessions of the last one to two of these. */
const GENERATION_NS = 600e9;
const LOOK_EVERY_NS = 5e9;

interface Group {
  readonly server: string;
  readonly fate: Fate;
  readonly cause: string | undefined;
  words: Cause | undefined;
  sessions: number;
  toldSessions: number;
  toldNs: number;
  firstSeen: string;
  lastSeen: string;
  lastNs: number;
  readonly clients: Map<string, number>;
  clientsLimited: boolean;
  examples: Finding['examples'][number][];
}

interface Pattern {
  finding: Finding;
  toldSessions: number;
  lastNs: number;
}

/** Findings that open, grow and end while the traffic goes on: bounded, whatever comes. */
export class LiveFindings {
  /** Sessions that are in no finding because there were too many. */
  ungrouped = 0;
  private readonly options: LiveFindingsOptions;
  private readonly groups = new Map<string, Group>();
  private readonly patterns = new Map<string, Pattern>();
  private older = new CaptureNotes();
  private younger = new CaptureNotes();
  private generationNs = 0;
  private lookedNs = 0;
  private hasNews = false;

  constructor(options: LiveFindingsOptions) {
    this.options = options;
  }

  /** Worst state first is the reader's business: those that are open, in the order in which they opened. */
  open(): Finding[] {
    return [
      ...[...this.patterns.values()].map(({ finding }) => finding),
      ...[...this.groups.values()].map(findingOf),
    ];
  }

  /** How many are open. */
  get openCount(): number {
    return this.patterns.size + this.groups.size;
  }

  /** The worst of those that are open, at most `limit`: for a look some times a minute, without making all of them. */
  worst(limit: number): Finding[] {
    const groups = [...this.groups.values()]
      .map((group) => ({ group, severity: SEVERITIES.indexOf(severityOf(group.fate, group.cause)) }))
      .sort((a, b) => a.severity - b.severity || b.group.sessions - a.group.sessions)
      .slice(0, limit)
      .map(({ group }) => findingOf(group));
    const patterns = [...this.patterns.values()].map(({ finding }) => finding);
    return [...patterns, ...groups].sort(byWorst).slice(0, limit);
  }

  verdict(session: ReportedSession, { previous }: Verdict, nowNs: number): void {
    if (previous !== undefined) this.takeBack(session, previous.fate, previous.cause);
    const { fate, causeId } = session;
    if (causeId === undefined && HEALTHY_FATES.has(fate)) return;
    const key = keyOf(session, fate, causeId);
    const group = this.groups.get(key) ?? this.newGroup(key, session, fate, causeId);
    if (group === undefined) {
      this.ungrouped++;
      return;
    }
    this.count(group, session, nowNs);
    if (group.toldSessions === 0) this.tell(group, 'opened', nowNs);
    else if (hasGrown(group, nowNs)) this.tell(group, 'grew', nowNs);
  }

  /** The session is over for good: patterns count it. */
  ended(session: ReportedSession): void {
    this.older.add(session);
    this.younger.add(session);
    this.hasNews = true;
  }

  /** Looks for patterns, and for findings that are over. */
  tick(nowNs: number): void {
    if (nowNs - this.lookedNs < LOOK_EVERY_NS) return;
    this.lookedNs = nowNs;
    if (this.hasNews) this.lookForPatterns(nowNs);
    this.hasNews = false;
    if (nowNs - this.generationNs >= GENERATION_NS) {
      this.generationNs = nowNs;
      this.older = this.younger;
      this.younger = new CaptureNotes();
    }
    for (const [key, group] of this.groups) {
      if (nowNs - group.lastNs < QUIET_NS) continue;
      this.groups.delete(key);
      this.options.onEvent({ event: 'ended', finding: findingOf(group) });
    }
    for (const [id, { finding, lastNs }] of this.patterns) {
      if (nowNs - lastNs < QUIET_NS) continue;
      this.patterns.delete(id);
      this.options.onEvent({ event: 'ended', finding });
    }
  }

  private newGroup(
    key: string,
    session: ReportedSession,
    fate: Fate,
    cause: string | undefined,
  ): Group | undefined {
    if (this.groups.size >= MAX_GROUPS) return undefined;
    const group: Group = {
      server: hostPort(session.server),
      fate,
      cause,
      words: undefined,
      sessions: 0,
      toldSessions: 0,
      toldNs: 0,
      firstSeen: this.options.iso(session.startNs),
      lastSeen: '',
      lastNs: 0,
      clients: new Map(),
      clientsLimited: false,
      examples: [],
    };
    this.groups.set(key, group);
    return group;
  }

  private count(group: Group, session: ReportedSession, nowNs: number): void {
    group.sessions++;
    group.lastNs = nowNs;
    group.lastSeen = this.options.iso(session.endNs);
    const { address } = session.client;
    const known = group.clients.get(address);
    if (known !== undefined || group.clients.size < MAX_CLIENTS) group.clients.set(address, (known ?? 0) + 1);
    else group.clientsLimited = true;
    if (group.examples.length >= MAX_EXAMPLES) return;
    const { cause } = session;
    // As plain values: the session's own are made from a connection that serves another one soon.
    group.words ??= cause && (JSON.parse(JSON.stringify(cause)) as Cause);
    group.examples.push({
      capture: session.capture,
      session: session.session,
      packets: decisivePackets(session),
    });
  }

  /** What was said of this session is no longer so. */
  private takeBack(session: ReportedSession, fate: Fate, cause: string | undefined): void {
    const group = this.groups.get(keyOf(session, fate, cause));
    if (group === undefined) return;
    group.sessions--;
    const { address } = session.client;
    const count = group.clients.get(address);
    if (count === 1) group.clients.delete(address);
    else if (count !== undefined) group.clients.set(address, count - 1);
    group.examples = group.examples.filter((example) => example.session !== session.session);
    if (group.sessions > 0) return;
    this.groups.delete(keyOf(session, fate, cause));
    this.options.onEvent({ event: 'ended', finding: findingOf(group) });
  }

  private tell(group: Group, event: FindingEvent['event'], nowNs: number): void {
    group.toldSessions = group.sessions;
    group.toldNs = nowNs;
    this.options.onEvent({ event, finding: findingOf(group) });
  }

  private lookForPatterns(nowNs: number): void {
    for (const finding of patternsIn(this.older, this.options.name, instant(this.options.iso(0)))) {
      const known = this.patterns.get(finding.id);
      if (known === undefined) {
        this.patterns.set(finding.id, { finding, toldSessions: finding.sessions, lastNs: nowNs });
        this.options.onEvent({ event: 'opened', finding });
        continue;
      }
      if (finding.lastSeen !== known.finding.lastSeen) known.lastNs = nowNs;
      known.finding = finding;
      if (finding.sessions < known.toldSessions * GROWN_FACTOR) continue;
      known.toldSessions = finding.sessions;
      this.options.onEvent({ event: 'grew', finding });
    }
  }
}

function hasGrown({ sessions, toldSessions, toldNs }: Group, nowNs: number): boolean {
  return (
    sessions >= toldSessions * GROWN_FACTOR || (nowNs - toldNs >= TOLD_AGAIN_NS && sessions > toldSessions)
  );
}

function keyOf(session: ReportedSession, fate: Fate, cause: string | undefined): string {
  return `${session.serverAddressWords.join()} ${session.ipVersion} ${session.serverPort} ${fate} ${cause ?? ''}`;
}

function findingOf(group: Group): Finding {
  const most = [...group.clients].sort((a, b) => b[1] - a[1]).slice(0, MAX_TOP_CLIENTS);
  return {
    ...findingHead(group.server, group.fate, group.cause),
    firstSeen: group.firstSeen,
    lastSeen: group.lastSeen,
    sessions: group.sessions,
    clients: group.clients.size,
    ...(group.clientsLimited && { clientsAtLeast: true }),
    topClients: most.map(([address, sessions]) => ({ address, sessions })),
    examples: group.examples,
    ...(group.words && { cause: group.words }),
  };
}
