import { hostPort } from '../../diagnosis/cause-definition.ts';
import type { Fate } from '../../fate/vocabulary.ts';
import { formatAddress } from '../../wire/address.ts';
import type { ReportedSession } from '../reporter.ts';
import type { Party, PartyTable } from './incident.ts';

/**
 * Counts sessions by server or by client in bounded memory. When there are too many, those with the fewest sessions
 * are forgotten: of a flood with forged sources what stays are those that are not forged.
 */
export class PartyTally {
  private readonly side: 'client' | 'server';
  private parties = new Map<number | string, Counted>();
  private forgotten = 0;

  constructor(side: 'client' | 'server') {
    this.side = side;
  }

  add(session: ReportedSession, failed: boolean): void {
    const key = this.keyOf(session);
    let party = this.parties.get(key);
    if (party === undefined) {
      if (this.parties.size >= MAX_PARTIES) this.forget();
      party = { key, sessions: 0, failed: 0, verdicts: [], software: undefined, looks: 0 };
      this.parties.set(key, party);
    }
    party.sessions++;
    if (failed) party.failed++;
    count(party.verdicts, session.fate, session.causeId);
    // Making an endpoint costs more than all the rest: a few looks tell what most of its sessions would.
    if (party.software === undefined && party.looks < MAX_LOOKS && !SILENT_STAGES.has(session.stage)) {
      party.looks++;
      party.software = session[this.side].software;
    }
  }

  table(): PartyTable {
    const all = [...this.parties.values()].sort(byFailures);
    const rows = all.slice(0, MAX_ROWS);
    return {
      rows: rows.map((party) => this.rowOf(party)),
      more: all.length - rows.length + this.forgotten,
      ...(this.forgotten > 0 && { atLeast: true }),
    };
  }

  private keyOf(session: ReportedSession): number | string {
    const isClient = this.side === 'client';
    const words = isClient ? session.clientAddressWords : session.serverAddressWords;
    const port = isClient ? 0 : session.serverPort;
    if (session.ipVersion === 4) return (words[0] >>> 0) * 0x10000 + port;
    return `${formatAddress(6, words[0], words[1], words[2], words[3])} ${port}`;
  }

  private nameOf(key: number | string): string {
    const [address = '', port = 0] =
      typeof key === 'string'
        ? [key.slice(0, key.indexOf(' ')), Number(key.slice(key.indexOf(' ') + 1))]
        : [formatAddress(4, Math.floor(key / 0x10000) | 0, 0, 0, 0), key % 0x10000];
    return this.side === 'client' ? address : hostPort({ address, port });
  }

  private rowOf({ key, software, sessions, failed, verdicts }: Counted): Party {
    const most = [...verdicts].sort((a, b) => b.sessions - a.sessions).slice(0, MAX_VERDICTS);
    return {
      name: this.nameOf(key),
      ...(software !== undefined && { software }),
      sessions,
      failed,
      verdicts: most.map(({ fate, cause, sessions }) => ({
        fate,
        ...(cause !== undefined && { cause }),
        sessions,
      })),
    };
  }

  private forget(): void {
    const kept = [...this.parties.values()].sort(byFailures).slice(0, MAX_PARTIES / 2);
    this.forgotten += this.parties.size - kept.length;
    this.parties = new Map(kept.map((party) => [party.key, party]));
  }
}

/** About 300 bytes each. */
const MAX_PARTIES = 20_000;
const MAX_ROWS = 20;
const MAX_VERDICTS = 4;
/** Of each party that are told apart; rarer ones are counted with the last. */
const MAX_COUNTED_VERDICTS = 16;
const MAX_LOOKS = 8;
/** Before anybody has said what it is. */
const SILENT_STAGES: ReadonlySet<string> = new Set(['syn', 'syn-ack', 'tcp', 'unknown']);

interface Counted {
  readonly key: number | string;
  sessions: number;
  failed: number;
  readonly verdicts: Verdict[];
  software: string | undefined;
  looks: number;
}

interface Verdict {
  readonly fate: Fate;
  readonly cause: string | undefined;
  sessions: number;
}

function count(verdicts: Verdict[], fate: Fate, cause: string | undefined): void {
  for (const verdict of verdicts) {
    if (verdict.fate === fate && verdict.cause === cause) {
      verdict.sessions++;
      return;
    }
  }
  if (verdicts.length < MAX_COUNTED_VERDICTS) verdicts.push({ fate, cause, sessions: 1 });
}

const byFailures = (a: Counted, b: Counted): number => b.failed - a.failed || b.sessions - a.sessions;
