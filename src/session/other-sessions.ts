import type { Fate } from '../fate/vocabulary.ts';
import { SERVER } from '../ssh/conversation-api.ts';
import type { Connection } from '../tcp/connection.ts';
import {
  ANSWERED,
  AUTHENTICATED,
  IDENTIFIED,
  isAnswered,
  isAuthenticated,
  isIdentified,
} from './progress.ts';
import type { EarlierSession, LaterSession, OtherSessions, SurroundingsRecord } from './record.ts';
import {
  type ClientNotes,
  type Counts,
  identificationNs,
  MAX_TIMES,
  NOBODY,
  RECENT_OF_CLIENT,
  type ServerNotes,
  synAckNs,
} from './server-notes.ts';
import type { Surroundings } from './surroundings.ts';

/* What is answered to a session that asks of others, each answer when it is asked for. */

const LATER_OF_CLIENT = 8;
const EARLIER_OF_CLIENT = 8;
/**
 * Ends before the key exchange may be what the client's past has earned (PerSourcePenalties adds up), or one of many
 * checks: all that is remembered is told of those. With 32 in the record of every session that guesses a password, a
 * fifth of an attack's NDJSON told what its other records tell.
 */
const DECIDED_BY_PAST: ReadonlySet<Fate> = new Set<Fate>([
  'rst-after-syn-ack',
  'fin-before-banner',
  'rst-before-banner',
  'fin-after-banner',
  'rst-after-banner',
]);

/**
 * Open connections that are looked at for one answer: thousands are open where a capture holds one direction only, or at its
 * end, and each that ends asks all others.
 */
export const MAX_LOOKED_AT = 1024;

/** Sessions that end in the same moment: longer than a round of retransmissions or keepalives. */
export const TOGETHER_NS = 10e9;

/** Of what session, and where the answers are. */
export interface Asked {
  readonly surroundings: Surroundings;
  readonly notes: ServerNotes;
  readonly own: ClientNotes | undefined;
  readonly targets: readonly ServerNotes[] | undefined;
  readonly connection: Connection;
  readonly fate: Fate;
  readonly isNoted: boolean;
}

/**
 * Answers each question when it is asked: most causes ask for one count, and a flood has millions of sessions
 * (measured: to answer all took two thirds of a flood's time, and a third of an attack's).
 */
export class LazySurroundings implements SurroundingsRecord {
  readonly server: ServerSurroundings;
  readonly client: ClientSurroundings;
  readonly neighbour: SurroundingsRecord['neighbour'];
  readonly gateway: SurroundingsRecord['gateway'];

  constructor(
    asked: Asked,
    neighbour: SurroundingsRecord['neighbour'],
    gateway: SurroundingsRecord['gateway'],
  ) {
    const counts = new OthersCounts(asked);
    this.server = new ServerSurroundings(asked, counts);
    this.client = new ClientSurroundings(asked, counts);
    this.neighbour = neighbour;
    this.gateway = gateway;
  }
}

/** The counts of both, made together. */
class OthersCounts {
  private readonly asked: Asked;
  private madeServer: SessionCounts | undefined = undefined;
  private madeClient: SessionCounts | undefined = undefined;

  constructor(asked: Asked) {
    this.asked = asked;
  }

  get server(): SessionCounts {
    if (this.madeServer === undefined) this.make();
    return this.madeServer as unknown as SessionCounts;
  }
  get client(): SessionCounts {
    if (this.madeClient === undefined) this.make();
    return this.madeClient as unknown as SessionCounts;
  }

  private make(): void {
    const { surroundings, notes, own, connection, fate, isNoted } = this.asked;
    const self = isNoted ? { connection, fate } : undefined;
    this.madeServer = othersOf(notes, notes.clients.size, self);
    this.madeClient = othersOf(own ?? NOBODY, own === undefined ? 0 : 1, own && self);
    surroundings.countOpen(notes, connection, this.madeServer, this.madeClient);
  }
}

class ServerSurroundings {
  private readonly asked: Asked;
  private readonly counts: OthersCounts;
  private madeUnauthenticated: SurroundingsRecord['server']['unauthenticated'] | null = null;
  private madeTogether: SurroundingsRecord['server']['together'] | null = null;
  private madeSurvivors: number | undefined | null = null;

  constructor(asked: Asked, counts: OthersCounts) {
    this.asked = asked;
    this.counts = counts;
  }

