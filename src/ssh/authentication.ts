import {
  type ClientHabits,
  clientHabits,
  EMPTY_IGNORE,
  ignoresFirst,
  isBeforeDisconnect,
  isFarewell,
  isOnlyForwarding,
  isSessionStart,
  isSuccessWithMore,
  judgeRounds,
  opensChannel,
  type Sizes,
  serverKeepsMinimum,
} from './authentication-rounds.ts';
import { type AuthenticationFacts, CLIENT, type Place, SERVER, type Side } from './conversation-api.ts';
import { PacketBoundaries } from './encrypted.ts';
import type { Agreement } from './negotiation.ts';
import { SeenPlace } from './place.ts';

/*
 * What sizes tell of authentication (RFC 4252). Until it succeeds the two sides take turns, so what one side sends
 * until the other speaks is one message, or one with EXT_INFO (RFC 8308) or a banner before it. Such a run of bytes
 * is called a flight here; unlike segments, flights do not depend on how TCP cut the stream:
 *
 *     client  SERVICE_REQUEST                       payload of 17 bytes
 *     server  SERVICE_ACCEPT                        17
 *     client  USERAUTH_REQUEST "none"               31 + user name
 *     server  USERAUTH_FAILURE                      5 + names of the methods, mostly the same each time
 *     client  USERAUTH_REQUEST …
 *     server  USERAUTH_FAILURE, or PK_OK, or a prompt, or
 *             USERAUTH_SUCCESS                      1: the smallest of all
 *
 * The negotiated algorithms give the exact length of SUCCESS on the wire. Where packet lengths are readable, the
 * packets of a flight are told apart. Compression from the start, algorithms of unknown lengths, SSH 1 and bytes
 * lost before success turn all of this off; then only volume can tell that somebody got in.
 */

export const NOTHING_SEEN: AuthenticationFacts = {
  result: 'unknown',
  attempts: undefined,
  success: undefined,
  turn: undefined,
  clientDisconnect: undefined,
};

/**
 * Flights after which authentication is over. OpenSSH ends a session after 6 failures and dropbear after 10; the
 * longest honest exchange (agent keys, prompts) takes some 60 flights.
 */
export const FLIGHTS_LIMIT = 160;
/** Bytes of both sides after which authentication is over: the longest exchanges seen have 4,000 a side. */
export const VOLUME_LIMIT = 65_536;
/** More refusals than that: guessing without end, at a server without a limit. */
const GUESSING = 32;

const NOBODY = -1;

/** Flights are kept and judged. */
const WATCHING = 0;
/** Sizes say nothing (any more); volume does. */
const COUNTING = 1;
/** The result stands. */
const SETTLED = 2;

/** Watches the encrypted bytes of one conversation. After success only counters and the last sizes move. */
export class AuthenticationWatch {
  private state = WATCHING;
  private readonly sizes: Sizes | undefined;
  private readonly clientSoftware: string;
  private readonly serverSoftware: string;
  private habitsKnown: ClientHabits | undefined = undefined;
  /** By side: bytes of the SSH_MSG_IGNORE with which its flights begin; 0 for most programs. */
  private readonly ignored: readonly [number, number];
  private readonly clientBoundaries: PacketBoundaries | undefined;
  private readonly serverBoundaries: PacketBoundaries | undefined;

  /** Of those that have ended: client, server, client, … The last packet's length where packets can be told apart. */
  private flights: number[] = [];
  private flightSide: Side | typeof NOBODY = NOBODY;
  private flightBytes = 0;
  private flightPackets = 0;
  private flightLastPacket = 0;
  /** The open flight's first packet, an SSH_MSG_IGNORE, has not ended. */
  private flightIgnores = false;
  private volume = 0;

  private result: AuthenticationFacts['result'] = 'unknown';
  private attempts: number | undefined = undefined;
  private success: Place | undefined = undefined;
  /** Where a SUCCESS at the beginning of the server's last flight ends. */
  private candidatePacket = 0;
  private candidateTimeNs = 0;
  private candidateOffset = 0;

