import { u8, u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import { etherTypePayload } from './ether-type.ts';
import type { Next } from './layer.ts';

/*
 * IEEE 802.2 §3.2, and with both service access points 0xaa the SNAP header of IEEE 802 §10:
 *
 *   0      1      2         3          6       8
 *  +------+------+---------+----------+-------+------
 *  | DSAP | SSAP | control | OUI      | type  | payload …
 *  +------+------+---------+----------+-------+------
 */
const SSAP = 1;
const CONTROL = 2;
const LLC_LENGTH = 3;
const OUI = 3;
const SNAP_TYPE = 6;
const SNAP_LENGTH = 8;

const SAP_IP = 0x06;
const SAP_SPANNING_TREE = 0x42;
const SAP_SNAP = 0xaa;
const UNNUMBERED_INFORMATION = 0x03;
const OUI_ETHERNET = 0x000000;
/** IEEE 802.1H bridge tunnel: an EtherType follows as well. */
const OUI_BRIDGE_TUNNEL = 0x0000f8;
const OUI_CISCO = 0x00000c;

export function llc(cursor: Cursor): Next {
  if (!cursor.has(LLC_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const destination = u8(bytes, at);
  const source = u8(bytes, at + SSAP);
  if (destination === SAP_SPANNING_TREE) return 'link-control';
  if (u8(bytes, at + CONTROL) !== UNNUMBERED_INFORMATION) return 'not-ip';
  if (destination === SAP_IP && source === SAP_IP) {
    cursor.at += LLC_LENGTH;
    return 'ip';
  }
  if (destination !== SAP_SNAP || source !== SAP_SNAP) return 'not-ip';

  if (!cursor.has(SNAP_LENGTH)) return cursor.short();
  const oui = (u8(bytes, at + OUI) << 16) | u16(bytes, at + OUI + 1);
  // Cisco's discovery protocols; everything that a vendor defines for itself is no IP.
  if (oui === OUI_CISCO) return 'link-control';
  if (oui !== OUI_ETHERNET && oui !== OUI_BRIDGE_TUNNEL) return 'not-ip';
  cursor.at += SNAP_LENGTH;
  return etherTypePayload(cursor, u16(bytes, at + SNAP_TYPE));
}