  get sessions(): number {
    return this.counts.server.sessions;
  }
  get clients(): number {
    return this.counts.server.clients;
  }
  get answered(): number {
    return this.counts.server.answered;
  }
  get identified(): number {
    return this.counts.server.identified;
  }
  get authenticated(): number {
    return this.counts.server.authenticated;
  }
  get fates(): OtherSessions['fates'] {
    return this.counts.server.fates;
  }
  get software(): string | undefined {
    const { surroundings, notes, connection } = this.asked;
    return connection.ssh.sides[SERVER].identification === undefined
      ? surroundings.softwareOf(notes, connection.lastNs)
      : undefined;
  }
  get hopLimits(): readonly number[] | undefined {
    return listed(this.asked.notes.hopLimits);
  }
  get synAckMs(): number | undefined {
    const { notes, connection, isNoted } = this.asked;
    return shortestOther(notes.synAckNs, synAckNs(connection), isNoted);
  }
  get identificationMs(): number | undefined {
    const { notes, connection, isNoted } = this.asked;
    return shortestOther(notes.identificationNs, identificationNs(connection), isNoted);
  }
  get markings(): SurroundingsRecord['server']['markings'] {
    const { answeredMarkings, unansweredMarkings } = this.asked.notes;
    return answeredMarkings.length + unansweredMarkings.length > 0
      ? { answered: [...answeredMarkings], unanswered: [...unansweredMarkings] }
      : undefined;
  }
  get unauthenticated(): SurroundingsRecord['server']['unauthenticated'] {
    if (this.madeUnauthenticated === null) {
      const { surroundings, notes, connection } = this.asked;
      this.madeUnauthenticated = surroundings.unauthenticatedAt(notes, connection);
    }
    return this.madeUnauthenticated;
  }
  get together(): SurroundingsRecord['server']['together'] {
    if (this.madeTogether === null) {
      const { surroundings, notes, connection, fate } = this.asked;
      this.madeTogether = surroundings.together(notes, connection, fate);
    }
    return this.madeTogether;
  }
  get survivors(): number | undefined {
    if (this.madeSurvivors === null) {
      this.madeSurvivors = survivors(this.asked.notes, this.asked.connection);
    }
    return this.madeSurvivors;
  }
  get closedAfterMs(): readonly number[] | undefined {
    return listed(this.asked.notes.closedAfterMs);
  }
}

class ClientSurroundings {
  private readonly asked: Asked;
  private readonly counts: OthersCounts;
  private madeEarlier: readonly EarlierSession[] | undefined | null = null;
  private madeLater: readonly LaterSession[] | undefined | null = null;

  constructor(asked: Asked, counts: OthersCounts) {
    this.asked = asked;
    this.counts = counts;
  }

  get sessions(): number {
    return this.counts.client.sessions;
  }
  get clients(): number {
    return this.counts.client.clients;
  }
  get answered(): number {
    return this.counts.client.answered;
  }
  get identified(): number {
    return this.counts.client.identified;
  }
  get authenticated(): number {
    return this.counts.client.authenticated;
  }
  get fates(): OtherSessions['fates'] {
    return this.counts.client.fates;
  }
  get earlier(): readonly EarlierSession[] | undefined {
    if (this.madeEarlier === null) {
      const { own, connection, fate } = this.asked;
      const limit = DECIDED_BY_PAST.has(fate) ? RECENT_OF_CLIENT : EARLIER_OF_CLIENT;
      this.madeEarlier = own && earlierOf(own, connection, limit);
    }
    return this.madeEarlier;
  }
  get later(): readonly LaterSession[] | undefined {
    if (this.madeLater === null) {
      const { own, connection } = this.asked;
      this.madeLater = own && laterOf(own, connection);
    }
    return this.madeLater;
  }
  get servers(): number {
    return this.asked.targets?.length ?? 1;
  }
  get ports(): number {
    const { targets } = this.asked;
    return targets === undefined ? 1 : distinctPorts(targets);
  }
}

/** All answers as a plain object, which outlives the session. */
export function plainSurroundings({
  server,
  client,
  neighbour,
  gateway,
}: SurroundingsRecord): SurroundingsRecord {
  return {
    server: {
      ...plainCounts(server),
      software: server.software,
      hopLimits: server.hopLimits,
      synAckMs: server.synAckMs,
      identificationMs: server.identificationMs,
      markings: server.markings,
      unauthenticated: server.unauthenticated,
      together: server.together,
      survivors: server.survivors,
      closedAfterMs: server.closedAfterMs,
    },
    client: {
      ...plainCounts(client),
      earlier: client.earlier,
      later: client.later,
      servers: client.servers,
      ports: client.ports,
    },
    neighbour,
    gateway,
  };
}

const plainCounts = (others: OtherSessions): OtherSessions => ({
  sessions: others.sessions,
  clients: others.clients,
  answered: others.answered,
  identified: others.identified,
  authenticated: others.authenticated,
  fates: others.fates,
});

const NONE: OtherSessions = {
  sessions: 0,
  clients: 0,
  answered: 0,
  identified: 0,
  authenticated: 0,
  fates: {},
};

export const ALONE: SurroundingsRecord = { server: NONE, client: { ...NONE, servers: 1, ports: 1 } };

