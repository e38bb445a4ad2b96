import { CLIENT, SERVER, type Side, type SshStreams } from '../ssh/conversation-api.ts';
import {
  ACK,
  FIN,
  type IcmpError,
  type NeighbourMessage,
  RST,
  type Segment,
  SYN,
  type WireHandler,
} from '../wire/segment.ts';
import { Checksums } from './checksums.ts';
import { Connection, ENOUGH_RIGHT } from './connection.ts';
import {
  ConnectionStore,
  FREE,
  isLoneSyn,
  isNotedSyn,
  isRepeatedSyn,
  isSeenSyn,
  isSynOfLow,
  lastRepeatOf,
  loneSyn,
  NOTED,
  SEEN,
  TOMBSTONE,
} from './connection-store.ts';
import { EntryQueue } from './entry-queue.ts';
import { ReassemblyBudget } from './reassembly.ts';
import { MAX_REPEATS, NONE } from './syn-repeats.ts';
import { DEFAULT_LIMITS, type TrackerLimits } from './tracker-limits.ts';

export interface TrackerOptions {
  readonly ports: readonly number[];
  /** Also connections of other ports on which an identification string shows up. */
  readonly anyPort: boolean;
  /** A conversation for one connection. */
  readonly conversation: () => SshStreams;
  /** Called once for each connection that is more than a SYN or a damaged packet, when it begins. */
  readonly onOpen?: (connection: Connection) => void;
  /** Called when one is over without `onEnd`: it was only made to be looked at and is a SYN again, or is no session. */
  readonly onDropped?: (connection: Connection) => void;
  /**
   * Called with each connection that is open at the capture's end, before the first of them is ended; also with SYNs that
   * were repeated, which are only valid during the call then.
   */
  readonly onFinish?: (open: Connection) => void;
  /** Called after each segment or ICMP error that may have decided a connection's fate: FIN, RST, unreachable. */
  readonly onClosing?: (connection: Connection) => void;
  /** Whether a connection that stands, but is silent for {@link TrackerLimits.handshakeNs}, is waited for no longer. */
  readonly isGivenUp?: (connection: Connection) => boolean;
  /** Called once for each connection, when it is over. The connection is the callee's from then on. */
  readonly onEnd: (connection: Connection) => void;
  readonly limits?: Partial<TrackerLimits>;
}

/** How often the tables are looked through for what was given up, in capture time. */
const SWEEP_EVERY_NS = 30e9;
/**
 * Connections kept for reuse, at most: an eighth of those that may be open, for so many are ended at once when there are too
 * many. Made anew each time, they were a gigabyte before they were collected.
 */
const UNUSED_PART = 8;
/** Longer than any time-out that matters here. */
const LEAP_NS = 3600e9;
/** Addresses asked for by ARP or neighbour discovery that are remembered. */
const MAX_NEIGHBOURS = 4096;
/** Hardly so many packets are damaged in the same bit of an address or port. */
const BELIEVED_PACKETS = 3;
const SYN_FLAGS = SYN | ACK | RST | FIN;
/** What a SYN that was repeated counts towards the limit of a look. */
const REPEATED_LOOK = 1 / 8;

export interface TrackerCounters {
  /** Connections that a limit ended before their time. */
  evictedConnections: number;
  evictedSyns: number;
  /** Packets of connections that were over. */
  latePackets: number;
  /** ICMP errors that quote no connection of this capture. */
  unmatchedIcmp: number;
  /** Packets with a wrong checksum that belong to no session. */
  damagedPackets: number;
}

/** Who was asked for on the link, and whether anybody answered. */
export interface NeighbourNote {
  requests: number;
  replies: number;
  readonly firstRequestPacket: number;
  readonly firstRequestNs: number;
  lastRequestPacket: number;
  lastRequestNs: number;
}

