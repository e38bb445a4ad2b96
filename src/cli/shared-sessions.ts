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

/** Sessions that go on from one capture to another, as where a capturing program changes files. */
export interface PartedSummary {
  readonly sessions: number;
  /** The two that share the most, the earlier first. */
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
  private readonly partedPairs = new Map<string, SharedPair>();
  private readonly names: string[] = [];
  private epochMs = 0;
  private sessions = 0;
  private parted = 0;
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
      isJoined: session.stage === 'unknown',
      isOver: session.observed.closes.length > 0,
      before,
      alike: before === undefined ? 0 : before.alike + 1,
      isParted: false,
      sharedWith: undefined,
    };
    this.notePart(one);
    const other = sameSession(one);
    if (other !== undefined) {
      if (other.sharedWith === undefined) this.sessions++;
      other.sharedWith = one.capture;
      this.count(this.pairs, other.capture, this.names.length - 1);
    } else if (this.noted >= this.limit || one.alike >= MAX_ALIKE) this.isFull = true;
    else {
      this.last.set(key, one);
      this.noted++;
    }
  }

  /** Undefined when no session is in two captures. */
  summary(): SharedSummary | undefined {
    const most = mostOf(this.pairs);
    return most && { sessions: this.sessions, atLeast: this.isFull, captures: most.captures };
  }

  /** Undefined when no session goes on in another capture. */
  partedSummary(): PartedSummary | undefined {
    const most = mostOf(this.partedPairs);
    return most && { sessions: this.parted, captures: most.captures };
  }

  private notePart(one: NotedSession): void {
    for (let other = one.before; other !== undefined; other = other.before) {
      if (other.capture === one.capture) continue;
      const isLater = goesOnIn(other, one);
      if (!isLater && !goesOnIn(one, other)) continue;
      if (!other.isParted) this.parted++;
      other.isParted = true;
      one.isParted = true;
      const [first, second] = isLater ? [other, one] : [one, other];
      this.count(this.partedPairs, first.capture, second.capture);
      return;
    }
  }

  private count(pairs: Map<string, SharedPair>, first: number, second: number): void {
    const { names } = this;
    const key = `${first} ${second}`;
    const pair = pairs.get(key) ?? {
      captures: [names[first] as string, names[second] as string],
      sessions: 0,
    };
    pair.sessions++;
    pairs.set(key, pair);
  }
}

/** Some 10 MB. */
const MAX_NOTED = 50_000;
/** Sessions between the same two ports that are looked through for each further one. */
const MAX_ALIKE = 64;
/** Clocks of hosts that somebody keeps right differ by less. */
const CLOCKS_DIFFER_MS = 60_000;
/** Times are added up in floating point. */
const SAME_MOMENT_MS = 0.01;
/** Between two packets of a session; later it may be another with the same ports. */
const LONGEST_PAUSE_MS = 3_600_000;

interface NotedSession {
  /** Place in the list of captures. */
  readonly capture: number;
  /** Since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** Payload in both directions. */
  readonly bytes: number;
  /** The capture has no start of it. */
  readonly isJoined: boolean;
  readonly isOver: boolean;
  isParted: boolean;
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

const mostOf = (pairs: ReadonlyMap<string, SharedPair>): SharedPair | undefined =>
  [...pairs.values()].sort((a, b) => b.sessions - a.sessions)[0];

/** One capture ends within it, and the other begins within it afterwards. */
const goesOnIn = (earlier: NotedSession, later: NotedSession): boolean =>
  later.isJoined &&
  !earlier.isOver &&
  earlier.endMs <= later.startMs + SAME_MOMENT_MS &&
  later.startMs - earlier.endMs < LONGEST_PAUSE_MS;

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
  if (goesOnIn(one, other) || goesOnIn(other, one)) return false;
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

export function partedNotice({ sessions, captures: [first, second] }: PartedSummary): string {
  const which = sessions === 1 ? 'is' : 'are';
  const advice =
    first === '-' || second === '-'
      ? 'Give all of its files, made one by mergecap.'
      : `\`mergecap -w whole.pcapng ${shellQuoted(first)} ${shellQuoted(second)}\` makes one capture of these two; name all that follow each other.`;
  return `${counted(sessions, 'session')} ${which} judged in parts, for one capture ends and another begins within. ${advice}`;
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
