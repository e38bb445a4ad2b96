import { u32 } from '../bytes.ts';
import {
  HOST_KEY_AT,
  LONGEST_POSSIBLE_PACKET,
  NUMBER_AT,
  PADDING_LENGTH_AT,
  packetBytesWanted,
  packetFault,
  SeenMessage,
} from './binary-packet.ts';
import {
  type ClearMessage,
  type DisconnectMessage,
  type HostKey,
  type Identification,
  type Place,
  SERVER,
  type Side,
  type SshAnomalyCode,
  type SshSideFacts,
} from './conversation-api.ts';
import { type DisconnectReading, readDisconnect, SeenDisconnect } from './disconnect.ts';
import {
  HEAD_LIMIT,
  HEAD_SHOWN,
  isForeignLine,
  isForeignStart,
  recogniseForeign,
} from './foreign-protocol.ts';
import { HeldBytes } from './held-bytes.ts';
import {
  CR,
  isVersion1,
  LF,
  LINES_KEPT,
  LONGEST_IDENTIFICATION,
  LONGEST_LINE,
  MOST_LINES,
  readIdentificationLine,
  SeenIdentification,
  startsLikeIdentification,
} from './identification.ts';
import { type KexInitReading, readKexInit, SeenKexInit } from './kexinit.ts';
import {
  FIRST_METHOD_NUMBER,
  type KexFamily,
  LAST_METHOD_NUMBER,
  mayCarryHostKey,
  messageName,
  readHostKey,
  SSH_MSG_DISCONNECT,
  SSH_MSG_KEXINIT,
  SSH_MSG_NEWKEYS,
} from './key-exchange.ts';
import { latin1 } from './latin1.ts';
import { SeenPlace } from './place.ts';
import {
  isSsh1Length,
  readSsh1Disconnect,
  readSsh1HostKey,
  SSH1_CMSG_SESSION_KEY,
  SSH1_MSG_DISCONNECT,
  SSH1_SMSG_PUBLIC_KEY,
  ssh1BytesWanted,
  ssh1MessageName,
  ssh1TypeAt,
} from './ssh1.ts';

/** What a reader asks of the conversation it belongs to. */
export interface ReaderOwner {
  report(code: SshAnomalyCode, side: Side, packet: number): void;
  /** The other side's identification string says SSH 1.x. */
  peerIsVersion1(side: Side): boolean;
  /** Of the negotiated method, or of the side's own wrong guess; undefined while it is not known. */
  kexFamily(side: Side): KexFamily | undefined;
}

/** Messages in clear that are kept; a key exchange has three to five a side. */
export const MESSAGES_KEPT = 64;

/** What the next byte of this direction is. */
const LINE = 0;
const PACKET = 1;
const SSH1_PACKET = 2;
const ENCRYPTED = 3;
const TEXT = 4;
const FOREIGN = 5;
const STOPPED = 6;

const NO_LINES: readonly string[] = [];
const NO_MESSAGES: readonly ClearMessage[] = [];

/**
 * Reads what one side sends in clear: lines, identification string, packets up to NEWKEYS; what follows is only
 * counted here. Every decision falls at a byte of the stream and not at the end of a segment, so that the facts do
 * not depend on how the stream was cut. Nothing is copied while a line or packet lies whole in one segment.
 */
export class SideReader implements SshSideFacts {
  identification: Identification | undefined = undefined;
  kexInit: SeenKexInit | undefined = undefined;
  newKeys: Place | undefined = undefined;
  disconnect: DisconnectMessage | undefined = undefined;
  messages: readonly ClearMessage[] = NO_MESSAGES;
  messagesDropped = 0;
  hostKey: HostKey | undefined = undefined;
  ssh1Key: Place | undefined = undefined;
  encryptedBytes = 0;
  firstEncrypted: Place | undefined = undefined;
  stopped: SshSideFacts['stopped'] = undefined;
  /** Stream offset behind the last byte seen. */
  offset = 0;