/** Whom somebody asked for on the link. */
export interface AskedNeighbour {
  readonly note: NeighbourNote;
  readonly ipVersion: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

/** Sorts segments into connections and says when a connection is over. */
export class Tracker implements WireHandler {
  readonly counters: TrackerCounters = {
    evictedConnections: 0,
    evictedSyns: 0,
    latePackets: 0,
    unmatchedIcmp: 0,
    damagedPackets: 0,
  };
  /** By `neighbourKey`. */
  readonly neighbours = new Map<string, NeighbourNote>();
  /** By who asks: the first of whom nobody answered for, as long as nobody does. */
  readonly askedInVain = new Map<string, AskedNeighbour>();
  readonly budget = new ReassemblyBudget();
  private readonly checksums = new Checksums();
  /** Capture time: the latest time stamp so far. */
  nowNs = Number.NEGATIVE_INFINITY;
  /** Sessions numbered so far. */
  sessions = 0;
  /** Nothing came but SYN, FIN and RST: perhaps a filter for flags let nothing else through. */
  onlyControls = true;

  private readonly options: TrackerOptions;
  private readonly limits: TrackerLimits;
  private readonly watched = new Uint8Array(65536);
  private readonly version4 = new ConnectionStore(3);
  private readonly version6 = new ConnectionStore(9);
  private readonly key = new Int32Array(9);
  private readonly unused: Connection[] = [];
  /** Entries whose connection is closed and waits for stragglers, and entries that are tombstones: oldest first. */
  private readonly lingering = new EntryQueue();
  private readonly tombstones = new EntryQueue();
  private lowIsSource = true;
  private live = 0;
  private syns = 0;
  // No small integer, here and above: V8 would throw the code of all methods away with the first value that is none.
  private isFinishing = false;
  /** Time of a packet far ahead of all others. */
  private leapNs = Number.NEGATIVE_INFINITY;
  private lastSweepNs = -SWEEP_EVERY_NS;
  /** Nothing is due before. */
  private nextExpiryNs = SWEEP_EVERY_NS;
  private segmentsSinceSweep = 0;

  constructor(options: TrackerOptions) {
    this.options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    for (const port of options.ports) this.watched[port] = 1;
  }

  segment(segment: Segment): void {
    if (segment.timeNs > this.nowNs) this.advance(segment.timeNs);
    this.segmentsSinceSweep++;
    if (segment.checksum !== 'unknown') this.checksums.note(segment.checksum);
    if (this.nowNs >= this.nextExpiryNs) this.expire();
    const store = segment.ipVersion === 4 ? this.version4 : this.version6;
    const entry =
      segment.ipVersion === 4
        ? this.find4(segment.source0, segment.destination0, segment.sourcePort, segment.destinationPort)
        : this.find6(segment);
    const lowIsSource = this.lowIsSource;
    if (entry < 0) {
      this.open(store, this.addKey(store), segment, lowIsSource);
      return;
    }
    const connection = store.connectionOf(entry);
    if (connection !== undefined) {
      const side: Side = connection.clientIsLow === lowIsSource ? CLIENT : SERVER;
      const isNew =
        ((segment.flags & SYN) !== 0 && connection.isSuccessor(side, segment)) ||
        (connection.number === 0 && this.isRefuted(connection, side, segment));
      if (isNew) {
        this.end(store, entry, connection);
        this.open(store, entry, segment, lowIsSource);
        return;
      }
      this.hand(store, entry, connection, side, segment);
      return;
    }
    this.meetSleeper(store, entry, segment, lowIsSource);
  }

  icmpError(error: IcmpError): void {
    if (error.timeNs > this.nowNs) this.advance(error.timeNs);
    const store = error.ipVersion === 4 ? this.version4 : this.version6;
    const entry =
      error.ipVersion === 4
        ? this.find4(error.source0, error.destination0, error.sourcePort, error.destinationPort)
        : this.find6(error);
    const connection = entry < 0 ? undefined : this.awaken(store, entry);
    if (connection === undefined) {
      this.counters.unmatchedIcmp++;
      return;
    }
    const about: Side = connection.clientIsLow === this.lowIsSource ? CLIENT : SERVER;
    connection.icmpError({
      packet: error.packetNumber,
      timeNs: error.timeNs,
      ipVersion: error.ipVersion,
      type: error.type,
      code: error.code,
      mtu: error.mtu,
      hopLimit: error.hopLimit,
      reporter: [error.reporter0, error.reporter1, error.reporter2, error.reporter3],
      about,
      sequence: error.sequence,
    });
    if (this.isStray(connection)) this.believe(connection);
    this.options.onClosing?.(connection);
  }

