import type { Stage } from '../fate/vocabulary.ts';
import { CLIENT, type Place, SERVER, type Side, type SshSideFacts } from '../ssh/conversation-api.ts';
import type { Connection, IcmpNote } from '../tcp/connection.ts';
import { type Half, offsetOf } from '../tcp/half.ts';
import type { CloseFacts, FateFacts } from './record.ts';

/** What is needed beside the connection to tell silence from the end of the capture. */
export interface ObservationContext {
  /** Capture time up to which nothing more came for this session, nanoseconds. */
  readonly untilNs: number;
  /** An answer awaited longer than this is silence, nanoseconds. */
  readonly silenceNs: number;
  /** The snap length cut packets before their headers told whose they are: one may have been the answer to a SYN. */
  readonly headersCut?: boolean;
  /** The capture holds nothing but SYN, FIN and RST, of any session. */
  readonly onlyControls?: boolean;
  /** Whether the capture lost packets in this time: what is not there may have been there. Absent: it lost none. */
  readonly lostBetween?: ((fromNs: number, toNs: number) => boolean) | undefined;
}

/** The start of a session is missed by as much at most before the first packet that was seen of it. */
const START_MISSED_NS = 2e9;

/** Packets of a client that closes without a byte, at most; a larger step is of a random number. */
const MOST_BETWEEN = 64;

/** One retransmission may be a tail loss probe a round trip after the data; a second one, or a second later, is not. */
const PROBE_NS = 1e9;

/** ICMP about the size of a packet: TCP sends smaller ones and goes on. */
const isAboutSize = (note: IcmpNote): boolean =>
  note.ipVersion === 4 ? note.type === 3 && note.code === 4 : note.type === 2;

/** All of a finished connection that decides its fate. */
export function observe(connection: Connection, context: ObservationContext): FateFacts {
  const { client, server, ssh } = connection;
  const handshake = handshakeOf(connection);
  const stage = stageInView(connection, handshake, undefined);
  const closes = closesOf(connection, handshake, stage);
  const serverFacts = ssh.sides[SERVER];
  const icmp = closes.length === 0 ? lastWord(connection) : undefined;
  const owed = closes.length === 0 ? owedBy(connection, handshake, stage, context) : undefined;
  const oneDirection = oneDirectionOf(connection, handshake);
  const isOpen = closes.length === 0 && icmp === undefined && owed?.silent !== true;
  const missing = missingOf(connection, closes[0]?.stage ?? stage, {
    oneDirection,
    close: closes[0],
    isAnswered: closes.length > 0 || icmp !== undefined,
    context,
  });
  const isDropped =
    missing !== 'evicted' && context.lostBetween !== undefined
      ? isOpen
        ? context.lostBetween(connection.lastNs, context.untilNs)
        : missing === undefined && restsOnDropped(connection, stage, closes, icmp, context)
      : false;
  return {
    handshake,
    stage,
    stageInferred: ssh.protocol === 1 || stage === 'session' || stage === 'auth',
    closes,
    ...(icmp && {
      icmp: { packet: icmp.packet, type: icmp.type, code: icmp.code, ipVersion: icmp.ipVersion },
    }),
    ...(owed && { owed }),
    foreign: serverFacts.foreign !== undefined && serverFacts.identification === undefined,
    clientAskedToLeave: clientAsked(connection, client, server),
    ...(isDropped ? { missing: 'capture-drops' as const } : missing && { missing }),
    ...(oneDirection && { oneDirection }),
  };
}

