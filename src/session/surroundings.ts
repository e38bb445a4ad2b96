import { FATES, type Fate } from '../fate/vocabulary.ts';
import { SERVER } from '../ssh/conversation-api.ts';
import type { Connection } from '../tcp/connection.ts';
import { type NeighbourNote, neighbourKey } from '../tcp/tracker.ts';
import type { Clock } from './clock.ts';
import { PastSessions } from './past-sessions.ts';
import type { EarlierSession, FateFacts, LaterSession, OtherSessions, SurroundingsRecord } from './record.ts';

/*
 * What a capture shows of other sessions. Every session is noted when it is over, or, where it is still open at the
 * capture's end, just before the first of those is judged: so the last ones know of each other.
 */

/** Servers (address and port), clients a server, and in all; more are not noted, and counted. About 1 kB a server. */
const MAX_SERVERS = 4096;
const MAX_CLIENTS = 65_536;
/** Sessions remembered one by one, a server and a client. */
const RECENT_OF_SERVER = 256;
const RECENT_OF_CLIENT = 32;
const LATER_OF_CLIENT = 8;
/** Open connections that are looked at for one answer. */
const MAX_LOOKED_AT = 4096;
const MAX_PACKETS = 16;
const MAX_VALUES = 8;
const MAX_TIMES = 16;
/** Sessions that end in the same moment: longer than a round of retransmissions or keepalives. */
const TOGETHER_NS = 10e9;
const MAX_TARGETS = 64;
/** Clients with a higher number are met by their hash; only a watch of days has them. */
const MAX_MET = 1 << 20;
/** A power of two, more than twice as many as are met in one question. */
const UNNOTED_PLACES = 1 << 14;

interface Counts {
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
class ClientNotes implements Counts {
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

interface ServerNotes extends Counts {
  readonly ipVersion: 4 | 6;
  readonly address0: number;
  readonly address1: number;
  readonly address2: number;
  readonly address3: number;
  readonly port: number;
  readonly open: Connection[];
  readonly clients: Map<number | string, ClientNotes>;
  readonly recent: PastSessions;
  readonly hopLimits: number[];
  readonly answeredMarkings: number[];
  readonly unansweredMarkings: number[];
  readonly closedAfterMs: number[];
  /** The two shortest, so that a session can leave itself out. */
  readonly synAckNs: [number, number];
  readonly identificationNs: [number, number];
}

/** What is noted of a session beside its connection. */
export interface NotedSession {
  readonly observed: FateFacts;
  readonly fate: Fate;
  readonly causeId: string | undefined;
}

export class Surroundings {
  private readonly servers = new Map<number, ServerNotes[]>();
  private serverCount = 0;
  private clientCount = 0;
  private lastClientNumber = 0;
  /** Servers that a client tried; one who tries many is a scanner. */
  private readonly targets = new Map<number | string, ServerNotes[]>();
  /** By number of the client: in which question it was met last. */
  private met = new Int32Array(1 << 10);
  private question = 0;
  /** The same for clients without a number, by a hash of theirs. */
  private readonly metUnnoted = new Float64Array(UNNOTED_PLACES);
  private readonly unnotedQuestions = new Int32Array(UNNOTED_PLACES);
  private readonly neighbours: ReadonlyMap<string, NeighbourNote>;
  /** Sessions that were not noted because a table was full. */
  unnoted = 0;

  constructor(neighbours: ReadonlyMap<string, NeighbourNote>) {
    this.neighbours = neighbours;
  }

  /** A connection that is more than a SYN begins. */
  opened(connection: Connection): void {
    const notes = this.notesOf(connection, true);
    if (notes === undefined) return;
    connection.serverNotes = notes;
    connection.openPosition = notes.open.push(connection) - 1;
  }

  /** It is only a SYN again, or no session. */
  dropped(connection: Connection): void {
    this.closed(connection);
  }

  /** A session is over and was judged: from now on others may know of it. */
  note(connection: Connection, session: NotedSession): void {
    this.closed(connection);
    if (connection.isNoted) connection.isNoted = false;
    else this.add(connection, session);
  }

