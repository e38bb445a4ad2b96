import { shellQuoted } from '../report/display-filters.ts';
import { counted } from '../report/layout.ts';
import type { ReportedSession } from '../report/reporter.ts';
import type { CaptureRunSettings } from './capture-run.ts';

/** Two captures or more hold the same sessions. */
export interface SharedSummary {
  readonly sessions: number;
  /** There may be more: not all sessions were noted. */
  readonly atLeast: boolean;
  /** The two that share the most. */
  readonly captures: readonly [string, string];
}

/**
 * Finds out whether captures hold the same sessions, as those of a client and of its server do. Each capture is judged
 * for itself, so they count in each.
 *
 * It costs a look into a map for each session, nothing for a packet, and the memory of {@link MAX_NOTED} sessions: of
 * larger captures it knows the first ones.
 */
export class SharedSessions {
  private readonly limit: number;
  /** The last one between two endpoints. */
  private readonly last = new Map<string, NotedSession>();
  private noted = 0;
  private readonly pairs = new Map<string, SharedPair>();
  private readonly names: string[] = [];
  private epochMs = 0;
  private sessions = 0;
  private isFull = false;

  constructor(limit = MAX_NOTED) {
    this.limit = limit;
  }

  /** The sessions of this capture come now; `epochNs` is the time of its first packet. */
  begin(capture: string, epochNs: bigint): void {
    this.names.push(capture);
    this.epochMs = Number(epochNs / 1000n) / 1000;
  }

  add(session: ReportedSession): void {
    const { epochMs } = this;
    const key = endpointsOf(session);
    const before = this.last.get(key);
    if (before === undefined && this.isFull) return;
    const { clientToServer, serverToClient } = session.bytes;
    const one: NotedSession = {
      capture: this.names.length - 1,
      startMs: epochMs + session.startNs / 1e6,
      endMs: epochMs + session.endNs / 1e6,
      bytes: clientToServer + serverToClient,
      before,
      alike: before === undefined ? 0 : before.alike + 1,
      sharedWith: undefined,
    };
    const other = sameSession(one);
    if (other !== undefined) {
      if (other.sharedWith === undefined) this.sessions++;
      other.sharedWith = one.capture;
      this.count(other.capture);
    } else if (this.noted >= this.limit || one.alike >= MAX_ALIKE) this.isFull = true;
    else {
      this.last.set(key, one);
      this.noted++;
    }
  }

  /** Undefined when no session is in two captures. */
  summary(): SharedSummary | undefined {
    const [most] = [...this.pairs.values()].sort((a, b) => b.sessions - a.sessions);
    return most && { sessions: this.sessions, atLeast: this.isFull, captures: most.captures };
  }

  private count(earlier: number): void {
    const { names } = this;
    const key = `${earlier} ${names.length}`;
    const pair = this.pairs.get(key) ?? {
      captures: [names[earlier] as string, names.at(-1) as string],
      sessions: 0,
    };
    pair.sessions++;
    this.pairs.set(key, pair);
  }
}

/** Some 10 MB. */
const MAX_NOTED = 50_000;
/** Sessions between the same two ports that are looked through for each further one. */
const MAX_ALIKE = 64;
/** Clocks of hosts that somebody keeps right differ by less. */
const CLOCKS_DIFFER_MS = 60_000;

interface NotedSession {
  /** Place in the list of captures. */
  readonly capture: number;
  /** Since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** Payload in both directions. */
  readonly bytes: number;
  /** Between the same endpoints, and how many there are. */
  readonly before: NotedSession | undefined;
  readonly alike: number;
  /** The last capture that has it, too. */
  sharedWith: number | undefined;
}

interface SharedPair {
  readonly captures: readonly [string, string];
  sessions: number;
}

/** The nearest of those that it can be; of one capture no two are the same. */
function sameSession(one: NotedSession): NotedSession | undefined {
  let found: NotedSession | undefined;
  let nearestMs = Number.POSITIVE_INFINITY;
  for (let other = one.before; other !== undefined; other = other.before) {
    if (other.capture === one.capture || other.sharedWith === one.capture) continue;
    const apartMs = Math.abs(one.startMs - other.startMs);
    if (apartMs >= nearestMs || !isSameTime(one, other)) continue;
    found = other;
    nearestMs = apartMs;
  }
  return found;
}

/** Whichever side is taken for the client: without the SYN a capture may say it otherwise. */
function endpointsOf(session: ReportedSession): string {
  const client = `${session.clientAddressWords} ${session.clientPort}`;
  const server = `${session.serverAddressWords} ${session.serverPort}`;
  return client < server ? `${client} ${server}` : `${server} ${client}`;
}

/**
 * They overlap; or clocks differ: then they begin at about the same time and hold as much. The halves of a session in two
 * files that were written one after the other do neither.
 */
function isSameTime(one: NotedSession, other: NotedSession): boolean {
  if (one.startMs <= other.endMs && other.startMs <= one.endMs) return true;
  return (
    one.bytes > 0 && one.bytes === other.bytes && Math.abs(one.startMs - other.startMs) < CLOCKS_DIFFER_MS
  );
}

/** What to do comes from `advice`, given the names of two captures. */
export function sharedNotice(
  { sessions, atLeast, captures: [first, second] }: SharedSummary,
  captures: number,
  advice: (first: string, second: string) => string,
): string {
  const count = `${atLeast ? 'At least ' : ''}${counted(sessions, 'session')}`;
  const which = captures === 2 ? 'in both captures' : 'in two of the captures or more';
  const rest = sessions === 1 ? `is ${which} and counts in each` : `are ${which} and count in each`;
  return `${count} ${rest}. ${advice(first, second)}`;
}

/** Of `analyze`: the command that judges the two together, with what says which connections are sessions. */
export function compareAdvice({
  port,
  anyPort,
}: Pick<CaptureRunSettings, 'port' | 'anyPort'>): (first: string, second: string) => string {
  return (first, second) => {
    if (first === '-' || second === '-') return "'sshfate compare' judges files together.";
    const options = `${port === undefined ? '' : ` --port ${port}`}${anyPort === true ? ' --any-port' : ''}`;
    return `\`sshfate compare ${shellQuoted(first)} ${shellQuoted(second)}${options}\` judges them together.`;
  };
}

/** Of commands that can do so themselves. */
export const compareOptionAdvice = (): string => 'With --compare they are judged together.';