function handshakeOf(connection: Connection): FateFacts['handshake'] {
  const { client, server } = connection;
  if (connection.midway) return 'midway';
  const answered =
    connection.establishedPacket > 0 ||
    client.bytes > 0 ||
    server.bytes > 0 ||
    // Both asked at once, and the client's SYN-ACK was acknowledgement enough (RFC 9293 §3.5).
    (server.synCount > 0 && server.hasAcked && !client.rstHasAck) ||
    (client.finHasAck && server.started && ((client.finAck - server.base) | 0) >= 0) ||
    (server.packets === 0 && client.rstHasAck && client.rstAck !== 0) ||
    (connection.isOutline && isToldEstablished(client, server)) ||
    (server.finPacket > 0 && client.packets === 0) ||
    (client.hasAcked && ((client.acked - client.base) | 0) > 0);
  if (answered) return 'established';
  return server.synCount > 0 ? 'syn-ack' : 'syn';
}

/**
 * Bytes were sent that are not in the capture, or the server closes what it did not have to ask for again, or the client
 * sent something between its SYN and its reset.
 */
const isToldEstablished = (client: Half, server: Half): boolean =>
  client.nextOffset > 0 ||
  server.nextOffset > 0 ||
  (server.finPacket > 0 && server.unackedRetransmissions === 0) ||
  (server.synCount > 0 && client.rstHasAck && skipsIpIds(client));

/** Linux counts the packets of a socket in their IP identification: its own reset has the next one. */
function skipsIpIds({ rstIpId, rstPreviousIpId }: Half): boolean {
  if (rstIpId <= 0 || rstPreviousIpId <= 0) return false;
  const steps = (rstIpId - rstPreviousIpId) & 0xffff;
  return steps > 1 && steps <= MOST_BETWEEN;
}

// Stages

/** What one side knew: everything it sent, and of the other side what lies below a limit. */
interface View {
  readonly side: Side;
  /** Stream offset up to which the other side's bytes were received; undefined: up to `packet` in capture order. */
  readonly peerOffset: number | undefined;
  readonly packet: number;
}

function sees(view: View | undefined, side: Side, place: Place | undefined): boolean {
  if (place === undefined) return false;
  if (view === undefined) return true;
  if (view.side === side) return true;
  if (view.peerOffset !== undefined) return place.endOffset <= view.peerOffset;
  return place.packet <= view.packet;
}

/** How far the session had come, in one side's view or (undefined) by everything that is in the capture. */
function stageInView(
  connection: Connection,
  handshake: FateFacts['handshake'],
  view: View | undefined,
): Stage {
  const { ssh } = connection;
  const [client, server] = ssh.sides;
  if (handshake === 'syn' || handshake === 'syn-ack') return handshake;
  const clientKexInit = kexInitOf(client);
  if (!sees(view, SERVER, server.identification)) {
    // The server's bytes are not in the capture: what the client sent in answer still tells.
    const answered =
      server.stopped === 'gap' && (sees(view, CLIENT, clientKexInit) || speaksVersion1(client));
    if (!answered) return handshake === 'midway' ? 'unknown' : 'tcp';
  }
  if (ssh.protocol === 1 || speaksVersion1(client)) {
    if (sees(view, CLIENT, client.ssh1Key)) return 'auth';
    return sees(view, SERVER, server.ssh1Key) ? 'kex' : 'banner';
  }
  if (!sees(view, CLIENT, clientKexInit) && !sees(view, SERVER, kexInitOf(server))) return 'banner';
  if (!sees(view, CLIENT, client.newKeys) || !sees(view, SERVER, server.newKeys)) return 'kex';
  return sees(view, SERVER, ssh.authentication.success) ? 'session' : 'auth';
}

const KEXINIT = 20;

/** The KEXINIT, also one whose lists are broken. */
function kexInitOf(side: SshSideFacts): Place | undefined {
  return side.kexInit ?? side.messages.find((message) => message.number === KEXINIT);
}

/** An SSH-1 client identifies itself only after the server has. */
function speaksVersion1(client: SshSideFacts): boolean {
  const version = client.identification?.protocolVersion ?? '';
  return version.startsWith('1.') && version !== '1.99';
}

// Closes

