import type { Program } from './programs.ts';

/**
 * The clear part of an SSH session, as bytes. Layout of a binary packet, RFC 4253 §6:
 *
 *     uint32 packet_length · byte padding_length · payload · padding
 */
const BLOCK = 8;
const COOKIE_AT = 6;
const COOKIE_BYTES = 16;

const SSH_MSG_NEWKEYS = 21;
const SSH_MSG_KEXINIT = 20;
const SSH_MSG_KEX_ECDH_INIT = 30;
const SSH_MSG_KEX_ECDH_REPLY = 31;

export const identificationLine = (program: Program): Uint8Array =>
  Buffer.from(`${program.identification}\r\n`, 'latin1');

/** RFC 4253 §7.1; the cookie is zero until {@link withCookie}. */
export function kexinit(program: Program): Uint8Array {
  const { kex, hostKey, cipher, mac, compression } = program;
  const lists = [kex, hostKey, cipher, cipher, mac, mac, compression, compression, '', ''];
  return binaryPacket(
    Buffer.concat([
      Buffer.of(SSH_MSG_KEXINIT),
      Buffer.alloc(COOKIE_BYTES),
      ...lists.map((list) => string(Buffer.from(list, 'latin1'))),
      Buffer.alloc(5),
    ]),
  );
}

/** Writes a fresh cookie into a KEXINIT, in place: a real one differs from session to session in nothing else. */
export function withCookie(packet: Uint8Array, random: () => number): Uint8Array {
  for (let i = 0; i < COOKIE_BYTES; i++) packet[COOKIE_AT + i] = random();
  return packet;
}

/** RFC 8731 §3: a public key of 32 bytes. */
export const ecdhInit = (publicKey: Uint8Array): Uint8Array =>
  binaryPacket(Buffer.concat([Buffer.of(SSH_MSG_KEX_ECDH_INIT), string(publicKey)]));

/** RFC 5656 §4 with the host key and signature of RFC 8709, and the server's NEWKEYS behind it as OpenSSH sends it. */
export function ecdhReplyAndNewkeys(
  hostKey: Uint8Array,
  publicKey: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  const reply = binaryPacket(
    Buffer.concat([
      Buffer.of(SSH_MSG_KEX_ECDH_REPLY),
      string(ed25519(hostKey)),
      string(publicKey),
      string(ed25519(signature)),
    ]),
  );
  return Buffer.concat([reply, newkeys()]);
}

export const newkeys = (): Uint8Array => binaryPacket(Buffer.of(SSH_MSG_NEWKEYS));

const ed25519 = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([string(Buffer.from('ssh-ed25519', 'latin1')), string(bytes)]);

function string(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function binaryPacket(payload: Uint8Array): Uint8Array {
  const padding =
    BLOCK - ((5 + payload.length) % BLOCK) + (BLOCK - ((5 + payload.length) % BLOCK) < 4 ? BLOCK : 0);
  const packet = Buffer.alloc(5 + payload.length + padding);
  packet.writeUInt32BE(1 + payload.length + padding, 0);
  packet[4] = padding;
  packet.set(payload, 5);
  return packet;
}
