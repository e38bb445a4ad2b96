import { i32, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP, protocolVerdict } from './ip-protocol.ts';
import { IPV4_SOURCE } from './ipv4.ts';
import { IPV6_SOURCE } from './ipv6.ts';
import type { Anomaly, Next, SkipReason } from './layer.ts';
import { tunnelOfUdpPort, UDP_DESTINATION } from './udp.ts';

/** As Linux waits for the rest of an IPv4 datagram (net.ipv4.ipfrag_time); RFC 8200 §4.5 allows up to 60 s. */
export const FRAGMENT_TIMEOUT_NS = 30e9;
/** Linux' limit on the memory for this (net.ipv4.ipfrag_high_thresh). */
export const MAX_FRAGMENT_BYTES = 4 * 1024 * 1024;
/** A thousand datagrams under way at once; more is a flood. */
export const MAX_DATAGRAMS = 1024;
/** Pieces with holes between them in one datagram; in-order fragments make one. */
const MAX_PIECES = 64;
const MAX_DATAGRAM_LENGTH = 65535;
const FRAGMENT_UNIT = 8;
/** Two fragments of an Ethernet fit, the usual case. */
const FIRST_BUFFER_LENGTH = 4096;
const PORTS_LENGTH = 4;

/** Smallest fragments of the largest datagram; copies of them are not noted. */
const MAX_NOTED_FRAGMENTS = MAX_DATAGRAM_LENGTH / FRAGMENT_UNIT;

/** Where a packet's fragment lies in its datagram. */
export interface HeldFragment {
  readonly packet: number;
  readonly offset: number;
}

interface Datagram {
  readonly key: string;
  readonly packets: HeldFragment[];
  readonly firstTimeNs: number;
  bytes: Uint8Array;
  /** The bytes present, as [from, to) pairs: ascending, neither overlapping nor touching. */
  pieces: number[];
  /** Known since the last fragment. */
  length: number | undefined;
  /** First byte that a snap length cut off. */
  cutAt: number;
  /** Fragments held that are neither handed on nor counted as skipped. */
  held: number;
  /** Of the first fragment (RFC 8200 §4.5). */
  protocol: number | undefined;
  /** The first fragment's ports say that nobody wants this; its bytes are not kept any more. */
  verdict: SkipReason | undefined;
}

/**
 * Puts fragmented IP datagrams together again; RFC 815 describes the problem. Of bytes that fragments claim twice
 * the first to come win. A datagram leaves the table when it is complete, too old, or in the way of a newer one.
 */
export class Reassembler {
  /** In order of creation: the first is the oldest. */
  readonly #datagrams = new Map<string, Datagram>();
  readonly #watched: Uint8Array;
  readonly #skipped: Record<SkipReason, number>;
  readonly #anomalies: Record<Anomaly, number>;
  #bytes = 0;
  #held = 0;
  #keepsPackets = false;
  /** Of the datagram that was completed last; empty unless they are kept. */
  packets: readonly HeldFragment[] = [];
  /** The packet with its last fragment. */
  completedBy: number | undefined;

  constructor(watched: Uint8Array, skipped: Record<SkipReason, number>, anomalies: Record<Anomaly, number>) {
    this.#watched = watched;
    this.#skipped = skipped;
    this.#anomalies = anomalies;
  }

  keepPackets(): void {
    this.#keepsPackets = true;
  }

  /** Fragments that still wait for others. */
  get held(): number {
    return this.#held;
  }

