import { type ConversationFacts, SERVER, type Side, type SshSideFacts } from '../ssh/conversation-api.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import type { StreamEdit } from './stream-layout.ts';

/*
 * What the clear part of an SSH stream can tell of people and places, and what becomes of it:
 *
 * - Lines before the identification string (login banners, a PROXY header with the client's address) are masked,
 *   but for sentences of sshd's own, by which causes are told.
 * - Identification strings stay: they are what is judged. Host names, addresses and mail addresses in them are masked,
 *   and of the comment every word that is not known: administrators put names there (VersionAddendum).
 * - Texts of SSH_MSG_DISCONNECT and SSH_MSG_DEBUG: names, addresses, and users.
 * - The host key and its signature are replaced: a fingerprint finds its server in any public scan. The same key is
 *   replaced by the same bytes.
 * - Tokens of GSSAPI, which name principals in clear, are replaced.
 * - Another protocol's first message keeps what it is known by.
 * - Other messages keep their number and their length: what is said before keys are agreed on may be a password.
 *
 * Names of algorithms and ephemeral keys stay.
 */
export function maskClear(
  conversation: ConversationFacts,
  side: Side,
  clear: Uint8Array,
  pseudonyms: Pseudonyms,
): readonly StreamEdit[] {
  const facts = conversation.sides[side];
  // A copy, which `slice` of a Buffer is not.
  const masked = new Uint8Array(clear);
  if (facts.foreign !== undefined) {
    maskForeign(masked);
  } else {
    const packets = maskLines(masked);
    const isSsh1 = conversation.protocol === 1;
    const gss = conversation.negotiation?.kex?.startsWith('gss-') ?? false;
    if (isSsh1) maskSsh1(masked, packets, pseudonyms);
    else
      maskRest(masked, maskPackets(masked, packets, { gss, isServer: side === SERVER, pseudonyms }), facts);
  }
  return differences(clear, masked);
}

/** Sentences by which sshd says why it closes (OpenSSH's sshd.c, kex.c). */
const OF_SSHD =
  /^(?:Exceeded MaxStartups|Not allowed at this time|Protocol mismatch\.?|Protocol major versions differ.*|Invalid SSH identification string\.?)\s*$/;
const IDENTIFICATION = /^SSH-/;
/** haproxy's PROXY protocol: the word says what the line is. */
const PROXY = /^PROXY (?:TCP4|TCP6|UNKNOWN)/;

/** Lines up to the identification string and with it. Returns where packets begin. */
function maskLines(bytes: Uint8Array): number {
  let start = 0;
  while (start < bytes.length) {
    const lineEnd = bytes.indexOf(LF, start);
    const end = lineEnd === -1 ? bytes.length : lineEnd;
    const line = latin1(bytes, start, end);
    if (IDENTIFICATION.test(line)) {
      write(bytes, start, identificationWithoutNames(line));
      return lineEnd === -1 ? bytes.length : lineEnd + 1;
    }
    const kept = OF_SSHD.test(line) ? line : keepStart(line, PROXY);
    write(bytes, start, kept);
    start = end + 1;
  }
  return bytes.length;
}

const LF = 0x0a;

function keepStart(line: string, kept: RegExp): string {
  const start = kept.exec(line)?.[0] ?? '';
  return start + hidden(line.slice(start.length));
}

/** Letters and digits become x; spaces and punctuation show the form of what was there. */
const hidden = (text: string): string => text.replace(/[A-Za-z0-9\x80-\xff]/g, 'x');

/** Host names with a top-level domain, mail, IP and MAC addresses. Versions such as 9.2p1 or 2.0.1 are none of these. */
const NAMES =
  /[\w.+-]+@[\w.-]+|(?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:\d{1,3}\.){3}\d{1,3}\b|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}|\b(?:[0-9a-f]{2}-){5}[0-9a-f]{2}\b|\b(?:[a-z0-9_](?:[\w-]*[a-z0-9])?\.)+[a-z]{2,}\b/gi;