  /** It is not over, but is judged: the capture ends, or it has closed and only stragglers are waited for. */
  noteOpen(connection: Connection, session: NotedSession): void {
    if (connection.isNoted) return;
    this.add(connection, session);
    connection.isNoted = true;
  }

  /**
   * As `noteOpen`, for a watch that tells verdicts before it has waited for stragglers: it is not looked through any more
   * when open sessions are, of which a busy server would have thousands that are only waited for.
   */
  noteEarly(connection: Connection, session: NotedSession): void {
    this.noteOpen(connection, session);
    this.closed(connection);
  }

  /** Forgets clients and servers without a session that began since: a watch goes on for months. */
  forgetBefore(timeNs: number): void {
    for (const [hash, chain] of this.servers) {
      const kept = chain.filter((notes) => this.forgetClients(notes, timeNs));
      this.serverCount -= chain.length - kept.length;
      if (kept.length === 0) this.servers.delete(hash);
      else if (kept.length < chain.length) this.servers.set(hash, kept);
    }
    for (const [client, targets] of this.targets) {
      const kept = targets.filter((notes) => notes.clients.has(client));
      if (kept.length === 0) this.targets.delete(client);
      else if (kept.length < targets.length) this.targets.set(client, kept);
    }
  }

  /** Whether the server is still of interest. */
  private forgetClients(notes: ServerNotes, beforeNs: number): boolean {
    for (const [key, client] of notes.clients) {
      if (!beganBefore(client.recent, beforeNs)) continue;
      notes.clients.delete(key);
      this.clientCount--;
    }
    return notes.open.length > 0 || notes.clients.size > 0 || !beganBefore(notes.recent, beforeNs);
  }

  private closed(connection: Connection): void {
    const notes = connection.serverNotes as ServerNotes | undefined;
    const { openPosition } = connection;
    if (notes === undefined || openPosition < 0) return;
    const last = notes.open.pop() as Connection;
    if (last !== connection) {
      notes.open[openPosition] = last;
      last.openPosition = openPosition;
    }
    connection.openPosition = -1;
  }

  /** Undefined when nothing is known beyond the session itself. */
  of(connection: Connection, fate: Fate, clock: Clock): SurroundingsRecord | undefined {
    const notes = this.notesOf(connection, false);
    const neighbour = this.neighbourOf(connection, clock);
    const { isNoted } = connection;
    const isTwice = isNoted && connection.openPosition >= 0;
    const others = (notes?.sessions ?? 0) - (isTwice ? 1 : 0) + (notes?.open.length ?? 0);
    const client = clientKey(connection);
    const targets = this.targets.get(client);
    if (notes === undefined || (others <= 1 && neighbour === undefined && (targets?.length ?? 0) <= 1)) {
      return neighbour && { ...ALONE, neighbour };
    }
    const own = notes.clients.get(client);
    const asked: Asked = { surroundings: this, notes, own, targets, connection, fate, isNoted };
    return new LazySurroundings(asked, neighbour);
  }

  /** Those that are open count, too; their fate is not known yet. */
  countOpen(
    open: readonly Connection[],
    self: Connection,
    atServer: SessionCounts,
    ofClient: SessionCounts,
  ): void {
    const looked = Math.min(open.length, MAX_LOOKED_AT);
    let others = 0;
    for (let i = 0; i < looked; i++) {
      const other = open[i] as Connection;
      if (other === self || other.isNoted) continue;
      others++;
      const progress = progressOf(other);
      countOne(atServer, progress);
      if (!isSameClient(other, self)) continue;
      countOne(ofClient, progress);
      ofClient.clients = 1;
    }
    if (others > atServer.clients) {
      const clients = new Set<number | string>();
      for (let i = 0; i < looked; i++) {
        const other = open[i] as Connection;
        if (other !== self && !other.isNoted) clients.add(clientKey(other));
      }
      atServer.clients = Math.max(atServer.clients, clients.size);
    }
  }

