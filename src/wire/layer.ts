/** What a decoder found behind its own header: the decoder to go on with. */
export type Layer =
  | 'a-msdu'
  | 'ah'
  | 'arp'
  | 'bsd-loop'
  | 'bsd-null'
  | 'cisco-hdlc'
  | 'cisco-metadata'
  | 'e-tag'
  | 'erspan-2'
  | 'erspan-3'
  | 'ethernet'
  | 'fddi'
  | 'geneve'
  | 'gre'
  | 'gtp-u'
  | 'icmp'
  | 'icmpv6'
  | 'ieee80211'
  | 'ip'
  | 'ip-fragment'
  | 'ip-payload'
  | 'ipv4'
  | 'ipv6'
  | 'ipv6-extension'
  | 'linux-cooked'
  | 'linux-cooked-2'
  | 'llc'
  | 'mpls'
  | 'neighbour-discovery'
  | 'nflog'
  | 'pbb'
  | 'pktap'
  | 'ppi'
  | 'ppp'
  | 'ppp-hdlc'
  | 'pppoe'
  | 'radiotap'
  | 'tcp'
  | 'udp'
  | 'vn-tag'
  | 'vxlan'
  | 'vxlan-gpe'
  | 'wccp';

/** The packet has come to its end with something to hand on; `fragment-held` waits for the rest of its datagram. */
export type Outcome = 'segment' | 'icmp-error' | 'neighbour' | 'fragment-held';

/** Why a packet gave nothing. */
export type SkipReason = (typeof SKIP_REASONS)[number];

export const SKIP_REASONS = [
  /** Neither IP nor a carrier of IP that is decoded here. */
  'not-ip',
  /** IP, but neither TCP nor an ICMP error that quotes TCP. */
  'not-tcp',
  /** TCP, or an ICMP error that quotes TCP, of ports that nobody watches. */
  'other-port',
  /** A fragment whose datagram never became complete, or was dropped for a limit. */
  'fragment-incomplete',
  /** The snap length left too little of a header. */
  'header-cut',
  /** A header that contradicts itself or the packet's length. */
  'malformed',
  'unsupported-link-type',
  /** Frames with which a link manages itself: PPP's control protocols, 802.11 management, spanning tree … */
  'link-control',
  /** ESP, MACsec, protected 802.11 frames. */
  'encrypted',
  /** More layers, tunnels, tags or extension headers than the limits allow. */
  'too-deep',
] as const;

export type Next = Layer | Outcome | SkipReason;

/** Oddities of packets that were decoded all the same, and what the limits cost. */
export type Anomaly = (typeof ANOMALIES)[number];

export const ANOMALIES = [
  /** IP length 0, as segmentation offload leaves it: the packet's own length was taken. */
  'ip-length-zero',
  /** The IP header states more bytes than the packet had; its word is taken. */
  'ip-length-beyond-packet',
  /** The snap length cut a TCP header that was handed on without its options. */
  'tcp-header-cut',
  'tcp-checksum-bad',
  /** The checksum is left to the network card: it holds the pseudo-header's sum, or 0. Not an error. */
  'tcp-checksum-not-filled',
  /** Fragments of one datagram that claim the same bytes or different lengths; the first won. */
  'fragment-overlap',
  /** Datagrams that were given up because the rest of them did not come in time. */
  'fragment-timeout',
  /** Datagrams that were given up for the limits on memory and number. */
  'fragment-limit',
] as const;

export const zeroCounts = <Name extends string>(names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;

export const nonZeroCounts = <Name extends string>(
  counts: Record<Name, number>,
): Partial<Record<Name, number>> =>
  Object.fromEntries(Object.entries<number>(counts).filter(([, count]) => count > 0)) as Partial<
    Record<Name, number>
  >;