/** Who is meant: "Too many authentication failures for alice". */
const USERS =
  /(?<=\b(?:for|user|host|from) )(?!(?:user|host|from|invalid|key|method|with)(?![^\s:,]))[^\s:,]+/gi;

/** Longer ones are no message for people, and to look for names in them would take long: the patterns' time grows with the square. */
const LONGEST_TEXT = 512;

const withoutNames = (text: string): string =>
  text.length > LONGEST_TEXT ? hidden(text) : text.replace(NAMES, hidden).replace(USERS, hidden);

/** Words of comments that tell what software it is: versions, distributions, products. */
const COMMENT_WORDS =
  /^(?:v?\d[\d.]*(?:p\d+)?|(?:Debian|Ubuntu|Raspbian|FreeBSD|NetBSD|OpenBSD|DragonFly|hpn)[\d+~.-]*(?:(?:deb|ubuntu|bpo|nmu|build|v|rpi|u|ppa|esm)[\d+~.-]*)*|NetBSD_Secure_Shell(?:-(?:\d+|hpn\w+|lpk))*|PKIX(?:\[[\d.]+\])?|FIPS|SSH|FTP|SFTP|server|on|sshlib:?|FlowSsh:?|Bitvise|WinSSHD|Tectia|VShell|non-commercial|VMS|Windows|Linux)$/i;

/** The SSH version in front is no host name; behind the first space is the comment (RFC 4253 §4.2). */
function identificationWithoutNames(line: string): string {
  const prefix = /^SSH-[^-]*-/.exec(line)?.[0] ?? '';
  if (line.length > LONGEST_TEXT) return prefix + hidden(line.slice(prefix.length));
  const [software = ''] = line.slice(prefix.length).split(' ', 1);
  const comment = line.slice(prefix.length + software.length).replace(NAMES, hidden);
  return (
    prefix +
    software.replace(NAMES, hidden) +
    comment.replace(/[^\s]+/g, (word) => (COMMENT_WORDS.test(word) ? word : hidden(word)))
  );
}

interface PacketMasking {
  readonly gss: boolean;
  readonly isServer: boolean;
  readonly pseudonyms: Pseudonyms;
}

// RFC 4253 §6: packet_length (4), padding_length (1), payload, of which the first byte is the message number.
const NUMBER_AT = 5;
const PAYLOAD_AT = 6;
const LONGEST_PACKET = 1 << 18;
const SSH_MSG_DISCONNECT = 1;
const SSH_MSG_IGNORE = 2;
const SSH_MSG_UNIMPLEMENTED = 3;
const SSH_MSG_DEBUG = 4;
const SSH_MSG_KEXINIT = 20;
const SSH_MSG_NEWKEYS = 21;
/** Behind the cookie. */
const KEXINIT_LISTS_AT = 16;
const DISCONNECT_DESCRIPTION_AT = 4;
const DEBUG_MESSAGE_AT = 1;
const FIRST_METHOD_NUMBER = 30;
const LAST_METHOD_NUMBER = 49;

/** Returns where the packets end. */
function maskPackets(bytes: Uint8Array, from: number, masking: PacketMasking): number {
  const view = viewOf(bytes);
  let at = from;
  while (at + PAYLOAD_AT <= bytes.length) {
    const length = view.getUint32(at);
    if (length < 2 || length > LONGEST_PACKET) break;
    const padding = bytes[at + 4] as number;
    const end = Math.min(at + 4 + length - padding, bytes.length);
    const number = bytes[at + NUMBER_AT] as number;
    const payload = at + PAYLOAD_AT;
    switch (number) {
      case SSH_MSG_DISCONNECT:
        maskStrings(bytes, payload + DISCONNECT_DESCRIPTION_AT, end, withoutNames);
        break;
      case SSH_MSG_DEBUG:
        maskStrings(bytes, payload + DEBUG_MESSAGE_AT, end, withoutNames);
        break;
      case SSH_MSG_IGNORE:
        bytes.fill(0, Math.min(payload + 4, end), end);
        break;
      case SSH_MSG_KEXINIT:
        maskLanguages(bytes, payload + KEXINIT_LISTS_AT, end);
        break;
      case SSH_MSG_UNIMPLEMENTED:
      case SSH_MSG_NEWKEYS:
        break;
      default:
        if (number >= FIRST_METHOD_NUMBER && number <= LAST_METHOD_NUMBER)
          maskMethod(bytes, payload, end, masking);
        else bytes.fill(0, Math.min(payload, end), end);
    }
    at += 4 + length;
  }
  return at;
}