  private add(connection: Connection, { observed: facts, fate, causeId: cause }: NotedSession): void {
    const notes = this.notesOf(connection, true);
    if (notes === undefined) {
      this.unnoted++;
      return;
    }
    const client = clientKey(connection);
    let own = notes.clients.get(client);
    if (own === undefined) {
      if (this.clientCount >= MAX_CLIENTS) this.unnoted++;
      else {
        this.clientCount++;
        this.noteTarget(client, notes);
        own = new ClientNotes(++this.lastClientNumber);
        notes.clients.set(client, own);
      }
    }
    const marking = connection.client.synTrafficClass;
    const loginNs = connection.ssh.authentication.success?.timeNs ?? Number.POSITIVE_INFINITY;
    count(notes, connection, loginNs, fate);
    if (marking >= 0)
      noteValue(isAnswered(connection) ? notes.answeredMarkings : notes.unansweredMarkings, marking >> 2);
    if (connection.server.synCount > 0) noteValue(notes.hopLimits, connection.server.hopLimit);
    noteShortest(notes.synAckNs, synAckNs(connection));
    noteShortest(notes.identificationNs, identificationNs(connection));
    noteClose(notes, connection, facts);
    const isOver = facts.closes.length > 0 || facts.icmp !== undefined;
    const past = {
      number: connection.number,
      client: own?.number ?? numberOfUnnoted(connection),
      startNs: connection.firstNs,
      authenticatedNs: loginNs,
      endNs: isOver ? endNsOf(connection, facts) : Number.POSITIVE_INFINITY,
      fate,
      cause,
      firstPacket: connection.firstPacket,
      lastPacket: facts.closes[0]?.packet ?? facts.icmp?.packet ?? connection.lastPacket,
    };
    notes.recent.add(past);
    if (own !== undefined) {
      count(own, connection, loginNs, fate);
      own.recent.add(past);
    }
  }

  private noteTarget(client: number | string, server: ServerNotes): void {
    const targets = this.targets.get(client);
    if (targets !== undefined) {
      if (targets.length < MAX_TARGETS) targets.push(server);
    } else if (this.targets.size < MAX_CLIENTS) {
      this.targets.set(client, [server]);
    }
  }

  private notesOf(connection: Connection, isNew: boolean): ServerNotes | undefined {
    if (connection.serverNotes !== undefined) return connection.serverNotes as ServerNotes;
    const { serverAddress0: a, serverAddress1: b, serverAddress2: c, serverAddress3: d } = connection;
    const { serverPort: port, ipVersion } = connection;
    const hash = Math.imul(Math.imul(Math.imul(Math.imul(a, 31) + b, 31) + c, 31) + d, 65_599) ^ port;
    const chain = this.servers.get(hash);
    const known = chain?.find(
      (notes) =>
        notes.address0 === a &&
        notes.address1 === b &&
        notes.address2 === c &&
        notes.address3 === d &&
        notes.port === port &&
        notes.ipVersion === ipVersion,
    );
    if (known !== undefined || !isNew || this.serverCount >= MAX_SERVERS) return known;
    this.serverCount++;
    const notes: ServerNotes = {
      ...newCounts(),
      ...{ ipVersion, address0: a, address1: b, address2: c, address3: d, port },
      open: [],
      clients: new Map(),
      recent: new PastSessions(RECENT_OF_SERVER, 8, 'columns'),
      hopLimits: [],
      answeredMarkings: [],
      unansweredMarkings: [],
      closedAfterMs: [],
      synAckNs: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      identificationNs: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    };
    if (chain === undefined) this.servers.set(hash, [notes]);
    else chain.push(notes);
    return notes;
  }

  /** Those that are over and judged, and those that have closed and are judged in a moment. */
  together(
    notes: ServerNotes,
    self: Connection,
    fate: Fate,
  ): NonNullable<SurroundingsRecord['server']['together']> | undefined {
    const { recent, open } = notes;
    const { number, lastNs } = self;
    const packets: number[] = [];
    let sessions = 0;
    let clients = 0;
    this.question++;
    const places = recent.endedAlike(FATES.indexOf(fate), number, lastNs, TOGETHER_NS);
    for (let n = 0; n < recent.found; n++) {
      const i = places[n] as number;
      sessions++;
      if (this.isFirstMeeting(recent.client(i))) clients++;
      if (packets.length < MAX_PACKETS) packets.push(recent.lastPacket(i));
    }
    const end = endOf(self);
    const looked = Math.min(open.length, MAX_LOOKED_AT);
    for (let i = 0; i < looked; i++) {
      const other = open[i] as Connection;
      if (!other.closed || other.isNoted || other === self) continue;
      if (Math.abs(other.lastNs - lastNs) > TOGETHER_NS || endOf(other) !== end) continue;
      sessions++;
      const client = notes.clients.get(clientKey(other))?.number ?? numberOfUnnoted(other);
      if (this.isFirstMeeting(client)) clients++;
      if (packets.length < MAX_PACKETS) packets.push(other.lastPacket);
    }
    return sessions > 0 ? { sessions, clients, packets: ascending(packets) } : undefined;
  }

