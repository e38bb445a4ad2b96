import { AuthenticationWatch, NOTHING_SEEN } from './authentication.ts';
import {
  type AuthenticationFacts,
  CLIENT,
  SERVER,
  type Side,
  type SshAnomaly,
  type SshAnomalyCode,
  type SshSideFacts,
  type SshStreams,
} from './conversation-api.ts';
import { isVersion1 } from './identification.ts';
import { type KexFamily, kexFamily } from './key-exchange.ts';
import type { ReaderOwner } from './line-reader.ts';
import { type Agreement, guessedWrong, negotiate } from './negotiation.ts';
import { SideReader } from './side-reader.ts';

/** A stream makes few kinds of anomalies; the first ones tell all. */
export const ANOMALIES_KEPT = 32;

const NO_ANOMALIES: readonly SshAnomaly[] = [];

/**
 * One SSH conversation from its two streams. A reader for each side takes what is in clear; both proposals together
 * give the negotiation; what is encrypted goes on to the watch over authentication, which sees sizes only. No bytes
 * throw, and memory stays below some 100 kB whatever is fed (two KEXINITs of 35,000 bytes that never end).
 */
export class Conversation implements SshStreams, ReaderOwner {
  /** By `Side`. */
  readonly sides: readonly [SshSideFacts, SshSideFacts];
  negotiation: Agreement | undefined = undefined;

  private readonly client: SideReader;
  private readonly server: SideReader;
  private family: KexFamily | undefined = undefined;
  private watch: AuthenticationWatch | undefined = undefined;
  private anomaliesSeen: SshAnomaly[] | undefined = undefined;

  constructor() {
    this.client = new SideReader(this, CLIENT);
    this.server = new SideReader(this, SERVER);
    this.sides = [this.client, this.server];
  }

  data(side: Side, bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): void {
    const reader = side === CLIENT ? this.client : this.server;
    let at = start;
    if (!reader.encrypted) {
      at = reader.read(bytes, start, end, packet, timeNs);
      if (this.negotiation === undefined) this.negotiate();
    }
    if (at >= end) return;
    reader.countEncrypted(end - at, packet, timeNs);
    this.watch ??= this.watchOver();
    this.watch.data(side, bytes, at, end, reader.offset, packet, timeNs);
  }

  gap(side: Side, lengthBytes: number, packet: number, timeNs: number): void {
    const reader = side === CLIENT ? this.client : this.server;
    if (!reader.encrypted) {
      reader.gap(lengthBytes);
      return;
    }
    reader.countEncrypted(lengthBytes, packet, timeNs);
    this.watch ??= this.watchOver();
    this.watch.gap(side, lengthBytes, reader.offset, packet, timeNs);
  }

  cut(side: Side, lengthBytes: number, packet: number, timeNs: number): void {
    const reader = side === CLIENT ? this.client : this.server;
    if (!reader.encrypted) {
      reader.gap(lengthBytes);
      return;
    }
    reader.countEncrypted(lengthBytes, packet, timeNs);
    this.watch ??= this.watchOver();
    this.watch.cut(side, lengthBytes, reader.offset, packet, timeNs);
  }

  joinMidway(side: Side): void {
    (side === CLIENT ? this.client : this.server).joinMidway();
  }

  get protocol(): 1 | 2 | undefined {
    const client = this.client.identification;
    const server = this.server.identification;
    if (client === undefined || server === undefined) return undefined;
    return isVersion1(client.protocolVersion) || isVersion1(server.protocolVersion) ? 1 : 2;
  }

  get authentication(): AuthenticationFacts {
    if (this.watch !== undefined) return this.watch.facts();
    const ready = this.client.newKeys !== undefined && this.server.newKeys !== undefined;
    return ready ? CLIENT_OWES_REQUEST : NOTHING_SEEN;
  }

  get anomalies(): readonly SshAnomaly[] {
    return this.anomaliesSeen ?? NO_ANOMALIES;
  }

  report(code: SshAnomalyCode, side: Side, packet: number): void {
    this.anomaliesSeen ??= [];
    if (this.anomaliesSeen.length < ANOMALIES_KEPT) this.anomaliesSeen.push({ code, side, packet });
  }

  peerIsVersion1(side: Side): boolean {
    const peer = (side === CLIENT ? this.server : this.client).identification;
    return peer !== undefined && isVersion1(peer.protocolVersion);
  }

  kexFamily(side: Side): KexFamily | undefined {
    // Both proposals may be there already and not be compared yet, in the segment that brings the second.
    if (this.negotiation === undefined) this.negotiate();
    const reader = side === CLIENT ? this.client : this.server;
    return reader.methodMessages === 0 ? this.familyOfFirst(side) : this.family;
  }

  private negotiate(): void {
    const client = this.client.kexInit;
    const server = this.server.kexInit;
    if (client === undefined || server === undefined) return;
    this.negotiation = negotiate(client.proposal, server.proposal);
    this.family = this.negotiation.family;
    if (this.client.methodMessages > 0) {
      this.client.nameMethodMessages(this.family, this.familyOfFirst(CLIENT));
    }
    if (this.server.methodMessages > 0) {
      this.server.nameMethodMessages(this.family, this.familyOfFirst(SERVER));
    }
  }

  /** A side that guesses sends the first message of the method it prefers, before it knows the negotiated one. */
  private familyOfFirst(side: Side): KexFamily | undefined {
    const own = (side === CLIENT ? this.client : this.server).kexInit;
    const peer = (side === CLIENT ? this.server : this.client).kexInit;
    if (own === undefined || peer === undefined) return this.family;
    return guessedWrong(own, peer) ? kexFamily(own.proposal.kexAlgorithms[0]) : this.family;
  }

  private watchOver(): AuthenticationWatch {
    // A host key from the side that sent the SYN: the roles are reversed (a shell that calls home), and with them
    // all that is known of requests and replies.
    const reversed = this.client.hostKey !== undefined;
    return new AuthenticationWatch(
      this.protocol === 1 || reversed ? undefined : this.negotiation,
      this.client.identification?.softwareVersion ?? '',
      this.server.identification?.softwareVersion ?? '',
    );
  }
}

const CLIENT_OWES_REQUEST: AuthenticationFacts = { ...NOTHING_SEEN, turn: CLIENT };
