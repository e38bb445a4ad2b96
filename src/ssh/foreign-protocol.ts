import { CLIENT, type ForeignProtocol, type Side } from './conversation-api.ts';
import { isPrintable, latin1 } from './latin1.ts';

/**
 * Bytes of another protocol's first message that are kept: enough for a greeting with its host name, so that
 * '220 mail.example.org ESMTP' can be told from '220 (vsFTPd 3.0.3)'.
 */
export const HEAD_LIMIT = 128;
/** Bytes of it that are shown. */
export const HEAD_SHOWN = 64;

/**
 * The first bytes of a line are certainly no SSH and no line of text before an identification string. Called with
 * every longer prefix of the line, so that the answer falls at the same byte however the stream is cut.
 * A server's own text, such as 'Exceeded MaxStartups', is none of these.
 */
export function isForeignStart(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0) return false;
  switch (bytes[start]) {
    case 0x00:
      return true;
    case 0x03: // TPKT (RFC 1006): version 3, reserved 0.
      return length >= 2 && bytes[start + 1] === 0x00;
    case 0x14: // TLS record types change_cipher_spec, alert, handshake; then version 3.x.
    case 0x15:
    case 0x16:
      return length >= 2 && bytes[start + 1] === 0x03;
    case IAC:
      return length >= 2 && isTelnetCommand(bytes[start + 1] as number);
    default:
      return startsWithOneOf(TEXT_SIGNATURES, bytes, start, end);
  }
}

/** What protocol the head belongs to; `head` begins with the first byte of the stream or of the line. */
export function recogniseForeign(head: Uint8Array, length: number): ForeignProtocol {
  const first = head[0];
  const second = head[1];
  if (length >= 2 && (first === 0x14 || first === 0x15 || first === 0x16) && second === 0x03) return 'tls';
  if (length >= 2 && first === 0x03 && second === 0x00) return 'rdp';
  if (length >= 2 && first === IAC && isTelnetCommand(second as number)) return 'telnet';
  const text = latin1(head, 0, length);
  if (HTTP_START.test(text)) return 'http';
  if (text.startsWith('RFB ')) return 'vnc';
  if (text.startsWith('+OK')) return 'pop3';
  if (text.startsWith('* OK') || text.startsWith('* PREAUTH') || text.startsWith('* BYE')) return 'imap';
  if (/^220[ -]/.test(text)) {
    if (/smtp|postfix|exim|sendmail|mail/i.test(text)) return 'smtp';
    if (/ftp|filezilla/i.test(text)) return 'ftp';
  }
  return 'other';
}

/** A client's whole first line that is no identification string, and no PROXY header of a load balancer. */
export function isForeignLine(side: Side, bytes: Uint8Array, start: number, end: number): boolean {
  if (side !== CLIENT) return false;
  const textEnd = end > start && bytes[end - 1] === CR ? end - 1 : end;
  return !(startsWith(PROXY, bytes, start, end) && isPrintable(bytes, start, textEnd));
}

const CR = 0x0d;
const IAC = 0xff;
/** WILL, WONT, DO, DONT (RFC 854). */
const isTelnetCommand = (byte: number): boolean => byte >= 0xfb && byte <= 0xfe;

const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'PATCH', 'PRI'];
/** How the body of an answer begins that a server gives to a request of HTTP/0.9: it has no status line. */
const HTML_STARTS = ['<!DOCTYPE', '<!doctype', '<html', '<HTML'];
const HTTP_START = new RegExp(`^(?:HTTP/|(?:${HTTP_METHODS.join('|')}) |${HTML_STARTS.join('|')})`);

/** haproxy's PROXY protocol, version 1: a line before everything else. */
const PROXY = toBytes('PROXY ');
const TEXT_SIGNATURES = [
  'HTTP/',
  ...HTTP_METHODS.map((method) => `${method} `),
  ...HTML_STARTS,
  'RFB ',
  '+OK',
  '-ERR ',
  '* OK',
  '* PREAUTH',
  '* BYE',
  '220 ',
  '220-',
].map(toBytes);

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function startsWithOneOf(signatures: readonly Uint8Array[], bytes: Uint8Array, start: number, end: number) {
  for (const signature of signatures) if (startsWith(signature, bytes, start, end)) return true;
  return false;
}

function startsWith(signature: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < signature.length) return false;
  for (let at = 0; at < signature.length; at++) if (bytes[start + at] !== signature[at]) return false;
  return true;
}
