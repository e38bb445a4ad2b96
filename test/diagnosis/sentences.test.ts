import { describe, expect, it } from 'vitest';
import { askLink, family, iptables, limitNew, reversePathFilter } from '../../src/diagnosis/sentences.ts';

const OLD = { address: '192.0.2.1' };
const NEW = { address: '2001:db8::1' };

describe('commands in sentences', () => {
  it('are those of the family of the address', () => {
    expect([family(OLD), family(NEW)]).toEqual(['ip', 'ip6']);
    expect([iptables(OLD), iptables(NEW)]).toEqual(['iptables', 'ip6tables']);
    expect(askLink(OLD)).toBe('arping -c 3 -I IFACE 192.0.2.1');
    // Of ARP, IPv6 knows nothing; without -m, ndisc6 hears the first answer only.
    expect(askLink(NEW)).toBe('ndisc6 -m 2001:db8::1 IFACE');
    expect(reversePathFilter(OLD)).toContain('rp_filter');
    // firewalld and ip6tables, too, write it as rules of nftables.
    expect(reversePathFilter(NEW)).toContain('nft list ruleset');
  });

  it('have names of their own where nft takes each name once', () => {
    const meters = [limitNew(OLD, 22), limitNew(NEW, 22), limitNew(OLD, 2222)].map(
      (command) => /meter (\S+)/.exec(command)?.[1],
    );
    expect(meters).toEqual(['ssh_ip_22', 'ssh_ip6_22', 'ssh_ip_2222']);
    expect(limitNew(NEW, 22)).toContain("'{ ip6 saddr limit rate over 10/minute }' drop");
  });
});