  neighbour(message: NeighbourMessage): void {
    const key = neighbourKey(message.address0, message.address1, message.address2, message.address3);
    const note = this.neighbours.get(key);
    if (note !== undefined) {
      if (message.kind === 'reply') {
        note.replies++;
      } else {
        note.requests++;
        note.lastRequestPacket = message.packetNumber;
        note.lastRequestNs = message.timeNs;
        this.noteAsker(message, note);
      }
      return;
    }
    if (message.kind === 'reply' || this.neighbours.size >= MAX_NEIGHBOURS) return;
    const asked = {
      requests: 1,
      replies: 0,
      firstRequestPacket: message.packetNumber,
      firstRequestNs: message.timeNs,
      lastRequestPacket: message.packetNumber,
      lastRequestNs: message.timeNs,
    };
    this.neighbours.set(key, asked);
    this.noteAsker(message, asked);
  }

  private noteAsker(message: NeighbourMessage, note: NeighbourNote): void {
    const { askedInVain } = this;
    const key = neighbourKey(message.asker0, message.asker1, message.asker2, message.asker3);
    const before = askedInVain.get(key);
    if (before === undefined ? askedInVain.size >= MAX_NEIGHBOURS : before.note.replies === 0) return;
    const { ipVersion, address0, address1, address2, address3 } = message;
    askedInVain.set(key, { note, ipVersion, words: [address0, address1, address2, address3] });
  }

  /** Ends what is left, oldest first; call once when the capture is over. */
  finish(): void {
    this.isFinishing = true;
    const { onFinish } = this.options;
    if (onFinish !== undefined) {
      for (const store of [this.version4, this.version6]) this.showOpen(store, onFinish);
    }
    for (const store of [this.version4, this.version6]) {
      for (let entry = 0; entry < store.table.end; entry++) {
        const connection = this.awaken(store, entry);
        if (connection !== undefined) this.end(store, entry, connection);
      }
    }
  }

  private showOpen(store: ConnectionStore, show: (connection: Connection) => void): void {
    for (let entry = 0; entry < store.table.end; entry++) {
      const value = store.table.value(entry);
      const connection = store.connectionOf(entry);
      if (connection !== undefined) show(connection);
      else if (isRepeatedSyn(value) && this.live < this.limits.connections) {
        this.showSyn(store, entry, show, NOTED);
      }
    }
  }

  /** Shows a SYN and its repeats as a connection that does not stay. */
  private showSyn(
    store: ConnectionStore,
    entry: number,
    show: (connection: Connection) => void,
    mark: number,
  ): void {
    const value = store.table.value(entry);
    const connection = this.fromSyn(store, entry, value);
    show(connection);
    this.options.onDropped?.(connection);
    store.leave(entry, loneSyn(isSynOfLow(value), lastRepeatOf(value), mark));
    this.live--;
    this.syns++;
    this.recycle(connection);
  }

  /**
   * Time goes on without packets: what is due ends. For live traffic; a capture's time is that of its packets.
   * `nowNs`: everything before has been handed over.
   */
  tick(nowNs: number): void {
    if (nowNs > this.nowNs) this.nowNs = nowNs;
    if (this.nowNs >= this.nextExpiryNs) this.expire();
    if (this.nowNs >= this.lastSweepNs + SWEEP_EVERY_NS) this.sweepAll();
  }

  /** Connections beyond their SYN that are not over, in no order. The callee must not end any. */
  forEachOpen(look: (connection: Connection) => void): void {
    for (const { connections } of [this.version4, this.version6]) {
      for (let place = 1; place < connections.length; place++) {
        const connection = connections[place];
        if (connection !== undefined) look(connection);
      }
    }
  }