  /** Whether the client was not met before in this question. */
  private isFirstMeeting(client: number): boolean {
    if (client < 0 || client >= MAX_MET) return this.isFirstUnnoted(client);
    if (client >= this.met.length) {
      const grown = new Int32Array(Math.max(client + 1, this.met.length * 2));
      grown.set(this.met);
      this.met = grown;
    }
    if (this.met[client] === this.question) return false;
    this.met[client] = this.question;
    return true;
  }

  private isFirstUnnoted(client: number): boolean {
    const { metUnnoted, unnotedQuestions, question } = this;
    const hash = Math.imul(client, 0x9e3779b1);
    let place = (hash ^ (hash >>> 15)) & (UNNOTED_PLACES - 1);
    while (unnotedQuestions[place] === question) {
      if (metUnnoted[place] === client) return false;
      place = (place + 1) & (UNNOTED_PLACES - 1);
    }
    unnotedQuestions[place] = question;
    metUnnoted[place] = client;
    return true;
  }

  unauthenticatedAt(
    notes: ServerNotes,
    self: Connection,
  ): NonNullable<SurroundingsRecord['server']['unauthenticated']> | undefined {
    if (self.establishedPacket === 0) return undefined;
    const { recent, open } = notes;
    const acceptedNs = self.establishedNs;
    const packets: number[] = [];
    let sessions = 0;
    const from = Math.max(0, recent.length - RECENT_OF_SERVER);
    for (let i = from; i < recent.length; i++) {
      if (recent.endNs(i) <= acceptedNs || recent.startNs(i) >= acceptedNs) continue;
      if (recent.authenticatedNs(i) <= acceptedNs || recent.number(i) === self.number) continue;
      sessions++;
      notePacket(packets, recent.firstPacket(i));
    }
    const looked = Math.min(open.length, MAX_LOOKED_AT);
    for (let i = 0; i < looked; i++) {
      const other = open[i] as Connection;
      if (other === self || other.establishedPacket === 0 || other.firstNs >= acceptedNs) continue;
      if (other.closed && other.lastNs <= acceptedNs) continue;
      const loginNs = isAuthenticated(other)
        ? (other.ssh.authentication.success?.timeNs ?? Number.POSITIVE_INFINITY)
        : Number.POSITIVE_INFINITY;
      if (loginNs <= acceptedNs || (other.isNoted && isAmong(recent, from, other.number))) continue;
      sessions++;
      notePacket(packets, other.firstPacket);
    }
    return sessions > 0 ? { sessions, packets: ascending(packets) } : undefined;
  }

  private neighbourOf(c: Connection, clock: Clock): SurroundingsRecord['neighbour'] {
    if (this.neighbours.size === 0) return undefined;
    const { serverAddress0, serverAddress1, serverAddress2, serverAddress3 } = c;
    const note = this.neighbours.get(
      neighbourKey(serverAddress0, serverAddress1, serverAddress2, serverAddress3),
    );
    return (
      note && {
        requests: note.requests,
        replies: note.replies,
        first: { packet: note.firstRequestPacket, time: clock.iso(note.firstRequestNs) },
        last: { packet: note.lastRequestPacket, time: clock.iso(note.lastRequestNs) },
      }
    );
  }
}

/** Of what session, and where the answers are. */
interface Asked {
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
class LazySurroundings implements SurroundingsRecord {
  readonly server: ServerSurroundings;
  readonly client: ClientSurroundings;
  readonly neighbour: SurroundingsRecord['neighbour'];

