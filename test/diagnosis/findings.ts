import { causesOf } from '../../src/diagnosis/catalogue.ts';
import type { Finding } from '../../src/diagnosis/cause-definition.ts';
import type { Cause, SessionRecord, SurroundingsRecord } from '../../src/session/record.ts';

const NOBODY = { sessions: 0, clients: 0, answered: 0, identified: 0, authenticated: 0, fates: {} } as const;

/** The record in a capture that shows these other sessions too. */
export function among(
  record: SessionRecord,
  others: {
    readonly server?: Partial<SurroundingsRecord['server']>;
    readonly client?: Partial<SurroundingsRecord['client']>;
    readonly neighbour?: SurroundingsRecord['neighbour'];
  },
): SessionRecord {
  return {
    ...record,
    surroundings: {
      server: { ...NOBODY, ...others.server },
      client: { ...NOBODY, servers: 1, ports: 1, ...others.client },
      ...(others.neighbour && { neighbour: others.neighbour }),
    },
  };
}

/** What one cause says of a record, by the first way to tell it that does. */
export function findingOf(id: string, record: SessionRecord): Finding | undefined {
  for (const cause of causesOf(record.fate)) {
    const found = cause.id === id ? cause.diagnose(record) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The causes of a record by name, best first. */
export const namesOf = (record: SessionRecord): string[] =>
  [record.cause, ...(record.alternatives ?? [])]
    .filter((cause): cause is Cause => cause !== undefined)
    .map(({ id }) => id);
