import { u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { PROTOCOL_TCP } from './ip-protocol.ts';
import { IPV4_SOURCE } from './ipv4.ts';
import { IPV6_SOURCE } from './ipv6.ts';

const CHECKSUM = 16;

/**
 * Verifies the checksum of the segment at the cursor (RFC 9293 §3.1, RFC 8200 §8.1), of which all bytes must be
 * there.
 *
 * On the machine that sends it, the checksum is usually not there yet: the system leaves it to the network card and
 * puts the sum of the pseudo-header (Linux, with or without the length) or 0 in its place. Such a segment is fine.
 */
export function tcpChecksum(cursor: Cursor): 'good' | 'bad' | 'not-filled' {
  const { bytes, at, end } = cursor;
  const length = end - at;
  const pseudoHeader = addressSum(cursor) + PROTOCOL_TCP;
  const lengthSum = (length >>> 16) + (length & 0xffff);
  if (fold(pseudoHeader + lengthSum + sum16(bytes, at, end)) === 0xffff) return 'good';
  const found = u16(bytes, at + CHECKSUM);
  if (found === 0 || found === fold(pseudoHeader + lengthSum) || found === fold(pseudoHeader)) {
    cursor.anomalies['tcp-checksum-not-filled'] += 1;
    return 'not-filled';
  }
  cursor.anomalies['tcp-checksum-bad'] += 1;
  return 'bad';
}

function addressSum({ ipBytes, ipAt, ipVersion, destinationAt }: Cursor): number {
  if (ipVersion === 4) {
    const source = ipAt + IPV4_SOURCE;
    return sum16(ipBytes, source, source + 4) + sum16(ipBytes, destinationAt, destinationAt + 4);
  }
  const source = ipAt + IPV6_SOURCE;
  return sum16(ipBytes, source, source + 16) + sum16(ipBytes, destinationAt, destinationAt + 16);
}

/** RFC 1071 §1 without the carries; below 2^53 for anything that fits into memory. */
function sum16(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < to; at += 2) sum += u16(bytes, at);
  if (at < to) sum += (bytes[at] as number) << 8;
  return sum;
}

function fold(sum: number): number {
  let folded = sum;
  // Integers suffice for all but sums over megabytes.
  if (folded < 0x40000000) folded = (folded & 0xffff) + (folded >>> 16);
  while (folded > 0xffff) folded = Math.floor(folded / 0x10000) + (folded % 0x10000);
  return folded;
}