  /** Facts as of the last byte. */
  private known: AuthenticationFacts | undefined = undefined;

  /** The client's flights since success. */
  private sessionFlights = 0;
  private firstSessionFlight = 0;
  private clientFlightBytes = 0;
  private clientPacket = 0;
  private clientTimeNs = 0;
  private clientOffset = 0;

  /** @param agreement Undefined where nothing is known of packets: SSH 1, or a KEXINIT that was not seen. */
  constructor(agreement: Agreement | undefined, clientSoftware: string, serverSoftware: string) {
    this.clientSoftware = clientSoftware;
    this.serverSoftware = serverSoftware;
    const client = agreement?.shape(CLIENT);
    const server = agreement?.shape(SERVER);
    this.sizes = client !== undefined && server !== undefined ? { client, server } : undefined;
    this.ignored = [
      client !== undefined && ignoresFirst(clientSoftware) ? client.wireLength(EMPTY_IGNORE) : 0,
      server !== undefined && ignoresFirst(serverSoftware) ? server.wireLength(EMPTY_IGNORE) : 0,
    ];
    this.clientBoundaries = client?.readable ? new PacketBoundaries(client) : undefined;
    this.serverBoundaries = server?.readable ? new PacketBoundaries(server) : undefined;
    if (client === undefined || server === undefined || client.compressed || server.compressed) {
      this.state = COUNTING;
    }
  }

  /** `offset` is the stream offset behind `bytes[start … end)`. */
  data(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    packet: number,
    timeNs: number,
  ): void {
    const boundaries = side === CLIENT ? this.clientBoundaries : this.serverBoundaries;
    this.count(side, end - start, offset, packet, timeNs);
    if (boundaries === undefined || boundaries.lost) return;
    if (side === SERVER && this.state === SETTLED) return;
    let at = start;
    while (at < end) {
      at = boundaries.next(bytes, at, end);
      if (boundaries.ended) this.endPacket(side, boundaries.lastLength, offset - (end - at), packet, timeNs);
    }
    if (boundaries.lost && this.state === WATCHING) this.state = COUNTING;
  }

  gap(side: Side, lengthBytes: number, offset: number, packet: number, timeNs: number): void {
    if (this.state === WATCHING) this.state = COUNTING;
    this.count(side, lengthBytes, offset, packet, timeNs);
    (side === CLIENT ? this.clientBoundaries : this.serverBoundaries)?.gap(lengthBytes);
  }

  /** Bytes that were sent and are not in the capture: they count like others, and packets may end behind them. */
  cut(side: Side, lengthBytes: number, offset: number, packet: number, timeNs: number): void {
    const boundaries = side === CLIENT ? this.clientBoundaries : this.serverBoundaries;
    this.count(side, lengthBytes, offset, packet, timeNs);
    if (boundaries === undefined || boundaries.lost) return;
    if (side === SERVER && this.state === SETTLED) return;
    boundaries.gap(lengthBytes);
    if (boundaries.ended) this.endPacket(side, boundaries.lastLength, offset, packet, timeNs);
    if (boundaries.lost && this.state === WATCHING) this.state = COUNTING;
  }

  facts(): AuthenticationFacts {
    if (this.known === undefined) {
      const facts = this.state === WATCHING ? this.judge() : this.standing();
      const clientDisconnect = this.clientDisconnect(facts.result);
      this.known = clientDisconnect === undefined ? facts : { ...facts, clientDisconnect };
    }
    return this.known;
  }

