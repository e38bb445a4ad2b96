import { CLIENT, SERVER, type Side, type SshStreams } from '../ssh/conversation-api.ts';
import { ACK, FIN, RST, type Segment, SYN } from '../wire/segment.ts';
import { finFits, MAX_AHEAD, resetFits } from './acceptance.ts';
import { Checksums, isDecisive } from './checksums.ts';
import { DoubtfulSegments, hasLastWord, hasReceived, isBelievedAtEnd, spaceOf } from './doubtful.ts';
import {
  Half,
  isCopy,
  MAX_SYN_NOTES,
  noteHopLimit,
  noteMarking,
  noteTail,
  noteUnanswered,
  offsetOf,
  remember,
} from './half.ts';
import { hasTimestamps, mssOption, sackEdge, windowScaleOption } from './options.ts';
import {
  drain,
  flush,
  giveUpLostHoles,
  hasHole,
  keep,
  missAcknowledged,
  noteOpenHole,
  type ReassemblyBudget,
} from './reassembly.ts';
import { ZeekState } from './zeek-state.ts';

/** Codes of what was odd in the TCP layer. */
export type TcpAnomalyCode =
  | 'reset-out-of-window'
  | 'fin-out-of-window'
  | 'icmp-out-of-window'
  | 'sequence-out-of-window'
  | 'acknowledgement-out-of-window'
  | 'overlap-differs'
  | 'syn-ack-changed'
  | 'syn-ack-refused'
  | 'data-after-fin'
  | 'buffer-limit';

export interface TcpAnomaly {
  readonly code: TcpAnomalyCode;
  readonly side: Side;
  readonly packet: number;
}

/**
 * Repeats by a time-out come so much later or more (TCP_RTO_MIN of Linux; RFC 6298 asks for a second): a packet that was
 * overtaken by a reset does not. Who reset a connection has nothing left to repeat.
 */
const SHORTEST_TIME_OUT_NS = 200e6;
/** Who leaves without what was repeated so often and for so long had a session that hung. */
const UNHEARD_REPEATS = 3;
const UNHEARD_NS = 3e9;

/** An ICMP error about this connection. */
export interface IcmpNote {
  readonly packet: number;
  readonly timeNs: number;
  readonly ipVersion: 4 | 6;
  readonly type: number;
  readonly code: number;
  readonly mtu: number;
  readonly hopLimit: number;
  readonly reporter: readonly [number, number, number, number];
  /** Whose packet was refused, and its sequence number. */
  readonly about: Side;
  readonly sequence: number;
}

const NOT_NESTED: readonly string[] = [];

/** Odd things noted a connection; the rest is counted. */
const MAX_ANOMALIES = 32;
const MAX_ICMP_NOTES = 8;
/** Right checksums in the capture before a wrong one says something of what nobody acknowledges: a SYN's and its answer's. */
export const ENOUGH_RIGHT = 2;
/** Wrong ones of a side without a right one: they are all wrong. */
const ENOUGH_WRONG = 3;

/**
 * One TCP connection: both streams in order, and what closed it. Sides are CLIENT and SERVER; the caller has
 * decided which is which. Gives the streams' bytes to `ssh`.
 */
export class Connection {
  // In use for every packet: together, so that they lie in few cache lines (measured: a tenth of the time)

  ssh: SshStreams;
  readonly zeek = new ZeekState();
  readonly client = new Half();
  readonly server = new Half();
  firstPacket = 0;
  lastPacket = 0;
  lastNs = 0;
  /** Which end of the connection key the client is. */
  clientIsLow = true;
  /** Both sides have closed, or one has reset: nothing more is to come but echoes. */
  closed = false;
  /** The tracker has noted that it is closed. */
  isQueued = false;
  /** The capture has neither SYN nor SYN-ACK. */
  midway = true;
  /** When the handshake's last ACK (or data that stands for it) was seen; 0 where it was not. */
  establishedPacket = 0;
  /** All that the capture has of any session are SYN, FIN and RST: what lay between them only their numbers tell. */
  isOutline = false;
  /** What the last SYN-ACK acknowledged that did not answer the client's SYN; the packet is 0 when there was none. */
  private refusedAck = 0;
  private refusedPacket = 0;
  /** Quiet time before the data that nobody answered. */
  idleBeforeUnansweredNs = 0;
  readonly budget: ReassemblyBudget;
  private readonly checksums: Checksums;

  // In use now and then

