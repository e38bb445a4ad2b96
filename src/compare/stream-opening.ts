/**
 * The first bytes of a side's stream, up to the cookie of its KEXINIT: 16 random bytes (RFC 4253 §7.1) by which one SSH
 * conversation is known again in another TCP connection.
 */

/** An identification string (255 bytes at most), a line before it, and the first bytes of a KEXINIT. */
const OPENING_BYTES = 512;
/** Most need no more. */
const USUAL_BYTES = 128;
const LINE_FEED = 10;
const SSH_MSG_KEXINIT = 20;
const COOKIE_BYTES = 16;
/** packet_length, padding_length and the message number come before the cookie. */
const BEFORE_COOKIE = 6;

export class StreamOpening {
  private bytes: Uint8Array | undefined = undefined;
  /** In order from the stream's first byte. */
  private reached = 0;
  private found: string | undefined = undefined;

  /** Takes a segment's payload that lies at `offset` of the stream. */
  add(offset: number, payload: Uint8Array, start: number, length: number): void {
    if (this.found !== undefined || offset < 0 || offset > this.reached || offset >= OPENING_BYTES) return;
    const end = Math.min(offset + length, OPENING_BYTES);
    if (end <= this.reached) return;
    this.bytes ??= new Uint8Array(USUAL_BYTES);
    const fitting = Math.min(end, this.bytes.length);
    this.copy(this.bytes, offset, payload, start, fitting);
    if (fitting === end) return;
    this.found = this.read();
    if (this.found !== undefined) {
      this.bytes = undefined;
      return;
    }
    const larger = new Uint8Array(OPENING_BYTES);
    larger.set(this.bytes);
    this.copy(larger, offset, payload, start, end);
    this.bytes = larger;
  }

  /** As hexadecimal digits; undefined where the stream does not begin with an identification string and a KEXINIT. */
  cookie(): string | undefined {
    return this.found ?? this.read();
  }

  private copy(bytes: Uint8Array, offset: number, payload: Uint8Array, start: number, end: number): void {
    for (let at = this.reached; at < end; at++) bytes[at] = payload[start + at - offset] as number;
    this.reached = Math.max(this.reached, end);
  }

  private read(): string | undefined {
    const { bytes, reached } = this;
    if (bytes === undefined) return undefined;
    const identification = lineThatIdentifies(bytes, reached);
    if (identification < 0) return undefined;
    const message = bytes.indexOf(LINE_FEED, identification) + 1;
    const cookie = message + BEFORE_COOKIE;
    if (message === 0 || cookie + COOKIE_BYTES > reached) return undefined;
    if (bytes[message + BEFORE_COOKIE - 1] !== SSH_MSG_KEXINIT) return undefined;
    return Buffer.from(bytes.buffer, cookie, COOKIE_BYTES).toString('hex');
  }
}

/** Where the line that begins with `SSH-` begins, or -1: lines of text, or of a proxy's header, may come before it. */
function lineThatIdentifies(bytes: Uint8Array, end: number): number {
  for (let at = 0; at >= 0 && at + 4 < end; ) {
    if (bytes[at] === 0x53 && bytes[at + 1] === 0x53 && bytes[at + 2] === 0x48 && bytes[at + 3] === 0x2d) {
      return at;
    }
    const lineEnd = bytes.indexOf(LINE_FEED, at);
    if (lineEnd < 0 || lineEnd >= end) return -1;
    at = lineEnd + 1;
  }
  return -1;
}
