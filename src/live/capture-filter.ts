/** What a capture filter is made of. */
export interface FilterOptions {
  readonly ports: readonly number[];
  readonly anyPort: boolean;
  /** What is in tunnels, too: all of their packets, whatever is in them. */
  readonly tunnels?: boolean | undefined;
  /** Of the user, in the language of pcap-filter(7): which connections, e.g. `host 10.0.0.1`. */
  readonly extra?: string | undefined;
}

/**
 * Later fragments have no ports, and are few. ICMP errors quote a session; neighbour messages tell whether the server
 * is there at all (RFC 792, 4443, 4861, 826).
 */
const FRAGMENTS = '(ip[6:2] & 0x1fff != 0 and ip proto 6) or ip6 proto 44';
const ICMP_ERRORS = '(icmp and (icmp[0] == 3 or icmp[0] == 4 or icmp[0] == 11 or icmp[0] == 12))';
const ICMP6_ERRORS = '(icmp6 and (ip6[40] < 5 or ip6[40] == 135 or ip6[40] == 136))';

/** GRE and ERSPAN, IP in IP, 6in4, VXLAN and GENEVE at their usual ports (RFC 7348, 8926). */
const TUNNELS =
  'ip proto 47 or ip6 proto 47 or ip proto 4 or ip6 proto 4 or ip proto 41 or ip6 proto 41 or udp port 4789 or udp port 6081';

/**
 * Filters for libpcap, the best first: not every link type knows VLANs (`any` does not) or ARP (a tunnel does not), and
 * libpcap refuses the whole filter then.
 */
export function captureFilters(options: FilterOptions): readonly string[] {
  const sessions = sessionsOf(options);
  const quoting = `${FRAGMENTS} or ${ICMP_ERRORS} or ${ICMP6_ERRORS}`;
  const untagged = `${sessions} or ${quoting}${options.tunnels === true ? ` or ${TUNNELS}` : ''}`;
  const onLink = `${untagged} or arp`;
  return [
    // "vlan" moves all offsets behind it, so what follows stands in its own parentheses and last (pcap-filter(7)).
    `${onLink} or (vlan and (${onLink} or (vlan and (${onLink}))))`,
    onLink,
    untagged,
  ];
}

function sessionsOf({ ports, anyPort, extra }: FilterOptions): string {
  const which = anyPort ? 'tcp' : ports.map((port) => `tcp port ${port}`).join(' or ');
  return extra === undefined ? `(${which})` : `((${which}) and (${extra}))`;
}