  private readonly owner: ReaderOwner;
  private readonly side: Side;
  private phase = LINE;
  private midway = false;
  /** The beginning of the line or packet that is being read; the head of another protocol; a text. */
  private readonly held = new HeldBytes();
  private lines: string[] | undefined = undefined;
  private lineCount = 0;
  private firstLine: Place | undefined = undefined;
  /** First bytes of the line that is being read, when it is not whole in one segment. */
  private linePacket = 0;
  private lineTimeNs = 0;
  /** Of the line that is being read, without LF; more than is held when the line is too long. */
  private lineLength = 0;
  private foreignPacket = 0;
  private foreignTimeNs = 0;
  private textEnded = false;
  /** Bytes of the current packet still to pass over. */
  private skip = 0;
  private messageNumber = 0;
  private messageLength = 0;
  private pendingKexInit: KexInitReading | undefined = undefined;
  private pendingDisconnect: DisconnectReading | undefined = undefined;
  private unexpectedReported = false;
  /** Messages of the key exchange method so far. */
  methodMessages = 0;

  constructor(owner: ReaderOwner, side: Side) {
    this.owner = owner;
    this.side = side;
  }

  get encrypted(): boolean {
    return this.phase === ENCRYPTED;
  }

  /** With the line that the stream broke off in. */
  get preIdentificationLines(): readonly string[] {
    const lines = this.lines ?? NO_LINES;
    if (!this.isWithinText() || lines.length >= LINES_KEPT) return lines;
    const { bytes, length } = this.held;
    return [...lines, latin1(bytes, 0, withoutCr(bytes, 0, length))];
  }

  get preIdentification(): Place | undefined {
    if (this.firstLine !== undefined || !this.isWithinText()) return this.firstLine;
    return new SeenPlace(this.linePacket, this.lineTimeNs, this.offset);
  }

  get foreign(): SshSideFacts['foreign'] {
    if (this.phase !== FOREIGN) return undefined;
    const { bytes, length } = this.held;
    return {
      protocol: recogniseForeign(bytes, Math.min(length, HEAD_LIMIT)),
      packet: this.foreignPacket,
      timeNs: this.foreignTimeNs,
      head: latin1(bytes, 0, Math.min(length, HEAD_SHOWN)),
    };
  }

  get textAfterIdentification(): string | undefined {
    if (this.phase !== TEXT) return undefined;
    const { bytes, length } = this.held;
    return latin1(bytes, 0, withoutCr(bytes, 0, length));
  }

  /** Reads `bytes[start … end)` and says where it left off: at the first encrypted byte, or at `end`. */
  read(bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): number {
    let at = start;
    while (at < end && this.phase !== ENCRYPTED) {
      switch (this.phase) {
        case LINE:
          at = this.readLine(bytes, at, end, packet, timeNs);
          break;
        case PACKET:
        case SSH1_PACKET:
          at = this.readPacket(bytes, at, end, packet, timeNs);
          break;
        default:
          if (this.phase === FOREIGN) this.keepHead(bytes, at, end);
          else if (this.phase === TEXT) this.keepText(bytes, at, end);
          this.offset += end - at;
          at = end;
      }
    }
    return at;
  }

  /** Bytes behind NEWKEYS, in the capture or not. */
  countEncrypted(lengthBytes: number, packet: number, timeNs: number): void {
    if (this.firstEncrypted === undefined) {
      this.firstEncrypted = new SeenPlace(packet, timeNs, this.offset + 1);
    }
    this.encryptedBytes += lengthBytes;
    this.offset += lengthBytes;
  }

  /** Bytes that the capture does not hold, before NEWKEYS. */
  gap(lengthBytes: number): void {
    this.offset += lengthBytes;
    if (this.stopped === undefined) this.stop('gap');
  }

  joinMidway(): void {
    this.midway = true;
  }

  /** The method is known now: its messages that came earlier get their names. */
  nameMethodMessages(family: KexFamily | undefined, familyOfFirst: KexFamily | undefined): void {
    let first = true;
    for (const message of this.messages as readonly SeenMessage[]) {
      if (!isMethodNumber(message.number)) continue;
      message.name = messageName(message.number, first ? familyOfFirst : family);
      first = false;
    }
  }

  private stop(reason: NonNullable<SshSideFacts['stopped']>): void {
    this.stopped = reason;
    this.phase = STOPPED;
    this.held.clear();
  }

  private refuse(code: SshAnomalyCode, packet: number): void {
    this.owner.report(code, this.side, packet);
    this.stop(code === 'message-too-long' || code === 'stream-limit' ? 'limit' : 'corrupt');
  }

  // Lines

