import { createHash } from 'node:crypto';
import { u32 } from '../bytes.ts';
import { ContentCache } from './content-cache.ts';
import type { HostKey } from './conversation-api.ts';
import { isPrintable, latin1 } from './latin1.ts';

export const SSH_MSG_DISCONNECT = 1;
export const SSH_MSG_KEXINIT = 20;
export const SSH_MSG_NEWKEYS = 21;
/** 30 to 49 mean what the negotiated method says (RFC 4250 §4.1.2). */
export const FIRST_METHOD_NUMBER = 30;
export const LAST_METHOD_NUMBER = 49;

/** Methods whose messages have the same names and layouts. */
export type KexFamily = 'dh' | 'dh-gex' | 'ecdh' | 'hybrid' | 'rsa' | 'gss' | 'gss-gex' | 'ecmqv';

export function kexFamily(kex: string | undefined): KexFamily | undefined {
  if (kex === undefined) return undefined;
  if (kex.startsWith('gss-gex-')) return 'gss-gex';
  if (kex.startsWith('gss-')) return 'gss';
  if (kex.startsWith('diffie-hellman-group-exchange-')) return 'dh-gex';
  if (kex.startsWith('diffie-hellman-')) return 'dh';
  // draft-ietf-sshm-mlkem-hybrid-kex gives its messages names of their own; RFC 9941 (sntrup761) keeps ECDH's.
  if (/mlkem|kyber/.test(kex)) return 'hybrid';
  if (/^(?:ecdh-|curve25519-|curve448-|sntrup)/.test(kex)) return 'ecdh';
  if (kex.startsWith('ecmqv-')) return 'ecmqv';
  if (/^rsa(?:1024|2048)-/.test(kex)) return 'rsa';
  return undefined;
}

/** SSH_MSG_ name; `family` only matters for the method's own numbers. */
export function messageName(number: number, family: KexFamily | undefined): string {
  if (number < FIRST_METHOD_NUMBER || number > LAST_METHOD_NUMBER || family === undefined) {
    return NAMES[number] as string;
  }
  return METHOD_NAMES[family][number] ?? (NAMES[number] as string);
}

const METHOD_NAMES: Readonly<Record<KexFamily, Readonly<Record<number, string>>>> = {
  // RFC 4253 §8
  dh: { 30: 'SSH_MSG_KEXDH_INIT', 31: 'SSH_MSG_KEXDH_REPLY' },
  // RFC 4419 §5
  'dh-gex': {
    30: 'SSH_MSG_KEX_DH_GEX_REQUEST_OLD',
    31: 'SSH_MSG_KEX_DH_GEX_GROUP',
    32: 'SSH_MSG_KEX_DH_GEX_INIT',
    33: 'SSH_MSG_KEX_DH_GEX_REPLY',
    34: 'SSH_MSG_KEX_DH_GEX_REQUEST',
  },
  // RFC 5656 §7.1, RFC 8731, RFC 9941
  ecdh: { 30: 'SSH_MSG_KEX_ECDH_INIT', 31: 'SSH_MSG_KEX_ECDH_REPLY' },
  ecmqv: { 30: 'SSH_MSG_ECMQV_INIT', 31: 'SSH_MSG_ECMQV_REPLY' },
  hybrid: { 30: 'SSH_MSG_KEX_HYBRID_INIT', 31: 'SSH_MSG_KEX_HYBRID_REPLY' },
  // RFC 4432 §5
  rsa: { 30: 'SSH_MSG_KEXRSA_PUBKEY', 31: 'SSH_MSG_KEXRSA_SECRET', 32: 'SSH_MSG_KEXRSA_DONE' },
  // RFC 4462 §2
  gss: {
    30: 'SSH_MSG_KEXGSS_INIT',
    31: 'SSH_MSG_KEXGSS_CONTINUE',
    32: 'SSH_MSG_KEXGSS_COMPLETE',
    33: 'SSH_MSG_KEXGSS_HOSTKEY',
    34: 'SSH_MSG_KEXGSS_ERROR',
  },
  'gss-gex': {
    30: 'SSH_MSG_KEXGSS_INIT',
    31: 'SSH_MSG_KEXGSS_CONTINUE',
    32: 'SSH_MSG_KEXGSS_COMPLETE',
    33: 'SSH_MSG_KEXGSS_HOSTKEY',
    34: 'SSH_MSG_KEXGSS_ERROR',
    40: 'SSH_MSG_KEXGSS_GROUPREQ',
    41: 'SSH_MSG_KEXGSS_GROUP',
  },
};

/** RFC 4250 §4.1.2, RFC 8308, and OpenSSH's PROTOCOL §1.9 for the last two. */
const NAMES: readonly string[] = Array.from({ length: 256 }, (_, number) => `unknown ${number}`);
for (const [number, name] of [
  [SSH_MSG_DISCONNECT, 'DISCONNECT'],
  [2, 'IGNORE'],
  [3, 'UNIMPLEMENTED'],
  [4, 'DEBUG'],
  [5, 'SERVICE_REQUEST'],
  [6, 'SERVICE_ACCEPT'],
  [7, 'EXT_INFO'],
  [8, 'NEWCOMPRESS'],
  [SSH_MSG_KEXINIT, 'KEXINIT'],
  [SSH_MSG_NEWKEYS, 'NEWKEYS'],
  [50, 'USERAUTH_REQUEST'],
  [51, 'USERAUTH_FAILURE'],
  [52, 'USERAUTH_SUCCESS'],
  [53, 'USERAUTH_BANNER'],
  [80, 'GLOBAL_REQUEST'],
  [81, 'REQUEST_SUCCESS'],
  [82, 'REQUEST_FAILURE'],
  [90, 'CHANNEL_OPEN'],
  [91, 'CHANNEL_OPEN_CONFIRMATION'],
  [92, 'CHANNEL_OPEN_FAILURE'],
  [93, 'CHANNEL_WINDOW_ADJUST'],
  [94, 'CHANNEL_DATA'],
  [95, 'CHANNEL_EXTENDED_DATA'],
  [96, 'CHANNEL_EOF'],
  [97, 'CHANNEL_CLOSE'],
  [98, 'CHANNEL_REQUEST'],
  [99, 'CHANNEL_SUCCESS'],
  [100, 'CHANNEL_FAILURE'],
  [192, 'PING'],
  [193, 'PONG'],
] as const) {
  (NAMES as string[])[number] = `SSH_MSG_${name}`;
}

