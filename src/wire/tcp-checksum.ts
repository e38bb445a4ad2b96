import { u16 } from '../bytes.ts';
import { PROTOCOL_TCP } from './ip-protocol.ts';
import type { Checksum, Segment } from './segment.ts';

const CHECKSUM = 16;

/**
 * Verifies the checksum of a segment (RFC 9293 §3.1, RFC 8200 §8.1); 'unknown' when bytes of it are missing.
 *
 * On the machine that sends it, the checksum is usually not there yet: the system leaves it to the network card and
 * puts the sum of the pseudo-header (Linux, with or without the length) or 0 in its place. Such a segment is fine.
 */
export function segmentChecksum(segment: Segment): Checksum {
  const { bytes, headerOffset: start } = segment;
  if (start < 0) return 'unknown';
  const end = segment.payloadOffset + segment.payloadLength;
  const length = end - start;
  const pseudoHeader = addressSum(segment) + PROTOCOL_TCP;
  const lengthSum = (length >>> 16) + (length & 0xffff);
  const found = u16(bytes, start + CHECKSUM);
  if (fold(pseudoHeader + lengthSum + sum16(bytes, start, end)) === 0xffff) return 'good';
  return found === 0 || found === fold(pseudoHeader + lengthSum) || found === fold(pseudoHeader)
    ? 'not-filled'
    : 'bad';
}

/** The words of an IPv4 address that are not there are 0. */
function addressSum(segment: Segment): number {
  return (
    halves(segment.source0) +
    halves(segment.source1) +
    halves(segment.source2) +
    halves(segment.source3) +
    halves(segment.destination0) +
    halves(segment.destination1) +
    halves(segment.destination2) +
    halves(segment.destination3)
  );
}

const halves = (word: number): number => (word >>> 16) + (word & 0xffff);

let viewed: Uint8Array = new Uint8Array(0);
let view = new DataView<ArrayBufferLike>(viewed.buffer);

/** RFC 1071 §1 without the carries, in words of 32 bits where there are some (§2C); below 2^53 for anything in memory. */
function sum16(bytes: Uint8Array, from: number, to: number): number {
  if (bytes !== viewed) {
    // Once a block, not once a segment.
    viewed = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  let sum = 0;
  let at = from;
  for (; at + 15 < to; at += 16) {
    sum += view.getUint32(at) + view.getUint32(at + 4) + (view.getUint32(at + 8) + view.getUint32(at + 12));
  }
  for (; at + 1 < to; at += 2) sum += view.getUint16(at);
  if (at < to) sum += view.getUint8(at) << 8;
  return sum;
}

function fold(sum: number): number {
  const high = Math.floor(sum / 0x1_0000_0000);
  const low = sum | 0;
  let folded = halves(high) + halves(low);
  while (folded > 0xffff) folded = halves(folded);
  return folded;
}
