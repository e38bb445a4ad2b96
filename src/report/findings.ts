import { createHash } from 'node:crypto';
import { hostPort } from '../diagnosis/cause-definition.ts';
import { decisivePackets } from '../diagnosis/patterns/capture-notes.ts';
import { FATE_DEFINITIONS } from '../fate/definitions.ts';
import type { Fate } from '../fate/vocabulary.ts';
import type { Cause } from '../session/record.ts';
import { formatAddress } from '../wire/address.ts';
import type { CaptureRecord, Finding } from './document.ts';
import { after, type Instant, instant, iso } from './instant.ts';
import type { AddressWords, ReportedSession } from './reporter.ts';
import { HEALTHY_FATES, SEVERITIES, severityOf } from './severity.ts';

/**
 * Gathers sessions that share server, fate and cause into findings, in bounded memory and with little work for a
 * session: a flood has millions.
 */
export class FindingAggregator {
  private readonly groups = new Map<string, Group>();
  /**
   * Groups met lately, by a few bits of their server: in a flood or an attack nearly always the group of the next
   * session, too (measured: to make its key took 2 µs a session, a twenty-fifth of the time of an attack's table).
   */
  private readonly recent: (Group | undefined)[] = new Array<undefined>(RECENT_GROUPS).fill(undefined);
  private trackedClients = 0;
  private ungroupedSessions = 0;
  private uncountedClients = 0;

  /** Counts a session; healthy ones without a cause are no finding. Returns how many of its kind came before. */
  add(session: ReportedSession): number | undefined {
    const { fate, causeId } = session;
    if (causeId === undefined && HEALTHY_FATES.has(fate)) return undefined;
    const group = this.groupOf(session, fate, causeId);
    if (group === undefined) {
      this.ungroupedSessions++;
      return undefined;
    }
    group.sessions++;
    if (session.startNs < group.firstNs) group.firstNs = session.startNs;
    if (session.endNs > group.lastNs) group.lastNs = session.endNs;
    this.countClient(group, session);
    if (group.examples.length < MAX_EXAMPLES) {
      group.cause ??= session.cause;
      group.examples.push({
        capture: session.capture,
        session: session.session,
        packets: decisivePackets(session),
      });
    }
    return group.sessions - 1;
  }

  /** All sessions of a capture were added: their times get their place among those of other captures. */
  captureEnded({ start }: CaptureRecord): void {
    if (start === undefined) return;
    const epoch = instant(start);
    for (const group of this.groups.values()) {
      if (group.firstNs > group.lastNs) continue;
      const first = after(epoch, group.firstNs);
      const last = after(epoch, group.lastNs);
      if (group.first === undefined || first.ns < group.first.ns) group.first = first;
      if (group.last === undefined || last.ns > group.last.ns) group.last = last;
      group.firstNs = Number.POSITIVE_INFINITY;
      group.lastNs = Number.NEGATIVE_INFINITY;
    }
  }

  /** Worst first, and of equally bad ones those with the most sessions. */
  findings(): Finding[] {
    const findings: Finding[] = [];
    for (const group of this.groups.values()) {
      const { first, last } = group;
      if (first !== undefined && last !== undefined) findings.push(findingOf(group, iso(first), iso(last)));
    }
    return findings.sort(byWorst);
  }

  /** What the limits cost, by name; empty when nothing. */
  limits(): Record<string, number> {
    return {
      ...(this.ungroupedSessions > 0 && { 'sessions-without-finding': this.ungroupedSessions }),
      ...(this.uncountedClients > 0 && { 'sessions-of-uncounted-clients': this.uncountedClients }),
    };
  }

  private groupOf(session: ReportedSession, fate: Fate, causeId: string | undefined): Group | undefined {
    const words = session.serverAddressWords;
    const slot = (words[0] + words[3] + fate.length * 5 + (causeId?.length ?? 0)) & (RECENT_GROUPS - 1);
    const recent = this.recent[slot];
    if (
      recent !== undefined &&
      recent.fate === fate &&
      recent.causeId === causeId &&
      recent.port === session.serverPort &&
      recent.ipVersion === session.ipVersion &&
      sameAddress(recent.words, words)
    ) {
      return recent;
    }
    const key = `${words.join()} ${session.ipVersion} ${session.serverPort} ${fate} ${causeId ?? ''}`;
    let group = this.groups.get(key);
    if (group === undefined) {
      if (this.groups.size === MAX_FINDINGS) return undefined;
      group = {
        words,
        ipVersion: session.ipVersion,
        port: session.serverPort,
        fate,
        causeId,
        cause: undefined,
        sessions: 0,
        firstNs: Number.POSITIVE_INFINITY,
        lastNs: Number.NEGATIVE_INFINITY,
        first: undefined,
        last: undefined,
        clients: new Map(),
        clientsLimited: false,
        examples: [],
      };
      this.groups.set(key, group);
    }
    this.recent[slot] = group;
    return group;
  }

