import type { Fate } from '../../fate/vocabulary.ts';
import type { SessionRecord } from '../../session/record.ts';
import { hostPort } from '../cause-definition.ts';
import { isDropbear } from '../dropbear.ts';

/** A session as patterns see it: its record, and what can be read of it without making anything. */
export interface SeenSession extends SessionRecord {
  readonly causeId: string | undefined;
  /** Nanoseconds since the capture's first packet. */
  readonly startNs: number;
  readonly endNs: number;
  readonly ipVersion: 4 | 6;
  readonly clientAddressWords: Words;
  readonly serverAddressWords: Words;
  readonly serverPort: number;
}

/** Four 32-bit words, IPv4 in the first. */
type Words = readonly [number, number, number, number];

/** An IPv4 address as its word, an IPv6 address as text. */
export type AddressKey = number | string;

export interface Example {
  readonly session: number;
  readonly packets: readonly number[];
}

/** Some sessions of a kind: how many, when, of whom. */
export class Tally {
  sessions = 0;
  firstNs = Number.POSITIVE_INFINITY;
  lastNs = Number.NEGATIVE_INFINITY;
  readonly examples: Example[] = [];
  /** Sessions by client address; more than the limit are not told apart. */
  readonly clients = new Map<string, number>();
  clientsLimited = false;
  /** Distinct servers, at most MAX_TARGETS. */
  readonly servers: string[] = [];

  add(session: SeenSession): void {
    this.sessions++;
    if (session.startNs < this.firstNs) this.firstNs = session.startNs;
    if (session.endNs > this.lastNs) this.lastNs = session.endNs;
    if (this.examples.length < MAX_EXAMPLES) this.examples.push(exampleOf(session));
    // Making the text of an address costs more than all the rest: only as long as there is room for it.
    if (this.clients.size < MAX_TALLY_CLIENTS) {
      const { address } = session.client;
      this.clients.set(address, (this.clients.get(address) ?? 0) + 1);
      const server = hostPort(session.server);
      if (this.servers.length < MAX_TARGETS && !this.servers.includes(server)) this.servers.push(server);
    } else {
      this.clientsLimited = true;
    }
  }
}

/** One client at one server. */
export interface ClientNotes {
  readonly address: string;
  /** Its /24 or /64, as text. */
  readonly network: string;
  /** Connections that stood, and when. */
  entered: number;
  firstEnteredNs: number;
  lastEnteredNs: number;
  /** Connections that were refused or dropped with the SYN. */
  refused: number;
  /** Undefined when they were refused in different ways. */
  refusedFate: Fate | undefined;
  firstRefusedNs: number;
  lastRefusedNs: number;
  refusedExample: Example | undefined;
  /** Sessions that ended in authentication. */
  failed: number;
  firstFailedNs: number;
  lastFailedNs: number;
  readonly failedExamples: Example[];
  /** The first login after failed ones. */
  loginAfterFailures: Example | undefined;
}

export interface ServerNotes {
  /** Address and port. */
  readonly name: string;
  readonly port: number;
  readonly clients: Map<AddressKey, ClientNotes>;
  readonly startupsRefused: Tally;
  /** Most connections without a login that were open when one was refused. */
  mostUnauthenticated: number;
  /** It named itself so when one was refused. */
  isDropbear: boolean;
  readonly penalized: Tally;
}

/** One client address over all servers. */
export interface SourceNotes {
  readonly address: string;
  readonly tally: { sessions: number; firstNs: number; lastNs: number };
  /** Distinct servers (address and port), at most MAX_TARGETS. */
  readonly targets: Set<AddressKey>;
  readonly servers: string[];
  readonly ports: Set<number>;
  /** Sessions that came to authentication or beyond. */
  serious: number;
  readonly fates: Map<Fate, number>;
  readonly examples: Example[];
}

/** The end of a session that had a login, or was under way to one. */
export interface Death {
  readonly kind: 'silence' | 'rst' | 'icmp' | 'fin';
  readonly atNs: number;
  readonly startNs: number;
  readonly server: string;
  readonly client: string;
  readonly fate: Fate;
  readonly example: Example;
  /** Other logins at the server that went on; undefined where it was not looked up. */
  readonly survivors: number | undefined;
}