function closesOf(
  connection: Connection,
  handshake: FateFacts['handshake'],
  stage: Stage,
): readonly CloseFacts[] {
  const ofClient = closeOf(connection, handshake, stage, CLIENT);
  const ofServer = closeOf(connection, handshake, stage, SERVER);
  if (ofClient === undefined) return ofServer === undefined ? NO_CLOSES : [ofServer];
  if (ofServer === undefined) return [ofClient];
  const clientFirst =
    ofClient.afterPeerClose === ofServer.afterPeerClose
      ? ofClient.packet < ofServer.packet
      : ofServer.afterPeerClose;
  return clientFirst ? [ofClient, ofServer] : [ofServer, ofClient];
}

const NO_CLOSES: readonly CloseFacts[] = [];

/** The first FIN or RST of one side; later ones are echoes of it. */
function closeOf(
  connection: Connection,
  handshake: FateFacts['handshake'],
  wireStage: Stage,
  side: Side,
): CloseFacts | undefined {
  const half = connection.half(side);
  const peer = connection.half(side === CLIENT ? SERVER : CLIENT);
  const isReset =
    half.rstPacket !== 0 &&
    !wasIgnored(half, peer) &&
    (half.finPacket === 0 || half.rstPacket < half.finPacket);
  const packet = isReset ? half.rstPacket : half.finPacket;
  if (packet === 0) return undefined;
  const timeNs = isReset ? half.rstNs : half.finNs;
  const hasAck = (isReset ? half.rstHasAck : half.finHasAck) && peer.started;
  const ack = isReset ? half.rstAck : half.finAck;
  const view: View = {
    side,
    peerOffset: hasAck ? offsetOf(peer, ack) : undefined,
    packet,
  };
  return {
    side: side === CLIENT ? 'client' : 'server',
    kind: isReset ? 'rst' : 'fin',
    packet,
    atMs: (timeNs - connection.firstNs) / 1e6,
    stage: closerStage(connection, handshake, wireStage, half, view, peer.nextOffset),
    byOrder: !hasAck && peer.bytes > 0,
    afterPeerClose: isAfterPeerClose(peer, hasAck, ack, packet),
    unacknowledged: isReset ? half.rstUnacknowledged : gaveUp(half) || half.finUnhearing,
    forged: isReset && half.spokeAfterReset !== 0,
  };
}

/** Both sides went on after the reset: it ended nothing. */
function wasIgnored(half: Half, peer: Half): boolean {
  return half.spokeAfterReset !== 0 && peer.rstPacket === 0 && peer.lastPacket > half.spokeAfterReset;
}

/** It closed while its data was not acknowledged, nor was it ever after. */
function gaveUp(half: Half): boolean {
  return half.finUnacknowledged && !(half.hasAcked && ((half.acked - half.finSequence) | 0) >= 0);
}

/** The handshake in the closer's view: a server that never got the last ACK is still at its SYN-ACK. */
function closerStage(
  connection: Connection,
  handshake: FateFacts['handshake'],
  wireStage: Stage,
  half: Half,
  view: View,
  peerEnd: number,
): Stage {
  if (view.side === SERVER && handshake === 'established' && waitsForAck(connection, half)) return 'syn-ack';
  // It had received all: its view is that of the wire.
  if (view.peerOffset !== undefined && view.peerOffset >= peerEnd) return wireStage;
  return stageInView(connection, handshake, view);
}

function waitsForAck(connection: Connection, server: Half): boolean {
  const { client, establishedPacket } = connection;
  const repeats = server.synRepeats;
  if (repeats === undefined || server.bytes > 0 || establishedPacket === 0) return false;
  const gotClientData = client.hasAcked && ((client.acked - client.base) | 0) > 0;
  return !gotClientData && (repeats[repeats.length - 2] as number) > establishedPacket;
}

function isAfterPeerClose(peer: Half, hasAck: boolean, ack: number, packet: number): boolean {
  if (peer.rstPacket !== 0 && (peer.finPacket === 0 || peer.rstPacket < peer.finPacket)) {
    return peer.rstPacket < packet;
  }
  if (peer.finPacket === 0) return false;
  if (hasAck) return ((ack - peer.finSequence) | 0) > 0;
  return peer.finPacket < packet;
}

