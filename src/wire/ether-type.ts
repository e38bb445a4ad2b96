import { u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

export const ETHER_TYPE_IPV4 = 0x0800;
const ETHER_TYPE_ARP = 0x0806;
const ETHER_TYPE_TRANSPARENT_BRIDGING = 0x6558;
const ETHER_TYPE_VLAN = 0x8100;
const ETHER_TYPE_IPV6 = 0x86dd;
const ETHER_TYPE_PAUSE = 0x8808;
const ETHER_TYPE_SLOW = 0x8809;
const ETHER_TYPE_MPLS = 0x8847;
const ETHER_TYPE_MPLS_MULTICAST = 0x8848;
const ETHER_TYPE_PPPOE_DISCOVERY = 0x8863;
const ETHER_TYPE_PPPOE_SESSION = 0x8864;
const ETHER_TYPE_EAPOL = 0x888e;
const ETHER_TYPE_PROVIDER_VLAN = 0x88a8;
const ETHER_TYPE_LLDP = 0x88cc;
const ETHER_TYPE_MACSEC = 0x88e5;
const ETHER_TYPE_PBB = 0x88e7;
const ETHER_TYPE_CISCO_METADATA = 0x8909;
const ETHER_TYPE_VN_TAG = 0x8926;
const ETHER_TYPE_E_TAG = 0x893f;
const ETHER_TYPE_LOOPBACK = 0x9000;
const ETHER_TYPE_OLD_QINQ = 0x9100;
/** Up to here the field is an 802.3 length; IEEE 802.3 §3.2.6. */
const MAX_802_3_LENGTH = 1500;

/** Customer, provider and backbone tags and a mirror's own make four; twice that is somebody's joke. */
export const MAX_VLAN_TAGS = 8;

/*
 * IEEE 802.1Q §9.6, behind the type 0x8100 (0x88a8 and 0x9100 for the outer tag of QinQ):
 *
 *   0                   1
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *  +-----+-+-----------------------+
 *  | PCP |D|        VLAN ID        |
 *  +-----+-+-----------------------+
 *  |   EtherType of what follows   |
 *  +-------------------------------+
 */
const VLAN_TYPE = 2;
const VLAN_TAG_LENGTH = 4;
const VLAN_ID_MASK = 0x0fff;

/** Goes on behind an EtherType (or 802.3 length) whose payload begins at the cursor. */
export function etherTypePayload(cursor: Cursor, firstType: number): Next {
  let type = firstType;
  for (let tags = 0; tags <= MAX_VLAN_TAGS; tags += 1) {
    switch (type) {
      case ETHER_TYPE_IPV4:
        return 'ipv4';
      case ETHER_TYPE_IPV6:
        return 'ipv6';
      case ETHER_TYPE_VLAN:
      case ETHER_TYPE_PROVIDER_VLAN:
      case ETHER_TYPE_OLD_QINQ: {
        if (!cursor.has(VLAN_TAG_LENGTH)) return cursor.short();
        cursor.inside('vlan', u16(cursor.bytes, cursor.at) & VLAN_ID_MASK);
        type = u16(cursor.bytes, cursor.at + VLAN_TYPE);
        cursor.at += VLAN_TAG_LENGTH;
        break;
      }
      case ETHER_TYPE_ARP:
        return 'arp';
      case ETHER_TYPE_MPLS:
      case ETHER_TYPE_MPLS_MULTICAST:
        return 'mpls';
      case ETHER_TYPE_PPPOE_SESSION:
        return 'pppoe';
      case ETHER_TYPE_PBB:
        return 'pbb';
      case ETHER_TYPE_VN_TAG:
        return 'vn-tag';
      case ETHER_TYPE_E_TAG:
        return 'e-tag';
      case ETHER_TYPE_CISCO_METADATA:
        return 'cisco-metadata';
      case ETHER_TYPE_TRANSPARENT_BRIDGING:
        return 'ethernet';
      case ETHER_TYPE_MACSEC:
        return 'encrypted';
      case ETHER_TYPE_PPPOE_DISCOVERY:
      case ETHER_TYPE_PAUSE:
      case ETHER_TYPE_SLOW:
      case ETHER_TYPE_EAPOL:
      case ETHER_TYPE_LLDP:
      case ETHER_TYPE_LOOPBACK:
        return 'link-control';
      default:
        if (type > MAX_802_3_LENGTH) return 'not-ip';
        cursor.limit(type);
        return 'llc';
    }
  }
  return 'too-deep';
}