  private readLine(bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): number {
    let stop = start;
    while (stop < end) {
      const byte = bytes[stop];
      if (byte === LF || byte === 0) break;
      stop++;
    }
    // The usual case: the identification string lies whole in one segment.
    if (
      this.lineLength === 0 &&
      stop < end &&
      bytes[stop] === LF &&
      stop - start >= 4 &&
      stop - start < LONGEST_IDENTIFICATION &&
      startsLikeIdentification(bytes, start, stop)
    ) {
      this.offset += stop + 1 - start;
      this.identify(bytes, start, withoutCr(bytes, start, stop), packet, timeNs);
      return stop + 1;
    }
    const { held } = this;
    if (this.lineLength === 0) {
      this.linePacket = packet;
      this.lineTimeNs = timeNs;
    }
    const room = LONGEST_IDENTIFICATION - held.length;
    const taken = Math.min(room, stop - start);
    if (taken > 0) held.append(bytes, start, start + taken);
    this.lineLength += stop - start;
    const identification = startsLikeIdentification(held.bytes, 0, held.length);
    if (!identification) {
      if (this.midway && this.lineCount === 0) {
        this.stop('midway');
        return start;
      }
      if (this.isForeign(stop < end ? bytes[stop] : undefined)) {
        // The held bytes are its head, and those that follow.
        this.phase = FOREIGN;
        this.stopped = 'foreign';
        this.foreignPacket = packet;
        this.foreignTimeNs = timeNs;
        this.offset += taken;
        return start + taken;
      }
    } else if (this.lineLength > LONGEST_LINE) {
      this.refuse('identification-too-long', packet);
      return start;
    }
    this.offset += stop - start;
    if (stop === end) return end;
    this.offset++;
    if (bytes[stop] === 0) {
      // One more invalid character of an identification string.
      if (held.length < LONGEST_IDENTIFICATION) held.append(bytes, stop, stop + 1);
      this.lineLength++;
    } else if (identification && held.length >= 4) {
      this.finishIdentification(packet, timeNs);
    } else {
      this.finishLine(packet, timeNs);
    }
    return stop + 1;
  }

  /** The server's text has no line end yet. */
  private isWithinText(): boolean {
    const { bytes, length } = this.held;
    return (
      this.phase === LINE && this.side === SERVER && length > 0 && !startsLikeIdentification(bytes, 0, length)
    );
  }

  /** The held line, which is no identification string, is no text either; `next` is the byte behind it. */
  private isForeign(next: number | undefined): boolean {
    const { bytes, length } = this.held;
    if (this.lineLength > LONGEST_IDENTIFICATION || next === 0) return true;
    if (this.lineCount === 0 && isForeignStart(bytes, 0, length)) return true;
    return next === LF && isForeignLine(this.side, bytes, 0, length);
  }

  private finishIdentification(packet: number, timeNs: number): void {
    const { held } = this;
    // RFC 4253 §4.2 counts CR LF too.
    const tooLong = this.lineLength >= LONGEST_IDENTIFICATION;
    if (tooLong) this.owner.report('identification-too-long', this.side, packet);
    const end = this.lineLength > held.length ? held.length : withoutCr(held.bytes, 0, held.length);
    this.identify(held.bytes, 0, end, packet, timeNs);
    held.clear();
  }

  private identify(bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): void {
    const line = readIdentificationLine(bytes, start, end);
    if (line.invalid) this.owner.report('identification-invalid-characters', this.side, packet);
    this.identification = new SeenIdentification(line, packet, timeNs, this.offset);
    this.phase = isVersion1(line.protocolVersion) ? SSH1_PACKET : PACKET;
  }

  private finishLine(packet: number, timeNs: number): void {
    const { held } = this;
    if (this.midway) {
      this.stop('midway');
      return;
    }
    this.firstLine ??= new SeenPlace(packet, timeNs, this.offset);
    if (this.lineCount < LINES_KEPT) {
      this.lines ??= [];
      this.lines.push(latin1(held.bytes, 0, withoutCr(held.bytes, 0, held.length)));
    }
    this.lineCount++;
    this.lineLength = 0;
    held.clear();
    if (this.lineCount >= MOST_LINES) this.refuse('stream-limit', packet);
  }

  // What is no SSH

  private keepHead(bytes: Uint8Array, start: number, end: number): void {
    const room = HEAD_LIMIT - this.held.length;
    if (room > 0) this.held.append(bytes, start, Math.min(end, start + room));
  }

  private keepText(bytes: Uint8Array, start: number, end: number): void {
    const { held } = this;
    for (let at = start; at < end && !this.textEnded; at++) {
      const byte = bytes[at] as number;
      if (held.length === 0 && (byte === CR || byte === LF)) continue;
      if (byte === LF || byte === 0 || held.length >= LONGEST_IDENTIFICATION) this.textEnded = true;
      else held.append(bytes, at, at + 1);
    }
  }