  /** Position among the capture's sessions, from 1; 0 while it is not known to be one. */
  number = 0;
  ipVersion: 4 | 6 = 4;
  clientAddress0 = 0;
  clientAddress1 = 0;
  clientAddress2 = 0;
  clientAddress3 = 0;
  clientPort = 0;
  serverAddress0 = 0;
  serverAddress1 = 0;
  serverAddress2 = 0;
  serverAddress3 = 0;
  serverPort = 0;
  nesting: readonly string[] = NOT_NESTED;
  firstNs = 0;
  establishedNs = 0;
  /** Quiet time before the first close. */
  idleBeforeCloseNs = 0;
  /** ICMP errors about it, in order; the last one decides. */
  icmp: IcmpNote[] | undefined = undefined;
  anomalies: TcpAnomaly[] | undefined = undefined;
  anomaliesDropped = 0;
  /** A limit ended the watch over this connection. */
  evicted = false;
  /** A copy of another connection, with another address of its client or server: captured on both sides of a NAT. */
  isTranslated = false;
  /** Its server's notes and its place among the server's open connections; for `session/surroundings.ts`. */
  serverNotes: object | undefined = undefined;
  openPosition = -1;
  /** Whether others know already how it ends, how far it had come at which packet: for the same. */
  isNoted = false;
  /** How many sessions of its server had been noted before it; -1 where that is not known. */
  notedAt = -1;
  progress = 0;
  progressPacket = -1;

  constructor(ssh: SshStreams, budget: ReassemblyBudget, checksums = new Checksums()) {
    this.ssh = ssh;
    this.budget = budget;
    this.checksums = checksums;
  }

  /** As new, for another connection: see {@link Half.reset}. */
  reset(ssh: SshStreams): void {
    this.ssh = ssh;
    this.zeek.reset();
    this.client.reset();
    this.server.reset();
    this.number = 0;
    this.clientIsLow = true;
    this.ipVersion = 4;
    this.clientAddress0 = 0;
    this.clientAddress1 = 0;
    this.clientAddress2 = 0;
    this.clientAddress3 = 0;
    this.clientPort = 0;
    this.serverAddress0 = 0;
    this.serverAddress1 = 0;
    this.serverAddress2 = 0;
    this.serverAddress3 = 0;
    this.serverPort = 0;
    this.nesting = NOT_NESTED;
    this.firstPacket = 0;
    this.firstNs = 0;
    this.lastPacket = 0;
    this.lastNs = 0;
    this.establishedPacket = 0;
    this.establishedNs = 0;
    this.isOutline = false;
    this.refusedPacket = 0;
    this.midway = true;
    this.closed = false;
    this.idleBeforeCloseNs = 0;
    this.idleBeforeUnansweredNs = 0;
    this.icmp = undefined;
    this.anomalies = undefined;
    this.anomaliesDropped = 0;
    this.isQueued = false;
    this.evicted = false;
    this.isTranslated = false;
    this.serverNotes = undefined;
    this.openPosition = -1;
    this.isNoted = false;
    this.notedAt = -1;
    this.progress = 0;
    this.progressPacket = -1;
  }

  half(side: Side): Half {
    return side === CLIENT ? this.client : this.server;
  }

  /** Takes the next segment in capture order. */
  segment(side: Side, segment: Segment): void {
    const half = side === CLIENT ? this.client : this.server;
    const peer = side === CLIENT ? this.server : this.client;
    half.packets++;
    half.lastPacket = segment.packetNumber;
    if (this.firstPacket === 0) {
      this.firstPacket = segment.packetNumber;
      this.firstNs = segment.timeNs;
      this.lastNs = segment.timeNs;
      this.nesting = segment.nesting;
    }
    this.lastPacket = segment.packetNumber;
    const isDamaged = this.isDamaged(half, peer, segment);
    if (segment.checksum === 'bad') half.checksumErrors++;
    if (isDamaged) {
      this.setAside(side, half, peer, segment);
      return;
    }
    if (half.doubtful !== undefined && !half.started) this.settleSyn(side, half, peer, segment);
    this.take(side, half, peer, segment);
    if (segment.timeNs > this.lastNs) this.lastNs = segment.timeNs;
  }