  /** Connections with nothing but a SYN and its repeats, for which nobody has an answer yet. */
  get onlySyns(): number {
    return this.syns;
  }

  /**
   * Shows SYNs that are older and got no answer, each once and at most `limit` of them, as connections that are valid
   * only during the call: a flood of them must not become objects that stay. More of those that were repeated, for who asks
   * again is there.
   */
  lookAtQuietSyns(beforeNs: number, limit: number, look: (connection: Connection) => void): void {
    let seen = 0;
    for (const store of [this.version4, this.version6]) {
      if (this.syns === 0) return;
      for (let entry = 0; entry < store.table.end && seen < limit; entry++) {
        const value = store.table.value(entry);
        if (!isLoneSyn(value) || isSeenSyn(value) || store.lastSynNs(entry) > beforeNs) continue;
        // Of a port that is not watched: whether it is a session is not known.
        if (store.syns.numberOf(entry) === 0) continue;
        // To look must not cost others their place.
        if (this.live >= this.limits.connections) return;
        seen += isRepeatedSyn(value) ? REPEATED_LOOK : 1;
        this.showSyn(store, entry, look, SEEN);
      }
    }
  }

  /** Forgets whom nobody asked for since. */
  forgetNeighbours(beforeNs: number): void {
    for (const [key, note] of this.neighbours) {
      if (note.lastRequestNs < beforeNs) this.neighbours.delete(key);
    }
    for (const [key, { note }] of this.askedInVain) {
      if (note.lastRequestNs < beforeNs) this.askedInVain.delete(key);
    }
  }

  /** Connections beyond their SYN. */
  get openConnections(): number {
    return this.live;
  }

  /** One wrong time stamp must not end every session: a leap counts when a second packet confirms it. */
  private advance(timeNs: number): void {
    if (timeNs - this.nowNs < LEAP_NS || Math.abs(timeNs - this.leapNs) < LEAP_NS) this.nowNs = timeNs;
    else this.leapNs = timeNs;
  }

  // Connections

  /** A first packet: a bare SYN waits in the store, anything else makes a connection at once. */
  private open(store: ConnectionStore, entry: number, segment: Segment, lowIsSource: boolean): void {
    const isCounted =
      this.isWatched(segment.sourcePort, segment.destinationPort) &&
      !this.checksums.isUnusual(segment, ENOUGH_RIGHT);
    const number = isCounted ? ++this.sessions : 0;
    if (isBareSyn(segment)) {
      store.table.setValue(entry, loneSyn(lowIsSource, NONE, 0));
      store.syns.store(entry, segment, number);
      this.syns++;
      if (this.syns > this.limits.syns) this.evictSyns(isLoneSyn);
      return;
    }
    const clientIsSource = this.isClient(segment);
    const isSyn = (segment.flags & SYN_FLAGS) === SYN;
    const connection = this.connect(
      store,
      entry,
      number,
      clientIsSource === lowIsSource,
      segment.ipVersion,
      isSyn ? segment.sequence : 0,
      segment.timeNs,
    );
    this.hand(store, entry, connection, clientIsSource ? CLIENT : SERVER, segment);
  }

  private connect(
    store: ConnectionStore,
    entry: number,
    number: number,
    clientIsLow: boolean,
    ipVersion: 4 | 6,
    initialSequence: number,
    firstNs: number,
    isNoted = false,
  ): Connection {
    const connection = this.newConnection();
    connection.isNoted = isNoted;
    // Its first segment says so, too, but only once it is open.
    connection.client.initialSequence = initialSequence;
    connection.firstNs = firstNs;
    connection.isOutline = this.onlyControls;
    connection.number = number;
    connection.clientIsLow = clientIsLow;
    connection.ipVersion = ipVersion;
    store.readKey(entry, connection);
    store.keep(entry, connection);
    this.live++;
    if (!this.isStray(connection)) this.options.onOpen?.(connection);
    if (this.live > this.limits.connections) this.evictConnections(connection);
    return connection;
  }

