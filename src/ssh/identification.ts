import { ContentCache } from './content-cache.ts';
import type { Identification } from './conversation-api.ts';
import { latin1 } from './latin1.ts';

/*
 * RFC 4253 §4.2: SSH-protoversion-softwareversion SP comments CR LF, at most 255 bytes with CR LF. A server may
 * send other lines before it.
 */

/** RFC 4253 §4.2, line end included. */
export const LONGEST_IDENTIFICATION = 255;
/** OpenSSH reads no more of one line (SSH_MAX_BANNER_LEN); whoever sends more is not understood by anybody. */
export const LONGEST_LINE = 8192;
/** OpenSSH's SSH_MAX_PRE_BANNER_LINES. */
export const MOST_LINES = 1024;
/** Lines kept for the report. */
export const LINES_KEPT = 16;

export const LF = 0x0a;
export const CR = 0x0d;

/** 'SSH-' as the first four bytes, or as much of it as there is. */
export function startsLikeIdentification(bytes: Uint8Array, start: number, end: number): boolean {
  const length = Math.min(4, end - start);
  for (let at = 0; at < length; at++) if (bytes[start + at] !== PREFIX[at]) return false;
  return true;
}

const PREFIX = [0x53, 0x53, 0x48, 0x2d];

/** The parts of the line, shared by all sessions with the same one. */
export interface IdentificationLine {
  readonly text: string;
  readonly protocolVersion: string;
  readonly softwareVersion: string;
  readonly comments: string | undefined;
  /** NUL, control characters or bytes beyond US-ASCII: RFC 4253 §4.2 wants printable US-ASCII. */
  readonly invalid: boolean;
}

/** `bytes[start … end)` is the line without CR LF, at most 255 bytes of it. */
export function readIdentificationLine(bytes: Uint8Array, start: number, end: number): IdentificationLine {
  const known = LINES.find(bytes, start, end);
  if (known !== undefined) return known;
  const line = parseIdentificationLine(latin1(bytes, start, end));
  LINES.add(bytes, start, end, line);
  return line;
}

/** 1,024 distinct lines of 255 bytes: a quarter of a megabyte. */
const LINES = new ContentCache<IdentificationLine>(256, LONGEST_IDENTIFICATION);

export function parseIdentificationLine(text: string): IdentificationLine {
  const dash = text.indexOf('-', 4);
  const versionEnd = dash < 0 ? text.length : dash;
  const rest = dash < 0 ? '' : text.slice(dash + 1);
  const space = rest.indexOf(' ');
  return {
    text,
    protocolVersion: text.slice(4, versionEnd),
    softwareVersion: space < 0 ? rest : rest.slice(0, space),
    comments: space < 0 ? undefined : rest.slice(space + 1),
    invalid: !/^[ -~]*$/.test(text),
  };
}

/** SSH-1.x without the promise of 2.0 that 1.99 makes (RFC 4253 §5.1). */
export function isVersion1(protocolVersion: string): boolean {
  return protocolVersion.startsWith('1.') && protocolVersion !== '1.99';
}

/** One shape for all identifications, so that the hot path stays monomorphic. */
export class SeenIdentification implements Identification {
  readonly text: string;
  readonly protocolVersion: string;
  readonly softwareVersion: string;
  readonly comments: string | undefined;
  readonly packet: number;
  readonly timeNs: number;
  readonly endOffset: number;

  constructor(line: IdentificationLine, packet: number, timeNs: number, endOffset: number) {
    this.text = line.text;
    this.protocolVersion = line.protocolVersion;
    this.softwareVersion = line.softwareVersion;
    this.comments = line.comments;
    this.packet = packet;
    this.timeNs = timeNs;
    this.endOffset = endOffset;
  }
}