  private take(side: Side, half: Half, peer: Half, segment: Segment): void {
    const flags = segment.flags;
    if (segment.hopLimit !== half.hopLimit) noteHopLimit(half, segment.hopLimit);
    // A reset may be somebody else's.
    if ((flags & RST) === 0) {
      half.ipId = segment.ipId;
      noteMarking(half, segment);
    }
    if (segment.checksum === 'good' && half.checksums === 'unknown') half.checksums = 'right';
    if (peer.doubtful !== undefined && (flags & ACK) !== 0) this.settleDoubts(side, half, peer, segment);
    this.zeek.segment(
      side,
      flags,
      segment.sequence,
      segment.acknowledgement,
      segment.payloadLength,
      segment.window,
      segment.payloadCaptured,
    );
    if ((flags & (SYN | FIN | RST)) !== 0) {
      this.control(side, half, peer, segment);
      return;
    }
    if ((flags & ACK) !== 0) this.acknowledge(side, peer, segment);
    half.window = segment.window;
    if (segment.window === 0) this.fullBuffer(half, peer);
    if (peer.unansweredProbes !== 0) peer.unansweredProbes = 0;
    if (segment.payloadLength > 0) this.payload(side, half, segment, segment.sequence);
    else if (((segment.sequence - half.nextSequence) | 0) === -1) half.unansweredProbes++;
  }

  // Damaged segments

  /** Whether its receiver drops the segment. */
  private isDamaged(half: Half, peer: Half, segment: Segment): boolean {
    if (!isDecisive(half, peer, segment, this.establishedPacket !== 0)) return false;
    const isFirst = half.packets === 1 && peer.packets === 0;
    if (isFirst || half.checksums === 'wrong') return false;
    // Set aside by mistake, it would be acknowledged.
    if (peer.packets > 0 && spaceOf(segment) > 0) return this.isDoubtful(half, segment);
    if (half.checksums === 'right' && segment.payloadLength === 0) return this.checksums.isBad(segment);
    return this.checksums.isUnusual(segment, ENOUGH_RIGHT);
  }

  private isDoubtful(half: Half, segment: Segment): boolean {
    return half.checksums !== 'wrong' && this.checksums.isUnusual(segment, 1);
  }

  private setAside(side: Side, half: Half, peer: Half, segment: Segment): void {
    half.doubtful ??= new DoubtfulSegments();
    const { doubtful } = half;
    const same = doubtful.sameAs(segment, SHORTEST_TIME_OUT_NS);
    if (same !== undefined) {
      // No two are damaged alike: the side repeats it, though its receiver may drop it each time.
      if (!hasReceived(half, same)) this.believe(side, half, peer, same);
      this.believe(side, half, peer, segment);
      return;
    }
    if (!doubtful.keep(segment, half.packets, this.budget)) this.zeek.badChecksum(side);
    const isNeverRight = half.checksums === 'unknown' && half.checksumErrors >= ENOUGH_WRONG;
    if (!isNeverRight && !doubtful.isFullStream(half.nextSequence)) return;
    half.checksums = 'wrong';
    for (const kept of doubtful.takeOut(this.budget)) this.believe(side, half, peer, kept);
  }

  private believe(side: Side, half: Half, peer: Half, kept: Segment): void {
    this.take(side, half, peer, kept);
    if (kept.timeNs > this.lastNs) this.lastNs = kept.timeNs;
  }

  /** What is acknowledged was received, this copy of it or a later one. */
  private settleDoubts(receiver: Side, half: Half, peer: Half, acknowledging: Segment): void {
    const acknowledged = acknowledging.acknowledgement;
    if (peer.started && Math.abs((acknowledged - peer.maxSequence) | 0) > MAX_AHEAD) return;
    if (this.isDoubtful(half, acknowledging)) return;
    const side = receiver === CLIENT ? SERVER : CLIENT;
    for (const segment of peer.doubtful?.settle(acknowledged, this.budget) ?? []) {
      if (hasReceived(peer, segment)) {
        this.zeek.badChecksum(side);
        continue;
      }
      peer.checksums = 'wrong';
      this.believe(side, peer, half, segment);
    }
  }

  /** Who goes on behind its SYN has got an answer to it: it was received. */
  private settleSyn(side: Side, half: Half, peer: Half, next: Segment): void {
    if ((next.flags & (SYN | RST)) !== 0) return;
    for (const syn of half.doubtful?.settleSyn(next.sequence, this.budget) ?? []) {
      this.believe(side, half, peer, syn);
    }
  }

  /**
   * Nobody acknowledges anything any more. What fits and does not come again is believed when it was the
   * side's last word, or when its later numbers count it.
   */
  private settleAtEnd(side: Side, half: Half, peer: Half): void {
    if (half.doubtful === undefined) return;
    const lastWords = half.doubtful.last(half.packets);
    for (const segment of half.doubtful.takeOut(this.budget)) {
      const isLast = lastWords.includes(segment);
      if (isBelievedAtEnd(half, segment, isLast)) this.believe(side, half, peer, segment);
      else this.zeek.badChecksum(side);
    }
  }

