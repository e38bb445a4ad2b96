/**
 * The addresses and the port of a network: all that a verdict must not depend on. The lab runs with either set.
 *
 *     client ── c0 · r0 ── router ── r1 · s0 ── server        routed
 *     client ── c0 · r0 ══ router ══ r1 · s0 ── server        one link: a bridge, or a wire of ours
 */
export interface Plan {
  readonly port: number;
  /** A port that people choose when they do not want that one. */
  readonly otherPort: number;
  readonly clientNet: string;
  readonly clientNet6: string;
  readonly serverNet: string;
  readonly serverNet6: string;
  /** A second network of clients behind the same device. */
  readonly guestNet: string;
  readonly client: string;
  readonly client6: string;
  readonly server: string;
  readonly server6: string;
  /** Further addresses of the client's device, as if they were other machines. */
  readonly neighbours: readonly string[];
  readonly guests: readonly string[];
  /** An address of the server's network that no host has. */
  readonly nobody: string;
  readonly nobody6: string;
}

export type Topology = 'routed' | 'bridged' | 'wired';

interface Numbers {
  readonly port: number;
  readonly otherPort: number;
  readonly nets: readonly [client: string, server: string, link: string, guests: string];
  readonly nets6: readonly [client: string, server: string, link: string];
  readonly hosts: readonly [client: number, server: number];
}

const USUAL: Numbers = {
  port: 22,
  otherPort: 2222,
  nets: ['192.0.2', '198.51.100', '192.0.2', '203.0.113'],
  nets6: ['2001:db8:1::', '2001:db8:2::', '2001:db8:1::'],
  hosts: [10, 20],
};

const OTHER: Numbers = {
  port: 2022,
  otherPort: 10022,
  nets: ['10.83.7', '172.21.40', '10.83.7', '192.168.94'],
  nets6: ['fd4c:11:7::', 'fd4c:11:40::', 'fd4c:11:7::'],
  hosts: [133, 5],
};

export function planFor(topology: Topology, other: boolean): Plan {
  const { port, otherPort, nets, nets6, hosts } = other ? OTHER : USUAL;
  const routed = topology === 'routed';
  const [client, server] = hosts;
  const serverNet = routed ? nets[1] : nets[2];
  const serverNet6 = routed ? nets6[1] : nets6[2];
  return {
    ...{ port, otherPort, serverNet, serverNet6 },
    ...{ clientNet: nets[0], clientNet6: nets6[0], guestNet: nets[3] },
    client: `${nets[0]}.${client}`,
    client6: `${nets6[0]}${client}`,
    server: `${serverNet}.${server}`,
    server6: `${serverNet6}${server}`,
    neighbours: [1, 2, 3, 4].map((n) => `${nets[0]}.${client + n}`),
    guests: [1, 2, 3, 4].map((n) => `${nets[3]}.${client + n}`),
    nobody: `${serverNet}.77`,
    nobody6: `${serverNet6}77`,
  };
}
