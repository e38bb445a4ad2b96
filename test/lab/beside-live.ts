import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { recordsOf } from '../../scripts/lab/judge.ts';
import { liveFile } from '../../scripts/lab/lab.ts';
import { readTruths } from '../../scripts/lab/truth.ts';
import type { Via } from '../../src/live/packet-source.ts';
import type { SessionRecord } from '../../src/session/record.ts';

export const VIAS: readonly Via[] = ['tcpdump', 'cap'];

export interface Compared {
  readonly scenario: string;
  readonly via: Via;
  /** Number, fate and cause of each session, as it was said last. */
  readonly live: string;
  readonly analysed: string;
}

/** What `sshfate live` said at the servers of scenarios, and what the captures of the same packets say. */
export async function comparedWithLive(folder: string): Promise<readonly Compared[]> {
  const all: Compared[] = [];
  for (const { name, sides } of readTruths(folder)) {
    for (const via of VIAS) {
      const said = path.join(folder, name, liveFile(via));
      if (sides.server === undefined || !existsSync(said)) continue;
      const analysed = await recordsOf(path.join(folder, name, sides.server.file), sides.server.port);
      all.push({ scenario: name, via, live: essence(lastOf(said)), analysed: essence(analysed) });
    }
  }
  return all;
}

/** A later record of a session replaces the one before. */
function lastOf(file: string): readonly SessionRecord[] {
  const last = new Map<number, SessionRecord>();
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const record = JSON.parse(line) as SessionRecord;
    last.set(record.session, record);
  }
  return [...last.values()].sort((a, b) => a.session - b.session);
}

const essence = (records: readonly SessionRecord[]): string =>
  records.map(({ session, fate, cause }) => `${session} ${fate} ${cause?.id ?? '-'}`).join(', ');