  /** What is believed late is not before what came meanwhile. */
  private quietBefore(segment: Segment): number {
    return Math.max(0, segment.timeNs - this.lastNs);
  }

  /** A receiver that says "no room" answers: what is repeated to it are probes, and nothing is lost. */
  private fullBuffer(half: Half, peer: Half): void {
    half.zeroWindows++;
    peer.unackedRetransmissions = 0;
    peer.unackedSinceNs = this.lastNs;
  }

  /** Whether a SYN or SYN-ACK belongs to a later connection with the same addresses and ports. */
  isSuccessor(side: Side, segment: Segment): boolean {
    const half = this.half(side);
    const peer = side === CLIENT ? this.server : this.client;
    if (this.isDoubtful(half, segment)) return false;
    // It answers this connection's SYN, whatever came before it.
    if ((segment.flags & ACK) !== 0 && peer.synCount > 0 && segment.acknowledgement === peer.base)
      return false;
    if (half.synCount > 0) {
      if (half.initialSequence === segment.sequence) return false;
      // Another SYN-ACK to the same SYN: SYN cookies, or the server's host was restarted in between.
      return (segment.flags & ACK) === 0 || this.closed || !this.acknowledgesSyn(peer, segment);
    }
    // The SYN of a connection of which later packets came first (reordering), or simultaneous open.
    if (half.started && half.base === ((segment.sequence + 1) | 0)) return false;
    if (this.closed || this.midway) return true;
    if ((segment.flags & ACK) !== 0)
      return !this.refuses(side, segment) && !this.acknowledgesSyn(peer, segment);
    return half.packets > 0;
  }

  /** Whether a segment repeats the client's SYN, or acknowledges all that the other side has sent. */
  isConfirmedBy(side: Side, segment: Segment): boolean {
    const half = this.half(side);
    const peer = side === CLIENT ? this.server : this.client;
    const { flags, sequence, acknowledgement } = segment;
    if ((flags & (SYN | ACK)) === SYN)
      return side === CLIENT && half.synCount > 0 && half.initialSequence === sequence;
    const end = (peer.maxSequence + (peer.finPacket === 0 ? 0 : 1)) | 0;
    return (flags & ACK) !== 0 && peer.packets > 0 && peer.started && acknowledgement === end;
  }

  /**
   * Whether it answers another SYN than the client's: the client resets it and goes on asking (RFC 9293 §3.10.7.3). Devices
   * against floods send such ones on purpose, and let in who resets them.
   */
  private refuses(side: Side, segment: Segment): boolean {
    const { client, server } = this;
    if (side === CLIENT || client.synCount === 0 || server.started) return false;
    const { acknowledgement } = segment;
    return ((acknowledgement - client.base) | 0) < 0 || ((acknowledgement - client.maxSequence) | 0) > 0;
  }

  private acknowledgesSyn(peer: Half, segment: Segment): boolean {
    return peer.started && ((segment.acknowledgement - peer.base) | 0) >= 0;
  }

  /** Notes an ICMP error that quotes a packet of `about`. */
  icmpError(note: IcmpNote): void {
    // An error about what was received long ago, or was never sent, says nothing of now (RFC 5927 §4.1).
    const half = this.half(note.about);
    if (half.started && half.hasAcked) {
      const inFlight =
        ((note.sequence - half.acked) | 0) >= 0 && ((note.sequence - half.maxSequence) | 0) <= 1;
      if (!inFlight) {
        this.anomaly('icmp-out-of-window', note.about, note.packet);
        return;
      }
    }
    const notes = this.icmp ?? [];
    // The last one decides, so it takes the last place when there are too many.
    if (notes.length === MAX_ICMP_NOTES) notes.pop();
    notes.push(note);
    this.icmp = notes;
  }

  /** Gives up the holes that are still open; call once when the connection is over. */
  finish(): void {
    this.progressPacket = -1;
    this.settleAtEnd(CLIENT, this.client, this.server);
    this.settleAtEnd(SERVER, this.server, this.client);
    noteOpenHole(this.client);
    noteOpenHole(this.server);
    flush(this, CLIENT, this.client);
    flush(this, SERVER, this.server);
    if (this.isOutline) {
      this.missBeforeAcks();
      this.missBeforeResets();
    }
    missAcknowledged(this, CLIENT, this.client);
    missAcknowledged(this, SERVER, this.server);
  }

  /** The capture holds more than SYN, FIN and RST after all: what fitted only where nothing else is kept ends nothing. */
  fillIn(): void {
    this.isOutline = false;
    for (const side of [CLIENT, SERVER] as const) {
      const half = this.half(side);
      if (half.farAckPacket !== 0) this.anomaly('acknowledgement-out-of-window', side, half.farAckPacket);
      half.farAckPacket = 0;
      if (half.finIsFar) this.takeBackFarFin(side, half);
      if (half.rstIsFar) this.takeBackFarReset(side, half);
    }
  }

