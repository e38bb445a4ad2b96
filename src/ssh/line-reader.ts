import {
  type Identification,
  type Place,
  SERVER,
  type Side,
  type SshAnomalyCode,
  type SshSideFacts,
} from './conversation-api.ts';
import {
  HEAD_LIMIT,
  HEAD_SHOWN,
  isForeignLine,
  isForeignStart,
  recogniseForeign,
} from './foreign-protocol.ts';
import { HeldBytes } from './held-bytes.ts';
import {
  CR,
  isVersion1,
  LF,
  LINES_KEPT,
  LONGEST_IDENTIFICATION,
  LONGEST_LINE,
  MOST_LINES,
  readIdentificationLine,
  SeenIdentification,
  startsLikeIdentification,
} from './identification.ts';
import type { KexFamily } from './key-exchange.ts';
import { latin1 } from './latin1.ts';
import { SeenPlace } from './place.ts';

/** What a reader asks of the conversation it belongs to. */
export interface ReaderOwner {
  report(code: SshAnomalyCode, side: Side, packet: number): void;
  /** The other side's identification string says SSH 1.x. */
  peerIsVersion1(side: Side): boolean;
  /** Of the negotiated method, or of the side's own wrong guess; undefined while it is not known. */
  kexFamily(side: Side): KexFamily | undefined;
}

/** What the next byte of one direction is. */
export type Phase = 'line' | 'packet' | 'SSH 1 packet' | 'encrypted' | 'text' | 'foreign' | 'nothing';

/** What happens in one direction, and what its next byte is then. Nothing else sets the phase. */
export const PHASE_AFTER = {
  'identification string': 'packet',
  'identification string of SSH 1': 'SSH 1 packet',
  'peer of SSH 1': 'SSH 1 packet',
  NEWKEYS: 'encrypted',
  'SSH 1 key': 'encrypted',
  'another protocol': 'foreign',
  'words instead of a packet': 'text',
  'end of reading': 'nothing',
} as const satisfies Readonly<Record<string, Phase>>;

const NO_LINES: readonly string[] = [];

/**
 * Reads the lines at the beginning of one direction, and what turns out to be no SSH. Every decision falls at a byte
 * of the stream and not at the end of a segment, so that the facts do not depend on how the stream was cut.
 */
export class LineReader {
  identification: Identification | undefined = undefined;
  stopped: SshSideFacts['stopped'] = undefined;
  /** Stream offset behind the last byte seen. */
  offset = 0;

  protected readonly owner: ReaderOwner;
  protected readonly side: Side;
  protected phase: Phase = 'line';
  /** The beginning of the line or packet that is being read; the head of another protocol; a text. */
  protected readonly held = new HeldBytes();

  private midway = false;
  private lines: string[] | undefined = undefined;
  private lineCount = 0;
  private firstLine: Place | undefined = undefined;
  /** First bytes of the line that is being read, when it is not whole in one segment. */
  private linePacket = 0;
  private lineTimeNs = 0;
  /** Of the line that is being read, without LF; more than is held when the line is too long. */
  private lineLength = 0;
  private foreignPacket = 0;
  private foreignTimeNs = 0;
  private textEnded = false;

  constructor(owner: ReaderOwner, side: Side) {
    this.owner = owner;
    this.side = side;
  }

  joinMidway(): void {
    this.midway = true;
  }

  /** With the line that the stream broke off in. */
  get preIdentificationLines(): readonly string[] {
    const lines = this.lines ?? NO_LINES;
    if (!this.isWithinText() || lines.length >= LINES_KEPT) return lines;
    const { bytes, length } = this.held;
    return [...lines, latin1(bytes, 0, withoutCr(bytes, 0, length))];
  }

  get preIdentification(): Place | undefined {
    if (this.firstLine !== undefined || !this.isWithinText()) return this.firstLine;
    return new SeenPlace(this.linePacket, this.lineTimeNs, this.offset);
  }

  get foreign(): SshSideFacts['foreign'] {
    if (this.phase !== 'foreign') return undefined;
    const { bytes, length } = this.held;
    return {
      protocol: recogniseForeign(bytes, Math.min(length, HEAD_LIMIT)),
      packet: this.foreignPacket,
      timeNs: this.foreignTimeNs,
      head: latin1(bytes, 0, Math.min(length, HEAD_SHOWN)),
    };
  }

  get textAfterIdentification(): string | undefined {
    if (this.phase !== 'text') return undefined;
    const { bytes, length } = this.held;
    return latin1(bytes, 0, withoutCr(bytes, 0, length));
  }

  protected on(event: keyof typeof PHASE_AFTER): void {
    this.phase = PHASE_AFTER[event];
  }

  protected stop(reason: NonNullable<SshSideFacts['stopped']>): void {
    this.stopped = reason;
    this.on('end of reading');
    this.held.clear();
  }

  protected refuse(code: SshAnomalyCode, packet: number): void {
    this.owner.report(code, this.side, packet);
    this.stop(code === 'message-too-long' || code === 'stream-limit' ? 'limit' : 'corrupt');
  }