/** A disconnect-sized packet of the client that the server had when it closed; without an ACK the order tells. */
function clientAsked(connection: Connection, client: Half, server: Half): boolean {
  const leave = connection.ssh.authentication.clientDisconnect;
  if (leave === undefined) return false;
  // What the client says to a server that has reset the connection did not end it.
  if (server.finPacket === 0) return server.rstPacket === 0 || leave.packet < server.rstPacket;
  if (server.finHasAck && client.started) return offsetOf(client, server.finAck) >= leave.endOffset;
  return leave.packet < server.finPacket;
}

// ICMP and silence

/** The last ICMP error, when nothing came from beyond it any more. */
function lastWord(connection: Connection): IcmpNote | undefined {
  const notes = connection.icmp;
  if (notes === undefined) return undefined;
  for (let i = notes.length - 1; i >= 0; i--) {
    const note = notes[i] as IcmpNote;
    if (isAboutSize(note)) continue;
    const beyond = note.about === CLIENT ? connection.server : connection.client;
    return beyond.lastPacket < note.packet ? note : undefined;
  }
  return undefined;
}

type Owed = NonNullable<FateFacts['owed']>;

function owedBy(
  connection: Connection,
  handshake: FateFacts['handshake'],
  stage: Stage,
  context: ObservationContext,
): Owed | undefined {
  const { client, server } = connection;
  const { untilNs, silenceNs } = context;
  if (handshake === 'syn') {
    const silent = client.unackedRetransmissions > 0 || untilNs - client.lastDataNs >= silenceNs;
    return { by: 'server', what: 'SYN-ACK', silent };
  }
  if (handshake === 'syn-ack') {
    const isSilent = untilNs - server.lastDataNs >= silenceNs && !context.onlyControls;
    const silent = server.unackedRetransmissions > 0 || isSilent;
    return { by: 'client', what: 'ACK of the SYN-ACK', silent };
  }
  const toServer = unanswered(connection, client, context);
  const toClient = unanswered(connection, server, context);
  if (toServer === true) return { by: 'server', what: 'acknowledgement', silent: true };
  if (toClient === true) return { by: 'client', what: 'acknowledgement', silent: true };
  const next = owedMessage(connection, stage);
  if (next !== undefined) return { ...next, silent: untilNs - connection.lastNs >= silenceNs };
  if (toServer === false) return { by: 'server', what: 'acknowledgement', silent: false };
  if (toClient === false) return { by: 'client', what: 'acknowledgement', silent: false };
  return undefined;
}

/** So many keep-alive probes without an answer: Linux gives up after nine. */
const LOST_PROBES = 3;

/** Undefined: nothing in flight. Else whether the acknowledgement is overdue. */
function unanswered(connection: Connection, half: Half, context: ObservationContext): boolean | undefined {
  if (half.unansweredProbes >= LOST_PROBES) return true;
  if (!connection.inFlight(half)) return undefined;
  if (half.unackedRetransmissions >= 2) return true;
  const waitedNs = half.lastDataNs - half.unackedSinceNs;
  if (half.unackedRetransmissions === 1 && waitedNs >= PROBE_NS) return true;
  return context.untilNs - half.lastDataNs >= context.silenceNs;
}

/** Whose message is next in the protocol; undefined when nobody owes one. */
function owedMessage(
  connection: Connection,
  stage: Stage,
): { by: 'client' | 'server'; what: string } | undefined {
  const { ssh } = connection;
  const [client, server] = ssh.sides;
  switch (stage) {
    case 'tcp':
      return { by: 'server', what: 'identification string' };
    case 'banner':
      if (client.identification === undefined) return { by: 'client', what: 'identification string' };
      return ssh.protocol === 1
        ? { by: 'server', what: 'SSH_SMSG_PUBLIC_KEY' }
        : { by: 'server', what: 'SSH_MSG_KEXINIT' };
    case 'kex':
      return owedInKex(client, server);
    case 'auth':
      // A client that waits for a person to type a password owes nothing yet.
      return ssh.authentication.turn === SERVER
        ? { by: 'server', what: 'answer to authentication' }
        : undefined;
    default:
      return undefined;
  }
}