  private takeBackFarFin(side: Side, half: Half): void {
    this.anomaly('fin-out-of-window', side, half.finPacket);
    half.finPacket = 0;
    half.finIsFar = false;
    this.closed = this.client.rstPacket !== 0 || this.server.rstPacket !== 0;
  }

  private takeBackFarReset(side: Side, half: Half): void {
    this.anomaly('reset-out-of-window', side, half.rstPacket);
    half.rstPacket = 0;
    half.rstIsFar = false;
    half.spokeAfterReset = 0;
    const peer = side === CLIENT ? this.server : this.client;
    this.closed = peer.rstPacket !== 0 || (half.finPacket !== 0 && peer.finPacket !== 0);
  }

  /** Their number counts what the other side had sent, however much. */
  private missBeforeAcks(): void {
    for (const half of [this.client, this.server]) {
      if (half.farAckPacket === 0) continue;
      const peer = half === this.client ? this.server : this.client;
      peer.acked = half.farAck;
      peer.hasAcked = true;
      peer.ackedUnseen = true;
    }
  }

  /** The number of a reset counts what its side had sent, or what the other had received of that. */
  private missBeforeResets(): void {
    for (const half of [this.client, this.server]) {
      if (half.rstPacket === 0 || half.finPacket !== 0 || !half.started) continue;
      if (((half.rstSequence - (half.hasAcked ? half.acked : half.base)) | 0) <= 0) continue;
      half.acked = half.rstSequence;
      half.hasAcked = true;
      half.ackedUnseen = true;
    }
  }

  /** Nothing waits for a hole to be filled, and nothing unseen was acknowledged: {@link finish} would change nothing. */
  get isWhole(): boolean {
    if (this.isOutline && this.closed) return false;
    return [this.client, this.server].every((half) => !hasHole(half) && !hasLastWord(half));
  }

  // Control segments

  private control(side: Side, half: Half, peer: Half, segment: Segment): void {
    const flags = segment.flags;
    if ((flags & RST) !== 0) {
      this.takeReset(side, half, peer, segment);
      return;
    }
    if ((flags & SYN) !== 0) {
      this.synchronize(side, half, peer, segment);
      return;
    }
    const isNear = finFits(half, peer, segment, false);
    if (!isNear && !(this.isOutline && finFits(half, peer, segment, true))) {
      this.anomaly('fin-out-of-window', side, segment.packetNumber);
      return;
    }
    // FIN, with or without data before it.
    if ((flags & ACK) !== 0) this.acknowledge(side, peer, segment);
    half.window = segment.window;
    if (segment.window === 0) half.zeroWindows++;
    const idleNs = this.quietBefore(segment);
    if (segment.payloadLength > 0) this.payload(side, half, segment, segment.sequence);
    const finSequence = (segment.sequence + segment.payloadLength) | 0;
    if (!half.started) this.startMidway(side, half, finSequence);
    if (half.finPacket !== 0) {
      if (segment.payloadLength === 0) this.repeated(half, segment);
      return;
    }
    // Data that came before this FIN but behind it in the stream would contradict it.
    if (((half.maxSequence - finSequence) | 0) > 0 && half.bytes > 0) {
      this.anomaly('data-after-fin', side, segment.packetNumber);
    }
    half.finPacket = segment.packetNumber;
    half.finIsFar = !isNear;
    half.finNs = segment.timeNs;
    half.finSequence = finSequence;
    half.finOffset = offsetOf(half, finSequence);
    half.finHasAck = (flags & ACK) !== 0;
    half.finAck = segment.acknowledgement;
    half.finUnacknowledged = half.unackedRetransmissions > 0 && this.inFlight(half);
    half.finUnhearing =
      peer.unackedRetransmissions >= UNHEARD_REPEATS &&
      segment.timeNs - peer.unackedSinceNs >= UNHEARD_NS &&
      this.inFlight(peer);
    remember(half, segment);
    if (peer.finPacket === 0 && half.rstPacket === 0 && peer.rstPacket === 0) this.idleBeforeCloseNs = idleNs;
    if (peer.finPacket !== 0) this.closed = true;
  }

