import { u8, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { PROTOCOL_TCP } from './ip-protocol.ts';
import type { Next } from './layer.ts';

/*
 * RFC 791 §3.1:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------+-------+---------------+-------------------------------+
 *  |Version|  IHL  |      TOS      |         Total length          |
 *  +-------+-------+---------------+-----+-------------------------+
 *  |        Identification         |Flags|     Fragment offset     |
 *  +---------------+---------------+-----+-------------------------+
 *  |      TTL      |   Protocol    |        Header checksum        |
 *  +---------------+---------------+-------------------------------+
 *  |                        Source address                         |
 *  +---------------------------------------------------------------+
 *  |                      Destination address                      |
 *  +---------------------------------------------------------------+
 *  |                           Options …                           |
 */
export const IPV4_TOS = 1;
export const IPV4_TOTAL_LENGTH = 2;
export const IPV4_IDENTIFICATION = 4;
export const IPV4_FLAGS_AND_OFFSET = 6;
export const IPV4_TTL = 8;
export const IPV4_PROTOCOL = 9;
export const IPV4_SOURCE = 12;
export const IPV4_DESTINATION = 16;
export const IPV4_MIN_HEADER_LENGTH = 20;

const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;
/** What is not 0 in a fragment. */
export const IPV4_FRAGMENT_MASK = MORE_FRAGMENTS | OFFSET_MASK;
const OFFSET_UNIT = 8;

export function ipv4(cursor: Cursor): Next {
  const { bytes, at } = cursor;
  if (!cursor.has(IPV4_MIN_HEADER_LENGTH)) return cursor.short();
  const versionAndLength = u8(bytes, at);
  const headerLength = (versionAndLength & 15) << 2;
  if (versionAndLength >> 4 !== 4 || headerLength < IPV4_MIN_HEADER_LENGTH) return 'malformed';
  if (!cursor.has(headerLength)) return cursor.short();
  const totalLength = u16(bytes, at + IPV4_TOTAL_LENGTH);
  // Segmentation offload: the card has yet to cut the packet, and each piece gets its own length.
  if (totalLength === 0) cursor.anomalies['ip-length-zero'] += 1;
  else if (totalLength < headerLength) return 'malformed';
  else if (at + totalLength <= cursor.wireEnd || headerChecksumGood(bytes, at, headerLength))
    cursor.limitToIpLength(at + totalLength);
  else cursor.anomalies['ip-length-beyond-packet'] += 1;

  cursor.ipVersion = 4;
  cursor.ipBytes = bytes;
  cursor.ipAt = at;
  cursor.destinationAt = at + IPV4_DESTINATION;
  cursor.extensionHeaders = 0;
  cursor.protocol = u8(bytes, at + IPV4_PROTOCOL);
  cursor.at = at + headerLength;
  if (headerLength > IPV4_MIN_HEADER_LENGTH) followSourceRoute(cursor, at + IPV4_MIN_HEADER_LENGTH);

  const flagsAndOffset = u16(bytes, at + IPV4_FLAGS_AND_OFFSET);
  if ((flagsAndOffset & IPV4_FRAGMENT_MASK) !== 0) {
    cursor.fragmentId = u16(bytes, at + IPV4_IDENTIFICATION);
    cursor.fragmentOffset = (flagsAndOffset & OFFSET_MASK) * OFFSET_UNIT;
    cursor.moreFragments = (flagsAndOffset & MORE_FRAGMENTS) !== 0;
    return 'ip-fragment';
  }
  return cursor.protocol === PROTOCOL_TCP ? 'tcp' : 'ip-payload';
}

/** Only asked when the length in the header is in doubt. */
function headerChecksumGood(bytes: Uint8Array, at: number, headerLength: number): boolean {
  let sum = 0;
  for (let offset = 0; offset < headerLength; offset += 2) sum += u16(bytes, at + offset);
  return (sum & 0xffff) + (sum >>> 16) === 0xffff;
}

/*
 * RFC 791 §3.1, an option: type, and with types above 1 also the length of all of it. A source route continues with
 * a pointer, from 1, to the next of its addresses; the last of them is where the packet is going.
 */
const OPTION_END = 0;
const OPTION_NO_OPERATION = 1;
const OPTION_LOOSE_ROUTE = 131;
const OPTION_STRICT_ROUTE = 137;
const ADDRESS_LENGTH = 4;
const ROUTE_HEADER_LENGTH = 3;

/** Runs to the cursor, which is behind the options; at most 40 rounds. */
function followSourceRoute(cursor: Cursor, firstOption: number): void {
  const { bytes, at: end } = cursor;
  let at = firstOption;
  while (at + 1 < end) {
    const type = u8(bytes, at);
    if (type === OPTION_END) return;
    if (type === OPTION_NO_OPERATION) {
      at += 1;
      continue;
    }
    const length = u8(bytes, at + 1);
    if (length < 2 || at + length > end) return;
    if (type === OPTION_LOOSE_ROUTE || type === OPTION_STRICT_ROUTE) {
      if (length < ROUTE_HEADER_LENGTH + ADDRESS_LENGTH) return;
      if (u8(bytes, at + 2) <= length) cursor.destinationAt = at + length - ADDRESS_LENGTH;
      return;
    }
    at += length;
  }
}