function owedInKex(client: SshSideFacts, server: SshSideFacts): { by: 'client' | 'server'; what: string } {
  if (client.kexInit === undefined) return { by: 'client', what: 'SSH_MSG_KEXINIT' };
  if (server.kexInit === undefined) return { by: 'server', what: 'SSH_MSG_KEXINIT' };
  if (server.newKeys !== undefined) return { by: 'client', what: 'SSH_MSG_NEWKEYS' };
  const clientSpoke = client.messages.some((message) => message.number >= 30);
  return clientSpoke
    ? { by: 'server', what: 'key exchange reply' }
    : { by: 'client', what: 'key exchange message' };
}

// What the capture does not hold

/**
 * Whether a packet that the capture dropped may be what decides, of a session that is over; lost bytes of a stream show
 * in its sequence numbers.
 */
function restsOnDropped(
  connection: Connection,
  stage: Stage,
  closes: readonly CloseFacts[],
  icmp: IcmpNote | undefined,
  { lostBetween, untilNs }: ObservationContext,
): boolean {
  if (lostBetween === undefined) return false;
  const { firstNs } = connection;
  // It did not begin before the capture: its beginning was dropped.
  if (stage === 'unknown' && lostBetween(firstNs - START_MISSED_NS, firstNs)) return true;
  const restsOnAbsence =
    closes.length === 0
      ? icmp === undefined
      : (stage === 'syn' || stage === 'syn-ack') && closes.every(({ side }) => side === 'client');
  return restsOnAbsence && lostBetween(firstNs, untilNs);
}

function oneDirectionOf(
  connection: Connection,
  handshake: FateFacts['handshake'],
): FateFacts['oneDirection'] | undefined {
  const { client, server } = connection;
  if (server.packets === 0 && (handshake === 'established' || handshake === 'midway'))
    return 'client-to-server';
  if (client.packets === 0 && client.started) return 'server-to-client';
  return undefined;
}

interface Known {
  readonly oneDirection: FateFacts['oneDirection'];
  readonly close: CloseFacts | undefined;
  /** Closed, or refused with ICMP. */
  readonly isAnswered: boolean;
  readonly context: ObservationContext;
}

function missingOf(
  connection: Connection,
  stage: Stage,
  { oneDirection, close, isAnswered, context }: Known,
): FateFacts['missing'] {
  if (stage === 'syn' && !isAnswered && context.headersCut) return 'snap-length';
  if (stage === 'syn-ack' && !isAnswered && context.onlyControls && !connection.evicted) {
    return isOverdue(connection, context) ? 'filter' : undefined;
  }
  const missing = missingFor(connection, stage, oneDirection, close);
  return missing === 'lost-packets' && context.onlyControls ? 'filter' : missing;
}

/** An ACK of the SYN-ACK that is not there though a server that lacks it repeats the SYN-ACK within seconds. */
const isOverdue = ({ server }: Connection, { untilNs, silenceNs }: ObservationContext): boolean =>
  server.unackedRetransmissions === 0 && untilNs - server.lastDataNs >= silenceNs;

/**
 * Bytes that could have moved the session beyond the stage that is known: an absent message was perhaps sent.
 * The chain is server's identification, a KEXINIT, NEWKEYS of both, success.
 */