  private synchronize(side: Side, half: Half, peer: Half, segment: Segment): void {
    const isAnswer = (segment.flags & ACK) !== 0;
    if (isAnswer && this.refuses(side, segment)) {
      this.anomaly('syn-ack-refused', side, segment.packetNumber);
      this.refusedAck = segment.acknowledgement;
      this.refusedPacket = segment.packetNumber;
      return;
    }
    this.midway = false;
    half.checksums = segment.checksum === 'bad' ? 'wrong' : 'right';
    if (half.synCount > 0 && half.initialSequence === segment.sequence) {
      if (this.repeated(half, segment)) return;
      half.synCount++;
      // Who repeats its SYN has sent nothing else: a number far on is somebody else's.
      if (half.rstIsFar) this.takeBackFarReset(side, half);
      // A client that asks again did not take the reset for its own (or tries again, as Windows does).
      if (peer.rstPacket !== 0) this.takeBackReset(peer);
      half.unackedRetransmissions++;
      half.lastDataNs = segment.timeNs;
      half.lastDataPacket = segment.packetNumber;
      const notes = half.synRepeats ?? [];
      if (notes.length < 2 * MAX_SYN_NOTES) notes.push(segment.packetNumber, segment.timeNs);
      half.synRepeats = notes;
    } else {
      if (half.rstPacket !== 0 && half.spokeAfterReset === 0) half.spokeAfterReset = segment.packetNumber;
      if (half.synCount > 0) this.anomaly('syn-ack-changed', side, segment.packetNumber);
      half.synCount++;
      half.initialSequence = segment.sequence;
      if (half.synPacket === 0) {
        half.synPacket = segment.packetNumber;
        half.synNs = segment.timeNs;
      }
      half.mss = mssOption(segment.bytes, segment.optionsOffset, segment.optionsLength);
      half.windowScale = windowScaleOption(segment.bytes, segment.optionsOffset, segment.optionsLength);
      half.timestamps = hasTimestamps(segment.bytes, segment.optionsOffset, segment.optionsLength);
      half.synTrafficClass = segment.trafficClass;
      half.unackedSinceNs = segment.timeNs;
      half.lastDataNs = segment.timeNs;
      half.lastDataPacket = segment.packetNumber;
      if (half.nextOffset === 0 && half.pending === undefined) {
        const base = (segment.sequence + 1) | 0;
        half.started = true;
        half.base = base;
        half.nextSequence = base;
        half.maxSequence = base;
      }
      remember(half, segment);
    }
    if (isAnswer) this.acknowledge(side, peer, segment);
    // TCP Fast Open carries data in the SYN (RFC 7413).
    if (segment.payloadLength > 0) this.payload(side, half, segment, (segment.sequence + 1) | 0);
  }

  private takeReset(side: Side, half: Half, peer: Half, segment: Segment): void {
    half.resets++;
    if (half.rstPacket !== 0) {
      this.repeated(half, segment);
      return;
    }
    if (side === CLIENT && this.refusedPacket !== 0 && segment.sequence === this.refusedAck) return;
    const isNear = resetFits(half, peer, segment, side === CLIENT, false);
    if (!isNear && !(this.isOutline && resetFits(half, peer, segment, side === CLIENT, true))) {
      this.anomaly('reset-out-of-window', side, segment.packetNumber);
      return;
    }
    const idleNs = this.quietBefore(segment);
    half.rstPacket = segment.packetNumber;
    half.rstIsFar = !isNear;
    half.rstNs = segment.timeNs;
    half.rstSequence = segment.sequence;
    half.rstHasAck = (segment.flags & ACK) !== 0;
    half.rstAck = segment.acknowledgement;
    half.rstHopLimit = segment.hopLimit;
    half.rstIpId = segment.ipId;
    half.rstPreviousIpId = half.ipId;
    half.rstWindow = segment.window;
    half.rstOptionsLength = segment.optionsLength;
    half.rstTrafficClass = segment.trafficClass;
    half.rstUnacknowledged = half.unackedRetransmissions > 0 && this.inFlight(half);
    remember(half, segment);
    // A reset of a SYN acknowledges it; other resets may, with the number that was reached.
    if (half.rstHasAck && peer.started && ((segment.acknowledgement - peer.base) | 0) >= 0) {
      this.acknowledge(side, peer, segment);
    }
    if (peer.finPacket === 0 && half.finPacket === 0 && peer.rstPacket === 0) this.idleBeforeCloseNs = idleNs;
    this.closed = true;
  }

  /** The connection went on: its end did not heed the reset. */
  private takeBackReset(half: Half): void {
    half.rstPacket = 0;
    half.spokeAfterReset = 0;
    this.closed = half === this.client ? false : this.client.rstPacket !== 0;
  }

