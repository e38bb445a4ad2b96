import { FATES, type Fate } from '../fate/vocabulary.ts';
import { SERVER } from '../ssh/conversation-api.ts';
import type { Connection } from '../tcp/connection.ts';
import { type AskedNeighbour, type NeighbourNote, neighbourKey } from '../tcp/tracker.ts';
import { formatAddress } from '../wire/address.ts';
import type { Clock } from './clock.ts';
import { NatCopies } from './nat-copies.ts';
import {
  ALONE,
  type Asked,
  countOne,
  isSameClient,
  LazySurroundings,
  MAX_LOOKED_AT,
  type SessionCounts,
  TOGETHER_NS,
} from './other-sessions.ts';
import { PastSessions } from './past-sessions.ts';
import { endOf, isAnswered, isAuthenticated, progressOf } from './progress.ts';
import type { FateFacts, SurroundingsRecord } from './record.ts';
import {
  ClientNotes,
  clientKey,
  count,
  identificationNs,
  newCounts,
  noteClose,
  noteShortest,
  noteValue,
  numberOfUnnoted,
  RECENT_OF_SERVER,
  type ServerNotes,
  synAckNs,
} from './server-notes.ts';

/*
 * What a capture shows of other sessions. Every session is noted when it is over, or, where it is still open at the
 * capture's end, just before the first of those is judged: so the last ones know of each other.
 */

/** Servers (address and port), clients a server, and in all; more are not noted, and counted. About 1 kB a server. */
const MAX_SERVERS = 4096;

const MAX_CLIENTS = 65_536;

const MAX_PACKETS = 16;

const MAX_TARGETS = 64;

/** Clients with a higher number are met by their hash; only a watch of days has them. */
const MAX_MET = 1 << 20;

/** A power of two, more than twice as many as are met in one question. */
const UNNOTED_PLACES = 1 << 14;

/** Where so many are open and none has said what the server is, that is not asked again for a second. */
const MANY_OPEN = 64;

