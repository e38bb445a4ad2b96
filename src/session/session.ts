import type { Judgement } from '../fate/classify.ts';
import type { Fate } from '../fate/vocabulary.ts';
import {
  CLIENT,
  type ClearMessage,
  type Place,
  type Proposal,
  SERVER,
  type Side,
  type SshSideFacts,
} from '../ssh/conversation-api.ts';
import { postureNotes } from '../ssh/weakness.ts';
import type { Connection } from '../tcp/connection.ts';
import { type Half, TAIL } from '../tcp/half.ts';
import { formatAddress } from '../wire/address.ts';
import { communityId } from '../wire/community-id.ts';
import type { Clock } from './clock.ts';
import type {
  AnomalyRecord,
  AuthRecord,
  Cause,
  DataPacket,
  Directions,
  DisconnectRecord,
  Endpoint,
  FateFacts,
  ForeignRecord,
  IcmpRecord,
  KexRecord,
  LastWords,
  MarkingChange,
  NextCapture,
  PacketTime,
  ProposalRecord,
  ResetRecord,
  SessionRecord,
  SurroundingsRecord,
  TcpRecord,
  TimelineEntry,
  TimingRecord,
} from './record.ts';

import type { Surroundings } from './surroundings.ts';

/** What the diagnosis adds to a session, made when somebody asks for it. */
export interface Diagnosis {
  causes(record: SessionRecord): readonly Cause[];
  clientMessage(record: SessionRecord): string | undefined;
  nextCapture(record: SessionRecord): NextCapture | undefined;
}

/** What a session is made in. */
export interface SessionContext {
  readonly captureName: string;
  readonly clock: Clock;
  readonly diagnosis: Diagnosis;
  readonly surroundings: Surroundings;
}

/**
 * A finished session as a record, valid while `onSession` runs: to keep it, take `toJSON()`. What costs something (addresses, times, hashes, lists) is made when it is
 * first asked for: of a hundred thousand sessions a table shows twenty.
 */
export class Session implements SessionRecord {
  readonly schema = 'sshfate/session@1';
  readonly observed: FateFacts;
  private live: Connection | undefined;
  private readonly judgement: Judgement;
  private readonly context: SessionContext;
  private madeClient: Endpoint | undefined;
  private madeServer: Endpoint | undefined;
  private madeTcp: TcpRecord | undefined;
  private madeTimeline: readonly TimelineEntry[] | undefined;
  private madeCauses: readonly Cause[] | undefined;
  private madeSurroundings: SurroundingsRecord | undefined;

  constructor(connection: Connection, facts: FateFacts, judgement: Judgement, context: SessionContext) {
    this.live = connection;
    this.observed = facts;
    this.judgement = judgement;
    this.context = context;
  }

  /** Takes the connection back: what was not read until now is gone. */
  release(): void {
    this.live = undefined;
  }

  private get connection(): Connection {
    if (this.live === undefined) {
      throw new Error('A session can only be read while it is handed over: keep session.toJSON() instead.');
    }
    return this.live;
  }

  // Cheap: what summaries, filters and rankings need

  get session(): number {
    return this.connection.number;
  }
  get fate() {
    return this.judgement.fate;
  }
  get stage() {
    return this.judgement.stage;
  }
  get ending() {
    return this.judgement.ending;
  }
  get endedBy() {
    return this.judgement.endedBy;
  }
  get certainty() {
    return this.judgement.certainty;
  }
  get reason() {
    return this.judgement.reason;
  }
  get capture(): string {
    return this.context.captureName;
  }
  /** Nanoseconds since the capture's first packet. */
  get startNs(): number {
    return this.connection.firstNs;
  }
  get endNs(): number {
    return this.connection.lastNs;
  }
  get durationMs(): number {
    return milliseconds(this.connection.lastNs - this.connection.firstNs);
  }
  get clientPort(): number {
    return this.connection.clientPort;
  }
  get serverPort(): number {
    return this.connection.serverPort;
  }
  get ipVersion(): 4 | 6 {
    return this.connection.ipVersion;
  }
  /** Four 32-bit words, IPv4 in the first. */
  get clientAddressWords(): readonly [number, number, number, number] {
    const c = this.connection;
    return [c.clientAddress0, c.clientAddress1, c.clientAddress2, c.clientAddress3];
  }
  get serverAddressWords(): readonly [number, number, number, number] {
    const c = this.connection;
    return [c.serverAddress0, c.serverAddress1, c.serverAddress2, c.serverAddress3];
  }
  get firstPacket(): number {
    return this.connection.firstPacket;
  }
  /** Of the first cause; undefined without one. */
  get causeId(): string | undefined {
    return this.causes()[0]?.id;
  }