  /** Counts a repeated SYN, FIN or RST; true when it is the same packet seen twice. */
  private repeated(half: Half, segment: Segment): boolean {
    if (isCopy(half, segment)) {
      half.duplicates++;
      return true;
    }
    remember(half, segment);
    if ((segment.flags & (SYN | RST)) === 0) half.retransmissions++;
    return false;
  }

  // Acknowledgements

  private acknowledge(side: Side, peer: Half, segment: Segment): void {
    const ack = segment.acknowledgement;
    const half = side === CLIENT ? this.client : this.server;
    if (!peer.started) {
      // Only this side is seen so far: the first number it expects stands for the start.
      peer.started = true;
      peer.base = ack;
      peer.nextSequence = ack;
      peer.maxSequence = ack;
      peer.acked = ack;
      peer.hasAcked = true;
      if (peer.synCount === 0 && (segment.flags & SYN) === 0) this.noteEstablished(side, segment);
      // What an acknowledgement beyond unseen data expects is not the start either.
      const isBehindUnseen = (segment.flags & SYN) === 0 && segment.sequence !== half.base;
      if (this.midway || isBehindUnseen) this.ssh.joinMidway(side === CLIENT ? SERVER : CLIENT);
      return;
    }
    const advance = peer.hasAcked ? (ack - peer.acked) | 0 : ((ack - peer.base) | 0) + 1;
    if (advance <= 0) {
      if (advance === 0 && segment.payloadLength === 0 && segment.optionsLength >= 12)
        this.noteSack(half, peer, segment);
      return;
    }
    const end = peer.finPacket !== 0 ? (peer.finSequence + 1) | 0 : peer.maxSequence;
    const beyond = (ack - end) | 0;
    if (beyond > 0) {
      if (beyond > MAX_AHEAD) {
        if (this.isOutline) {
          half.farAck = ack;
          half.farAckPacket = segment.packetNumber;
        } else {
          this.anomaly('acknowledgement-out-of-window', side, segment.packetNumber);
        }
        return;
      }
      peer.ackedUnseen = true;
    }
    // Before a FIN there was an ACK, of which nobody knows when it came.
    if (side === CLIENT && this.establishedPacket === 0 && (segment.flags & (SYN | FIN | RST)) === 0) {
      this.noteEstablished(side, segment);
    }
    peer.acked = ack;
    peer.hasAcked = true;
    peer.unackedRetransmissions = 0;
    peer.unackedSinceNs = segment.timeNs;
    if (peer.unanswered !== undefined) peer.unanswered = undefined;
    if (peer.largestLength > peer.largestDelivered && ((ack - peer.largestEnd) | 0) >= 0) {
      peer.largestDelivered = peer.largestLength;
    }
    if (peer.pending !== undefined)
      giveUpLostHoles(this, side === CLIENT ? SERVER : CLIENT, peer, segment.timeNs);
  }

  /** The receiver has data behind a hole (RFC 2018): what fills the hole was lost, later segments were not. */
  private noteSack(half: Half, peer: Half, segment: Segment): void {
    const edge = sackEdge(segment.bytes, segment.optionsOffset, segment.optionsLength);
    if (edge === undefined || this.isDoubtful(half, segment)) return;
    const ahead = (edge - peer.acked) | 0;
    if (ahead <= 0 || ahead > MAX_AHEAD) return;
    peer.sackPacket = segment.packetNumber;
    peer.sackNs = segment.timeNs;
    peer.sackAhead = ahead;
  }

  private noteEstablished(side: Side, segment: Segment): void {
    if (side !== CLIENT || this.establishedPacket !== 0 || this.midway) return;
    this.establishedPacket = segment.packetNumber;
    this.establishedNs = segment.timeNs;
  }

  /** Data (or a SYN) of this side that is not acknowledged as far as the capture tells. */
  inFlight(half: Half): boolean {
    if (!half.started) return false;
    if (!half.hasAcked) return half.synCount > 0 || half.maxSequence !== half.base;
    return ((half.maxSequence - half.acked) | 0) > 0;
  }

  // Payload

