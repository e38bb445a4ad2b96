import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** A network interface of this machine (of this network namespace). */
export interface InterfaceInfo {
  readonly name: string;
  /** With their prefix length. */
  readonly addresses: readonly string[];
  /** As the kernel says, e.g. 'up', 'down', 'unknown' (loopback and tunnels never tell); undefined where it cannot be read. */
  readonly state: string | undefined;
  /** What packets begin with, e.g. 'Ethernet'; undefined where it cannot be read. */
  readonly link: string | undefined;
  readonly mtu: number | undefined;
}

const FOLDER = '/sys/class/net';

/** ARPHRD_ values of Linux (include/uapi/linux/if_arp.h) that carry IP. */
const LINKS: Readonly<Record<string, string>> = {
  '1': 'Ethernet',
  '512': 'PPP',
  '768': 'IP in IP',
  '772': 'loopback',
  '776': 'IPv6 in IPv4',
  '778': 'GRE',
  '801': '802.11',
  '803': '802.11 with radiotap',
  '823': 'GRE over IPv6',
  '65534': 'raw IP',
};

/** All interfaces, in the kernel's order of names. */
export function listInterfaces(): InterfaceInfo[] {
  const addresses = networkInterfaces();
  const names = new Set([...kernelNames(), ...Object.keys(addresses)]);
  return [...names].sort().map((name) => ({
    name,
    addresses: (addresses[name] ?? []).map(({ cidr, address }) => cidr ?? address),
    state: attribute(name, 'operstate'),
    link: linkOf(attribute(name, 'type')),
    mtu: numberOf(attribute(name, 'mtu')),
  }));
}

function kernelNames(): string[] {
  try {
    return readdirSync(FOLDER).filter((name) => attribute(name, 'type') !== undefined);
  } catch {
    return [];
  }
}

function attribute(name: string, what: string): string | undefined {
  try {
    return readFileSync(`${FOLDER}/${name}/${what}`, 'latin1').trim();
  } catch {
    return undefined;
  }
}

function linkOf(type: string | undefined): string | undefined {
  return type === undefined ? undefined : (LINKS[type] ?? `type ${type}`);
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