/*
 * The server's reply begins with its host key in every method that has one: SSH_MSG_KEXDH_REPLY,
 * SSH_MSG_KEX_ECDH_REPLY and SSH_MSG_KEX_HYBRID_REPLY (31), SSH_MSG_KEX_DH_GEX_REPLY (33):
 *
 *     byte    message number
 *     string  K_S, and in it: string algorithm, then the key's numbers
 *
 * SSH_MSG_KEX_DH_GEX_GROUP is 31 too, with a prime in that place: its first bytes are no name.
 */

/** The message can be one that begins with a host key. Whoever sends it is the SSH server, whoever sent the SYN. */
export function mayCarryHostKey(number: number): boolean {
  return number === 31 || number === 33;
}

/** A certificate with many principals takes some kilobytes; longer keys are not looked at. */
export const LONGEST_HOST_KEY = 16_384;

/** `bytes[start … end)` is K_S without its length; undefined when it is no host key. */
export function readHostKey(bytes: Uint8Array, start: number, end: number): HostKey | undefined {
  const known = HOST_KEYS.find(bytes, start, end);
  if (known !== undefined) return known;
  const key = parseHostKey(bytes, start, end);
  if (key !== undefined) HOST_KEYS.add(bytes, start, end, key);
  return key;
}

/** 1,024 keys below 4 kB. */
const HOST_KEYS = new ContentCache<HostKey>(256, 4096);

function parseHostKey(bytes: Uint8Array, start: number, end: number): HostKey | undefined {
  const algorithm = stringAt(bytes, start, end);
  if (algorithm === undefined || algorithm.start === algorithm.end) return undefined;
  if (algorithm.end - algorithm.start > LONGEST_NAME) return undefined;
  if (!isPrintable(bytes, algorithm.start, algorithm.end)) return undefined;
  const name = latin1(bytes, algorithm.start, algorithm.end);
  const plain = plainKeyOfCertificate(name, bytes, algorithm.end, end);
  return { algorithm: name, fingerprint: fingerprint(plain ?? bytes.subarray(start, end)) };
}

/** RFC 4251 §6: a name is at most 64 characters. */
const LONGEST_NAME = 64;

/** As `ssh-keygen -l` prints it. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/**
 * OpenSSH prints a certificate's fingerprint as that of the key in it (PROTOCOL.certkeys): the certificate has the
 * algorithm, a nonce, then the numbers of the plain key.
 */
function plainKeyOfCertificate(
  name: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array | undefined {
  const certificate = CERTIFICATES.get(name);
  if (certificate === undefined) return undefined;
  const nonce = stringAt(bytes, start, end);
  if (nonce === undefined) return undefined;
  let at = nonce.end;
  for (let field = 0; field < certificate.fields; field++) {
    const value = stringAt(bytes, at, end);
    if (value === undefined) return undefined;
    at = value.end;
  }
  const plainName = Buffer.from(certificate.plain, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(plainName.length);
  return Buffer.concat([length, plainName, bytes.subarray(nonce.end, at)]);
}

const CERTIFICATES: ReadonlyMap<string, { readonly plain: string; readonly fields: number }> = new Map([
  ['ssh-rsa-cert-v01@openssh.com', { plain: 'ssh-rsa', fields: 2 }],
  ['ssh-dss-cert-v01@openssh.com', { plain: 'ssh-dss', fields: 4 }],
  ['ecdsa-sha2-nistp256-cert-v01@openssh.com', { plain: 'ecdsa-sha2-nistp256', fields: 2 }],
  ['ecdsa-sha2-nistp384-cert-v01@openssh.com', { plain: 'ecdsa-sha2-nistp384', fields: 2 }],
  ['ecdsa-sha2-nistp521-cert-v01@openssh.com', { plain: 'ecdsa-sha2-nistp521', fields: 2 }],
  ['ssh-ed25519-cert-v01@openssh.com', { plain: 'ssh-ed25519', fields: 1 }],
  ['sk-ecdsa-sha2-nistp256-cert-v01@openssh.com', { plain: 'sk-ecdsa-sha2-nistp256@openssh.com', fields: 3 }],
  ['sk-ssh-ed25519-cert-v01@openssh.com', { plain: 'sk-ssh-ed25519@openssh.com', fields: 2 }],
]);

function stringAt(bytes: Uint8Array, at: number, end: number): { start: number; end: number } | undefined {
  if (at + 4 > end) return undefined;
  const length = u32(bytes, at);
  return length > end - at - 4 ? undefined : { start: at + 4, end: at + 4 + length };
}