  constructor(asked: Asked, neighbour: SurroundingsRecord['neighbour']) {
    const counts = new OthersCounts(asked);
    this.server = new ServerSurroundings(asked, counts);
    this.client = new ClientSurroundings(asked, counts);
    this.neighbour = neighbour;
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
    surroundings.countOpen(notes.open, connection, this.madeServer, this.madeClient);
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
      const { own, connection } = this.asked;
      this.madeEarlier = own && earlierOf(own, connection);
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
export function plainSurroundings({ server, client, neighbour }: SurroundingsRecord): SurroundingsRecord {
  return {
    server: {
      ...plainCounts(server),
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

const newCounts = (): Counts => ({
  sessions: 0,
  answered: 0,
  identified: 0,
  authenticated: 0,
  firstFate: undefined,
  firstFateCount: 0,
  fates: undefined,
  fateCounts: undefined,
});
const NOBODY: Counts = newCounts();

const NONE: OtherSessions = {
  sessions: 0,
  clients: 0,
  answered: 0,
  identified: 0,
  authenticated: 0,
  fates: {},
};
const ALONE: SurroundingsRecord = { server: NONE, client: { ...NONE, servers: 1, ports: 1 } };

const clientKey = (c: Connection): number | string =>
  c.ipVersion === 4
    ? c.clientAddress0
    : `${c.clientAddress0} ${c.clientAddress1} ${c.clientAddress2} ${c.clientAddress3}`;

/** Of a client that is not noted: negative, and hardly ever the same for two. */
const numberOfUnnoted = (c: Connection): number =>
  -1 -
  (c.clientAddress0 >>> 0) -
  ((Math.imul(Math.imul(c.clientAddress1, 31) + c.clientAddress2, 65_599) ^ c.clientAddress3) & 0xfffff) *
    2 ** 32;

const ANSWERED = 1;
const IDENTIFIED = 2;
const KEYED = 4;
const AUTHENTICATED = 8;
/** By whom and how it was closed first: 0 not at all, else one of four. */
const CLOSE = 16;

/**
 * How far a session has come and how it was closed, as the bits above. Looked at again only after another packet: a busy server has hundreds of
 * open sessions, and each that ends asks all of them (measured: a fifth of an attack's time).
 */
function progressOf(connection: Connection): number {
  if (connection.progressPacket === connection.lastPacket) return connection.progress;
  const { ssh } = connection;
  const server = ssh.sides[SERVER];
  connection.progressPacket = connection.lastPacket;
  connection.progress =
    firstClose(connection) * CLOSE +
    (connection.server.synCount > 0 ? ANSWERED : 0) +
    (server.identification !== undefined ? IDENTIFIED : 0) +
    (server.newKeys !== undefined ? KEYED : 0) +
    (ssh.authentication.success !== undefined ? AUTHENTICATED : 0);
  return connection.progress;
}

function firstClose({ client, server }: Connection): number {
  let first = Number.POSITIVE_INFINITY;
  let how = 0;
  for (let kind = 1; kind <= 4; kind++) {
    const half = kind <= 2 ? client : server;
    const packet = (kind & 1) === 1 ? half.finPacket : half.rstPacket;
    if (packet > 0 && packet < first) {
      first = packet;
      how = kind;
    }
  }
  return how;
}

const isAnswered = (connection: Connection): boolean => (progressOf(connection) & ANSWERED) !== 0;
const isIdentified = (connection: Connection): boolean => (progressOf(connection) & IDENTIFIED) !== 0;
const isAuthenticated = (connection: Connection): boolean => (progressOf(connection) & AUTHENTICATED) !== 0;

function count(counts: Counts, connection: Connection, loginNs: number, fate: Fate): void {
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
type SessionCounts = { -readonly [Member in keyof OtherSessions]: OtherSessions[Member] };

function countOne(counts: SessionCounts, progress: number): void {
  counts.sessions++;
  if ((progress & ANSWERED) !== 0) counts.answered++;
  if ((progress & IDENTIFIED) !== 0) counts.identified++;
  if ((progress & AUTHENTICATED) !== 0) counts.authenticated++;
}

const isSameClient = (a: Connection, b: Connection): boolean =>
  a.clientAddress0 === b.clientAddress0 &&
  a.clientAddress1 === b.clientAddress1 &&
  a.clientAddress2 === b.clientAddress2 &&
  a.clientAddress3 === b.clientAddress3 &&
  a.ipVersion === b.ipVersion;

function noteValue(values: number[], value: number): void {
  if (values.length < MAX_VALUES && !values.includes(value)) values.push(value);
}

function noteShortest(shortest: [number, number], ns: number): void {
  if (!(ns < shortest[1])) return;
  if (ns < shortest[0]) {
    shortest[1] = shortest[0];
    shortest[0] = ns;
  } else {
    shortest[1] = ns;
  }
}

function shortestOther(
  shortest: readonly [number, number],
  own: number,
  isNoted: boolean,
): number | undefined {
  const ns = isNoted && shortest[0] === own ? shortest[1] : shortest[0];
  return Number.isFinite(ns) ? Math.round(ns / 1000) / 1000 : undefined;
}

/** NaN where a SYN was repeated (Karn's rule) or one of the two was not seen. */
function synAckNs({ client, server }: Connection): number {
  return client.synCount === 1 && server.synPacket > 0 ? server.synNs - client.synNs : Number.NaN;
}

function identificationNs({ establishedPacket, establishedNs, ssh }: Connection): number {
  const { identification } = ssh.sides[SERVER];
  return establishedPacket > 0 && identification !== undefined
    ? identification.timeNs - establishedNs
    : Number.NaN;
}

function noteClose(notes: ServerNotes, connection: Connection, facts: FateFacts): void {
  const [first] = facts.closes;
  if (first === undefined || first.side !== 'server' || first.kind !== 'fin') return;
  if (connection.establishedPacket === 0 || isAuthenticated(connection)) return;
  const ms = Math.round((connection.server.finNs - connection.establishedNs) / 1e6);
  if (notes.closedAfterMs.length >= 2 * MAX_TIMES) notes.closedAfterMs.splice(0, MAX_TIMES);
  notes.closedAfterMs.push(ms);
}

function endNsOf(connection: Connection, facts: FateFacts): number {
  const [first] = facts.closes;
  return first === undefined ? connection.lastNs : connection.firstNs + first.atMs * 1e6;
}

function listed(values: readonly number[]): readonly number[] | undefined {
  return values.length > 0 ? values.slice(-MAX_TIMES) : undefined;
}

function notePacket(packets: number[], packet: number): void {
  if (packets.length < MAX_PACKETS && !packets.includes(packet)) packets.push(packet);
}

/** Sorts a few numbers that are nearly in order: `sort` with a comparison took a tenth of the time of a record. */
function ascending(numbers: number[]): readonly number[] {
  for (let i = 1; i < numbers.length; i++) {
    const number = numbers[i] as number;
    let at = i;
    while (at > 0 && (numbers[at - 1] as number) > number) {
      numbers[at] = numbers[at - 1] as number;
      at--;
    }
    numbers[at] = number;
  }
  return numbers;
}

function isAmong(recent: PastSessions, from: number, number: number): boolean {
  for (let i = from; i < recent.length; i++) if (recent.number(i) === number) return true;
  return false;
}

function distinctPorts(servers: readonly ServerNotes[]): number {
  const ports: number[] = [];
  for (const { port } of servers) if (!ports.includes(port)) ports.push(port);
  return ports.length;
}

/** Enough of how a connection ended to tell whether two ended alike, without judging them. */
const endOf = (connection: Connection): number => progressOf(connection) & ~ANSWERED;

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

function earlierOf({ recent }: ClientNotes, self: Connection): readonly EarlierSession[] | undefined {
  const order: number[] = [];
  for (let i = 0; i < recent.length; i++) {
    if (recent.number(i) === self.number || recent.startNs(i) > self.firstNs) continue;
    // Sessions end nearly in the order in which they begin; of equal ones the first that ended comes first.
    let at = order.length;
    while (at > 0 && recent.startNs(order[at - 1] as number) > recent.startNs(i)) {
      order[at] = order[at - 1] as number;
      at--;
    }
    order[at] = i;
  }
  if (order.length === 0) return undefined;
  return order.slice(-RECENT_OF_CLIENT).map(
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

/** Whether the last session that was noted began before. */
function beganBefore(recent: PastSessions, timeNs: number): boolean {
  return recent.length === 0 || recent.startNs(recent.length - 1) < timeNs;
}
