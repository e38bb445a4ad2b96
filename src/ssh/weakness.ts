import type { Negotiation, Proposal } from './conversation-api.ts';
import { IMPLICIT_MAC } from './negotiation.ts';

/*
 * Short notes on algorithms that have known weaknesses. They never change what became of a session. Sources: RFC 9142
 * (key exchange), RFC 8758 (arcfour), RFC 8332 (SHA-1 signatures), CVE-2008-5161 (CBC), CVE-2016-2183 (64-bit blocks),
 * CVE-2023-48795 (Terrapin), OpenSSH's release notes for what it no longer offers.
 */

/**
 * @param protocol 1 for SSH-1.x.
 * @returns The same array for the same negotiation; empty when there is nothing to say.
 */
export function postureNotes(
  clientProposal: Proposal | undefined,
  serverProposal: Proposal | undefined,
  negotiation: Negotiation | undefined,
  protocol: 1 | 2 | undefined,
): readonly string[] {
  if (protocol === 1) return SSH1_NOTES;
  const key = negotiation ?? serverProposal ?? clientProposal;
  if (key === undefined) return NO_NOTES;
  const known = NOTES.get(key);
  if (known !== undefined) return known;
  const notes = [
    ...(negotiation === undefined ? [] : negotiatedNotes(negotiation)),
    ...offeredNotes('client', clientProposal, negotiation),
    ...offeredNotes('server', serverProposal, negotiation),
  ];
  const kept = notes.length > 0 ? notes : NO_NOTES;
  NOTES.set(key, kept);
  return kept;
}

const NO_NOTES: readonly string[] = [];
const SSH1_NOTES: readonly string[] = [
  'SSH 1.x is spoken: its integrity check is broken, OpenSSH dropped it in 7.4 and 7.6',
];
const NOTES = new WeakMap<object, readonly string[]>();

function negotiatedNotes(negotiation: Negotiation): string[] {
  const notes: string[] = [];
  for (const [name, what] of negotiated(negotiation)) {
    const weakness = weaknessOf(name);
    if (weakness !== undefined) notes.push(`${what} ${name} is weak: ${weakness}`);
  }
  const vulnerable = terrapinMode(negotiation);
  if (vulnerable !== undefined) {
    notes.push(`no strict key exchange with ${vulnerable}: open to Terrapin (CVE-2023-48795)`);
  }
  if (negotiation.hybridPostQuantum === false) {
    notes.push(`no post-quantum key exchange: ${negotiation.kex}`);
  }
  return notes;
}

/** Each name once, with what it is negotiated for. */
function negotiated(negotiation: Negotiation): ReadonlyMap<string, string> {
  const { kex, hostKey, cipherClientToServer, cipherServerToClient } = negotiation;
  const { macClientToServer, macServerToClient } = negotiation;
  const all = new Map<string, string>();
  const add = (name: string | undefined, what: string): void => {
    if (name !== undefined && !all.has(name)) all.set(name, what);
  };
  add(kex, 'key exchange');
  add(hostKey, 'host key algorithm');
  add(cipherClientToServer, 'cipher');
  add(cipherServerToClient, 'cipher');
  add(macClientToServer, 'MAC');
  add(macServerToClient, 'MAC');
  return all;
}

/** Terrapin needs one direction in such a mode, and a handshake whose sequence numbers are not reset. */
function terrapinMode(negotiation: Negotiation): string | undefined {
  if (negotiation.strict) return undefined;
  const { cipherClientToServer, cipherServerToClient, macClientToServer, macServerToClient } = negotiation;
  for (const [cipher, mac] of [
    [cipherClientToServer, macClientToServer],
    [cipherServerToClient, macServerToClient],
  ]) {
    if (cipher === undefined || mac === undefined) continue;
    if (cipher.startsWith('chacha20-poly1305')) return cipher;
    if (cipher.includes('-cbc') && mac.endsWith('-etm@openssh.com')) return `${cipher} and ${mac}`;
  }
  return undefined;
}