const MAX_EXAMPLES = 5;
const MAX_TALLY_CLIENTS = 1000;
/** Of all servers together, about 400 bytes each. */
const MAX_CLIENTS = 20_000;
const MAX_SERVERS = 4096;
const MAX_SOURCES = 10_000;
export const MAX_TARGETS = 64;
const MAX_DEATHS = 10_000;
/** What goes on around a death is looked up for so many of a server: it costs a look at all its sessions. */
const MAX_LOOKED_UP = 16;
/** An unanswered SYN that was repeated: the first repeat comes after a second. */
const REPEATED_NS = 0.5e9;

/** What patterns need to know of a capture's sessions, in bounded memory and with little work for each. */
export class CaptureNotes {
  readonly servers = new Map<AddressKey, ServerNotes>();
  readonly sources = new Map<AddressKey, SourceNotes>();
  readonly deaths: Death[] = [];
  readonly forgedResets = new Map<Fate, Tally>();
  /** Sessions of which something was not noted, because a table was full. */
  unnoted = 0;
  private clientCount = 0;
  private readonly lookedUp = new Map<string, number>();

  add(session: SeenSession): void {
    const { fate } = session;
    // Nearly always a flood with forged addresses: its clients do not exist.
    if (fate === 'syn-ack-unanswered') return;
    this.addSource(session);
    const kind = KINDS[fate];
    if (kind === undefined) return;
    switch (kind) {
      case 'refused':
        if (fate !== 'no-syn-ack' || session.endNs - session.startNs > REPEATED_NS) this.refused(session);
        return;
      case 'before-banner':
        this.entered(session);
        this.turnedAway(session);
        break;
      case 'failed-login':
        this.failedLogin(session);
        break;
      case 'login':
        this.login(session);
        break;
      case 'entered':
        this.entered(session);
        break;
    }
    const death = DEATHS[fate];
    if (death !== undefined) this.died(session, death);
    if (session.ending === 'rst') this.reset(session);
  }

  private refused(session: SeenSession): void {
    const client = this.clientOf(session);
    if (client === undefined) return;
    client.refusedFate =
      client.refused === 0 || client.refusedFate === session.fate ? session.fate : undefined;
    client.refused++;
    client.firstRefusedNs = Math.min(client.firstRefusedNs, session.startNs);
    client.lastRefusedNs = Math.max(client.lastRefusedNs, session.endNs);
    client.refusedExample ??= exampleOf(session);
  }

  private entered(session: SeenSession): ClientNotes | undefined {
    const client = this.clientOf(session);
    if (client === undefined) return undefined;
    client.entered++;
    client.firstEnteredNs = Math.min(client.firstEnteredNs, session.startNs);
    client.lastEnteredNs = Math.max(client.lastEnteredNs, session.startNs);
    return client;
  }

  private failedLogin(session: SeenSession): void {
    const client = this.entered(session);
    if (client === undefined) return;
    client.failed++;
    client.firstFailedNs = Math.min(client.firstFailedNs, session.startNs);
    client.lastFailedNs = Math.max(client.lastFailedNs, session.endNs);
    if (client.failedExamples.length < 2) client.failedExamples.push(exampleOf(session));
  }

  private login(session: SeenSession): void {
    const client = this.entered(session);
    if (client === undefined || client.failed === 0 || session.stage !== 'session') return;
    client.loginAfterFailures ??= exampleOf(session);
  }

  private turnedAway(session: SeenSession): void {
    const { causeId } = session;
    if (causeId !== 'max-startups' && causeId !== 'penalty') return;
    const server = this.serverOf(session);
    if (server === undefined) return;
    if (causeId === 'penalty') {
      server.penalized.add(session);
      return;
    }
    server.startupsRefused.add(session);
    // What was open is the same question for each of a burst: some are enough.
    if (server.startupsRefused.sessions > MAX_LOOKED_UP) return;
    const open = session.surroundings?.server.unauthenticated?.sessions ?? 0;
    if (open > server.mostUnauthenticated) server.mostUnauthenticated = open;
    server.isDropbear ||= isDropbear(session);
  }

