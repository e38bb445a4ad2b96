import type { Layer } from './layer.ts';

export const LINKTYPE_ETHERNET = 1;

/** LINKTYPE_ values, https://www.tcpdump.org/linktypes.html. */
const LAYER_OF_LINK_TYPE: ReadonlyMap<number, Layer> = new Map<number, Layer>([
  [0, 'bsd-null'],
  [LINKTYPE_ETHERNET, 'ethernet'],
  // Some writers put Cisco's HDLC into it, which no PPP header looks like.
  [9, 'ppp-hdlc'],
  [10, 'fddi'],
  // DLT_RAW has other numbers on BSD (12) and OpenBSD (14); some writers put it into files.
  [12, 'ip'],
  [14, 'ip'],
  [50, 'ppp-hdlc'],
  [51, 'pppoe'],
  [101, 'ip'],
  [104, 'cisco-hdlc'],
  [105, 'ieee80211'],
  [108, 'bsd-loop'],
  [113, 'linux-cooked'],
  [127, 'radiotap'],
  // DLT_PKTAP is DLT_USER2 in files that Apple's tcpdump wrote before it got a number of its own.
  [149, 'pktap'],
  [192, 'ppi'],
  [228, 'ipv4'],
  [229, 'ipv6'],
  [239, 'nflog'],
  [258, 'pktap'],
  [276, 'linux-cooked-2'],
]);

export const layerOfLinkType = (linkType: number): Layer | 'unsupported-link-type' =>
  LAYER_OF_LINK_TYPE.get(linkType) ?? 'unsupported-link-type';
