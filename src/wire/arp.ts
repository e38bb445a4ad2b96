import { i32, u8, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';
import type { NeighbourMessage } from './segment.ts';

/*
 * RFC 826, with n bytes of link address (6 on Ethernet) and 4 of IPv4:
 *
 *   0          2          4        5        6         8        8+n      12+n    12+2n
 *  +----------+----------+--------+--------+---------+--------+--------+-------+--------+
 *  | link     | protocol | link   | proto. | opera-  | sender | sender | target| target |
 *  | type     | type     | length | length | tion    | link   | IPv4   | link  | IPv4   |
 *  +----------+----------+--------+--------+---------+--------+--------+-------+--------+
 */
const PROTOCOL_TYPE = 2;
const LINK_LENGTH = 4;
const PROTOCOL_LENGTH = 5;
const OPERATION = 6;
const SENDER = 8;
const PROTOCOL_IPV4 = 0x0800;
const IPV4_LENGTH = 4;
const OPERATION_REQUEST = 1;
const OPERATION_REPLY = 2;

export function arp(cursor: Cursor, message: NeighbourMessage): Next {
  if (!cursor.has(SENDER)) return cursor.short();
  const { bytes, at } = cursor;
  const operation = u16(bytes, at + OPERATION);
  if (u16(bytes, at + PROTOCOL_TYPE) !== PROTOCOL_IPV4 || u8(bytes, at + PROTOCOL_LENGTH) !== IPV4_LENGTH)
    return 'not-ip';
  if (operation !== OPERATION_REQUEST && operation !== OPERATION_REPLY) return 'not-ip';
  const linkLength = u8(bytes, at + LINK_LENGTH);
  const sender = at + SENDER + linkLength;
  const target = sender + IPV4_LENGTH + linkLength;
  if (target + IPV4_LENGTH > cursor.end) return cursor.short();

  const senderAddress = i32(bytes, sender);
  const targetAddress = i32(bytes, target);
  // RFC 5227 §1.1: who asks for its own address announces it.
  const asks = operation === OPERATION_REQUEST && senderAddress !== targetAddress;
  message.packetNumber = cursor.packet?.number ?? 0;
  message.timeNs = cursor.packet?.timeNs ?? 0;
  message.ipVersion = 4;
  message.kind = asks ? 'request' : 'reply';
  message.address0 = asks ? targetAddress : senderAddress;
  message.asker0 = senderAddress;
  message.asker1 = message.asker2 = message.asker3 = 0;
  message.address1 = message.address2 = message.address3 = 0;
  return 'neighbour';
}