  private died(session: SeenSession, kind: Death['kind']): void {
    if (this.deaths.length >= MAX_DEATHS) {
      this.unnoted++;
      return;
    }
    const server = hostPort(session.server);
    const looked = this.lookedUp.get(server) ?? 0;
    this.lookedUp.set(server, looked + 1);
    this.deaths.push({
      kind,
      atNs: deathNs(session, kind),
      startNs: session.startNs,
      server,
      client: session.client.address,
      fate: session.fate,
      example: exampleOf(session),
      survivors: looked < MAX_LOOKED_UP ? (session.surroundings?.server.survivors ?? 0) : undefined,
    });
  }

  private reset(session: SeenSession): void {
    if (session.endedBy !== 'path' && session.causeId !== 'rst-injected') return;
    let tally = this.forgedResets.get(session.fate);
    if (tally === undefined) {
      tally = new Tally();
      this.forgedResets.set(session.fate, tally);
    }
    tally.add(session);
  }

  private addSource(session: SeenSession): void {
    const key = addressKey(session.ipVersion, session.clientAddressWords);
    let source = this.sources.get(key);
    if (source === undefined) {
      if (this.sources.size >= MAX_SOURCES) {
        this.unnoted++;
        return;
      }
      source = {
        address: session.client.address,
        tally: { sessions: 0, firstNs: Number.POSITIVE_INFINITY, lastNs: Number.NEGATIVE_INFINITY },
        targets: new Set(),
        servers: [],
        ports: new Set(),
        serious: 0,
        fates: new Map(),
        examples: [],
      };
      this.sources.set(key, source);
    }
    const { tally, targets } = source;
    tally.sessions++;
    if (session.startNs < tally.firstNs) tally.firstNs = session.startNs;
    if (session.endNs > tally.lastNs) tally.lastNs = session.endNs;
    source.fates.set(session.fate, (source.fates.get(session.fate) ?? 0) + 1);
    if (SERIOUS_STAGES.has(session.stage)) source.serious++;
    if (targets.size >= MAX_TARGETS) return;
    const target = serverKey(session);
    if (targets.has(target)) return;
    targets.add(target);
    source.ports.add(session.serverPort);
    // Texts and packets are only made for a few.
    if (source.examples.length < MAX_EXAMPLES) {
      source.servers.push(hostPort(session.server));
      source.examples.push(exampleOf(session));
    }
  }

  private serverOf(session: SeenSession): ServerNotes | undefined {
    const key = serverKey(session);
    let server = this.servers.get(key);
    if (server === undefined) {
      if (this.servers.size >= MAX_SERVERS) {
        this.unnoted++;
        return undefined;
      }
      server = {
        name: hostPort(session.server),
        port: session.serverPort,
        clients: new Map(),
        startupsRefused: new Tally(),
        mostUnauthenticated: 0,
        isDropbear: false,
        penalized: new Tally(),
      };
      this.servers.set(key, server);
    }
    return server;
  }

  private clientOf(session: SeenSession): ClientNotes | undefined {
    const server = this.serverOf(session);
    if (server === undefined) return undefined;
    const key = addressKey(session.ipVersion, session.clientAddressWords);
    const known = server.clients.get(key);
    if (known !== undefined) return known;
    if (this.clientCount >= MAX_CLIENTS) {
      this.unnoted++;
      return undefined;
    }
    this.clientCount++;
    const notes: ClientNotes = {
      address: session.client.address,
      network: networkOf(session.ipVersion, session.clientAddressWords),
      entered: 0,
      firstEnteredNs: Number.POSITIVE_INFINITY,
      lastEnteredNs: Number.NEGATIVE_INFINITY,
      refused: 0,
      refusedFate: undefined,
      firstRefusedNs: Number.POSITIVE_INFINITY,
      lastRefusedNs: Number.NEGATIVE_INFINITY,
      refusedExample: undefined,
      failed: 0,
      firstFailedNs: Number.POSITIVE_INFINITY,
      lastFailedNs: Number.NEGATIVE_INFINITY,
      failedExamples: [],
      loginAfterFailures: undefined,
    };
    server.clients.set(key, notes);
    return notes;
  }
}

