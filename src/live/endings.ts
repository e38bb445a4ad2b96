import { hostPort } from '../diagnosis/cause-definition.ts';
import type { Fate } from '../fate/vocabulary.ts';
import type { EndingRow, FateCount } from '../report/live-picture.ts';
import type { AddressWords, ReportedSession } from '../report/reporter.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Session } from '../session/session.ts';
import { formatAddress } from '../wire/address.ts';
import type { Verdict } from './watch.ts';

/** As far back as somebody scrolls. About 300 bytes each. */
const MAX_ROWS = 1000;
/** Records in full, to be looked at. About 10 kB each. */
const MAX_RECORDS = 200;
/**
 * A record in full takes about 50 µs to make, and an attack ends thousands of sessions a second: in a tenth of a second
 * no more than these are kept, and few of one kind, so that the rare one among them is there.
 */
const RECORDS_A_TICK = 20;
const ALIKE_A_TICK = 4;

/** What became of sessions, for a view: counts of all, the last ones line by line, and some of them in full. */
export class Endings {
  judged = 0;
  private readonly counts = new Map<Fate, number>();
  /** Oldest first; the oldest are dropped some at a time. */
  private rows: EndingRow[] = [];
  private readonly records = new Map<number, SessionRecord>();
  private recordsThisTick = 0;
  private readonly alikeThisTick = new Map<string, number>();
  private readonly servers = new Set<string>();

  /** `isListed`: somebody wants to see it; it is counted all the same. */
  add(session: Session, { previous }: Verdict, isListed: boolean): void {
    const { session: number, fate } = session;
    this.count(fate, 1);
    if (previous === undefined) this.judged++;
    else this.count(previous.fate, -1);
    const known = previous === undefined ? -1 : this.rows.findIndex((row) => row.session === number);
    if (!isListed) {
      if (known !== -1) this.rows.splice(known, 1);
      return;
    }
    const row = rowOf(session, previous?.fate);
    if (this.servers.size < 2) this.servers.add(row.server);
    if (known !== -1 && row.before === undefined) {
      this.rows[known] = row;
    } else {
      // Another fate is news.
      if (known !== -1) this.rows.splice(known, 1);
      this.rows.push(row);
    }
    if (this.rows.length >= 2 * MAX_ROWS) this.rows = this.rows.slice(-MAX_ROWS);
    // What was kept no longer holds.
    if (this.mayKeep(row) || this.records.has(number)) this.keep(number, session.toJSON());
  }

  keep(session: number, record: SessionRecord): void {
    this.records.delete(session);
    this.records.set(session, record);
    if (this.records.size <= MAX_RECORDS) return;
    const [oldest] = this.records.keys();
    if (oldest !== undefined) this.records.delete(oldest);
  }

  /** Call ten times a second. */
  tick(): void {
    this.recordsThisTick = 0;
    this.alikeThisTick.clear();
  }

  /** Undefined when it was not kept. */
  recordOf(session: number): SessionRecord | undefined {
    return this.records.get(session);
  }

  get severalServers(): boolean {
    return this.servers.size > 1;
  }

  /** By when the fate was told. */
  newestFirst(): EndingRow[] {
    return this.rows.slice(-MAX_ROWS).reverse();
  }

  /** Those that occur, most first. */
  fates(): FateCount[] {
    return [...this.counts]
      .filter(([, sessions]) => sessions > 0)
      .map(([fate, sessions]) => ({ fate, sessions }))
      .sort((a, b) => b.sessions - a.sessions);
  }

  private count(fate: Fate, change: number): void {
    this.counts.set(fate, (this.counts.get(fate) ?? 0) + change);
  }

  private mayKeep({ fate, cause, server }: EndingRow): boolean {
    const kind = `${fate} ${cause} ${server}`;
    const alike = this.alikeThisTick.get(kind) ?? 0;
    if (alike >= ALIKE_A_TICK || this.recordsThisTick >= RECORDS_A_TICK) return false;
    this.alikeThisTick.set(kind, alike + 1);
    this.recordsThisTick++;
    return true;
  }
}

function rowOf(session: ReportedSession, before: Fate | undefined): EndingRow {
  const { ipVersion, clientAddressWords, serverAddressWords, clientPort, serverPort } = session;
  return {
    session: session.session,
    time: session.end.slice(11, 19),
    client: addressText(ipVersion, clientAddressWords, clientPort),
    server: addressText(ipVersion, serverAddressWords, serverPort),
    fate: session.fate,
    cause: session.causeId,
    endedBy: session.endedBy,
    ...(before !== undefined && before !== session.fate && { before }),
  };
}

export function addressText(
  ipVersion: 4 | 6,
  [word0, word1, word2, word3]: AddressWords,
  port: number,
): string {
  return hostPort({ address: formatAddress(ipVersion, word0, word1, word2, word3), port });
}