  private count(side: Side, lengthBytes: number, offset: number, packet: number, timeNs: number): void {
    this.known = undefined;
    // What the server sends before the client has sent anything encrypted is EXT_INFO.
    if (this.flightSide !== side) {
      if (this.flightSide === NOBODY && side === SERVER) return;
      this.takeTurn(side);
    }
    const before = this.flightBytes;
    this.flightBytes = before + lengthBytes;
    if (side === CLIENT) {
      this.clientFlightBytes = this.flightBytes;
      this.clientPacket = packet;
      this.clientTimeNs = timeNs;
      this.clientOffset = offset;
    }
    if (this.state === SETTLED) return;
    if (side === SERVER && this.sizes !== undefined) {
      const success = this.sizes.server.smallest;
      if (before < success && this.flightBytes >= success) {
        this.candidatePacket = packet;
        this.candidateTimeNs = timeNs;
        this.candidateOffset = offset - this.flightBytes + success;
      }
    }
    this.volume += lengthBytes;
    if (this.volume > VOLUME_LIMIT) this.settleByVolume();
  }

  private endPacket(side: Side, length: number, offset: number, packet: number, timeNs: number): void {
    if (this.flightSide !== side) return;
    if (this.flightIgnores) {
      this.flightIgnores = false;
      if (length === this.ignored[side]) return;
    }
    this.flightPackets++;
    this.flightLastPacket = length;
    if (this.state === WATCHING && side === SERVER && this.isSuccess(length)) {
      this.settleSuccess(this.flights, new SeenPlace(packet, timeNs, offset));
    }
  }

  private takeTurn(side: Side): void {
    if (this.state === WATCHING && this.flightSide !== NOBODY) this.endFlight();
    else if (this.flightSide === CLIENT && this.sessionFlights === 1)
      this.firstSessionFlight = this.flightBytes;
    if (side === CLIENT && this.state !== WATCHING) this.sessionFlights++;
    this.flightSide = side;
    const ignored = this.ignored[side];
    this.flightIgnores = ignored > 0;
    this.flightBytes = -ignored;
    this.flightPackets = 0;
    this.flightLastPacket = 0;
  }

  private endFlight(): void {
    if (this.isSuccessFlight()) {
      this.settleSuccess(this.flights, this.candidate());
      return;
    }
    if (this.startsSession()) {
      this.settleSuccess(this.flights.slice(0, -1), this.candidate());
      this.sessionFlights = 1;
      this.firstSessionFlight = this.flightBytes;
      return;
    }
    this.flights.push(this.flightSize());
    if (this.flights.length >= FLIGHTS_LIMIT) this.settleByVolume();
  }

  /** The open flight is the server's and begins with SUCCESS; where packets can be told apart they tell. */
  private isSuccessFlight(): boolean {
    if (this.flightSide !== SERVER || this.serverBoundaries !== undefined) return false;
    if (this.sizes === undefined || this.flights.length < 3) return false;
    return (
      this.isSuccess(this.flightBytes) ||
      isSuccessWithMore(this.flights, this.flightBytes, this.sizes, this.habits)
    );
  }

  /** The open flight is the client's and opens a session, so that the server's last one began with SUCCESS. */
  private startsSession(): boolean {
    if (this.flightSide !== CLIENT || this.sizes === undefined) return false;
    return isSessionStart(
      this.flights,
      { bytes: this.flightBytes, packets: this.flightPackets },
      this.sizes,
      this.habits,
      this.serverSoftware,
    );
  }

  private isSuccess(length: number): boolean {
    const server = this.sizes?.server;
    if (server === undefined) return false;
    if (length === server.smallest) return true;
    // RFC 4253 §6 wants packets of 16 bytes at least, without the tag; OpenSSH's own cipher makes one of 12.
    return (
      server.smallest < 16 + server.tag &&
      length === server.smallest + server.block &&
      serverKeepsMinimum(this.serverSoftware)
    );
  }

  private candidate(): Place {
    return new SeenPlace(this.candidatePacket, this.candidateTimeNs, this.candidateOffset);
  }

  private flightSize(): number {
    return this.flightLastPacket > 0 ? this.flightLastPacket : this.flightBytes;
  }

