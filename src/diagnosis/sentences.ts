import type { SessionRecord, TimelineEntry } from '../session/record.ts';
import { routersCrossed } from './vantage.ts';

/** Seconds for a sentence: two digits below ten, else one. */
export function seconds(milliseconds: number): string {
  const value = milliseconds / 1000;
  if (value >= 10) return `${value.toFixed(1)} s`;
  return value >= 0.1 ? `${value.toFixed(2)} s` : `${milliseconds.toFixed(1)} ms`;
}

/** "1 session", "3 sessions". */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** "a hop limit of 63 (1 router crossed)". */
export const hopLimitText = (hopLimit: number): string =>
  `a hop limit of ${hopLimit} (${routersCrossed(hopLimit) === 0 ? 'no router' : count(routersCrossed(hopLimit), 'router')} crossed)`;

/** Milliseconds between two entries of a timeline. */
export const between = (from: { readonly time: string }, to: { readonly time: string }): number =>
  timeMs(to.time) - timeMs(from.time);

/** Date knows milliseconds only; the capture's digits after them count too. */
function timeMs(iso: string): number {
  const [whole, fraction = ''] = iso.replace('Z', '').split('.');
  return Date.parse(`${whole}Z`) + Number(`0.${fraction || '0'}`) * 1000;
}

/** A side's first FIN or RST in the timeline. */
export const closeOf = (record: SessionRecord, from: 'client' | 'server'): TimelineEntry | undefined =>
  record.timeline.find((entry) => entry.from === from && (entry.what === 'FIN' || entry.what === 'RST'));

/** The family of an address, as nft calls it. */
export const family = ({ address }: { readonly address: string }): 'ip' | 'ip6' =>
  address.includes(':') ? 'ip6' : 'ip';

/** The command that drops new connections of an address that opens too many; the name of a meter serves one rule only. */
export const limitNew = (client: { readonly address: string }, port: number): string => {
  const ip = family(client);
  return `nft insert rule inet filter input tcp dport ${port} ct state new meter ssh_${ip}_${port} '{ ${ip} saddr limit rate over 10/minute }' drop`;
};

/** The command that asks a link whether anybody has this address, and shows all who say so; arping knows IPv4 only. */
export const askLink = ({ address }: { readonly address: string }): string =>
  address.includes(':') ? `ndisc6 -m ${address} IFACE` : `arping -c 3 -I IFACE ${address}`;

/** What makes a host drop what comes from where it would not answer to: an option of the kernel, or rules, in IPv6 always. */
export const reversePathFilter = ({ address }: { readonly address: string }): string =>
  address.includes(':')
    ? "`nft list ruleset | grep -E 'fib saddr|rpfilter'`"
    : '`sysctl net.ipv4.conf.all.rp_filter`';

/** The command for rules about packets of this address. */
export const iptables = ({ address }: { readonly address: string }): string =>
  address.includes(':') ? 'ip6tables' : 'iptables';
