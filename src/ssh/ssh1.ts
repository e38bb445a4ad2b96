import { u16, u32 } from '../bytes.ts';
import type { HostKey } from './conversation-api.ts';
import type { DisconnectReading } from './disconnect.ts';
import { fingerprint } from './key-exchange.ts';
import { latin1 } from './latin1.ts';

/*
 * SSH-1.5 (draft-ylonen-ssh-protocol-00), in clear until the session key:
 *
 *     0  uint32  packet length: type, data and check bytes, without padding
 *     4  byte[]  1 to 8 bytes of padding, so that all after the length is a multiple of 8
 *        byte    packet type
 *        byte[]  data
 *        uint32  check bytes
 */

/** Type and check bytes. */
const SHORTEST_LENGTH = 5;
/** draft §"Packet format". */
const LONGEST_SSH1_PACKET = 262_144;

export const ssh1Padding = (lengthBytes: number): number => 8 - (lengthBytes % 8);
export const isSsh1Length = (lengthBytes: number): boolean =>
  lengthBytes >= SHORTEST_LENGTH && lengthBytes <= LONGEST_SSH1_PACKET;

export const SSH1_MSG_DISCONNECT = 1;
export const SSH1_SMSG_PUBLIC_KEY = 2;
export const SSH1_CMSG_SESSION_KEY = 3;

const TYPE_AT_MOST = 4 + 8;

/** Where the type stands in the packet at `start`; its length is known. */
export function ssh1TypeAt(bytes: Uint8Array, start: number): number {
  return 4 + ssh1Padding(u32(bytes, start));
}

/** As `packetBytesWanted`: the public key and the disconnect message are read, the others passed over. */
export function ssh1BytesWanted(bytes: Uint8Array, start: number, have: number): number {
  if (have < 4) return 4;
  const length = u32(bytes, start);
  if (!isSsh1Length(length)) return 4;
  const typeAt = ssh1TypeAt(bytes, start);
  if (have <= typeAt) return typeAt + 1;
  const type = bytes[start + typeAt];
  if (type !== SSH1_SMSG_PUBLIC_KEY && type !== SSH1_MSG_DISCONNECT) return typeAt + 1;
  return Math.min(typeAt + length, TYPE_AT_MOST + LONGEST_READ);
}

/** Two moduli of 16,384 bits fit. */
const LONGEST_READ = 8192;

export function ssh1MessageName(number: number): string {
  return NAMES.get(number) ?? `unknown ${number}`;
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'SSH_MSG_NONE'],
  [SSH1_MSG_DISCONNECT, 'SSH_MSG_DISCONNECT'],
  [SSH1_SMSG_PUBLIC_KEY, 'SSH_SMSG_PUBLIC_KEY'],
  [SSH1_CMSG_SESSION_KEY, 'SSH_CMSG_SESSION_KEY'],
  [32, 'SSH_MSG_IGNORE'],
  [36, 'SSH_MSG_DEBUG'],
]);

/**
 * The host key of SSH_SMSG_PUBLIC_KEY: `bytes[start … end)` is the data after the type: cookie (8), server key
 * (uint32 bits, mp-int exponent, mp-int modulus), host key (the same), flags. Its fingerprint is that of modulus
 * and exponent one after the other, as OpenSSH 6.8 to 7.5 printed it for keys of type RSA1.
 */
export function readSsh1HostKey(bytes: Uint8Array, start: number, end: number): HostKey | undefined {
  let at = start + 8 + 4;
  for (let skipped = 0; skipped < 2; skipped++) {
    const number = mpIntAt(bytes, at, end);
    if (number === undefined) return undefined;
    at = number.end;
  }
  const exponent = mpIntAt(bytes, at + 4, end);
  if (exponent === undefined) return undefined;
  const modulus = mpIntAt(bytes, exponent.end, end);
  if (modulus === undefined) return undefined;
  const blob = Buffer.concat([
    bytes.subarray(modulus.start, modulus.end),
    bytes.subarray(exponent.start, exponent.end),
  ]);
  return { algorithm: 'rsa1', fingerprint: fingerprint(blob) };
}

/** SSH-1's mp-int: uint16 bits, then as many bytes as they need. */
function mpIntAt(bytes: Uint8Array, at: number, end: number): { start: number; end: number } | undefined {
  if (at + 2 > end) return undefined;
  const length = (u16(bytes, at) + 7) >> 3;
  return at + 2 + length > end ? undefined : { start: at + 2, end: at + 2 + length };
}

/** SSH-1's SSH_MSG_DISCONNECT has a text and no reason code: the code is 0, which SSH 2 does not use. */
export function readSsh1Disconnect(bytes: Uint8Array, start: number, end: number): DisconnectReading {
  if (start + 4 > end) return { reasonCode: 0, description: '' };
  const length = Math.min(u32(bytes, start), 1024);
  return { reasonCode: 0, description: latin1(bytes, start + 4, Math.min(start + 4 + length, end)) };
}
