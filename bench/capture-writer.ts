import { closeSync, openSync, renameSync, writeSync } from 'node:fs';

export const SYN = 0x02;
export const FIN = 0x01;
export const PSH = 0x08;
export const ACK = 0x10;

/** One side of a TCP connection as its packets need it. */
export interface Side {
  /** IPv4 address as an integer. */
  readonly address: number;
  readonly port: number;
  readonly ttl: number;
  /** Value of the timestamps option at time 0. */
  readonly clock: number;
  /** Next sequence number to send. */
  seq: number;
  ipId: number;
}

const BUFFER_BYTES = 8 << 20;
const RECORD = 16;
const ETHERNET = 14;
const IPV4 = 20;
const NO_PAYLOAD = new Uint8Array(0);

/** 2023-11-14T22:13:20Z: captures of one seed are equal to the byte, so their clock stands still. */
const START_SECONDS = 1_700_000_000;

/** MSS 1460, SACK permitted, timestamps, NOP, window scale 7: what Linux puts into a SYN. */
const SYN_OPTIONS = [2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7];
const SYN_OPTIONS_TIMESTAMP = 8;
const OPTIONS = [1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0];
const OPTIONS_TIMESTAMP = 4;

/**
 * Writes a classic little-endian microsecond pcap of Ethernet, IPv4 and TCP with correct checksums. The file gets its
 * name when it is complete, so that an interrupted run leaves none that looks finished.
 */
export class CaptureWriter {
  packets = 0;
  bytes = 0;
  readonly #path: string;
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #used = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(`${path}.part`, 'w');
    const header = this.#buffer;
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(0, 8);
    header.writeUInt32LE(0, 12);
    header.writeUInt32LE(262144, 16);
    header.writeUInt32LE(1, 20);
    this.#used = 24;
  }

  /** Sends one segment from a side and advances its sequence number. */
  segment(
    atUs: number,
    from: Side,
    to: Side,
    flags: number,
    ack: number,
    payload: Uint8Array = NO_PAYLOAD,
  ): void {
    const template = flags & SYN ? SYN_OPTIONS : OPTIONS;
    this.#put(atUs, from, to, flags, ack, template, payload);
    from.seq = (from.seq + payload.length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0;
  }

  /** A segment without TCP options, as raw-socket tools send them. */
  bareSegment(atUs: number, from: Side, to: Side, flags: number): void {
    this.#put(atUs, from, to, flags, 0, [], NO_PAYLOAD);
  }

  #put(
    atUs: number,
    from: Side,
    to: Side,
    flags: number,
    ack: number,
    options: readonly number[],
    payload: Uint8Array,
  ): void {
    const tcpHeader = 20 + options.length;
    const frame = ETHERNET + IPV4 + tcpHeader + payload.length;
    if (this.#used + RECORD + frame > BUFFER_BYTES) this.#flush();
    const b = this.#buffer;
    let at = this.#used;
    const seconds = Math.floor(atUs / 1e6);
    b.writeUInt32LE(START_SECONDS + seconds, at);
    b.writeUInt32LE(Math.floor(atUs - seconds * 1e6), at + 4);
    b.writeUInt32LE(frame, at + 8);
    b.writeUInt32LE(frame, at + 12);
    at += RECORD;

    // Locally administered hardware addresses made of the last bytes of the IP addresses.
    b.writeUInt16BE(0x0200, at);
    b.writeUInt32BE(to.address, at + 2);
    b.writeUInt16BE(0x0200, at + 6);
    b.writeUInt32BE(from.address, at + 8);
    b.writeUInt16BE(0x0800, at + 12);

    const ip = at + ETHERNET;
    b.writeUInt32BE(0x45000000 | (frame - ETHERNET), ip);
    b.writeUInt16BE(from.ipId, ip + 4);
    from.ipId = (from.ipId + 1) & 0xffff;
    b.writeUInt16BE(0x4000, ip + 6);
    b[ip + 8] = from.ttl;
    b[ip + 9] = 6;
    b.writeUInt16BE(0, ip + 10);
    b.writeUInt32BE(from.address, ip + 12);
    b.writeUInt32BE(to.address, ip + 16);
    b.writeUInt16BE(checksum(b, ip, IPV4, 0), ip + 10);

    const tcp = ip + IPV4;
    b.writeUInt16BE(from.port, tcp);
    b.writeUInt16BE(to.port, tcp + 2);
    b.writeUInt32BE(from.seq, tcp + 4);
    b.writeUInt32BE(flags & ACK ? ack : 0, tcp + 8);
    b[tcp + 12] = (tcpHeader >> 2) << 4;
    b[tcp + 13] = flags;
    b.writeUInt16BE(flags & SYN ? 64240 : 502, tcp + 14);
    b.writeUInt32BE(0, tcp + 16);
    for (let i = 0; i < options.length; i++) b[tcp + 20 + i] = options[i] as number;
    if (options.length > 0) {
      const timestamp = tcp + 20 + (flags & SYN ? SYN_OPTIONS_TIMESTAMP : OPTIONS_TIMESTAMP);
      const milliseconds = Math.floor(atUs / 1000);
      b.writeUInt32BE((from.clock + milliseconds) >>> 0, timestamp);
      b.writeUInt32BE(flags & ACK ? (to.clock + milliseconds) >>> 0 : 0, timestamp + 4);
    }
    b.set(payload, tcp + tcpHeader);
    const length = tcpHeader + payload.length;
    const pseudoHeader = sum(b, ip + 12, 8, 6 + length);
    b.writeUInt16BE(checksum(b, tcp, length, pseudoHeader), tcp + 16);

    this.#used = at + frame;
    this.packets++;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
    renameSync(`${this.#path}.part`, this.#path);
  }

  #flush(): void {
    for (let done = 0; done < this.#used; ) {
      done += writeSync(this.#file, this.#buffer, done, this.#used - done);
    }
    this.bytes += this.#used;
    this.#used = 0;
  }
}

/** Sum of 16-bit words; at most 64 kB are summed, so 53 bits are plenty without folding. */
function sum(b: Uint8Array, from: number, length: number, start: number): number {
  let total = start;
  const end = from + length - 1;
  let at = from;
  for (; at < end; at += 2) total += ((b[at] as number) << 8) | (b[at + 1] as number);
  if (at === end) total += (b[at] as number) << 8;
  return total;
}

/** RFC 1071. */
function checksum(b: Uint8Array, from: number, length: number, start: number): number {
  let total = sum(b, from, length, start);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}
