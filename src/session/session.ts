import type { Judgement } from '../fate/classify.ts';
import type { Certainty, EndedBy, Ending, Fate, Stage } from '../fate/vocabulary.ts';
import { CLIENT, SERVER } from '../ssh/conversation-api.ts';
import { postureNotes } from '../ssh/weakness.ts';
import type { Connection } from '../tcp/connection.ts';
import { lastDataBefore } from '../tcp/half.ts';
import { communityId } from '../wire/community-id.ts';
import type { Clock } from './clock.ts';
import type { ClockedEntry } from './clocked-time.ts';
import { endpoint } from './endpoint-record.ts';
import { authRecord, disconnectRecords, kexRecord } from './kex-record.ts';
import { plainSurroundings } from './other-sessions.ts';
import type {
  AnomalyRecord,
  AuthRecord,
  Cause,
  DisconnectRecord,
  Endpoint,
  FateFacts,
  KexRecord,
  NextCapture,
  SessionRecord,
  SurroundingsRecord,
  TcpRecord,
  TimelineEntry,
  TimingRecord,
} from './record.ts';
import { milliseconds } from './sides.ts';
import type { Surroundings } from './surroundings.ts';
import { plainTcp, tcpRecord } from './tcp-record.ts';
import { anomalyRecords, timelineOf } from './timeline.ts';
import { timingRecord } from './timing-record.ts';

/** What the diagnosis adds to a session, made when somebody asks for it. */
export interface Diagnosis {
  /** Best first; to be read while the record lasts. */
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
  readonly times?: 'arrival' | undefined;
}

/**
 * A finished session as a record, valid while `onSession` runs: afterwards most of it throws an error, so take `toJSON()` to
 * keep it. What costs something (addresses, times, hashes, lists) is made when it is first asked for: of a hundred thousand
 * sessions a table shows twenty.
 */
export class Session implements SessionRecord {
  readonly schema = 'sshfate/session@1';
  readonly observed: FateFacts;
  /** Set by who says it again. */
  revision: number | undefined;
  private live: Connection | undefined;
  private readonly judgement: Judgement;
  private readonly context: SessionContext;
  private madeClient: Endpoint | undefined;
  private madeServer: Endpoint | undefined;
  private madeTcp: TcpRecord | undefined;
  private madeTimeline: readonly ClockedEntry[] | undefined;
  private foundCauses: readonly Cause[] | undefined;
  private madeCauses: readonly Cause[] | undefined;
  private madeSurroundings: SurroundingsRecord | undefined;

  /** @internal */
  constructor(connection: Connection, facts: FateFacts, judgement: Judgement, context: SessionContext) {
    this.live = connection;
    this.observed = facts;
    this.judgement = judgement;
    this.context = context;
  }

  /**
   * Takes the connection back: what was not read until now is gone.
   *
   * @internal
   */
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
  get fate(): Fate {
    return this.judgement.fate;
  }
  get stage(): Stage {
    return this.judgement.stage;
  }
  get ending(): Ending {
    return this.judgement.ending;
  }
  get endedBy(): EndedBy {
    return this.judgement.endedBy;
  }
  get certainty(): Certainty {
    return this.judgement.certainty;
  }
  get reason(): string | undefined {
    return this.judgement.reason;
  }
  get capture(): string {
    return this.context.captureName;
  }
  /** Of the first packet, nanoseconds since the capture's first. */
  get startNs(): number {
    return this.connection.firstNs;
  }
  /** Of the last packet, nanoseconds since the capture's first. */
  get endNs(): number {
    return this.connection.lastNs;
  }
  get durationMs(): number {
    return milliseconds(this.connection.lastNs - this.connection.firstNs);
  }
  /** `client.port`, without the rest of the endpoint. */
  get clientPort(): number {
    return this.connection.clientPort;
  }
  /** `server.port`, without the rest of the endpoint. */
  get serverPort(): number {
    return this.connection.serverPort;
  }
  /** Of the innermost IP header. */
  get ipVersion(): 4 | 6 {
    return this.connection.ipVersion;
  }
  /** `client.address` as four 32-bit words, IPv4 in the first. */
  get clientAddressWords(): readonly [number, number, number, number] {
    const c = this.connection;
    return [c.clientAddress0, c.clientAddress1, c.clientAddress2, c.clientAddress3];
  }
  /** `server.address` as four 32-bit words, IPv4 in the first. */
  get serverAddressWords(): readonly [number, number, number, number] {
    const c = this.connection;
    return [c.serverAddress0, c.serverAddress1, c.serverAddress2, c.serverAddress3];
  }
  /** `packets.first`, without the rest. */
  get firstPacket(): number {
    return this.connection.firstPacket;
  }
  /** Of the first cause; undefined without one. */
  get causeId(): string | undefined {
    return this.found()[0]?.id;
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
  /** `start` in milliseconds since 1970-01-01T00:00:00Z. */
  get startEpochMs(): number {
    return this.context.clock.epochMs(this.connection.firstNs);
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
    if (this.madeTcp === undefined) {
      const isHealthy = HEALTHY.has(this.judgement.fate) && !this.wasLeftWaiting();
      this.madeTcp = tcpRecord(this.connection, this.context.clock, isHealthy);
    }
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
    return this.entries;
  }
  private get entries(): readonly ClockedEntry[] {
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

  /** Of a session that the client seems to have ended of its own will: it had waited for the server's answer. */
  private wasLeftWaiting(): boolean {
    const { client, server } = this.connection;
    if (this.judgement.fate !== 'completed' || this.observed.clientAskedToLeave) return false;
    // What came after it had gone, as of a machine that wakes up, did not reach it.
    const heardNs = lastDataBefore(server, client.finNs);
    return client.lastDataNs > heardNs && client.finNs - heardNs > LEFT_WAITING_NS;
  }

  get times(): 'arrival' | undefined {
    return this.context.times;
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
    record.tcp = plainTcp(this.tcp);
    record.timeline = this.entries.map((entry) => entry.toJSON());
    const { surroundings } = this;
    if (surroundings !== undefined) record.surroundings = plainSurroundings(surroundings);
    return record as unknown as SessionRecord;
  }

  private found(): readonly Cause[] {
    this.foundCauses ??= this.context.diagnosis.causes(this);
    return this.foundCauses;
  }

  private causes(): readonly Cause[] {
    this.madeCauses ??= this.found().map(writtenOut);
    return this.madeCauses;
  }
}

/** A cause may only make its words when they are read, and outlives the session then. */
const writtenOut = ({ id, confidence, summary, evidence, nextSteps }: Cause): Cause => ({
  id,
  confidence,
  summary,
  evidence,
  nextSteps,
});

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
  'revision',
  'times',
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

/** The shortest ServerAliveInterval, twice, and a little less: timers are not exact. */
const LEFT_WAITING_NS = 1.8e9;

/** Nothing went wrong: what would explain it need not be told. */
const HEALTHY: ReadonlySet<Fate> = new Set<Fate>(['completed', 'open', 'closed-midway']);