function missingFor(
  connection: Connection,
  stage: Stage,
  oneDirection: FateFacts['oneDirection'],
  close: CloseFacts | undefined,
): FateFacts['missing'] {
  if (connection.evicted && !connection.closed) return 'evicted';
  const { ssh, client, server } = connection;
  // Joined midway on a port that tells nothing, and the "client" sends the host key: who is who is not known.
  if (connection.midway && ssh.sides[CLIENT].hostKey !== undefined) return 'midway';
  // Of the other direction nobody knows what it answered.
  if (oneDirection !== undefined && close === undefined) return 'one-direction';
  const ofClient = isMute(connection) ? 'midway' : hiddenIn(ssh.sides[CLIENT], client, server);
  const ofServer = startIsDoubtful(ssh.sides[SERVER], server, client)
    ? 'midway'
    : hiddenIn(ssh.sides[SERVER], server, client);
  const lost = gapsOfCapture(client, server) + gapsOfCapture(server, client) > 0;
  switch (stage) {
    case 'tcp':
      if (ofServer === undefined && !isServerUntold(connection)) return undefined;
      if (close?.side === 'client' && hadHeardNothing(connection, close)) return undefined;
      break;
    case 'banner':
    case 'kex':
      if (ofClient === undefined && ofServer === undefined) return undefined;
      break;
    case 'auth':
      // Sizes tell only when all of them are known.
      return lost && ssh.authentication.success === undefined ? 'lost-packets' : undefined;
    default:
      return undefined;
  }
  if (oneDirection !== undefined) return 'one-direction';
  if (ofClient === 'midway' || ofServer === 'midway') return 'midway';
  return lost || connection.isOutline ? 'lost-packets' : 'snap-length';
}

/** Without any data in the capture only the numbers of a close tell that the server had sent nothing. */
function isServerUntold({ isOutline, client, server }: Connection): boolean {
  if (!server.started) return true;
  if (!isOutline || server.finPacket > 0 || server.rstPacket > 0) return false;
  return client.finPacket > 0 ? !client.finHasAck : !client.rstHasAck;
}

/** What it said was before the capture began: of an SSH client that is at least its identification string. */
const isMute = ({ midway, client }: Connection): boolean => midway && client.bytes === 0;

/** It closed before a byte of the server had reached it, as its number says; whatever was under way says nothing then. */
function hadHeardNothing({ client, server }: Connection, { kind }: CloseFacts): boolean {
  const [hasAck, ack] =
    kind === 'fin' ? [client.finHasAck, client.finAck] : [client.rstHasAck, client.rstAck];
  return hasAck && server.synCount > 0 && ((ack - server.base) | 0) <= 0;
}

/** Why messages of this side could have been received without being seen. */
function hiddenIn(side: SshSideFacts, half: Half, receiver: Half): 'gap' | 'midway' | undefined {
  if (side.newKeys !== undefined) return undefined;
  if (side.stopped === 'midway') return 'midway';
  if (side.stopped !== 'gap') return undefined;
  if (half.openHole === undefined) return 'gap';
  // Cut payload is a gap without a hole in the sequence numbers.
  const isCut = half.missedBytes > half.openHole.lengthBytes;
  return isCut || gapsOfCapture(half, receiver) > 0 ? 'gap' : undefined;
}

/**
 * The server's SYN-ACK is not in the capture, and what seems to be its first word is no protocol that is known, or follows
 * on what the capture lost of the client: it may have said something before.
 */
function startIsDoubtful(side: SshSideFacts, server: Half, client: Half): boolean {
  if (server.synCount > 0 || client.synCount === 0 || side.identification !== undefined) return false;
  return side.foreign === undefined ? client.gaps > 0 : side.foreign.protocol === 'other';
}

/**
 * Holes that the capture made. One whose bytes the receiver still asked for when it had seen what came after them was
 * made by the path: the receiver, too, never had what lies behind it.
 */
function gapsOfCapture(half: Half, receiver: Half): number {
  const { openHole } = half;
  return openHole !== undefined && receiver.lastPacket > openHole.packet ? half.gaps - 1 : half.gaps;
}