  // Made when asked for

  get communityId(): string {
    const c = this.connection;
    return communityId(
      c.ipVersion,
      this.clientAddressWords,
      this.serverAddressWords,
      c.clientPort,
      c.serverPort,
    );
  }
  get start(): string {
    return this.context.clock.iso(this.connection.firstNs);
  }
  get end(): string {
    return this.context.clock.iso(this.connection.lastNs);
  }
  get nesting(): readonly string[] | undefined {
    return this.connection.nesting.length > 0 ? this.connection.nesting : undefined;
  }
  get packets(): SessionRecord['packets'] {
    const { firstPacket, lastPacket, client, server } = this.connection;
    return {
      first: firstPacket,
      last: lastPacket,
      clientToServer: client.packets,
      serverToClient: server.packets,
    };
  }
  get bytes(): SessionRecord['bytes'] {
    const { client, server } = this.connection;
    return {
      clientToServer: client.bytes,
      serverToClient: server.bytes,
      missed: client.missedBytes + server.missedBytes,
    };
  }
  get client(): Endpoint {
    this.madeClient ??= endpoint(this.connection, CLIENT, this.context.clock);
    return this.madeClient;
  }
  get server(): Endpoint {
    this.madeServer ??= endpoint(this.connection, SERVER, this.context.clock);
    return this.madeServer;
  }
  get cause(): Cause | undefined {
    return this.causes()[0];
  }
  get alternatives(): readonly Cause[] | undefined {
    const causes = this.causes();
    return causes.length > 1 ? causes.slice(1) : undefined;
  }
  get clientMessage(): string | undefined {
    return this.context.diagnosis.clientMessage(this);
  }
  get nextCapture(): NextCapture | undefined {
    return this.context.diagnosis.nextCapture(this);
  }
  get kex(): KexRecord | undefined {
    return kexRecord(this.connection);
  }
  get disconnect(): readonly DisconnectRecord[] | undefined {
    return disconnectRecords(this.connection);
  }
  get auth(): AuthRecord | undefined {
    return authRecord(this.connection);
  }
  get tcp(): TcpRecord {
    this.madeTcp ??= tcpRecord(this.connection, this.context.clock, HEALTHY.has(this.judgement.fate));
    return this.madeTcp;
  }
  get timing(): TimingRecord {
    return timingRecord(this.connection, this.observed);
  }
  get notes(): readonly string[] | undefined {
    const { ssh } = this.connection;
    const notes = postureNotes(
      ssh.sides[CLIENT].kexInit?.proposal,
      ssh.sides[SERVER].kexInit?.proposal,
      ssh.negotiation,
      ssh.protocol,
    );
    return notes.length > 0 ? notes : undefined;
  }
  get timeline(): readonly TimelineEntry[] {
    this.madeTimeline ??= timelineOf(this.connection, this.context.clock);
    return this.madeTimeline;
  }
  get surroundings(): SurroundingsRecord | undefined {
    if (HEALTHY.has(this.judgement.fate)) return undefined;
    this.madeSurroundings ??= this.context.surroundings.of(
      this.connection,
      this.judgement.fate,
      this.context.clock,
    );
    return this.madeSurroundings;
  }
  get anomalies(): readonly AnomalyRecord[] {
    return anomalyRecords(this.connection);
  }