  // Packets

  private readPacket(bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): number {
    if (this.skip > 0) return this.passOver(start, end, packet, timeNs);
    const { held } = this;
    if (held.length === 0) {
      this.chooseVersion();
      const wanted = this.bytesWanted(bytes, start, end - start);
      if (wanted <= end - start) {
        const total = this.judge(bytes, start, wanted, packet);
        if (total === 0) return start;
        this.skip = total;
        return this.passOver(start, end, packet, timeNs);
      }
      held.append(bytes, start, end);
      this.offset += end - start;
      return end;
    }
    let at = start;
    for (;;) {
      const missing = this.bytesWanted(held.bytes, 0, held.length) - held.length;
      if (missing <= 0) break;
      if (at === end) {
        this.offset += end - start;
        return end;
      }
      const taken = Math.min(missing, end - at);
      held.append(bytes, at, at + taken);
      at += taken;
    }
    this.offset += at - start;
    this.judgeHeld(packet, timeNs);
    return at;
  }

  private judgeHeld(packet: number, timeNs: number): void {
    const { held } = this;
    const { bytes, length } = held;
    const total = this.judge(bytes, 0, length, packet);
    if (this.phase === TEXT) {
      const text = bytes.slice(0, length);
      held.clear();
      this.keepText(text, 0, length);
    } else if (total > 0) {
      held.clear();
      this.skip = total - length;
      if (this.skip === 0) this.finishPacket(packet, timeNs);
    }
  }

  private passOver(start: number, end: number, packet: number, timeNs: number): number {
    const passed = Math.min(this.skip, end - start);
    this.offset += passed;
    this.skip -= passed;
    if (this.skip === 0) this.finishPacket(packet, timeNs);
    return start + passed;
  }

  private bytesWanted(bytes: Uint8Array, start: number, have: number): number {
    return this.phase === PACKET
      ? packetBytesWanted(bytes, start, have, this.hostKey === undefined)
      : ssh1BytesWanted(bytes, start, have);
  }

  /**
   * Reads what is wanted of the packet at `start`, all of it at hand.
   *
   * @returns the packet's length on the wire; 0 when this is no packet, and then the phase has changed.
   */
  private judge(bytes: Uint8Array, start: number, have: number, packet: number): number {
    const length = u32(bytes, start);
    if (length > LONGEST_POSSIBLE_PACKET && isText(bytes, start)) {
      this.phase = TEXT;
      this.stopped = 'corrupt';
      return 0;
    }
    if (this.phase === SSH1_PACKET) return this.judgeSsh1(bytes, start, have, length, packet);
    const padding = have > PADDING_LENGTH_AT ? (bytes[start + PADDING_LENGTH_AT] as number) : 0;
    const fault = packetFault(length, padding);
    if (fault !== undefined) {
      this.refuse(fault, packet);
      return 0;
    }
    const number = bytes[start + NUMBER_AT] as number;
    this.messageNumber = number;
    this.messageLength = length;
    const payloadEnd = start + 4 + length - padding;
    if (number === SSH_MSG_KEXINIT) {
      this.pendingKexInit = readKexInit(bytes, start + NUMBER_AT, payloadEnd);
    } else if (number === SSH_MSG_DISCONNECT) {
      this.pendingDisconnect = readDisconnect(bytes, start + NUMBER_AT, Math.min(payloadEnd, start + have));
    } else if (have > HOST_KEY_AT && mayCarryHostKey(number)) {
      this.hostKey ??= readHostKey(bytes, start + HOST_KEY_AT, start + have);
    }
    return 4 + length;
  }

  /** The last byte of a packet has been seen; `offset` stands behind it. */
  private finishPacket(packet: number, timeNs: number): void {
    if (this.phase === SSH1_PACKET) {
      this.finishSsh1Packet(packet, timeNs);
      return;
    }
    const number = this.messageNumber;
    if (isMethodNumber(number)) {
      this.addMessage(messageName(number, this.owner.kexFamily(this.side)), packet, timeNs);
      this.methodMessages++;
      return;
    }
    this.addMessage(messageName(number, undefined), packet, timeNs);
    switch (number) {
      case SSH_MSG_KEXINIT:
        this.finishKexInit(packet, timeNs);
        break;
      case SSH_MSG_NEWKEYS:
        if (this.kexInit === undefined) this.unexpected(packet);
        this.newKeys = new SeenPlace(packet, timeNs, this.offset);
        this.phase = ENCRYPTED;
        break;
      case SSH_MSG_DISCONNECT:
        this.finishDisconnect(packet, timeNs);
        break;
      default:
        // SERVICE_REQUEST, SERVICE_ACCEPT and all above the transport layer are never in clear.
        if (number === 0 || number === 5 || number === 6 || number > LAST_METHOD_NUMBER) {
          this.unexpected(packet);
        }
    }
  }

