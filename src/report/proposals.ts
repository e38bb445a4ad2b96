import type { KexRecord, ProposalRecord } from '../session/record.ts';

/** One kind of algorithm as both sides proposed it. */
export interface ProposedLists {
  /** e.g. 'cipher, client to server'; 'cipher, both ways' where both directions say the same. */
  readonly name: string;
  /** The negotiation failed here. */
  readonly isMismatch: boolean;
  readonly client: readonly ProposedName[];
  readonly server: readonly ProposedName[];
}

export interface ProposedName {
  /** Raw. */
  readonly text: string;
  /** `both`: the other side has it, too. */
  readonly mark: 'chosen' | 'both' | 'one';
}

/** Both sides' lists beside each other, in the order in which RFC 4253 §7.1 decides; those that are empty are left out. */
export function proposedLists(kex: KexRecord): ProposedLists[] {
  const { client, server, mismatch, negotiated } = kex;
  const told = new Set<keyof ProposalRecord>();
  const lists: ProposedLists[] = [];
  for (const row of ROWS) {
    const theirs = client?.[row.member] ?? [];
    const ours = server?.[row.member] ?? [];
    if (told.has(row.member) || theirs.length + ours.length === 0) continue;
    const twin = TWIN[row.member];
    const both =
      twin !== undefined && sameList(client?.[twin.member], theirs) && sameList(server?.[twin.member], ours);
    if (both) told.add(twin.member);
    const chosen = negotiated === undefined ? undefined : row.chosen(negotiated);
    const marked = (names: readonly string[], others: readonly string[]): ProposedName[] =>
      names.map((text) => ({
        text,
        mark: text === chosen ? 'chosen' : others.includes(text) ? 'both' : 'one',
      }));
    lists.push({
      name: both ? twin.name : row.name,
      isMismatch:
        mismatch !== undefined &&
        mismatch.category === row.category &&
        (mismatch.direction === undefined || both || mismatch.direction === row.direction),
      client: marked(theirs, ours),
      server: marked(ours, theirs),
    });
  }
  return lists;
}

type Mismatch = NonNullable<KexRecord['mismatch']>;

interface Row {
  readonly name: string;
  /** Category and direction of a mismatch that is about this row. */
  readonly category?: Mismatch['category'];
  readonly direction?: Mismatch['direction'];
  readonly member: keyof ProposalRecord;
  chosen(negotiated: NonNullable<KexRecord['negotiated']>): string | undefined;
}

const ROWS: readonly Row[] = [
  { name: 'key exchange', category: 'kex', member: 'kexAlgorithms', chosen: (n) => n.kex },
  { name: 'host key', category: 'host-key', member: 'serverHostKeyAlgorithms', chosen: (n) => n.hostKey },
  {
    name: 'cipher, client to server',
    category: 'cipher',
    direction: 'client-to-server',
    member: 'encryptionClientToServer',
    chosen: (n) => n.cipher?.clientToServer,
  },
  {
    name: 'cipher, server to client',
    category: 'cipher',
    direction: 'server-to-client',
    member: 'encryptionServerToClient',
    chosen: (n) => n.cipher?.serverToClient,
  },
  {
    name: 'MAC, client to server',
    category: 'mac',
    direction: 'client-to-server',
    member: 'macClientToServer',
    chosen: (n) => n.mac?.clientToServer,
  },
  {
    name: 'MAC, server to client',
    category: 'mac',
    direction: 'server-to-client',
    member: 'macServerToClient',
    chosen: (n) => n.mac?.serverToClient,
  },
  {
    name: 'compression, client to server',
    category: 'compression',
    direction: 'client-to-server',
    member: 'compressionClientToServer',
    chosen: (n) => n.compression?.clientToServer,
  },
  {
    name: 'compression, server to client',
    category: 'compression',
    direction: 'server-to-client',
    member: 'compressionServerToClient',
    chosen: (n) => n.compression?.serverToClient,
  },
  { name: 'languages, client to server', member: 'languagesClientToServer', chosen: () => undefined },
  { name: 'languages, server to client', member: 'languagesServerToClient', chosen: () => undefined },
];

/** A direction that says the same as the other is not printed twice. */
const TWIN: Partial<
  Record<keyof ProposalRecord, { readonly member: keyof ProposalRecord; readonly name: string }>
> = {
  encryptionClientToServer: { member: 'encryptionServerToClient', name: 'cipher, both ways' },
  macClientToServer: { member: 'macServerToClient', name: 'MAC, both ways' },
  compressionClientToServer: { member: 'compressionServerToClient', name: 'compression, both ways' },
};

const sameList = (a: readonly string[] | undefined, b: readonly string[]): boolean =>
  a !== undefined && a.length === b.length && a.every((name, i) => name === b[i]);