  /** A plain object in the documented order of fields, without what is unknown. */
  toJSON(): SessionRecord {
    const record: Record<string, unknown> = {};
    for (const key of RECORD_FIELDS) {
      const value = this[key];
      if (value !== undefined) record[key] = value;
    }
    return record as unknown as SessionRecord;
  }

  private causes(): readonly Cause[] {
    this.madeCauses ??= this.context.diagnosis.causes(this);
    return this.madeCauses;
  }
}

/** Fields of the record in the order in which they are printed. */
export const RECORD_FIELDS = [
  'schema',
  'session',
  'capture',
  'communityId',
  'start',
  'end',
  'durationMs',
  'client',
  'server',
  'nesting',
  'packets',
  'bytes',
  'fate',
  'stage',
  'ending',
  'endedBy',
  'certainty',
  'reason',
  'cause',
  'alternatives',
  'clientMessage',
  'nextCapture',
  'kex',
  'disconnect',
  'auth',
  'tcp',
  'timing',
  'notes',
  'timeline',
  'anomalies',
  'surroundings',
  'observed',
] as const satisfies readonly (keyof SessionRecord)[];

/** Nothing went wrong: what would explain it need not be told. */
const HEALTHY: ReadonlySet<Fate> = new Set<Fate>(['completed', 'open', 'closed-midway']);

const SIDE_NAMES = ['client', 'server'] as const;

/** Whole microseconds survive; more would only show the double's noise. */
const milliseconds = (ns: number): number => Math.round(ns / 1000) / 1000;

function endpoint(connection: Connection, side: Side, clock: Clock): Endpoint {
  const c = connection;
  const facts = c.ssh.sides[side];
  const isClient = side === CLIENT;
  const address = isClient
    ? formatAddress(c.ipVersion, c.clientAddress0, c.clientAddress1, c.clientAddress2, c.clientAddress3)
    : formatAddress(c.ipVersion, c.serverAddress0, c.serverAddress1, c.serverAddress2, c.serverAddress3);
  const identification = facts.identification;
  const proposal = facts.kexInit?.proposal;
  const text =
    facts.textAfterIdentification === undefined
      ? facts.preIdentificationLines
      : [...facts.preIdentificationLines, facts.textAfterIdentification];
  return {
    address,
    port: isClient ? c.clientPort : c.serverPort,
    identification: identification?.text,
    software: identification?.softwareVersion,
    hassh: isClient ? proposal?.hassh : undefined,
    hasshServer: isClient ? undefined : proposal?.hasshServer,
    hostKey: isClient ? undefined : facts.hostKey,
    text: text.length > 0 ? text : undefined,
    foreign: facts.foreign && foreignRecord(facts.foreign, clock),
  };
}

function foreignRecord(foreign: NonNullable<SshSideFacts['foreign']>, clock: Clock): ForeignRecord {
  const { protocol, packet, timeNs, head } = foreign;
  return { packet, time: clock.iso(timeNs), protocol, head };
}

const proposalRecords = new WeakMap<Proposal, ProposalRecord>();

/** The same object for the same proposal, so that a writer can keep its text. */
function proposalRecord(proposal: Proposal): ProposalRecord {
  const known = proposalRecords.get(proposal);
  if (known !== undefined) return known;
  const record: ProposalRecord = {
    kexAlgorithms: proposal.kexAlgorithms,
    serverHostKeyAlgorithms: proposal.serverHostKeyAlgorithms,
    encryptionClientToServer: proposal.encryptionClientToServer,
    encryptionServerToClient: proposal.encryptionServerToClient,
    macClientToServer: proposal.macClientToServer,
    macServerToClient: proposal.macServerToClient,
    compressionClientToServer: proposal.compressionClientToServer,
    compressionServerToClient: proposal.compressionServerToClient,
    languagesClientToServer: proposal.languagesClientToServer,
    languagesServerToClient: proposal.languagesServerToClient,
  };
  proposalRecords.set(proposal, record);
  return record;
}

