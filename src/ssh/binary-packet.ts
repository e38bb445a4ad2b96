import { u32 } from '../bytes.ts';
import type { ClearMessage, SshAnomalyCode } from './conversation-api.ts';
import { DISCONNECT_BYTES_READ } from './disconnect.ts';
import { LONGEST_HOST_KEY, SSH_MSG_DISCONNECT, SSH_MSG_KEXINIT } from './key-exchange.ts';

/*
 * RFC 4253 §6, before NEWKEYS:
 *
 *     0  uint32  packet_length   of what follows, without MAC
 *     4  byte    padding_length  at least 4
 *     5  byte    message number
 *     6  …       rest of the payload, then padding
 */

export const PADDING_LENGTH_AT = 4;
export const NUMBER_AT = 5;
/** Bytes until the message number is known. */
const HEADER_LENGTH = 6;
/** Where the bytes of a string that follows the message number begin. */
export const HOST_KEY_AT = HEADER_LENGTH + 4;
/** RFC 4253 §6.1: every implementation must take packets of this size, and none needs larger ones in clear. */
export const LONGEST_PACKET = 35_000;
/** OpenSSH's PACKET_MAX_SIZE: nobody takes a longer packet. */
export const LONGEST_POSSIBLE_PACKET = 262_144;
/** One byte of padding length, one of payload, four of padding. */
const SHORTEST_LENGTH = 6;
const LEAST_PADDING = 4;

/** What is wrong with the two length fields, or undefined. A length beyond all packets tells nothing of the padding. */
export function packetFault(lengthBytes: number, paddingBytes: number): SshAnomalyCode | undefined {
  if (lengthBytes < SHORTEST_LENGTH || lengthBytes > LONGEST_POSSIBLE_PACKET)
    return 'packet-length-impossible';
  if (paddingBytes < LEAST_PADDING || paddingBytes > lengthBytes - 2) return 'padding-impossible';
  if (lengthBytes > LONGEST_PACKET - 4) return 'message-too-long';
  return undefined;
}

/**
 * How many bytes of the packet at `start` are needed, given the first `have` of them; more may turn out when these
 * are there. Only what is read is needed: a whole KEXINIT, the text of a DISCONNECT, the host key of a reply.
 */
export function packetBytesWanted(
  bytes: Uint8Array,
  start: number,
  have: number,
  mayHaveHostKey: boolean,
): number {
  // Enough to see that this is text and no packet.
  if (have < 4) return 4;
  const length = u32(bytes, start);
  if (length > LONGEST_POSSIBLE_PACKET) return 4;
  if (have < HEADER_LENGTH) return HEADER_LENGTH;
  const padding = bytes[start + PADDING_LENGTH_AT] as number;
  if (packetFault(length, padding) !== undefined) return HEADER_LENGTH;
  switch (bytes[start + NUMBER_AT]) {
    case SSH_MSG_KEXINIT:
      return 4 + length;
    case SSH_MSG_DISCONNECT:
      return Math.min(4 + length, NUMBER_AT + DISCONNECT_BYTES_READ);
    case 31:
    case 33:
      return mayHaveHostKey ? hostKeyBytesWanted(bytes, start, have, 4 + length - padding) : HEADER_LENGTH;
    default:
      return HEADER_LENGTH;
  }
}

function hostKeyBytesWanted(bytes: Uint8Array, start: number, have: number, payloadEnd: number): number {
  if (payloadEnd < HOST_KEY_AT) return HEADER_LENGTH;
  if (have < HOST_KEY_AT) return HOST_KEY_AT;
  const length = u32(bytes, start + HEADER_LENGTH);
  return length > LONGEST_HOST_KEY || HOST_KEY_AT + length > payloadEnd ? HOST_KEY_AT : HOST_KEY_AT + length;
}

export class SeenMessage implements ClearMessage {
  readonly number: number;
  /** Set again when the negotiated key exchange method becomes known. */
  name: string;
  readonly lengthBytes: number;
  readonly packet: number;
  readonly timeNs: number;
  readonly endOffset: number;

  constructor(
    number: number,
    name: string,
    lengthBytes: number,
    packet: number,
    timeNs: number,
    endOffset: number,
  ) {
    this.number = number;
    this.name = name;
    this.lengthBytes = lengthBytes;
    this.packet = packet;
    this.timeNs = timeNs;
    this.endOffset = endOffset;
  }
}
