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
  type Place,
  SERVER,
  type SshSideFacts,
} from './conversation-api.ts';
import { type DisconnectReading, readDisconnect, SeenDisconnect } from './disconnect.ts';
import { CR, LF } from './identification.ts';
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
import { LineReader } from './line-reader.ts';
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

/** Messages in clear that are kept; a key exchange has three to five a side. */
export const MESSAGES_KEPT = 64;

const NO_MESSAGES: readonly ClearMessage[] = [];

/**
 * Reads what one side sends in clear: lines, then packets up to NEWKEYS; what follows is only counted here. As with
 * lines, every decision falls at a byte of the stream. Nothing is copied while a packet lies whole in one segment.
 */
export class SideReader extends LineReader implements SshSideFacts {
  kexInit: SeenKexInit | undefined = undefined;
  newKeys: Place | undefined = undefined;
  disconnect: DisconnectMessage | undefined = undefined;
  messages: readonly ClearMessage[] = NO_MESSAGES;
  messagesDropped = 0;
  hostKey: HostKey | undefined = undefined;
  ssh1Key: Place | undefined = undefined;
  encryptedBytes = 0;
  firstEncrypted: Place | undefined = undefined;

  /** Bytes of the current packet still to pass over. */
  private skip = 0;
  private messageNumber = 0;
  private messageLength = 0;
  private pendingKexInit: KexInitReading | undefined = undefined;
  private pendingDisconnect: DisconnectReading | undefined = undefined;
  private unexpectedReported = false;
  /** Messages of the key exchange method so far. */
  methodMessages = 0;

  get encrypted(): boolean {
    return this.phase === 'encrypted';
  }

  /** Reads `bytes[start … end)` and says where it left off: at the first encrypted byte, or at `end`. */
  read(bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): number {
    let at = start;
    while (at < end && this.phase !== 'encrypted') {
      switch (this.phase) {
        case 'line':
          at = this.readLine(bytes, at, end, packet, timeNs);
          break;
        case 'packet':
        case 'SSH 1 packet':
          at = this.readPacket(bytes, at, end, packet, timeNs);
          break;
        default:
          if (this.phase === 'foreign') this.keepHead(bytes, at, end);
          else if (this.phase === 'text') this.keepText(bytes, at, end);
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

  /** The method is known now: its messages that came earlier get their names. */
  nameMethodMessages(family: KexFamily | undefined, familyOfFirst: KexFamily | undefined): void {
    let first = true;
    for (const message of this.messages as readonly SeenMessage[]) {
      if (!isMethodNumber(message.number)) continue;
      message.name = messageName(message.number, first ? familyOfFirst : family);
      first = false;
    }
  }

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
    if (this.phase === 'text') {
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
    return this.phase === 'packet'
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
      this.on('words instead of a packet');
      this.stopped = 'corrupt';
      return 0;
    }
    if (this.phase === 'SSH 1 packet') return this.judgeSsh1(bytes, start, have, length, packet);
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
    if (this.phase === 'SSH 1 packet') {
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
        this.on('NEWKEYS');
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
      this.on('peer of SSH 1');
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
      this.on('SSH 1 key');
    } else if (type === SSH1_MSG_DISCONNECT) {
      this.finishDisconnect(packet, timeNs);
    }
  }
}

function isMethodNumber(number: number): boolean {
  return number >= FIRST_METHOD_NUMBER && number <= LAST_METHOD_NUMBER;
}

/** Four letters where a packet length should stand. */
function isText(bytes: Uint8Array, start: number): boolean {
  for (let at = start; at < start + 4; at++) {
    const byte = bytes[at] as number;
    if ((byte < 0x20 || byte > 0x7e) && byte !== CR && byte !== LF) return false;
  }
  return true;
}
