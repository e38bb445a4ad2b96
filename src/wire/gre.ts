import { u8, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { etherTypePayload } from './ether-type.ts';
import type { Next } from './layer.ts';
import { le16 } from './little-endian.ts';

/*
 * RFC 2784 §2.1 with RFC 2890 §2; what a flag announces has 4 bytes each, in this order:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-----------------+-----+-------------------------------+
 *  |C|R|K|S|                 | Ver |         Protocol type         |
 *  +-+-+-+-+-----------------+-----+-------------------------------+
 *  | Checksum, reserved | Key | Sequence number | payload …
 *
 * RFC 2637 §4.1 (PPTP, version 1): the key is payload length and call id, and with flag A an acknowledgement
 * number follows the sequence number.
 */
const PROTOCOL_TYPE = 2;
const HEADER_LENGTH = 4;
const FIELD_LENGTH = 4;

const FLAG_CHECKSUM = 0x8000;
const FLAG_ROUTING = 0x4000;
const FLAG_KEY = 0x2000;
const FLAG_SEQUENCE = 0x1000;
const FLAG_ACKNOWLEDGEMENT = 0x0080;
const VERSION_MASK = 0x0007;

const TYPE_EOIP = 0x6400;
const TYPE_PPP = 0x880b;
const TYPE_WCCP = 0x883e;
const TYPE_ERSPAN_2 = 0x88be;
const TYPE_ERSPAN_3 = 0x22eb;

export function gre(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const flags = u16(bytes, at);
  const type = u16(bytes, at + PROTOCOL_TYPE);
  cursor.at += HEADER_LENGTH;
  switch (flags & VERSION_MASK) {
    case 0:
      return greVersion0(cursor, flags, type);
    case 1:
      return type === TYPE_EOIP ? eoip(cursor, flags) : pptp(cursor, flags, type);
    default:
      return 'not-tcp';
  }
}

function greVersion0(cursor: Cursor, flags: number, type: number): Next {
  // RFC 2784 retired the routing field of RFC 1701; nobody has sent it for decades.
  if ((flags & FLAG_ROUTING) !== 0) return 'not-tcp';
  const fields =
    (flags & FLAG_CHECKSUM ? 1 : 0) + (flags & FLAG_KEY ? 1 : 0) + (flags & FLAG_SEQUENCE ? 1 : 0);
  if (!cursor.has(fields * FIELD_LENGTH)) return cursor.short();
  cursor.at += fields * FIELD_LENGTH;
  switch (type) {
    case TYPE_ERSPAN_2:
      // Type I has neither a sequence number nor a header of its own.
      if ((flags & FLAG_SEQUENCE) !== 0) return 'erspan-2';
      return cursor.enterTunnel('erspan') ? 'ethernet' : 'too-deep';
    case TYPE_ERSPAN_3:
      return 'erspan-3';
  }
  if (!cursor.enterTunnel('gre')) return 'too-deep';
  switch (type) {
    case TYPE_PPP:
      return 'ppp';
    case TYPE_WCCP:
      return 'wccp';
    default:
      return etherTypePayload(cursor, type);
  }
}

function pptp(cursor: Cursor, flags: number, type: number): Next {
  if (type !== TYPE_PPP || (flags & FLAG_KEY) === 0) return 'not-tcp';
  const fields = 1 + (flags & FLAG_SEQUENCE ? 1 : 0) + (flags & FLAG_ACKNOWLEDGEMENT ? 1 : 0);
  if (!cursor.has(fields * FIELD_LENGTH)) return cursor.short();
  const payloadLength = u16(cursor.bytes, cursor.at);
  cursor.at += fields * FIELD_LENGTH;
  // A bare acknowledgement.
  if (payloadLength === 0) return 'link-control';
  cursor.limit(payloadLength);
  return cursor.enterTunnel('pptp') ? 'ppp' : 'too-deep';
}

/** MikroTik's Ethernet over IP: the key is the payload length and, little-endian, the tunnel id. */
function eoip(cursor: Cursor, flags: number): Next {
  if ((flags & FLAG_KEY) === 0) return 'not-tcp';
  if (!cursor.has(FIELD_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  cursor.at += FIELD_LENGTH;
  cursor.limit(u16(bytes, at));
  return cursor.enterTunnel('eoip', le16(bytes, at + 2)) ? 'ethernet' : 'too-deep';
}

const WCCP_REDIRECT_LENGTH = 4;

/** Version 2 of the redirect header has 4 bytes, version 1 none; draft-wilson-wrec-wccp-v2 §4.12. */
export function wccp(cursor: Cursor): Next {
  if (!cursor.has(1)) return cursor.short();
  if (u8(cursor.bytes, cursor.at) >> 4 !== 4) cursor.at += WCCP_REDIRECT_LENGTH;
  return 'ip';
}