const NO_MESSAGES: KexRecord['messages'] = [];
type NegotiatedRecord = Pick<KexRecord, 'negotiated' | 'mismatch' | 'strict' | 'hybridPostQuantum'>;
const negotiatedRecords = new WeakMap<object, NegotiatedRecord>();

function kexRecord(connection: Connection): KexRecord | undefined {
  const { ssh } = connection;
  const client = ssh.sides[CLIENT];
  const server = ssh.sides[SERVER];
  const { negotiation } = ssh;
  if (client.messages.length + server.messages.length === 0) return undefined;
  let negotiated: NegotiatedRecord | undefined;
  if (negotiation !== undefined) {
    negotiated = negotiatedRecords.get(negotiation);
    if (negotiated === undefined) {
      negotiated = negotiatedRecord(negotiation);
      negotiatedRecords.set(negotiation, negotiated);
    }
  }
  return {
    client: client.kexInit && proposalRecord(client.kexInit.proposal),
    server: server.kexInit && proposalRecord(server.kexInit.proposal),
    negotiated: negotiated?.negotiated,
    mismatch: negotiated?.mismatch,
    strict: negotiated?.strict,
    hybridPostQuantum: negotiated?.hybridPostQuantum,
    messages: mergeMessages(client.messages, server.messages),
  };
}

function negotiatedRecord(negotiation: NonNullable<Connection['ssh']['negotiation']>): NegotiatedRecord {
  const pair = (clientToServer: string | undefined, serverToClient: string | undefined) => ({
    ...(clientToServer !== undefined && { clientToServer }),
    ...(serverToClient !== undefined && { serverToClient }),
  });
  const n = negotiation;
  const { mismatch } = n;
  return {
    negotiated: {
      ...(n.kex !== undefined && { kex: n.kex }),
      ...(n.hostKey !== undefined && { hostKey: n.hostKey }),
      cipher: pair(n.cipherClientToServer, n.cipherServerToClient),
      mac: pair(n.macClientToServer, n.macServerToClient),
      compression: pair(n.compressionClientToServer, n.compressionServerToClient),
    },
    ...(mismatch && {
      mismatch: {
        category: mismatch.category,
        ...(mismatch.direction && { direction: mismatch.direction }),
        client: mismatch.client,
        server: mismatch.server,
      },
    }),
    strict: n.strict,
    ...(n.hybridPostQuantum !== undefined && { hybridPostQuantum: n.hybridPostQuantum }),
  };
}

function mergeMessages(
  fromClient: readonly ClearMessage[],
  fromServer: readonly ClearMessage[],
): KexRecord['messages'] {
  const merged: { from: 'client' | 'server'; name: string; packet: number }[] = [];
  let c = 0;
  let s = 0;
  while (c < fromClient.length || s < fromServer.length) {
    const client = fromClient[c];
    const server = fromServer[s];
    if (server === undefined || (client !== undefined && client.packet <= server.packet)) {
      merged.push({
        from: 'client',
        name: (client as ClearMessage).name,
        packet: (client as ClearMessage).packet,
      });
      c++;
    } else {
      merged.push({ from: 'server', name: server.name, packet: server.packet });
      s++;
    }
  }
  return merged.length > 0 ? merged : NO_MESSAGES;
}

function disconnectRecords(connection: Connection): readonly DisconnectRecord[] | undefined {
  const records: DisconnectRecord[] = [];
  for (const side of [CLIENT, SERVER] as const) {
    const message = connection.ssh.sides[side].disconnect;
    if (message === undefined) continue;
    records.push({
      from: SIDE_NAMES[side],
      packet: message.packet,
      reasonCode: message.reasonCode,
      ...(message.reasonName !== undefined && { reasonName: message.reasonName }),
      description: message.description,
    });
  }
  return records.length > 0 ? records : undefined;
}

