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
  private readonly noted: NotedSession[] = [];
  /** Places in {@link noted}, of the last one between two endpoints. */
  private readonly last = new Map<string, number>();
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
    const { noted, epochMs } = this;
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
      isShared: false,
    };
    const other = this.sameSession(one);
    if (other !== undefined) {
      if (!other.isShared) this.sessions++;
      other.isShared = true;
      this.count(other.capture);
    } else if (noted.length >= this.limit) this.isFull = true;
    else this.last.set(key, noted.push(one) - 1);
  }

  /** Undefined when no session is in two captures. */
  summary(): SharedSummary | undefined {
    const [most] = [...this.pairs.values()].sort((a, b) => b.sessions - a.sessions);
    return most && { sessions: this.sessions, atLeast: this.isFull, captures: most.captures };
  }

  private sameSession(one: NotedSession): NotedSession | undefined {
    let other = this.noted[one.before ?? -1];
    while (other !== undefined) {
      if (other.capture !== one.capture && isSameTime(one, other)) return other;
      other = this.noted[other.before ?? -1];
    }
    return undefined;
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
  /** Place of the one before it between the same endpoints. */
  readonly before: number | undefined;
  isShared: boolean;
}

interface SharedPair {
  readonly captures: readonly [string, string];
  sessions: number;
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