  private finishKexInit(packet: number, timeNs: number): void {
    const reading = this.pendingKexInit;
    this.pendingKexInit = undefined;
    if (this.kexInit !== undefined) {
      this.owner.report('repeated-kexinit', this.side, packet);
      return;
    }
    if (reading === undefined) return;
    if (reading.fault !== undefined) this.owner.report(reading.fault, this.side, packet);
    if (reading.proposal === undefined) return;
    const { proposal, firstKexPacketFollows } = reading;
    this.kexInit = new SeenKexInit(proposal, firstKexPacketFollows, packet, timeNs, this.offset);
  }

  private finishDisconnect(packet: number, timeNs: number): void {
    const reading = this.pendingDisconnect;
    this.pendingDisconnect = undefined;
    if (this.disconnect !== undefined || reading === undefined) return;
    this.disconnect = new SeenDisconnect(reading, packet, timeNs, this.offset);
  }

  private addMessage(name: string, packet: number, timeNs: number): void {
    if (this.messages === NO_MESSAGES) this.messages = [];
    if (this.messages.length >= MESSAGES_KEPT) {
      this.messagesDropped++;
      return;
    }
    (this.messages as ClearMessage[]).push(
      new SeenMessage(this.messageNumber, name, this.messageLength, packet, timeNs, this.offset),
    );
  }

  private unexpected(packet: number): void {
    if (this.unexpectedReported) return;
    this.unexpectedReported = true;
    this.owner.report('unexpected-message', this.side, packet);
  }

  // SSH 1

  /** A side that speaks both protocols (1.99, RFC 4253 §5.1) follows the other. */
  private chooseVersion(): void {
    if (
      this.messages.length === 0 &&
      this.identification?.protocolVersion === '1.99' &&
      this.owner.peerIsVersion1(this.side)
    ) {
      this.phase = SSH1_PACKET;
    }
  }

  private judgeSsh1(bytes: Uint8Array, start: number, have: number, length: number, packet: number): number {
    if (!isSsh1Length(length)) {
      this.refuse('packet-length-impossible', packet);
      return 0;
    }
    const typeAt = ssh1TypeAt(bytes, start);
    const type = bytes[start + typeAt] as number;
    this.messageNumber = type;
    this.messageLength = length;
    const dataStart = start + typeAt + 1;
    if (type === SSH1_SMSG_PUBLIC_KEY) {
      this.hostKey = readSsh1HostKey(bytes, dataStart, start + have);
    } else if (type === SSH1_MSG_DISCONNECT) {
      this.pendingDisconnect = readSsh1Disconnect(bytes, dataStart, start + have);
    }
    return typeAt + length;
  }

  private finishSsh1Packet(packet: number, timeNs: number): void {
    const type = this.messageNumber;
    this.addMessage(ssh1MessageName(type), packet, timeNs);
    if (type === (this.side === SERVER ? SSH1_SMSG_PUBLIC_KEY : SSH1_CMSG_SESSION_KEY)) {
      this.ssh1Key = new SeenPlace(packet, timeNs, this.offset);
      this.phase = ENCRYPTED;
    } else if (type === SSH1_MSG_DISCONNECT) {
      this.finishDisconnect(packet, timeNs);
    }
  }
}

function isMethodNumber(number: number): boolean {
  return number >= FIRST_METHOD_NUMBER && number <= LAST_METHOD_NUMBER;
}

/** Without the CR of CR LF. */
function withoutCr(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === CR ? end - 1 : end;
}

/** Four letters where a packet length should stand. */
function isText(bytes: Uint8Array, start: number): boolean {
  for (let at = start; at < start + 4; at++) {
    const byte = bytes[at] as number;
    if ((byte < 0x20 || byte > 0x7e) && byte !== CR && byte !== LF) return false;
  }
  return true;
}
