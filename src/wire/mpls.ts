import { i32, u8, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/** Transport, service, entropy and flow labels with their indicators stay below ten (RFC 6790, RFC 8662). */
export const MAX_LABELS = 16;

/*
 * RFC 3032 §2.1, one entry of the label stack:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------+-----+-+---------------+
 *  |                 Label                 | TC  |S|      TTL      |
 *  +---------------------------------------+-----+-+---------------+
 */
const ENTRY_LENGTH = 4;
const LABEL_SHIFT = 12;
const BOTTOM_OF_STACK = 0x100;

/** RFC 4385 §3: the control word of a pseudowire begins with four zero bits, an associated channel with 0001. */
const CONTROL_WORD_LENGTH = 4;
const MAC_ADDRESSES_LENGTH = 12;

export function mpls(cursor: Cursor): Next {
  for (let labels = 0; labels < MAX_LABELS; labels += 1) {
    if (!cursor.has(ENTRY_LENGTH)) return cursor.short();
    const entry = i32(cursor.bytes, cursor.at);
    cursor.at += ENTRY_LENGTH;
    cursor.inside('mpls', entry >>> LABEL_SHIFT);
    if ((entry & BOTTOM_OF_STACK) !== 0) return mplsPayload(cursor);
  }
  return 'too-deep';
}

/** Nothing says what a label carries: its first nibble tells, as in the routers' own load balancing (RFC 4928). */
function mplsPayload(cursor: Cursor): Next {
  if (!cursor.has(1)) return cursor.short();
  const nibble = u8(cursor.bytes, cursor.at) >> 4;
  if (nibble === 4 && ipv4Fits(cursor)) return 'ipv4';
  if (nibble === 6 && ipv6Fits(cursor)) return 'ipv6';
  if (nibble === 1) return 'link-control';
  if (nibble === 0 && carriesEthernet(cursor, CONTROL_WORD_LENGTH)) {
    cursor.at += CONTROL_WORD_LENGTH;
    return cursor.enterTunnel('pseudowire') ? 'ethernet' : 'too-deep';
  }
  if (carriesEthernet(cursor, 0)) return cursor.enterTunnel('pseudowire') ? 'ethernet' : 'too-deep';
  if (nibble === 4) return 'ipv4';
  if (nibble === 6) return 'ipv6';
  return 'not-ip';
}

/** A MAC address may begin with 4 or 6 as well: then the length does not fit, but by accident. */
function ipv4Fits(cursor: Cursor): boolean {
  if (!cursor.has(4)) return true;
  const { bytes, at, wireEnd } = cursor;
  const totalLength = u16(bytes, at + 2);
  return (u8(bytes, at) & 15) >= 5 && (totalLength === 0 || at + totalLength <= wireEnd);
}

function ipv6Fits(cursor: Cursor): boolean {
  if (!cursor.has(6)) return true;
  // Exactly: what stands there in an address is a small number more often than not. A header without its payload is
  // already as long as the shortest frame, so that there is no padding.
  return cursor.at + 40 + u16(cursor.bytes, cursor.at + 4) === cursor.wireEnd;
}

const PSEUDOWIRE_ETHER_TYPES: ReadonlySet<number> = new Set([
  0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x9100, 0x8847, 0x8864,
]);

function carriesEthernet(cursor: Cursor, skipped: number): boolean {
  if (!cursor.has(skipped + MAC_ADDRESSES_LENGTH + 2)) return false;
  return PSEUDOWIRE_ETHER_TYPES.has(u16(cursor.bytes, cursor.at + skipped + MAC_ADDRESSES_LENGTH));
}