function authRecord(connection: Connection): AuthRecord | undefined {
  const { ssh } = connection;
  if (ssh.sides[CLIENT].newKeys === undefined || ssh.sides[SERVER].newKeys === undefined) return undefined;
  const { result, attempts } = ssh.authentication;
  return { result, attempts, certainty: 'inferred' };
}

/*
 * Here members that are unknown are written as undefined instead of being left out: spreading objects took a third of
 * the time of a record.
 */

function tcpRecord(connection: Connection, clock: Clock, isHealthy: boolean): TcpRecord {
  const { client, server, zeek } = connection;
  const directions = (of: (half: Half) => number): Directions => ({ client: of(client), server: of(server) });
  const mss = sides(client.mss, server.mss);
  const trafficClass = sides(client.synTrafficClass, server.synTrafficClass);
  const clientRepeats = packetTimes(client.synRepeats, clock);
  const serverRepeats = packetTimes(server.synRepeats, clock);
  const hasResets = client.rstPacket > 0 || server.rstPacket > 0;
  const rtt = rttMs(connection);
  return {
    connState: zeek.connState,
    history: zeek.history,
    rttMs: rtt,
    synRetransmissions: Math.max(0, client.synCount - 1),
    retransmissions: directions((half) => half.retransmissions),
    outOfOrder: directions((half) => half.outOfOrder),
    duplicates: directions((half) => half.duplicates),
    gaps: directions((half) => half.gaps),
    zeroWindows: directions((half) => half.zeroWindows),
    mss,
    hopLimits: { client: hopLimitsOf(client), server: hopLimitsOf(server) },
    checksumErrors: client.checksumErrors + server.checksumErrors,
    synRepeats: clientRepeats || serverRepeats ? { client: clientRepeats, server: serverRepeats } : undefined,
    synTrafficClass: trafficClass,
    resets: hasResets ? resetRecords(client, server, clock) : undefined,
    icmp: connection.icmp?.map((note) => icmpRecord(note, clock)),
    markings: markingsOf(client, server),
    last: isHealthy ? undefined : { client: lastWords(client, clock), server: lastWords(server, clock) },
  };
}

function markingsOf(client: Half, server: Half): TcpRecord['markings'] {
  if (client.markings === undefined && server.markings === undefined) return undefined;
  return {
    ...(client.markings && { client: markingChanges(client.markings) }),
    ...(server.markings && { server: markingChanges(server.markings) }),
  };
}

function markingChanges(pairs: readonly number[]): readonly MarkingChange[] {
  const changes: MarkingChange[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    changes.push({ packet: pairs[i] as number, dscp: (pairs[i + 1] as number) >> 2 });
  }
  return changes;
}

function lastWords(half: Half, clock: Clock): LastWords {
  const data: DataPacket[] = [];
  for (let n = Math.max(0, half.tailCount - TAIL); n < half.tailCount; n++) {
    data.push(dataPacket(half.tail, (n % TAIL) * 3, clock));
  }
  const unanswered: DataPacket[] = [];
  for (let at = 0; at < (half.unanswered?.length ?? 0); at += 3) {
    unanswered.push(dataPacket(half.unanswered as number[], at, clock));
  }
  const hole = half.openHole;
  return {
    data,
    unanswered: unanswered.length > 0 ? unanswered : undefined,
    probes: half.unansweredProbes > 0 ? half.unansweredProbes : undefined,
    largestBytes: half.largestLength > 0 ? half.largestLength : undefined,
    largestDeliveredBytes: half.largestDelivered > 0 ? half.largestDelivered : undefined,
    sack:
      half.sackPacket > 0
        ? { packet: half.sackPacket, time: clock.iso(half.sackNs), bytes: half.sackAhead }
        : undefined,
    hole: hole && { packet: hole.packet, time: clock.iso(hole.timeNs), bytes: hole.lengthBytes },
  };
}