/** Where reading stopped because what followed is no packet: words, or bytes of which the first few show why. */
function maskRest(bytes: Uint8Array, from: number, { textAfterIdentification, stopped }: SshSideFacts): void {
  if (textAfterIdentification === undefined) {
    if (stopped === 'corrupt') bytes.fill(0, Math.min(from + NUMBER_AT, bytes.length));
    return;
  }
  for (let start = from; start < bytes.length; ) {
    const lineEnd = bytes.indexOf(LF, start);
    const end = lineEnd === -1 ? bytes.length : lineEnd;
    const line = latin1(bytes, start, end);
    if (!OF_SSHD.test(line)) write(bytes, start, hidden(line));
    start = end + 1;
  }
}

/** A reply is K_S, the server's ephemeral key, signature; with GSSAPI it has tokens and texts instead. */
function maskMethod(
  bytes: Uint8Array,
  payload: number,
  end: number,
  { gss, pseudonyms, isServer }: PacketMasking,
): void {
  if (gss) {
    for (const { start, end: stop } of strings(bytes, payload, end)) {
      overwrite(bytes, start, stop, pseudonyms);
    }
    return;
  }
  if (!isServer) return;
  const [key, , signature] = strings(bytes, payload, end);
  if (key === undefined || !isKeyBlob(bytes, key.start, key.end)) return;
  for (const blob of signature === undefined ? [key] : [key, signature]) {
    const [, ...numbers] = strings(bytes, blob.start, blob.end);
    for (const { start, end: stop } of numbers) overwrite(bytes, start, stop, pseudonyms);
    // What is no string, as a certificate's serial number and times.
    const told = numbers.at(-1)?.end ?? blob.end;
    bytes.fill(0, told, blob.end);
  }
}

/** It begins with a name: a group's prime, in a message of the same number, does not. */
function isKeyBlob(bytes: Uint8Array, start: number, end: number): boolean {
  const [name] = strings(bytes, start, end);
  return (
    name !== undefined &&
    name.end > name.start &&
    /^[\x21-\x7e]{1,64}$/.test(latin1(bytes, name.start, name.end))
  );
}

/** Exponents and names of curves are no longer and tell nothing. */
const SHORT_FIELD = 8;