  private newConnection(): Connection {
    const conversation = this.options.conversation();
    const used = this.unused.pop();
    if (used === undefined) return new Connection(conversation, this.budget, this.checksums);
    used.reset(conversation);
    return used;
  }

  /** Takes back a connection that `onEnd` was given and that nobody needs any more. */
  recycle(connection: Connection): void {
    if (this.unused.length * UNUSED_PART < this.limits.connections) this.unused.push(connection);
  }

  /** A packet for an entry that is only a SYN, or over. */
  private meetSleeper(store: ConnectionStore, entry: number, segment: Segment, lowIsSource: boolean): void {
    if (store.table.value(entry) === TOMBSTONE) {
      if ((segment.flags & SYN) === 0 || this.checksums.isUnusual(segment, ENOUGH_RIGHT)) {
        // Retransmissions come at growing distances: the key is remembered until they stop.
        this.counters.latePackets++;
        store.syns.setTime(entry, this.nowNs);
        this.tombstones.push(this.queued(store, entry), this.nowNs);
        return;
      }
      this.open(store, entry, segment, lowIsSource);
      return;
    }
    if (this.isRepeat(store, entry, segment, lowIsSource)) {
      const value = store.table.value(entry);
      const last = store.repeats.add(lastRepeatOf(value), segment);
      // A verdict on it does not change with one more that gets no answer.
      store.table.setValue(entry, loneSyn(lowIsSource, last, isSeenSyn(value) ? SEEN : 0));
      if (store.repeats.size > this.limits.syns) this.evictSyns(isRepeatedSyn);
      return;
    }
    const connection = this.awaken(store, entry);
    if (connection === undefined) return;
    const side: Side = connection.clientIsLow === lowIsSource ? CLIENT : SERVER;
    if ((segment.flags & SYN) !== 0 && connection.isSuccessor(side, segment)) {
      this.end(store, entry, connection);
      this.open(store, entry, segment, lowIsSource);
      return;
    }
    this.hand(store, entry, connection, side, segment);
  }

  /** The SYN of an entry that is only one, again. */
  private isRepeat(store: ConnectionStore, entry: number, segment: Segment, lowIsSource: boolean): boolean {
    const value = store.table.value(entry);
    return (
      isLoneSyn(value) &&
      isBareSyn(segment) &&
      isSynOfLow(value) === lowIsSource &&
      store.syns.sequenceOf(entry) === segment.sequence &&
      // The last is the latest: by its time it is waited for.
      segment.timeNs >= store.lastSynNs(entry) &&
      store.repeats.countUpTo(lastRepeatOf(value)) < MAX_REPEATS
    );
  }

  private hand(
    store: ConnectionStore,
    entry: number,
    connection: Connection,
    side: Side,
    segment: Segment,
  ): void {
    if (this.onlyControls && (segment.flags & (SYN | FIN | RST)) === 0) this.seeMore();
    connection.segment(side, segment);
    if (connection.number === 0) this.countAfterAll(connection, segment);
    if (connection.closed && !connection.isQueued) this.queue(store, entry, connection);
    if ((segment.flags & (FIN | RST)) !== 0) this.options.onClosing?.(connection);
  }

  /** The first segment that is no SYN, FIN or RST. */
  private seeMore(): void {
    this.onlyControls = false;
    for (const store of [this.version4, this.version6]) {
      for (const connection of store.connections) connection?.fillIn();
    }
  }

  /** Damaged packets, so far: who knows what their addresses and ports were? */
  private isStray({ number, clientPort, serverPort }: Connection): boolean {
    return number === 0 && this.isWatched(clientPort, serverPort);
  }

  /** What began with a damaged packet: the first that is none does not go on with it, so it may have been anything. */
  private isRefuted(connection: Connection, side: Side, segment: Segment): boolean {
    return (
      this.isStray(connection) && !this.checksums.isBad(segment) && !connection.isConfirmedBy(side, segment)
    );
  }

