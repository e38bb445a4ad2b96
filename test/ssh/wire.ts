import {
  CLIENT,
  type ConversationFacts,
  SERVER,
  type Side,
  type SshStreams,
} from '../../src/ssh/conversation-api.ts';

// Builders of bytes, and ways of feeding them. No test of its own: used by the tests beside it.

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** A string of RFC 4251 §5. */
export function string(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value);
  return Buffer.concat([u32(bytes.length), bytes]);
}

/** A binary packet of RFC 4253 §6 in clear. */
export function packet(...parts: (number | Uint8Array)[]): Buffer {
  const payload = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : part)));
  let padding = 8 - ((5 + payload.length) % 8);
  if (padding < 4) padding += 8;
  return Buffer.concat([
    u32(1 + payload.length + padding),
    Buffer.of(padding),
    payload,
    Buffer.alloc(padding),
  ]);
}

export interface Lists {
  readonly kex?: string;
  readonly hostKey?: string;
  readonly cipher?: string;
  readonly cipherBack?: string;
  readonly mac?: string;
  readonly macBack?: string;
  readonly compression?: string;
  readonly compressionBack?: string;
}

/** The payload of SSH_MSG_KEXINIT. */
export function kexInitPayload(lists: Lists = {}, follows = 0, cookie = 0x11): Buffer {
  const cipher = lists.cipher ?? 'chacha20-poly1305@openssh.com';
  const mac = lists.mac ?? 'hmac-sha2-256';
  const compression = lists.compression ?? 'none';
  return Buffer.concat([
    Buffer.of(20),
    Buffer.alloc(16, cookie),
    ...[
      lists.kex ?? 'curve25519-sha256',
      lists.hostKey ?? 'ssh-ed25519',
      cipher,
      lists.cipherBack ?? cipher,
      mac,
      lists.macBack ?? mac,
      compression,
      lists.compressionBack ?? compression,
      '',
      '',
    ].map(string),
    Buffer.of(follows),
    u32(0),
  ]);
}

export const kexInit = (lists: Lists = {}, follows = 0): Buffer => packet(kexInitPayload(lists, follows));
export const NEWKEYS = packet(21);
export const ED25519_KEY = Buffer.concat([string('ssh-ed25519'), string(Buffer.alloc(32, 7))]);
/** SSH_MSG_KEX_ECDH_REPLY and its like. */
export const reply = (number = 31, key: Uint8Array = ED25519_KEY): Buffer =>
  packet(number, string(key), string(Buffer.alloc(32, 9)), string(Buffer.alloc(83, 3)));

/** One segment: who sent it, and its bytes. */
export type Sent = readonly [side: Side, bytes: Uint8Array];

export const fromClient = (...bytes: (Uint8Array | string)[]): Sent => [CLIENT, joined(bytes)];
export const fromServer = (...bytes: (Uint8Array | string)[]): Sent => [SERVER, joined(bytes)];

function joined(parts: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

/** Feeds segments as packets 1, 2, 3 … at as many milliseconds. */
export function feed<T extends SshStreams>(conversation: T, segments: Iterable<Sent>): T {
  let number = 0;
  for (const [side, bytes] of segments) {
    number++;
    conversation.data(side, bytes, 0, bytes.length, number, number * 1e6);
  }
  return conversation;
}

/**
 * The same bytes in pieces: `sizes` are taken in turn. Each piece stands at another place of its buffer, so that an
 * offset taken from the wrong end shows.
 */
export function* cut(segments: Iterable<Sent>, sizes: readonly number[]): Generator<Sent> {
  let turn = 0;
  for (const [side, bytes] of segments) {
    for (let at = 0; at < bytes.length; ) {
      const size = Math.max(1, sizes[turn++ % sizes.length] as number);
      yield [side, bytes.subarray(at, at + size)];
      at += size;
    }
  }
}

/** Segments of one side that follow each other, as one. */
export function merged(segments: Iterable<Sent>): Sent[] {
  const flights: [Side, Buffer[]][] = [];
  for (const [side, bytes] of segments) {
    const last = flights[flights.length - 1];
    if (last?.[0] === side) last[1].push(Buffer.from(bytes));
    else flights.push([side, [Buffer.from(bytes)]]);
  }
  return flights.map(([side, parts]) => [side, Buffer.concat(parts)]);
}

/** All facts but packet numbers and times. */
export function factsOf(conversation: ConversationFacts): unknown {
  const { sides, protocol, negotiation, authentication, anomalies } = conversation;
  return withoutPlaces({
    sides: sides.map((side) => ({
      identification: side.identification,
      preIdentificationLines: side.preIdentificationLines,
      preIdentification: side.preIdentification,
      foreign: side.foreign,
      textAfterIdentification: side.textAfterIdentification,
      kexInit: side.kexInit,
      newKeys: side.newKeys,
      disconnect: side.disconnect,
      messages: side.messages,
      messagesDropped: side.messagesDropped,
      hostKey: side.hostKey,
      ssh1Key: side.ssh1Key,
      encryptedBytes: side.encryptedBytes,
      firstEncrypted: side.firstEncrypted,
      stopped: side.stopped,
    })),
    protocol,
    negotiation,
    authentication,
    anomalies,
  });
}

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'packet' && key !== 'timeNs')
      .map(([key, inner]) => [key, withoutPlaces(inner)]),
  );
}

/** An SSH-1 packet; its check bytes are zero. */
export function ssh1Packet(type: number, data: Uint8Array = new Uint8Array(0)): Buffer {
  const length = 1 + data.length + 4;
  return Buffer.concat([
    u32(length),
    Buffer.alloc(8 - (length % 8)),
    Buffer.of(type),
    Buffer.from(data),
    Buffer.alloc(4),
  ]);
}

/** SSH_SMSG_PUBLIC_KEY. */
export function ssh1PublicKey(
  modulus: Uint8Array = Buffer.alloc(128, 0xab),
  exponent: Uint8Array = Buffer.of(1, 0, 1),
): Buffer {
  const number = (bytes: Uint8Array): Buffer => {
    const bits = Buffer.alloc(2);
    bits.writeUInt16BE(bytes.length * 8);
    return Buffer.concat([bits, bytes]);
  };
  return ssh1Packet(
    2,
    Buffer.concat([
      Buffer.alloc(8),
      u32(768),
      number(Buffer.of(35)),
      number(Buffer.alloc(96, 0xcd)),
      u32(1024),
      number(exponent),
      number(modulus),
      u32(2),
      u32(0x48),
      u32(0x0c),
    ]),
  );
}