  /** Takes the fragment at the cursor. When its datagram is complete, the cursor is at its payload. */
  add(cursor: Cursor): Next {
    const offset = cursor.fragmentOffset;
    const length = cursor.wireEnd - cursor.at;
    if (length <= 0 || offset + length > MAX_DATAGRAM_LENGTH) return 'malformed';
    if (cursor.moreFragments && length % FRAGMENT_UNIT !== 0) return 'malformed';
    const useless = protocolVerdict(cursor);
    if (useless !== undefined) return useless;

    const datagram = this.#find(cursor);
    if (offset === 0 && datagram.protocol === undefined) {
      datagram.protocol = cursor.protocol;
      const verdict = this.#verdictOfFirst(cursor);
      if (verdict !== undefined) this.#condemn(datagram, verdict);
    }
    if (this.#keepsPackets && datagram.packets.length < MAX_NOTED_FRAGMENTS)
      datagram.packets.push({ packet: cursor.packet?.number ?? 0, offset });
    const end = offset + length;
    if (!cursor.moreFragments) {
      if (datagram.length === undefined) datagram.length = end;
      else if (datagram.length !== end) this.#anomalies['fragment-overlap'] += 1;
    }
    if (datagram.verdict === undefined) {
      datagram.held += 1;
      this.#held += 1;
      if (cursor.end < cursor.wireEnd)
        datagram.cutAt = Math.min(datagram.cutAt, offset + Math.max(0, cursor.end - cursor.at));
      this.#grow(datagram, end);
    }
    if (!this.#insert(datagram, cursor, offset, end)) {
      this.#drop(datagram, 'fragment-limit');
      return 'fragment-held';
    }
    if (isComplete(datagram)) return this.#complete(datagram, cursor);
    return datagram.verdict ?? 'fragment-held';
  }

  #find(cursor: Cursor): Datagram {
    const key = keyOf(cursor);
    const timeNs = cursor.packet?.timeNs ?? 0;
    const known = this.#datagrams.get(key);
    if (known !== undefined) {
      if (timeNs - known.firstTimeNs <= FRAGMENT_TIMEOUT_NS) return known;
      this.#drop(known, 'fragment-timeout');
    }
    for (const oldest of this.#datagrams.values()) {
      const expired = timeNs - oldest.firstTimeNs > FRAGMENT_TIMEOUT_NS;
      if (!expired && this.#datagrams.size < MAX_DATAGRAMS) break;
      this.#drop(oldest, expired ? 'fragment-timeout' : 'fragment-limit');
    }
    const datagram: Datagram = {
      key,
      packets: [],
      firstTimeNs: timeNs,
      bytes: new Uint8Array(0),
      pieces: [],
      length: undefined,
      cutAt: MAX_DATAGRAM_LENGTH,
      held: 0,
      protocol: undefined,
      verdict: undefined,
    };
    this.#datagrams.set(key, datagram);
    return datagram;
  }

  /** Spares the memory for what would be thrown away after all. */
  #verdictOfFirst(cursor: Cursor): SkipReason | undefined {
    const { bytes, at, protocol } = cursor;
    if (!cursor.has(PORTS_LENGTH)) return undefined;
    if (protocol === PROTOCOL_TCP) {
      const watched = this.#watched[u16(bytes, at)] || this.#watched[u16(bytes, at + 2)];
      return watched ? undefined : 'other-port';
    }
    if (protocol === PROTOCOL_UDP && tunnelOfUdpPort(u16(bytes, at + UDP_DESTINATION)) === undefined)
      return 'not-tcp';
    return undefined;
  }

