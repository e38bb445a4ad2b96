import type { Fate } from '../fate/vocabulary.ts';
import { SERVER } from '../ssh/conversation-api.ts';
import type { Connection } from '../tcp/connection.ts';
import { PastSessions } from './past-sessions.ts';
import { isAnswered, isAuthenticated, isIdentified } from './progress.ts';
import type { FateFacts } from './record.ts';

/* What is kept of a server and of its clients, for those that come later. */

/** Sessions remembered one by one, a server and a client. */
export const RECENT_OF_SERVER = 256;

export const RECENT_OF_CLIENT = 32;

const MAX_VALUES = 8;

export const MAX_TIMES = 16;

export interface Counts {
  sessions: number;
  answered: number;
  identified: number;
  authenticated: number;
  /** The fate that came first, and how many had it: beside the counts, for most clients have no other. */
  firstFate: Fate | undefined;
  firstFateCount: number;
  /** All others in the order of first appearance, and how many of each. */
  fates: Fate[] | undefined;
  fateCounts: number[] | undefined;
}

/**
 * A class, for there are many: an object put together from others has a shape of its own each time (measured: 350 of
 * 1,000 bytes a client).
 */
export class ClientNotes implements Counts {
  sessions = 0;
  answered = 0;
  identified = 0;
  authenticated = 0;
  firstFate: Fate | undefined = undefined;
  firstFateCount = 0;
  fates: Fate[] | undefined = undefined;
  fateCounts: number[] | undefined = undefined;
  /** Tells clients apart. */
  readonly number: number;
  /** Most clients have one session: the list begins with room for one. */
  readonly recent = new PastSessions(RECENT_OF_CLIENT, 1, 'rows');

  constructor(number: number) {
    this.number = number;
  }
}

export interface ServerNotes extends Counts {
  readonly ipVersion: 4 | 6;
  readonly address0: number;
  readonly address1: number;
  readonly address2: number;
  readonly address3: number;
  readonly port: number;
  /** Of its sessions as they are behind a NAT, where the capture holds them twice. */
  readonly isTranslated: boolean;
  readonly open: Connection[];
  /** How many of them are not noted yet. */
  unnotedOpen: number;
  readonly clients: Map<number | string, ClientNotes>;
  readonly recent: PastSessions;
  /** Softwareversion of the first identification string. */
  software: string | undefined;
  /** When all open sessions were looked through for it in vain. */
  unknownNs: number;
  readonly hopLimits: number[];
  readonly answeredMarkings: number[];
  readonly unansweredMarkings: number[];
  readonly closedAfterMs: number[];
  /** The two shortest, so that a session can leave itself out. */
  readonly synAckNs: [number, number];
  readonly identificationNs: [number, number];
}

export const newCounts = (): Counts => ({
  sessions: 0,
  answered: 0,
  identified: 0,
  authenticated: 0,
  firstFate: undefined,
  firstFateCount: 0,
  fates: undefined,
  fateCounts: undefined,
});

export const NOBODY: Counts = newCounts();

export const clientKey = (c: Connection): number | string =>
  c.ipVersion === 4
    ? c.clientAddress0
    : `${c.clientAddress0} ${c.clientAddress1} ${c.clientAddress2} ${c.clientAddress3}`;

/** Of a client that is not noted: negative, and hardly ever the same for two. */
export const numberOfUnnoted = (c: Connection): number =>
  -1 -
  (c.clientAddress0 >>> 0) -
  ((Math.imul(Math.imul(c.clientAddress1, 31) + c.clientAddress2, 65_599) ^ c.clientAddress3) & 0xfffff) *
    2 ** 32;

export function count(counts: Counts, connection: Connection, loginNs: number, fate: Fate): void {
  counts.sessions++;
  if (isAnswered(connection)) counts.answered++;
  if (isIdentified(connection)) counts.identified++;
  if (loginNs !== Number.POSITIVE_INFINITY) counts.authenticated++;
  counts.firstFate ??= fate;
  if (fate === counts.firstFate) counts.firstFateCount++;
  else countOther(counts, fate);
}

function countOther(counts: Counts, fate: Fate): void {
  counts.fates ??= [];
  counts.fateCounts ??= [];
  const index = counts.fates.indexOf(fate);
  if (index >= 0) counts.fateCounts[index] = (counts.fateCounts[index] as number) + 1;
  else {
    counts.fates.push(fate);
    counts.fateCounts.push(1);
  }
}

export function noteValue(values: number[], value: number): void {
  if (values.length < MAX_VALUES && !values.includes(value)) values.push(value);
}

export function noteShortest(shortest: [number, number], ns: number): void {
  if (!(ns < shortest[1])) return;
  if (ns < shortest[0]) {
    shortest[1] = shortest[0];
    shortest[0] = ns;
  } else {
    shortest[1] = ns;
  }
}

/** NaN where a SYN was repeated (Karn's rule) or one of the two was not seen. */
export function synAckNs({ client, server }: Connection): number {
  return client.synCount === 1 && server.synPacket > 0 ? server.synNs - client.synNs : Number.NaN;
}

export function identificationNs({ establishedPacket, establishedNs, ssh }: Connection): number {
  const { identification } = ssh.sides[SERVER];
  return establishedPacket > 0 && identification !== undefined
    ? identification.timeNs - establishedNs
    : Number.NaN;
}

export function noteClose(notes: ServerNotes, connection: Connection, facts: FateFacts): void {
  const [first] = facts.closes;
  if (first === undefined || first.side !== 'server' || first.kind !== 'fin') return;
  if (connection.establishedPacket === 0 || isAuthenticated(connection)) return;
  const ms = Math.round((connection.server.finNs - connection.establishedNs) / 1e6);
  if (notes.closedAfterMs.length >= 2 * MAX_TIMES) notes.closedAfterMs.splice(0, MAX_TIMES);
  notes.closedAfterMs.push(ms);
}