  /** What began with a damaged packet is a session when another packet is none, or when enough of them agree. */
  private countAfterAll(connection: Connection, segment: Segment): void {
    if (!this.isStray(connection)) return;
    const { client, server } = connection;
    const isAskedTwice = client.synCount > 1 || (client.synCount > 0 && server.packets > 0);
    const isAgreed = isAskedTwice || client.packets + server.packets >= BELIEVED_PACKETS;
    if (isAgreed || !this.checksums.isUnusual(segment, ENOUGH_RIGHT)) this.believe(connection);
  }

  private believe(stray: Connection): void {
    stray.number = ++this.sessions;
    this.options.onOpen?.(stray);
  }

  /** The connection of an entry, made from its SYN where that is all there is. */
  private awaken(store: ConnectionStore, entry: number): Connection | undefined {
    const value = store.table.value(entry);
    if (!isLoneSyn(value)) return store.connectionOf(entry);
    const connection = this.fromSyn(store, entry, value);
    store.repeats.release(lastRepeatOf(value));
    return connection;
  }

  /** The SYN and its repeats stay in the store. */
  private fromSyn(store: ConnectionStore, entry: number, value: number): Connection {
    this.syns--;
    const connection = this.connect(
      store,
      entry,
      store.syns.numberOf(entry),
      isSynOfLow(value),
      store.table.width === 3 ? 4 : 6,
      store.syns.sequenceOf(entry),
      store.syns.timeOf(entry),
      isNotedSyn(value),
    );
    const syn = store.syns.replay(entry);
    connection.segment(CLIENT, syn);
    const last = lastRepeatOf(value);
    if (last !== NONE) store.repeats.replay(last, syn, (repeat) => connection.segment(CLIENT, repeat));
    return connection;
  }

  private end(store: ConnectionStore, entry: number, connection: Connection): void {
    store.drop(entry);
    // After the capture's end nothing comes late; millions of keys of a flood need not be remembered then.
    if (!this.isFinishing) {
      store.syns.setTime(entry, this.nowNs);
      this.tombstones.push(this.queued(store, entry), this.nowNs);
      this.nextExpiryNs = Math.min(this.nextExpiryNs, this.nowNs + this.limits.tombstoneNs);
    }
    this.live--;
    connection.finish();
    if (this.isSession(connection)) this.options.onEnd(connection);
    else {
      if (this.isStray(connection)) {
        this.counters.damagedPackets += connection.client.packets + connection.server.packets;
      }
      this.options.onDropped?.(connection);
      this.recycle(connection);
    }
  }

  /**
   * Whether it is one: on a watched port always, but for damaged packets; on another where
   * SSH has shown up. It has a number then.
   */
  isSession(connection: Connection): boolean {
    if (connection.number > 0) return true;
    if (this.isStray(connection)) return false;
    const [client, server] = connection.ssh.sides;
    if (client.identification === undefined && server.identification === undefined) return false;
    connection.number = ++this.sessions;
    return true;
  }

  private isWatched(port: number, otherPort: number): boolean {
    return this.watched[port] === 1 || this.watched[otherPort] === 1;
  }

  /** Whether the sender of a connection's first packet is its client. */
  private isClient(segment: Segment): boolean {
    if ((segment.flags & SYN) !== 0) return (segment.flags & ACK) === 0;
    const toWatched = this.watched[segment.destinationPort] === 1;
    const fromWatched = this.watched[segment.sourcePort] === 1;
    if (toWatched !== fromWatched) return toWatched;
    return segment.sourcePort >= segment.destinationPort;
  }

  // Keys: the lower end first, so that both directions find the same entry

  private find4(source: number, destination: number, sourcePort: number, destinationPort: number): number {
    const low = source === destination ? sourcePort <= destinationPort : source < destination;
    this.lowIsSource = low;
    const key = this.key;
    if (low) {
      key[0] = source;
      key[1] = destination;
      key[2] = (sourcePort << 16) | destinationPort;
    } else {
      key[0] = destination;
      key[1] = source;
      key[2] = (destinationPort << 16) | sourcePort;
    }
    return this.version4.table.find3(key[0], key[1], key[2]);
  }