  protected readLine(bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): number {
    let stop = start;
    while (stop < end) {
      const byte = bytes[stop];
      if (byte === LF || byte === 0) break;
      stop++;
    }
    // The usual case: the identification string lies whole in one segment.
    if (
      this.lineLength === 0 &&
      stop < end &&
      bytes[stop] === LF &&
      stop - start >= 4 &&
      stop - start < LONGEST_IDENTIFICATION &&
      startsLikeIdentification(bytes, start, stop)
    ) {
      this.offset += stop + 1 - start;
      this.identify(bytes, start, withoutCr(bytes, start, stop), packet, timeNs);
      return stop + 1;
    }
    const { held } = this;
    if (this.lineLength === 0) {
      this.linePacket = packet;
      this.lineTimeNs = timeNs;
    }
    const room = LONGEST_IDENTIFICATION - held.length;
    const taken = Math.min(room, stop - start);
    if (taken > 0) held.append(bytes, start, start + taken);
    this.lineLength += stop - start;
    const identification = startsLikeIdentification(held.bytes, 0, held.length);
    if (!identification) {
      if (this.midway && this.lineCount === 0) {
        this.stop('midway');
        return start;
      }
      if (this.isForeign(stop < end ? bytes[stop] : undefined)) {
        // The held bytes are its head, and those that follow.
        this.on('another protocol');
        this.stopped = 'foreign';
        this.foreignPacket = packet;
        this.foreignTimeNs = timeNs;
        this.offset += taken;
        return start + taken;
      }
    } else if (this.lineLength > LONGEST_LINE) {
      this.refuse('identification-too-long', packet);
      return start;
    }
    this.offset += stop - start;
    if (stop === end) return end;
    this.offset++;
    if (bytes[stop] === 0) {
      // One more invalid character of an identification string.
      if (held.length < LONGEST_IDENTIFICATION) held.append(bytes, stop, stop + 1);
      this.lineLength++;
    } else if (identification && held.length >= 4) {
      this.finishIdentification(packet, timeNs);
    } else {
      this.finishLine(packet, timeNs);
    }
    return stop + 1;
  }

  /**
   * The line has no end yet: the server's text, or whatever a client has begun. A server's unfinished identification
   * string is still to come; a client's is all that is seen of it.
   */
  private isWithinText(): boolean {
    const { bytes, length } = this.held;
    if (this.phase !== 'line' || length === 0 || this.midway) return false;
    return this.side !== SERVER || !startsLikeIdentification(bytes, 0, length);
  }

  /** The held line, which is no identification string, is no text either; `next` is the byte behind it. */
  private isForeign(next: number | undefined): boolean {
    const { bytes, length } = this.held;
    if (this.lineLength > LONGEST_IDENTIFICATION || next === 0) return true;
    if (this.lineCount === 0 && isForeignStart(bytes, 0, length)) return true;
    return next === LF && isForeignLine(this.side, bytes, 0, length);
  }

  private finishIdentification(packet: number, timeNs: number): void {
    const { held } = this;
    // RFC 4253 §4.2 counts CR LF too.
    const tooLong = this.lineLength >= LONGEST_IDENTIFICATION;
    if (tooLong) this.owner.report('identification-too-long', this.side, packet);
    const end = this.lineLength > held.length ? held.length : withoutCr(held.bytes, 0, held.length);
    this.identify(held.bytes, 0, end, packet, timeNs);
    held.clear();
  }

  private identify(bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): void {
    const line = readIdentificationLine(bytes, start, end);
    if (line.invalid) this.owner.report('identification-invalid-characters', this.side, packet);
    this.identification = new SeenIdentification(line, packet, timeNs, this.offset);
    this.on(isVersion1(line.protocolVersion) ? 'identification string of SSH 1' : 'identification string');
  }

  private finishLine(packet: number, timeNs: number): void {
    const { held } = this;
    if (this.midway) {
      this.stop('midway');
      return;
    }
    this.firstLine ??= new SeenPlace(packet, timeNs, this.offset);
    if (this.lineCount < LINES_KEPT) {
      this.lines ??= [];
      this.lines.push(latin1(held.bytes, 0, withoutCr(held.bytes, 0, held.length)));
    }
    this.lineCount++;
    this.lineLength = 0;
    held.clear();
    if (this.lineCount >= MOST_LINES) this.refuse('stream-limit', packet);
  }

  protected keepHead(bytes: Uint8Array, start: number, end: number): void {
    const room = HEAD_LIMIT - this.held.length;
    if (room > 0) this.held.append(bytes, start, Math.min(end, start + room));
  }

  protected keepText(bytes: Uint8Array, start: number, end: number): void {
    const { held } = this;
    for (let at = start; at < end && !this.textEnded; at++) {
      const byte = bytes[at] as number;
      if (held.length === 0 && (byte === CR || byte === LF)) continue;
      if (byte === LF || byte === 0 || held.length >= LONGEST_IDENTIFICATION) this.textEnded = true;
      else held.append(bytes, at, at + 1);
    }
  }
}

/** Without the CR of CR LF. */
function withoutCr(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === CR ? end - 1 : end;
}