type Kind = 'refused' | 'before-banner' | 'entered' | 'failed-login' | 'login';

/** What a fate means for patterns; those that mean nothing are left out. */
const KINDS: Readonly<Partial<Record<Fate, Kind>>> = {
  'no-syn-ack': 'refused',
  'rst-after-syn': 'refused',
  'icmp-after-syn': 'refused',
  'fin-before-banner': 'before-banner',
  'rst-before-banner': 'before-banner',
  'stalled-before-banner': 'entered',
  'fin-after-banner': 'entered',
  'rst-after-banner': 'entered',
  'stalled-after-banner': 'entered',
  'close-during-kex': 'entered',
  'stalled-during-kex': 'entered',
  'close-during-auth': 'failed-login',
  'stalled-during-auth': 'entered',
  completed: 'login',
  'closed-in-session': 'login',
  'reset-in-session': 'login',
  'icmp-in-session': 'login',
  'lost-in-session': 'login',
  'closed-midway': 'entered',
  'reset-midway': 'entered',
  'icmp-midway': 'entered',
  'lost-midway': 'entered',
  open: 'login',
};

const DEATHS: Readonly<Partial<Record<Fate, Death['kind']>>> = {
  'lost-in-session': 'silence',
  'lost-midway': 'silence',
  'reset-in-session': 'rst',
  'reset-midway': 'rst',
  'icmp-in-session': 'icmp',
  'icmp-midway': 'icmp',
  'closed-in-session': 'fin',
};

const SERIOUS_STAGES: ReadonlySet<string> = new Set(['auth', 'session', 'unknown']);

/** When it died: of a session that fell silent, when it was left unanswered first. */
function deathNs(session: SeenSession, kind: Death['kind']): number {
  if (kind === 'silence') {
    const { last } = session.tcp;
    const times = [last?.client.unanswered?.[0]?.time, last?.server.unanswered?.[0]?.time].filter(
      (time) => time !== undefined,
    );
    if (times.length === 0) return session.endNs;
    const start = Date.parse(session.start);
    return session.startNs + (Math.min(...times.map((time) => Date.parse(time))) - start) * 1e6;
  }
  const close = session.observed.closes[0];
  return close === undefined ? session.endNs : session.startNs + close.atMs * 1e6;
}

const MAX_PACKETS = 8;

/** The packets to look at: the cause's evidence, else what ended the session, else its last packet. */
export function decisivePackets(session: SessionRecord): readonly number[] {
  const { cause, observed } = session;
  const packets = cause?.evidence.map((item) => item.packet) ?? [];
  if (packets.length === 0) {
    packets.push(...observed.closes.map((close) => close.packet));
    if (observed.icmp !== undefined) packets.push(observed.icmp.packet);
  }
  if (packets.length === 0) packets.push(session.packets.last);
  return [...new Set(packets)].sort((a, b) => a - b).slice(0, MAX_PACKETS);
}

const exampleOf = (session: SeenSession): Example => ({
  session: session.session,
  packets: decisivePackets(session),
});

function addressKey(ipVersion: 4 | 6, words: Words): AddressKey {
  return ipVersion === 4 ? words[0] : words.join();
}

function serverKey({ ipVersion, serverAddressWords: words, serverPort }: SeenSession): AddressKey {
  return ipVersion === 4 ? (words[0] >>> 0) * 65_536 + serverPort : `${words.join()} ${serverPort}`;
}

/** '10.0.0.0/24' or '2001:db8:0:1::/64'. */
function networkOf(ipVersion: 4 | 6, [word0, word1]: Words): string {
  if (ipVersion === 4) {
    return `${word0 >>> 24}.${(word0 >>> 16) & 0xff}.${(word0 >>> 8) & 0xff}.0/24`;
  }
  const groups = [word0 >>> 16, word0 & 0xffff, word1 >>> 16, word1 & 0xffff];
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}