  private countClient(group: Group, session: ReportedSession): void {
    const words = session.clientAddressWords;
    const client =
      session.ipVersion === 4 ? words[0] : formatAddress(6, words[0], words[1], words[2], words[3]);
    const known = group.clients.get(client);
    if (known !== undefined) {
      group.clients.set(client, known + 1);
    } else if (group.clients.size < MAX_CLIENTS_PER_FINDING && this.trackedClients < MAX_CLIENTS) {
      group.clients.set(client, 1);
      this.trackedClients++;
    } else {
      group.clientsLimited = true;
      this.uncountedClients++;
    }
  }
}

/** Of the sessions at a server (address and port) that share a fate and a cause. */
export function findingId(server: string, fate: Fate, causeId: string | undefined): string {
  return createHash('sha256')
    .update(`${server} ${fate} ${causeId ?? ''}`)
    .digest('hex')
    .slice(0, ID_LENGTH);
}

/** Worst first, and of equally bad ones what many sessions show together, then those with the most sessions. */
export function byWorst(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    Number(b.pattern !== undefined) - Number(a.pattern !== undefined) ||
    b.sessions - a.sessions ||
    (a.id < b.id ? -1 : 1)
  );
}

/** A power of two. */
const RECENT_GROUPS = 64;
/** A scan over many hosts makes one finding a host; more than this nobody reads. A group is about 1 kB. */
const MAX_FINDINGS = 10_000;
/** Distinct clients counted exactly; a flood with forged addresses has millions. About 50 bytes each. */
const MAX_CLIENTS_PER_FINDING = 10_000;
const MAX_CLIENTS = 200_000;
const MAX_EXAMPLES = 5;
const MAX_TOP_CLIENTS = 10;
/** Hexadecimal digits: with 10,000 findings the odds of two alike are 1 in 20,000. */
const ID_LENGTH = 10;

interface Group {
  readonly words: AddressWords;
  readonly ipVersion: 4 | 6;
  readonly port: number;
  readonly fate: Fate;
  readonly causeId: string | undefined;
  cause: Cause | undefined;
  sessions: number;
  /** Within the capture being read; the first above the last when there is nothing yet. */
  firstNs: number;
  lastNs: number;
  /** Over the captures that were read. */
  first: Instant | undefined;
  last: Instant | undefined;
  /** Sessions by client: an IPv4 address as its word, an IPv6 address as text. */
  readonly clients: Map<number | string, number>;
  clientsLimited: boolean;
  readonly examples: Finding['examples'][number][];
}

function findingOf(group: Group, firstSeen: string, lastSeen: string): Finding {
  const { words, fate, causeId, cause } = group;
  const address = formatAddress(group.ipVersion, words[0], words[1], words[2], words[3]);
  return {
    ...findingHead(hostPort({ address, port: group.port }), fate, causeId),
    firstSeen,
    lastSeen,
    sessions: group.sessions,
    clients: group.clients.size,
    ...(group.clientsLimited && { clientsAtLeast: true }),
    topClients: topClients(group.clients),
    examples: group.examples,
    ...(cause && { cause }),
  };
}

/** What a finding is called. `server`: address and port. */
export function findingHead(
  server: string,
  fate: Fate,
  causeId: string | undefined,
): Pick<Finding, 'id' | 'title' | 'severity' | 'server' | 'fate'> {
  const reason = causeId === undefined ? '' : ` (${causeId})`;
  return {
    id: findingId(server, fate, causeId),
    title: `${server}: ${FATE_DEFINITIONS[fate].title}${reason}`,
    severity: severityOf(fate, causeId),
    server,
    fate,
  };
}

function topClients(clients: ReadonlyMap<number | string, number>): Finding['topClients'] {
  const most = [...clients].sort((a, b) => b[1] - a[1]).slice(0, MAX_TOP_CLIENTS);
  return most.map(([client, sessions]) => ({
    address: typeof client === 'number' ? formatAddress(4, client, 0, 0, 0) : client,
    sessions,
  }));
}

function sameAddress(a: AddressWords, b: AddressWords): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}
