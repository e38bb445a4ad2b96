import { u16 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/*
 * RFC 768:
 *
 *   0        2             4        6          8
 *  +--------+-------------+--------+----------+------
 *  | source | destination | length | checksum | payload …
 *  +--------+-------------+--------+----------+------
 */
export const UDP_DESTINATION = 2;
const LENGTH = 4;
const HEADER_LENGTH = 8;

const PORT_GTP_U = 2152;
const PORT_GRE = 4754;
const PORT_VXLAN = 4789;
const PORT_VXLAN_GPE = 4790;
const PORT_GENEVE = 6081;
const PORT_MPLS = 6635;
/** Linux' VXLAN before IANA gave it a number; flannel and others still use it. */
const PORT_VXLAN_OLD = 8472;

/** The tunnel that listens on a port; only the destination tells, sources are taken at random. */
export function tunnelOfUdpPort(
  port: number,
): 'geneve' | 'gre' | 'gtp-u' | 'mpls' | 'vxlan' | 'vxlan-gpe' | undefined {
  switch (port) {
    case PORT_VXLAN:
    case PORT_VXLAN_OLD:
      return 'vxlan';
    case PORT_GENEVE:
      return 'geneve';
    case PORT_GTP_U:
      return 'gtp-u';
    case PORT_GRE:
      return 'gre';
    case PORT_MPLS:
      return 'mpls';
    case PORT_VXLAN_GPE:
      return 'vxlan-gpe';
    default:
      return undefined;
  }
}

export function udp(cursor: Cursor): Next {
  if (!cursor.has(HEADER_LENGTH)) return cursor.short();
  const { bytes, at } = cursor;
  const tunnel = tunnelOfUdpPort(u16(bytes, at + UDP_DESTINATION));
  if (tunnel === undefined) return 'not-tcp';
  const length = u16(bytes, at + LENGTH);
  // 0 stands for jumbograms (RFC 2675 §4) and for segmentation offload.
  if (length !== 0) {
    if (length < HEADER_LENGTH) return 'malformed';
    cursor.limit(length);
  }
  cursor.at += HEADER_LENGTH;
  if (tunnel === 'mpls') return cursor.enterTunnel('mplsudp') ? 'mpls' : 'too-deep';
  return tunnel;
}