  private settleSuccess(flights: readonly number[], success: Place): void {
    this.result = 'succeeded';
    this.success = success;
    this.attempts =
      this.sizes && judgeRounds(flights, this.sizes, this.habits, true, this.serverSoftware).attempts;
    this.settle();
  }

  private settleByVolume(): void {
    const rounds =
      this.sizes && judgeRounds(this.flights, this.sizes, this.habits, false, this.serverSoftware);
    const guessing = this.state === WATCHING && (rounds?.attempts ?? 0) > GUESSING;
    this.result = guessing ? 'failed' : 'succeeded';
    // Not when it happened, but by when: the server's last words so far.
    if (!guessing && this.candidatePacket > 0) this.success = this.candidate();
    this.attempts = guessing ? rounds?.attempts : undefined;
    this.settle();
  }

  private settle(): void {
    this.state = SETTLED;
    this.flights = [];
  }

  private standing(): AuthenticationFacts {
    const { result, attempts, success } = this;
    return { result, attempts, success, turn: undefined, clientDisconnect: undefined };
  }

  /** The facts if nothing more comes; nothing is changed. */
  private judge(): AuthenticationFacts {
    const { sizes, flights, habits } = this;
    if (sizes === undefined) return NOTHING_SEEN;
    if (this.isSuccessFlight() || this.startsSession()) {
      const before = this.flightSide === SERVER ? flights : flights.slice(0, -1);
      return {
        result: 'succeeded',
        attempts: judgeRounds(before, sizes, habits, true, this.serverSoftware).attempts,
        success: this.candidate(),
        turn: undefined,
        clientDisconnect: undefined,
      };
    }
    const rounds = judgeRounds([...flights, this.flightSize()], sizes, habits, false, this.serverSoftware);
    return {
      result: rounds.refused ? 'failed' : 'unknown',
      attempts: rounds.attempts,
      success: undefined,
      turn: rounds.over ? undefined : this.flightSide === CLIENT ? SERVER : CLIENT,
      clientDisconnect: undefined,
    };
  }

  /** The client's last packet is its usual SSH_MSG_DISCONNECT. */
  private clientDisconnect(result: AuthenticationFacts['result']): Place | undefined {
    const { sizes, habits } = this;
    if (sizes === undefined || habits.disconnectPayload === undefined) return undefined;
    const disconnect = sizes.client.wireLength(habits.disconnectPayload);
    let left: boolean;
    if (this.state === WATCHING && result !== 'succeeded') {
      left = this.flightSide === CLIENT && isFarewell(this.flights, this.flightBytes, sizes, habits);
    } else {
      left = this.mayLeave() && this.endsWith(disconnect);
    }
    return left ? new SeenPlace(this.clientPacket, this.clientTimeNs, this.clientOffset) : undefined;
  }

  /**
   * Requests can be as long as the disconnect message. They come in the first flights of a session: the channel is
   * opened, then a shell or command is asked for. Without a channel (`ssh -N`) there are none.
   */
  private mayLeave(): boolean {
    const { sizes, sessionFlights } = this;
    if (sessionFlights > 2 || sizes === undefined) return true;
    const first = sessionFlights === 1 ? this.flightBytes : this.firstSessionFlight;
    if (opensChannel(first, sizes.client, this.serverSoftware)) return false;
    return sessionFlights === 2 || isOnlyForwarding(first, sizes.client, this.habits);
  }

  /** Where packets cannot be told apart: behind some CHANNEL_EOF and CHANNEL_CLOSE, or what `ssh -N` sends. */
  private endsWith(disconnect: number): boolean {
    if (this.clientBoundaries !== undefined) {
      const { lost, within, lastLength } = this.clientBoundaries;
      return !lost && !within && lastLength === disconnect;
    }
    const before = this.clientFlightBytes - disconnect;
    return before >= 0 && this.sizes !== undefined && isBeforeDisconnect(before, this.sizes.client);
  }

  private get habits(): ClientHabits {
    this.habitsKnown ??= clientHabits(this.clientSoftware);
    return this.habitsKnown;
  }
}