function dataPacket(triples: ArrayLike<number>, at: number, clock: Clock): DataPacket {
  return {
    packet: triples[at] as number,
    time: clock.iso(triples[at + 1] as number),
    bytes: triples[at + 2] as number,
  };
}

/** -1 stands for unknown. */
function sides(client: number, server: number): TcpRecord['mss'] {
  if (client < 0 && server < 0) return undefined;
  return { client: client >= 0 ? client : undefined, server: server >= 0 ? server : undefined };
}

function hopLimitsOf(half: Half): readonly number[] | undefined {
  if (half.hopLimit < 0) return undefined;
  return half.otherHopLimits === undefined ? [half.hopLimit] : [half.hopLimit, ...half.otherHopLimits];
}

function resetRecords(client: Half, server: Half, clock: Clock): readonly ResetRecord[] {
  return [resetRecord(client, 'client', clock), resetRecord(server, 'server', clock)]
    .filter((reset) => reset !== undefined)
    .sort((a, b) => a.packet - b.packet);
}

function rttMs(connection: Connection): number | undefined {
  const { client, server, establishedPacket, establishedNs } = connection;
  // A repeated SYN or SYN-ACK makes it unknown which one was answered (Karn's rule).
  if (client.synCount !== 1 || server.synCount !== 1 || establishedPacket === 0) return undefined;
  return milliseconds(establishedNs - client.synNs);
}

function packetTimes(pairs: readonly number[] | undefined, clock: Clock): readonly PacketTime[] | undefined {
  if (pairs === undefined) return undefined;
  const times: PacketTime[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    times.push({ packet: pairs[i] as number, time: clock.iso(pairs[i + 1] as number) });
  }
  return times;
}

function resetRecord(half: Half, from: 'client' | 'server', clock: Clock): ResetRecord | undefined {
  if (half.rstPacket === 0) return undefined;
  return {
    packet: half.rstPacket,
    time: clock.iso(half.rstNs),
    from,
    ack: half.rstHasAck,
    hopLimit: half.rstHopLimit,
    ...(half.rstIpId >= 0 && { ipId: half.rstIpId }),
    window: half.rstWindow,
    optionsLength: half.rstOptionsLength,
    trafficClass: half.rstTrafficClass,
    ...(half.rstPreviousIpId >= 0 && { previousIpId: half.rstPreviousIpId }),
    ...(half.synCount > 0 && { timestamps: half.timestamps }),
    ...(half.spokeAfterReset > 0 && { spokeAfter: half.spokeAfterReset }),
  };
}

function icmpRecord(note: NonNullable<Connection['icmp']>[number], clock: Clock): IcmpRecord {
  return {
    packet: note.packet,
    time: clock.iso(note.timeNs),
    reporter: formatAddress(note.ipVersion, ...note.reporter),
    ipVersion: note.ipVersion,
    type: note.type,
    code: note.code,
    about: SIDE_NAMES[note.about],
    ...(note.mtu > 0 && { mtu: note.mtu }),
    hopLimit: note.hopLimit,
  };
}

function timingRecord(connection: Connection, facts: FateFacts): TimingRecord {
  const { client, server, ssh, establishedPacket, establishedNs } = connection;
  const [clientSide, serverSide] = ssh.sides;
  const identification = serverSide.identification;
  const keys = laterOf(clientSide.newKeys, serverSide.newKeys);
  const kexStart = earlierOf(clientSide.kexInit, serverSide.kexInit);
  const { success } = ssh.authentication;
  const established = establishedPacket > 0;
  const span = (fromNs: number, place: Place | undefined) => place && milliseconds(place.timeNs - fromNs);
  return {
    connectMs: established && client.synPacket > 0 ? milliseconds(establishedNs - client.synNs) : undefined,
    synAckMs:
      client.synCount === 1 && server.synPacket > 0 ? milliseconds(server.synNs - client.synNs) : undefined,
    ackMs: established && server.synCount === 1 ? milliseconds(establishedNs - server.synNs) : undefined,
    identificationMs: established ? span(establishedNs, identification) : undefined,
    kexMs: kexStart && span(kexStart.timeNs, keys),
    authMs: keys && span(keys.timeNs, success),
    idleBeforeEndMs:
      connection.idleBeforeCloseNs > 0 ? milliseconds(connection.idleBeforeCloseNs) : undefined,
    idleBeforeUnansweredMs:
      facts.owed?.what === 'acknowledgement' || connection.inFlight(client) || connection.inFlight(server)
        ? milliseconds(connection.idleBeforeUnansweredNs)
        : undefined,
  };
}