const UNKNOWN_NS = 1e9;

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
  private readonly natCopies = new NatCopies();
  private readonly neighbours: ReadonlyMap<string, NeighbourNote>;
  private readonly askedInVain: ReadonlyMap<string, AskedNeighbour>;
  /** Sessions that were not noted because a table was full. */
  unnoted = 0;

  constructor(
    neighbours: ReadonlyMap<string, NeighbourNote>,
    askedInVain: ReadonlyMap<string, AskedNeighbour> = new Map(),
  ) {
    this.neighbours = neighbours;
    this.askedInVain = askedInVain;
  }

  /** A connection that is more than a SYN begins. */
  opened(connection: Connection): void {
    const notes = this.notesOf(connection, true);
    if (notes === undefined) return;
    const copy = this.natCopies.found(connection, notes);
    if (copy !== undefined) copy.isTranslated = true;
    if (copy !== undefined && copy !== connection) {
      this.closed(copy);
      copy.serverNotes = undefined;
      this.enter(copy);
    }
    this.enter(connection);
  }

  /**
   * Copies behind a NAT have notes of their own, for they are no other sessions of their originals, and each of them has the
   * others in the same notes.
   */
  private enter(connection: Connection): void {
    const notes = this.notesOf(connection, true);
    if (notes === undefined) return;
    connection.serverNotes = notes;
    connection.openPosition = notes.open.push(connection) - 1;
    if (!connection.isNoted) notes.unnotedOpen++;
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
    const notes = connection.serverNotes as ServerNotes | undefined;
    if (notes !== undefined && connection.openPosition >= 0) notes.unnotedOpen--;
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
    if (!connection.isNoted) notes.unnotedOpen--;
  }

  /** Undefined when nothing is known beyond the session itself. */
  of(connection: Connection, fate: Fate, clock: Clock): SurroundingsRecord | undefined {
    const notes = this.notesOf(connection, false);
    const neighbour = this.neighbourOf(connection, clock);
    const gateway = this.gatewayOf(connection, clock);
    const { isNoted } = connection;
    const isTwice = isNoted && connection.openPosition >= 0;
    const others = (notes?.sessions ?? 0) - (isTwice ? 1 : 0) + (notes?.open.length ?? 0);
    const client = clientKey(connection);
    const targets = this.targets.get(client);
    if (notes === undefined || (others <= 1 && neighbour === undefined && (targets?.length ?? 0) <= 1)) {
      return neighbour || gateway ? { ...ALONE, neighbour, gateway } : undefined;
    }
    const own = notes.clients.get(client);
    const asked: Asked = { surroundings: this, notes, own, targets, connection, fate, isNoted };
    return new LazySurroundings(asked, neighbour, gateway);
  }

  /** What the server calls itself in sessions that are over, or in those that are open. */
  softwareOf(notes: ServerNotes, nowNs: number): string | undefined {
    const { software, open, unnotedOpen } = notes;
    if (software !== undefined || unnotedOpen === 0) return software;
    if (open.length > MANY_OPEN && Math.abs(nowNs - notes.unknownNs) < UNKNOWN_NS) return undefined;
    const looked = Math.min(open.length, MAX_LOOKED_AT);
    for (let i = 0; i < looked; i++) {
      const found = open[i]?.ssh.sides[SERVER].identification?.softwareVersion;
      if (found !== undefined) return found;
    }
    notes.unknownNs = nowNs;
    return undefined;
  }

  /** Those that are open count, too; their fate is not known yet. */
  countOpen(
    { open, unnotedOpen }: ServerNotes,
    self: Connection,
    atServer: SessionCounts,
    ofClient: SessionCounts,
  ): void {
    const looked = unnotedOpen === 0 ? 0 : Math.min(open.length, MAX_LOOKED_AT);
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
    notes.software ??= connection.ssh.sides[SERVER].identification?.softwareVersion;
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
    connection.notedAt = notes.recent.added;
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
    const { serverPort: port, ipVersion, isTranslated } = connection;
    const hash = Math.imul(Math.imul(Math.imul(Math.imul(a, 31) + b, 31) + c, 31) + d, 65_599) ^ port;
    const chain = this.servers.get(hash);
    const known = chain?.find(
      (notes) =>
        notes.address0 === a &&
        notes.address1 === b &&
        notes.address2 === c &&
        notes.address3 === d &&
        notes.port === port &&
        notes.ipVersion === ipVersion &&
        notes.isTranslated === isTranslated,
    );
    if (known !== undefined || !isNew || this.serverCount >= MAX_SERVERS) return known;
    this.serverCount++;
    const notes: ServerNotes = {
      ...newCounts(),
      ...{ ipVersion, address0: a, address1: b, address2: c, address3: d, port, isTranslated },
      open: [],
      unnotedOpen: 0,
      clients: new Map(),
      recent: new PastSessions(RECENT_OF_SERVER, 8, 'columns'),
      software: undefined,
      unknownNs: Number.NEGATIVE_INFINITY,
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
    const looked = notes.unnotedOpen === 0 ? 0 : Math.min(open.length, MAX_LOOKED_AT);
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
      if (loginNs <= acceptedNs || (other.isNoted && isAmong(recent, from, other))) continue;
      sessions++;
      notePacket(packets, other.firstPacket);
    }
    return sessions > 0 ? { sessions, packets: ascending(packets) } : undefined;
  }

  /** Only where nothing of the server came: then it may be what it waits for. */
  private gatewayOf(c: Connection, clock: Clock): SurroundingsRecord['gateway'] {
    if (this.askedInVain.size === 0 || c.server.packets > 0) return undefined;
    const { serverAddress0, serverAddress1, serverAddress2, serverAddress3 } = c;
    const asked = this.askedInVain.get(
      neighbourKey(serverAddress0, serverAddress1, serverAddress2, serverAddress3),
    );
    if (asked === undefined || asked.note.replies > 0) return undefined;
    const { note, ipVersion, words } = asked;
    return {
      address: formatAddress(ipVersion, ...words),
      requests: note.requests,
      first: { packet: note.firstRequestPacket, time: clock.iso(note.firstRequestNs) },
      last: { packet: note.lastRequestPacket, time: clock.iso(note.lastRequestNs) },
    };
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

function endNsOf(connection: Connection, facts: FateFacts): number {
  const [first] = facts.closes;
  return first === undefined ? connection.lastNs : connection.firstNs + first.atMs * 1e6;
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

/** Whether a noted session is among those from an index on. */
function isAmong(recent: PastSessions, from: number, { number, notedAt }: Connection): boolean {
  if (notedAt >= 0) return recent.added - notedAt <= recent.length - from;
  // Noted while it was only a SYN.
  for (let i = from; i < recent.length; i++) if (recent.number(i) === number) return true;
  return false;
}

/** Whether the last session that was noted began before. */
function beganBefore(recent: PastSessions, timeNs: number): boolean {
  return recent.length === 0 || recent.startNs(recent.length - 1) < timeNs;
}