  private find6(packet: Segment | IcmpError): number {
    const low = isLower6(packet);
    this.lowIsSource = low;
    const key = this.key;
    const at = low ? 0 : 4;
    const other = 4 - at;
    key[at] = packet.source0;
    key[at + 1] = packet.source1;
    key[at + 2] = packet.source2;
    key[at + 3] = packet.source3;
    key[other] = packet.destination0;
    key[other + 1] = packet.destination1;
    key[other + 2] = packet.destination2;
    key[other + 3] = packet.destination3;
    key[8] = low
      ? (packet.sourcePort << 16) | packet.destinationPort
      : (packet.destinationPort << 16) | packet.sourcePort;
    return this.version6.table.find9(key);
  }

  private addKey(store: ConnectionStore): number {
    const key = this.key;
    return store.table.width === 3
      ? store.table.add3(key[0] as number, key[1] as number, key[2] as number)
      : store.table.add9(key);
  }

  // Time and limits

  private queue(store: ConnectionStore, entry: number, connection: Connection): void {
    connection.isQueued = true;
    this.lingering.push(this.queued(store, entry), this.nowNs);
    while (this.isCrowded()) this.endOldestLingering();
    this.nextExpiryNs = Math.min(this.nextExpiryNs, this.nowNs + this.limits.lingerNs);
  }

  private isCrowded(): boolean {
    const { limits, lingering } = this;
    if (lingering.size <= limits.uncrowded) return false;
    return lingering.size > limits.lingering || lingering.oldestNs + limits.crowdedLingerNs <= this.nowNs;
  }

  private endOldestLingering(): void {
    const queued = this.lingering.shift();
    const store = this.storeOf(queued);
    const connection = store.connectionOf(queued >> 1);
    // The entry may have been ended and reused meanwhile.
    if (connection === undefined || !connection.isQueued) return;
    if (connection.closed) this.end(store, queued >> 1, connection);
    else connection.isQueued = false;
  }

  private queued(store: ConnectionStore, entry: number): number {
    return entry * 2 + (store === this.version6 ? 1 : 0);
  }

  private storeOf(queued: number): ConnectionStore {
    return (queued & 1) === 1 ? this.version6 : this.version4;
  }

  /** Ends and forgets what is due. */
  private expire(): void {
    const { limits, nowNs, lingering, tombstones } = this;
    while (lingering.oldestNs + limits.lingerNs <= nowNs) {
      const queued = lingering.shift();
      const store = this.storeOf(queued);
      const connection = store.connectionOf(queued >> 1);
      // The entry may have been ended and reused meanwhile.
      if (connection === undefined || !connection.isQueued) continue;
      // It went on after a reset.
      if (!connection.closed) connection.isQueued = false;
      else if (connection.lastNs + limits.lingerNs <= nowNs) this.end(store, queued >> 1, connection);
      else lingering.push(queued, connection.lastNs);
    }
    while (tombstones.oldestNs + limits.tombstoneNs <= nowNs) {
      const endedNs = tombstones.oldestNs;
      const queued = tombstones.shift();
      const store = this.storeOf(queued);
      const entry = queued >> 1;
      if (store.table.value(entry) !== TOMBSTONE || store.syns.timeOf(entry) !== endedNs) continue;
      store.table.setValue(entry, FREE);
      store.table.release(entry);
    }
    if (nowNs >= this.lastSweepNs + SWEEP_EVERY_NS) this.sweepIfWorthwhile();
    this.nextExpiryNs = Math.min(
      lingering.oldestNs + limits.lingerNs,
      tombstones.oldestNs + limits.tombstoneNs,
      Math.max(this.lastSweepNs + SWEEP_EVERY_NS, nowNs + 1e9),
    );
  }

  /** Looks for handshakes and connections that were given up, when that costs less than the packets since. */
  private sweepIfWorthwhile(): void {
    const entries = this.version4.table.end + this.version6.table.end;
    if (this.segmentsSinceSweep * 4 >= entries) this.sweepAll();
  }