  #condemn(datagram: Datagram, verdict: SkipReason): void {
    datagram.verdict = verdict;
    this.#skipped[verdict] += datagram.held;
    this.#held -= datagram.held;
    datagram.held = 0;
    this.#bytes -= datagram.bytes.length;
    datagram.bytes = new Uint8Array(0);
  }

  #grow(datagram: Datagram, length: number): void {
    if (length <= datagram.bytes.length) return;
    let size = Math.max(FIRST_BUFFER_LENGTH, datagram.bytes.length);
    while (size < length) size *= 2;
    const grown = new Uint8Array(size);
    grown.set(datagram.bytes);
    this.#bytes += size - datagram.bytes.length;
    datagram.bytes = grown;
    for (const oldest of this.#datagrams.values()) {
      if (this.#bytes <= MAX_FRAGMENT_BYTES) break;
      if (oldest !== datagram && oldest.bytes.length > 0) this.#drop(oldest, 'fragment-limit');
    }
  }

  /** Copies what is not there yet; false when that would make too many pieces. */
  #insert(datagram: Datagram, cursor: Cursor, from: number, to: number): boolean {
    const { pieces } = datagram;
    const merged: number[] = [];
    let at = from;
    let start = from;
    let end = to;
    let overlapping = false;
    let placed = false;
    for (let index = 0; index < pieces.length; index += 2) {
      const pieceFrom = pieces[index] as number;
      const pieceTo = pieces[index + 1] as number;
      if (pieceTo < from) {
        merged.push(pieceFrom, pieceTo);
        continue;
      }
      if (pieceFrom > to) {
        if (!placed) merged.push(start, end);
        placed = true;
        merged.push(pieceFrom, pieceTo);
        continue;
      }
      if (at < pieceFrom) this.#copy(datagram, cursor, at, pieceFrom);
      at = Math.max(at, pieceTo);
      start = Math.min(start, pieceFrom);
      end = Math.max(end, pieceTo);
      // A copy of a whole fragment is what a mirror port or a repeating link makes, and no oddity.
      const touching = pieceTo === from || pieceFrom === to;
      const within = pieceFrom <= from && to <= pieceTo;
      if (!touching && !within) overlapping = true;
    }
    if (at < to) this.#copy(datagram, cursor, at, to);
    if (!placed) merged.push(start, end);
    datagram.pieces = merged;
    if (overlapping) this.#anomalies['fragment-overlap'] += 1;
    return merged.length <= 2 * MAX_PIECES;
  }

  #copy(datagram: Datagram, cursor: Cursor, from: number, to: number): void {
    if (datagram.verdict !== undefined) return;
    const shift = cursor.at - cursor.fragmentOffset;
    const end = Math.min(to + shift, cursor.end);
    if (from + shift < end) datagram.bytes.set(cursor.bytes.subarray(from + shift, end), from);
  }

  #complete(datagram: Datagram, cursor: Cursor): Next {
    this.#forget(datagram);
    if (datagram.verdict !== undefined) return datagram.verdict;
    const length = datagram.length as number;
    this.packets = datagram.packets;
    this.completedBy = cursor.packet?.number;
    cursor.bytes = datagram.bytes;
    cursor.at = 0;
    cursor.wireEnd = length;
    cursor.declaredEnd = length;
    cursor.end = Math.min(length, datagram.cutAt);
    cursor.protocol = datagram.protocol as number;
    return 'ip-payload';
  }

  #drop(datagram: Datagram, anomaly: Anomaly): void {
    if (datagram.held > 0) this.#anomalies[anomaly] += 1;
    this.#skipped['fragment-incomplete'] += datagram.held;
    this.#forget(datagram);
  }

  #forget(datagram: Datagram): void {
    this.#datagrams.delete(datagram.key);
    this.#held -= datagram.held;
    this.#bytes -= datagram.bytes.length;
  }
}

function isComplete({ pieces, length }: Datagram): boolean {
  return length !== undefined && pieces[0] === 0 && (pieces[1] as number) >= length;
}

/** RFC 791 §3.2 and RFC 8200 §4.5; in different VLANs or tunnels the same addresses are different hosts. */
function keyOf(cursor: Cursor): string {
  const { ipBytes, ipAt, ipVersion, fragmentId } = cursor;
  const nesting = cursor.nesting.names.join();
  if (ipVersion === 4) {
    const from = i32(ipBytes, ipAt + IPV4_SOURCE);
    const to = i32(ipBytes, ipAt + IPV4_SOURCE + 4);
    return `${from},${to},${fragmentId},${cursor.protocol},${nesting}`;
  }
  let addresses = '';
  for (let word = 0; word < 32; word += 4) addresses += `${i32(ipBytes, ipAt + IPV6_SOURCE + word)},`;
  return `${addresses}${fragmentId},${nesting}`;
}