function laterOf(a: Place | undefined, b: Place | undefined): Place | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a.packet > b.packet ? a : b;
}

function earlierOf(a: Place | undefined, b: Place | undefined): Place | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.packet < b.packet ? a : b;
}

function timelineOf(connection: Connection, clock: Clock): readonly TimelineEntry[] {
  const entries: TimelineEntry[] = [];
  const add = (
    from: TimelineEntry['from'],
    packet: number,
    timeNs: number,
    what: string,
    detail?: string,
  ) => {
    if (packet === 0) return;
    entries.push({ packet, time: clock.iso(timeNs), from, what, detail });
  };
  const { client, server, ssh } = connection;
  add('client', client.synPacket, client.synNs, 'SYN');
  add('server', server.synPacket, server.synNs, 'SYN-ACK');
  add('client', connection.establishedPacket, connection.establishedNs, 'ACK');
  for (const side of [CLIENT, SERVER] as const) {
    const facts = ssh.sides[side];
    const half = connection.half(side);
    const from = SIDE_NAMES[side];
    const { identification, kexInit, newKeys, disconnect } = facts;
    const { preIdentification } = facts;
    if (preIdentification) {
      add(from, preIdentification.packet, preIdentification.timeNs, 'text', facts.preIdentificationLines[0]);
    }
    if (identification) {
      add(from, identification.packet, identification.timeNs, 'identification string', identification.text);
    }
    if (kexInit) add(from, kexInit.packet, kexInit.timeNs, 'SSH_MSG_KEXINIT');
    const exchange = facts.messages.find((message) => message.number >= 30);
    if (exchange) add(from, exchange.packet, exchange.timeNs, exchange.name);
    if (newKeys) add(from, newKeys.packet, newKeys.timeNs, 'SSH_MSG_NEWKEYS');
    if (disconnect) {
      add(from, disconnect.packet, disconnect.timeNs, 'SSH_MSG_DISCONNECT', disconnect.description);
    }
    add(from, half.finPacket, half.finNs, 'FIN');
    add(from, half.rstPacket, half.rstNs, 'RST');
  }
  const { success } = ssh.authentication;
  if (success) add('server', success.packet, success.timeNs, 'authenticated');
  const icmp = connection.icmp?.[0];
  if (icmp) add('path', icmp.packet, icmp.timeNs, 'ICMP', `type ${icmp.type} code ${icmp.code}`);
  return entries.sort((a, b) => a.packet - b.packet);
}

const DIRECTION_NAMES = ['client-to-server', 'server-to-client'] as const;
const NO_ANOMALIES: readonly AnomalyRecord[] = [];

function anomalyRecords(connection: Connection): readonly AnomalyRecord[] {
  const ofTcp = connection.anomalies;
  const ofSsh = connection.ssh.anomalies;
  if (ofTcp === undefined && ofSsh.length === 0) return NO_ANOMALIES;
  const records: AnomalyRecord[] = [];
  for (const { code, side, packet } of ofTcp ?? []) {
    records.push({ code, layer: 'tcp', direction: DIRECTION_NAMES[side], packet });
  }
  for (const { code, side, packet } of ofSsh) {
    records.push({ code, layer: 'ssh', direction: DIRECTION_NAMES[side], packet });
  }
  return records.sort((a, b) => a.packet - b.packet);
}