/** All that were noted but the session itself, which may be among them. */
function othersOf(
  counts: Counts,
  clients: number,
  self: { readonly connection: Connection; readonly fate: Fate } | undefined,
): SessionCounts {
  const fates: Partial<Record<Fate, number>> = {};
  const tell = (fate: Fate | undefined, sessions: number): void => {
    const others = sessions - (self?.fate === fate ? 1 : 0);
    if (fate !== undefined && others > 0) fates[fate] = others;
  };
  tell(counts.firstFate, counts.firstFateCount);
  for (let index = 0; index < (counts.fates?.length ?? 0); index++) {
    tell(counts.fates?.[index], counts.fateCounts?.[index] as number);
  }
  const less = (is: (connection: Connection) => boolean): number => (self && is(self.connection) ? 1 : 0);
  return {
    sessions: counts.sessions - (self ? 1 : 0),
    clients,
    answered: counts.answered - less(isAnswered),
    identified: counts.identified - less(isIdentified),
    authenticated: counts.authenticated - less(isAuthenticated),
    fates,
  };
}

/** {@link OtherSessions} while they are counted. */
export type SessionCounts = { -readonly [Member in keyof OtherSessions]: OtherSessions[Member] };

export function countOne(counts: SessionCounts, progress: number): void {
  counts.sessions++;
  if ((progress & ANSWERED) !== 0) counts.answered++;
  if ((progress & IDENTIFIED) !== 0) counts.identified++;
  if ((progress & AUTHENTICATED) !== 0) counts.authenticated++;
}

export const isSameClient = (a: Connection, b: Connection): boolean =>
  a.clientAddress0 === b.clientAddress0 &&
  a.clientAddress1 === b.clientAddress1 &&
  a.clientAddress2 === b.clientAddress2 &&
  a.clientAddress3 === b.clientAddress3 &&
  a.ipVersion === b.ipVersion;

function shortestOther(
  shortest: readonly [number, number],
  own: number,
  isNoted: boolean,
): number | undefined {
  const ns = isNoted && shortest[0] === own ? shortest[1] : shortest[0];
  return Number.isFinite(ns) ? Math.round(ns / 1000) / 1000 : undefined;
}

function listed(values: readonly number[]): readonly number[] | undefined {
  return values.length > 0 ? values.slice(-MAX_TIMES) : undefined;
}

function distinctPorts(servers: readonly ServerNotes[]): number {
  const ports: number[] = [];
  for (const { port } of servers) if (!ports.includes(port)) ports.push(port);
  return ports.length;
}

function survivors(notes: ServerNotes, self: Connection): number | undefined {
  const untilNs = self.lastNs + TOGETHER_NS;
  let alive = 0;
  const { open, recent } = notes;
  const looked = Math.min(open.length, MAX_LOOKED_AT);
  for (let i = 0; i < looked; i++) {
    const other = open[i] as Connection;
    if (other !== self && other.firstNs < self.lastNs && other.lastNs > untilNs && isAuthenticated(other))
      alive++;
  }
  for (let i = 0; i < recent.length; i++) {
    const endNs = recent.endNs(i);
    if (recent.authenticatedNs(i) >= self.lastNs || endNs <= untilNs) continue;
    if (endNs === Number.POSITIVE_INFINITY || recent.startNs(i) >= self.lastNs) continue;
    if (recent.number(i) !== self.number) alive++;
  }
  return alive > 0 ? alive : undefined;
}

function earlierOf(
  { recent }: ClientNotes,
  self: Connection,
  limit: number,
): readonly EarlierSession[] | undefined {
  // Latest beginning first; sessions end nearly in the order in which they begin.
  const newest: number[] = [];
  for (let i = recent.length - 1; i >= 0; i--) {
    const startNs = recent.startNs(i);
    if (recent.number(i) === self.number || startNs > self.firstNs) continue;
    let at = newest.length;
    if (at === limit) {
      if (recent.startNs(newest[at - 1] as number) >= startNs) continue;
      at--;
    }
    // Of equal ones the first that ended comes first in the end.
    while (at > 0 && recent.startNs(newest[at - 1] as number) < startNs) {
      newest[at] = newest[at - 1] as number;
      at--;
    }
    newest[at] = i;
  }
  if (newest.length === 0) return undefined;
  return newest.reverse().map(
    (i): EarlierSession => ({
      session: recent.number(i),
      fate: recent.fate(i),
      cause: recent.cause(i),
      agoMs: Math.round((self.firstNs - recent.startNs(i)) / 1e6),
      packet: recent.firstPacket(i),
    }),
  );
}

function laterOf({ recent }: ClientNotes, self: Connection): readonly LaterSession[] | undefined {
  let order: number[] | undefined;
  for (let i = 0; i < recent.length; i++) {
    if (recent.startNs(i) <= self.firstNs || recent.number(i) === self.number) continue;
    order ??= [];
    order.push(i);
  }
  if (order === undefined) return undefined;
  return order
    .sort((a, b) => recent.startNs(a) - recent.startNs(b))
    .slice(0, LATER_OF_CLIENT)
    .map(
      (i): LaterSession => ({
        session: recent.number(i),
        fate: recent.fate(i),
        inMs: Math.round((recent.startNs(i) - self.firstNs) / 1e6),
        packet: recent.firstPacket(i),
      }),
    );
}