  private sweepAll(): void {
    this.lastSweepNs = this.nowNs;
    this.segmentsSinceSweep = 0;
    for (const store of [this.version4, this.version6]) this.sweep(store);
  }

  private sweep(store: ConnectionStore): void {
    const { limits, nowNs } = this;
    for (let entry = 0; entry < store.table.end; entry++) {
      const value = store.table.value(entry);
      if (value > 0) {
        const connection = store.connectionOf(entry) as Connection;
        const isHandshake =
          connection.establishedPacket === 0 && !connection.midway && !this.mayBeEstablished(connection);
        const patienceNs = isHandshake ? limits.handshakeNs : limits.idleNs;
        const quietNs = nowNs - connection.lastNs;
        if (quietNs > patienceNs || (quietNs > limits.handshakeNs && this.options.isGivenUp?.(connection))) {
          this.end(store, entry, connection);
        }
      } else if (isLoneSyn(value) && nowNs - store.lastSynNs(entry) > limits.handshakeNs) {
        const connection = this.awaken(store, entry);
        if (connection !== undefined) this.end(store, entry, connection);
      }
    }
  }

  /** The ACK of the SYN-ACK is not in the capture, or would not be. */
  private mayBeEstablished({ client, server }: Connection): boolean {
    if (client.finPacket !== 0) return true;
    return this.onlyControls && server.synCount > 0 && server.unackedRetransmissions === 0;
  }

  /** Makes room: the closed first, then those that were quiet longest. */
  private evictConnections(newest: Connection): void {
    const quiet: { store: ConnectionStore; entry: number; connection: Connection }[] = [];
    for (const store of [this.version4, this.version6]) {
      for (let entry = 0; entry < store.table.end; entry++) {
        const connection = store.connectionOf(entry);
        if (connection === undefined || connection === newest) continue;
        if (connection.closed) this.end(store, entry, connection);
        else quiet.push({ store, entry, connection });
      }
    }
    const spare = this.limits.connections - Math.ceil(this.limits.connections / 8);
    if (this.live <= spare) return;
    quiet.sort((a, b) => a.connection.lastPacket - b.connection.lastPacket);
    for (const { store, entry, connection } of quiet) {
      if (this.live <= spare) return;
      connection.evicted = true;
      this.counters.evictedConnections++;
      this.end(store, entry, connection);
    }
  }

  /** Makes room: an eighth of those, the oldest. */
  private evictSyns(isOne: (value: number) => boolean): void {
    const times = new Float64Array(this.syns);
    let count = 0;
    const stores = [this.version4, this.version6];
    for (const store of stores) {
      for (let entry = 0; entry < store.table.end; entry++) {
        if (isOne(store.table.value(entry))) times[count++] = store.lastSynNs(entry);
      }
    }
    const cut = times.subarray(0, count).sort()[count >> 3] as number;
    for (const store of stores) {
      for (let entry = 0; entry < store.table.end; entry++) {
        if (!isOne(store.table.value(entry)) || store.lastSynNs(entry) > cut) continue;
        const connection = this.awaken(store, entry) as Connection;
        connection.evicted = true;
        this.counters.evictedSyns++;
        this.end(store, entry, connection);
      }
    }
  }
}

/** All that the store of SYNs can keep. */
const isBareSyn = (segment: Segment): boolean =>
  (segment.flags & SYN_FLAGS) === SYN &&
  segment.payloadLength === 0 &&
  segment.nesting.length === 0 &&
  segment.checksum !== 'bad';

function isLower6(packet: Segment | IcmpError): boolean {
  if (packet.source0 !== packet.destination0) return packet.source0 < packet.destination0;
  if (packet.source1 !== packet.destination1) return packet.source1 < packet.destination1;
  if (packet.source2 !== packet.destination2) return packet.source2 < packet.destination2;
  if (packet.source3 !== packet.destination3) return packet.source3 < packet.destination3;
  return packet.sourcePort <= packet.destinationPort;
}

export const neighbourKey = (w0: number, w1: number, w2: number, w3: number): string =>
  `${w0} ${w1} ${w2} ${w3}`;