/** One note a side for all weak names that it would have taken too. */
function offeredNotes(
  side: 'client' | 'server',
  proposal: Proposal | undefined,
  negotiation: Negotiation | undefined,
): string[] {
  if (proposal === undefined) return [];
  const taken = negotiation === undefined ? new Map() : negotiated(negotiation);
  const names = new Set([
    ...proposal.kexAlgorithms,
    ...proposal.serverHostKeyAlgorithms,
    ...proposal.encryptionClientToServer,
    ...proposal.encryptionServerToClient,
    ...proposal.macClientToServer,
    ...proposal.macServerToClient,
  ]);
  const weak = [...names].filter((name) => !taken.has(name) && weaknessOf(name) !== undefined);
  if (weak.length === 0) return [];
  const shown = weak.slice(0, NAMES_SHOWN).join(', ');
  const rest = weak.length > NAMES_SHOWN ? ` and ${weak.length - NAMES_SHOWN} more` : '';
  return [`${side} still offers ${shown}${rest}`];
}

const NAMES_SHOWN = 5;

const SHA1_SIGNATURE = 'SHA-1 signatures, which OpenSSH refuses since 8.8';
const CBC = 'CBC mode, which OpenSSH servers do not offer since 6.7';
const BLOCK_OF_64 = '64-bit blocks (Sweet32)';

/** Only names that are known are ever judged. */
function weaknessOf(name: string): string | undefined {
  const exact = WEAK.get(name);
  if (exact !== undefined) return exact;
  if (name === IMPLICIT_MAC) return undefined;
  // The names of RFC 4462 end with a hash of the mechanism.
  if (name.startsWith('gss-group1-sha1-')) return '1024-bit group and SHA-1';
  if (name.startsWith('gss-gex-sha1-') || name.startsWith('gss-group14-sha1-')) return 'SHA-1';
  return undefined;
}

const WEAK: ReadonlyMap<string, string> = new Map([
  ['diffie-hellman-group1-sha1', '1024-bit group (Logjam) and SHA-1'],
  ['diffie-hellman-group14-sha1', 'SHA-1'],
  ['diffie-hellman-group-exchange-sha1', 'SHA-1'],
  ['rsa1024-sha1', '1024-bit RSA and SHA-1'],
  ['ssh-rsa', SHA1_SIGNATURE],
  ['ssh-rsa-cert-v01@openssh.com', SHA1_SIGNATURE],
  ['ssh-rsa-cert-v00@openssh.com', SHA1_SIGNATURE],
  ['ssh-dss', '1024-bit DSA and SHA-1, which OpenSSH does not offer since 7.0'],
  ['ssh-dss-cert-v01@openssh.com', '1024-bit DSA and SHA-1, which OpenSSH does not offer since 7.0'],
  ['aes128-cbc', CBC],
  ['aes192-cbc', CBC],
  ['aes256-cbc', CBC],
  ['rijndael-cbc@lysator.liu.se', CBC],
  ['twofish-cbc', CBC],
  ['twofish128-cbc', CBC],
  ['twofish192-cbc', CBC],
  ['twofish256-cbc', CBC],
  ['serpent128-cbc', CBC],
  ['serpent192-cbc', CBC],
  ['serpent256-cbc', CBC],
  ['camellia128-cbc', CBC],
  ['camellia192-cbc', CBC],
  ['camellia256-cbc', CBC],
  ['seed-cbc@ssh.com', CBC],
  ['3des-cbc', `${BLOCK_OF_64} and CBC mode`],
  ['3des-ctr', BLOCK_OF_64],
  ['blowfish-cbc', `${BLOCK_OF_64} and CBC mode`],
  ['blowfish-ctr', BLOCK_OF_64],
  ['cast128-cbc', `${BLOCK_OF_64} and CBC mode`],
  ['cast128-ctr', BLOCK_OF_64],
  ['idea-cbc', `${BLOCK_OF_64} and CBC mode`],
  ['des-cbc', '56-bit key'],
  ['des-cbc@ssh.com', '56-bit key'],
  ['arcfour', 'RC4, forbidden by RFC 8758'],
  ['arcfour128', 'RC4, forbidden by RFC 8758'],
  ['arcfour256', 'RC4, forbidden by RFC 8758'],
  ['none', 'no protection at all'],
  ['hmac-md5', 'MD5'],
  ['hmac-md5-etm@openssh.com', 'MD5'],
  ['hmac-md5-96', 'MD5 and a 96-bit tag'],
  ['hmac-md5-96-etm@openssh.com', 'MD5 and a 96-bit tag'],
  ['hmac-sha1-96', 'SHA-1 and a 96-bit tag'],
  ['hmac-sha1-96-etm@openssh.com', 'SHA-1 and a 96-bit tag'],
]);