/** All but the first byte, by which a number is positive and a point of its kind. */
function overwrite(bytes: Uint8Array, start: number, end: number, pseudonyms: Pseudonyms): void {
  if (end - start <= SHORT_FIELD) return;
  bytes.set(pseudonyms.keyed('host key', bytes.slice(start, end), end - start - 1), start + 1);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** SSH strings one after the other (RFC 4251 §5), up to the first that is none. */
function strings(bytes: Uint8Array, from: number, to: number): Span[] {
  const view = viewOf(bytes);
  const found: Span[] = [];
  let at = from;
  while (at + 4 <= to) {
    const length = view.getUint32(at);
    if (length > to - at - 4) break;
    found.push({ start: at + 4, end: at + 4 + length });
    at += 4 + length;
  }
  return found;
}

/** The first is a text, and the second the tag of its language. What is behind them, or no string, is not of the message. */
function maskStrings(bytes: Uint8Array, at: number, end: number, mask: (text: string) => string): void {
  const [text, language] = strings(bytes, at, end);
  if (text !== undefined) write(bytes, text.start, mask(latin1(bytes, text.start, text.end)));
  if (language !== undefined) bytes.fill(0x78, language.start, language.end);
  // Its length stays, by which it is seen to be broken.
  const told = language?.end ?? (text?.end ?? at) + 4;
  if (told < end) bytes.fill(0, told, end);
}

const LISTS_OF_ALGORITHMS = 8;
const LISTS = 10;
/** first_kex_packet_follows and a reserved number. */
const KEXINIT_REST = 5;

/** RFC 4253 §7.1: two of the name-lists are languages, which some places have for themselves. */
function maskLanguages(bytes: Uint8Array, at: number, end: number): void {
  const lists = strings(bytes, at, end).slice(0, LISTS);
  for (const { start, end: stop } of lists.slice(LISTS_OF_ALGORITHMS)) {
    write(bytes, start, hidden(latin1(bytes, start, stop)));
  }
  const last = lists.at(-1)?.end ?? at;
  const told = lists.length === LISTS ? last + KEXINIT_REST : last + 4;
  if (told < end) bytes.fill(0, told, end);
}

const SSH1_COOKIE = 8;
const SSH1_SMSG_PUBLIC_KEY = 2;

/** SSH 1.5: length (4), padding up to 8, type (1), data. The server's public keys are e and n, each with its bits in front. */
function maskSsh1(bytes: Uint8Array, from: number, pseudonyms: Pseudonyms): void {
  const view = viewOf(bytes);
  if (from + 4 > bytes.length) return;
  const typeAt = from + 4 + 8 - (view.getUint32(from) % 8);
  if (typeAt >= bytes.length || bytes[typeAt] !== SSH1_SMSG_PUBLIC_KEY) return;
  let at = typeAt + 1 + SSH1_COOKIE;
  for (let key = 0; key < 2; key++) {
    at += 4;
    for (let number = 0; number < 2 && at + 2 <= bytes.length; number++) {
      const length = (view.getUint16(at) + 7) >> 3;
      if (at + 2 + length > bytes.length) return;
      overwrite(bytes, at + 2, at + 2 + length, pseudonyms);
      at += 2 + length;
    }
  }
}

/** Words by which another protocol is known; everything else of its first line is masked, and all of the others. */
const PROTOCOL_WORDS =
  /^(?:HTTP\/\d(?:\.\d)?|GET|HEAD|POST|PUT|DELETE|OPTIONS|CONNECT|TRACE|PATCH|PRI|RFB|\d{3}[\d.]*|220-?|\+OK|\*|OK|PREAUTH|BYE|E?SMTP|Postfix|Exim|Sendmail|FTP|\(?vsFTPd|FileZilla|mail|server|ready\.?|<!doctype|<html>?|html>?)$/i;
/** A TLS record's header, and that of the handshake message in it. */
const BINARY_KEPT = 11;

function maskForeign(bytes: Uint8Array): void {
  if (!isText(bytes, 0, Math.min(bytes.length, 64))) {
    bytes.fill(0, Math.min(BINARY_KEPT, bytes.length));
    return;
  }
  const firstEnd = bytes.indexOf(LF);
  const end = firstEnd === -1 ? bytes.length : firstEnd;
  const first = latin1(bytes, 0, end).replace(/[^\s]+/g, (word) =>
    PROTOCOL_WORDS.test(word) ? word : hidden(word),
  );
  write(bytes, 0, first);
  write(bytes, end, hidden(latin1(bytes, end, bytes.length)));
}

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x20 ? byte !== 0x09 && byte !== 0x0a && byte !== 0x0d : byte === 0x7f) return false;
  }
  return to > from;
}

/** Runs of bytes that differ. */
function differences(before: Uint8Array, after: Uint8Array): StreamEdit[] {
  const edits: StreamEdit[] = [];
  for (let at = 0; at < after.length; at++) {
    if (before[at] === after[at]) continue;
    const offset = at;
    while (at < after.length && before[at] !== after[at]) at++;
    edits.push({ offset, bytes: after.slice(offset, at) });
  }
  return edits;
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');

function write(bytes: Uint8Array, at: number, text: string): void {
  bytes.set(Buffer.from(text, 'latin1'), at);
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