  private payload(side: Side, half: Half, segment: Segment, sequence: number): void {
    const length = segment.payloadLength;
    if (!half.started) this.startMidway(side, half, sequence);
    const ahead = (sequence - half.nextSequence) | 0;
    const end = (sequence + length) | 0;
    if (ahead === 0 && half.pending === undefined) {
      this.sent(half, segment, end);
      half.nextSequence = end;
      remember(half, segment);
      this.deliver(
        side,
        half,
        segment.bytes,
        segment.payloadOffset,
        segment.payloadCaptured,
        length,
        segment.packetNumber,
        segment.timeNs,
      );
      if (half.rstPacket !== 0 && half.spokeAfterReset === 0) this.afterReset(half, segment, sequence);
      return;
    }
    if (isCopy(half, segment)) {
      half.duplicates++;
      return;
    }
    remember(half, segment);
    if (ahead < 0 && ahead + length <= 0) {
      this.retransmitted(half, segment, sequence);
      return;
    }
    if (ahead > MAX_AHEAD) {
      this.anomaly('sequence-out-of-window', side, segment.packetNumber);
      return;
    }
    if (half.finPacket !== 0 && ((end - half.finSequence) | 0) > 0) {
      this.anomaly('data-after-fin', side, segment.packetNumber);
      return;
    }
    if (ahead < 0) {
      // Old bytes with new ones behind them: the first stand.
      if (half.nextOffset === 0 && half.bytes === 0 && half.synCount === 0 && half.pending === undefined) {
        half.base = sequence;
        half.nextSequence = sequence;
      } else {
        half.retransmissions++;
      }
    } else if (((end - half.maxSequence) | 0) <= 0) {
      // Behind data that was seen already: it fills a hole.
      half.outOfOrder++;
    }
    this.sent(half, segment, end);
    if (half.rstPacket !== 0 && half.spokeAfterReset === 0) this.afterReset(half, segment, sequence);
    keep(this, side, half, segment, sequence, length);
    drain(this, side, half);
    if (half.pending !== undefined) {
      half.pendingAge++;
      giveUpLostHoles(this, side, half, segment.timeNs);
    }
  }

  /** Book-keeping for data that is (partly) new. */
  private sent(half: Half, segment: Segment, end: number): void {
    if (!this.inFlight(half)) {
      half.unackedSinceNs = segment.timeNs;
      half.unackedRetransmissions = 0;
      this.idleBeforeUnansweredNs = this.quietBefore(segment);
    }
    half.lastDataPacket = segment.packetNumber;
    half.lastDataNs = segment.timeNs;
    noteTail(half, segment);
    if (segment.payloadLength > half.largestLength) {
      half.largestLength = segment.payloadLength;
      half.largestEnd = end;
    }
    if (((end - half.maxSequence) | 0) > 0) half.maxSequence = end;
  }

  private retransmitted(half: Half, segment: Segment, sequence: number): void {
    // A keep-alive probe repeats the last byte, which was acknowledged (RFC 9293 §3.8.4): not a loss.
    const isKeepAlive = segment.payloadLength === 1 && half.hasAcked && ((sequence - half.acked) | 0) === -1;
    if (isKeepAlive) {
      half.unansweredProbes++;
      return;
    }
    half.retransmissions++;
    if (
      half.rstPacket !== 0 &&
      half.spokeAfterReset === 0 &&
      segment.timeNs - half.rstNs >= SHORTEST_TIME_OUT_NS
    ) {
      half.spokeAfterReset = segment.packetNumber;
    }
    if (!half.hasAcked || ((sequence - half.acked) | 0) >= 0) {
      half.unackedRetransmissions++;
      half.lastDataPacket = segment.packetNumber;
      half.lastDataNs = segment.timeNs;
      noteUnanswered(half, segment);
    }
  }

  /** New data behind the place that the reset claimed to be the end: its sender knew nothing of the reset. */
  private afterReset(half: Half, segment: Segment, sequence: number): void {
    if (((sequence - half.rstSequence) | 0) >= 0 && segment.timeNs > half.rstNs) {
      half.spokeAfterReset = segment.packetNumber;
    }
  }

  private startMidway(side: Side, half: Half, sequence: number): void {
    half.started = true;
    half.base = sequence;
    half.nextSequence = sequence;
    half.maxSequence = sequence;
    this.ssh.joinMidway(side);
  }

  /** Hands on the next bytes of a stream. */
  deliver(
    side: Side,
    half: Half,
    bytes: Uint8Array,
    start: number,
    captured: number,
    length: number,
    packet: number,
    timeNs: number,
  ): void {
    half.nextOffset += length;
    half.bytes += captured;
    if (captured > 0) this.ssh.data(side, bytes, start, start + captured, packet, timeNs);
    if (captured < length) {
      half.missedBytes += length - captured;
      this.ssh.cut(side, length - captured, packet, timeNs);
    }
  }

  anomaly(code: TcpAnomalyCode, side: Side, packet: number): void {
    const anomalies = this.anomalies ?? [];
    this.anomalies = anomalies;
    if (anomalies.length < MAX_ANOMALIES) anomalies.push({ code, side, packet });
    else this.anomaliesDropped++;
  }
}
