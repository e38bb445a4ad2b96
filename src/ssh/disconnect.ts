import { u32 } from '../bytes.ts';
import type { DisconnectMessage } from './conversation-api.ts';
import { latin1 } from './latin1.ts';
import { SeenPlace } from './place.ts';

/*
 * SSH_MSG_DISCONNECT (RFC 4253 §11.1), from the message number on:
 *
 *     0  byte    1
 *     1  uint32  reason code
 *     5  string  description
 *        string  language tag
 */

const REASON_AT = 1;
const DESCRIPTION_AT = 9;
const LONGEST_DESCRIPTION = 1024;
/** Bytes of the message that are read; the rest is passed over. */
export const DISCONNECT_BYTES_READ = DESCRIPTION_AT + LONGEST_DESCRIPTION;

export interface DisconnectReading {
  readonly reasonCode: number;
  readonly description: string;
}

/** `bytes[start … end)` from the message number on; undefined when there is no reason code. */
export function readDisconnect(bytes: Uint8Array, start: number, end: number): DisconnectReading | undefined {
  if (start + REASON_AT + 4 > end) return undefined;
  const reasonCode = u32(bytes, start + REASON_AT);
  if (start + DESCRIPTION_AT > end) return { reasonCode, description: '' };
  const length = Math.min(u32(bytes, start + REASON_AT + 4), LONGEST_DESCRIPTION);
  const textStart = start + DESCRIPTION_AT;
  return { reasonCode, description: latin1(bytes, textStart, Math.min(textStart + length, end)) };
}

/** RFC 4253 §11.1. */
export function disconnectReasonName(code: number): string | undefined {
  return REASONS[code];
}

const REASONS: readonly (string | undefined)[] = [
  undefined,
  'SSH_DISCONNECT_HOST_NOT_ALLOWED_TO_CONNECT',
  'SSH_DISCONNECT_PROTOCOL_ERROR',
  'SSH_DISCONNECT_KEY_EXCHANGE_FAILED',
  'SSH_DISCONNECT_RESERVED',
  'SSH_DISCONNECT_MAC_ERROR',
  'SSH_DISCONNECT_COMPRESSION_ERROR',
  'SSH_DISCONNECT_SERVICE_NOT_AVAILABLE',
  'SSH_DISCONNECT_PROTOCOL_VERSION_NOT_SUPPORTED',
  'SSH_DISCONNECT_HOST_KEY_NOT_VERIFIABLE',
  'SSH_DISCONNECT_CONNECTION_LOST',
  'SSH_DISCONNECT_BY_APPLICATION',
  'SSH_DISCONNECT_TOO_MANY_CONNECTIONS',
  'SSH_DISCONNECT_AUTH_CANCELLED_BY_USER',
  'SSH_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE',
  'SSH_DISCONNECT_ILLEGAL_USER_NAME',
];

export class SeenDisconnect extends SeenPlace implements DisconnectMessage {
  readonly reasonCode: number;
  readonly reasonName: string | undefined;
  readonly description: string;

  constructor(reading: DisconnectReading, packet: number, timeNs: number, endOffset: number) {
    super(packet, timeNs, endOffset);
    this.reasonCode = reading.reasonCode;
    this.reasonName = disconnectReasonName(reading.reasonCode);
    this.description = reading.description;
  }
}
