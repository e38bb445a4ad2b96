import type { Confidence } from '../session/record.ts';
import type { Case } from './case.ts';
import type { JointVerdict } from './comparison.ts';
import type { Member } from './leg.ts';
import { FROM_CLIENT, FROM_SERVER } from './trace.ts';
import { hops } from './vantage.ts';

/**
 * What lies behind the capture nearest to an end: that end, and whatever is between it and the capture. No packet tells
 * the two apart, unless there is no router in between.
 */
export interface Behind {
  readonly side: 'client' | 'server';
  /** Of the capture: its name where it is known to be the nearest, and that in sentences. */
  readonly name: string | undefined;
  readonly label: string;
  /** Of all captures, where their order is not known. */
  readonly labels?: readonly string[];
  /** Routers from the capture to the end, by the hop limits of its packets; undefined where the capture has none of it. */
  readonly routers: number | undefined;
}

export function behind(one: Case, side: Behind['side']): Behind {
  const member = side === 'server' ? one.nearServer : one.nearClient;
  return {
    side,
    name: one.placed.order === 'known' ? one.name(member) : undefined,
    label: one.label(member),
    routers: routersTo(one, member, side),
  };
}

/** Where all captures have the same of a session, which one is nearest to the server does not matter. */
export function behindAll(one: Case): Behind {
  const { members } = one.placed;
  const labels = [...new Set(members.map((member) => one.label(member)))].sort();
  const known = members
    .map((member) => routersTo(one, member, 'server'))
    .filter((routers) => routers !== undefined);
  return {
    side: 'server',
    name: undefined,
    label: labels.join(' and '),
    labels,
    routers: known.length === 0 ? undefined : Math.min(...known),
  };
}

function routersTo(one: Case, member: Member, side: Behind['side']): number | undefined {
  const { address } = one.view(member)[side];
  return hops(member, side === 'server' ? FROM_SERVER : FROM_CLIENT) ?? one.capture(member).hopsTo(address);
}

/** At the end, where nothing but its link is in between; else that end or the path, of which only the near side is known. */
export function placeBehind(there: Behind): Pick<JointVerdict, 'place' | 'between'> {
  const { side, name, routers } = there;
  if (routers === 0) return { place: side };
  if (name === undefined) return { place: 'unknown' };
  // Who was asked for a capture at both ends took it there: as long as nothing speaks against it, that is likelier.
  return { place: routers === undefined ? side : 'unknown', ...pathBehind(there) };
}

export function pathBehind({ side, name }: Behind): Pick<JointVerdict, 'between'> {
  if (name === undefined) return {};
  return { between: side === 'server' ? { after: name } : { before: name } };
}

/** A cause that rests on what did not come back: its end is never certain, for something on its link may have kept it. */
export function sureBehind({ routers }: Behind, confidence: Confidence): Confidence {
  if (routers === undefined) return 'possible';
  return confidence === 'certain' ? 'likely' : confidence;
}

/** Where the capture was taken, as far as packets tell, and what is therefore left. `atEnd`: what the end would do then. */
export function behindWords({ side, label, labels, routers }: Behind, atEnd?: string): string {
  if (routers === 0) {
    return `Hop limits show no router between ${label} and the ${side}: ${atEnd ?? `it is the ${side}`}, or something on the ${side}’s own link does it (a switch, a hypervisor, its security group).`;
  }
  if (routers === undefined && labels !== undefined) {
    return `No packet of the ${side} is in ${labels.join(' or ')}, so nothing tells where on the way ${labels.length === 1 ? 'it was' : 'they were'} taken: it is the ${side}, or anything on the path up to it.`;
  }
  if (routers === undefined) {
    return `No packet of the ${side} is in ${label}, so nothing tells whether it was taken at the ${side}. If it was, ${atEnd ?? `it is the ${side}`}; if it was taken on the way, it may as well be anything from there to the ${side}.`;
  }
  return `Hop limits show ${routersWords(routers)} between ${label} and the ${side}, so it was taken on the way: it is the ${side}, or something on the path from there to the ${side}.`;
}

/** The same for what no end makes. */
export const pathWords = ({ side, label, routers }: Behind): string =>
  `It happens between ${label} and the ${side}${routers === undefined ? '' : ` (${routersWords(routers)}, by hop limits)`}.`;

export const routersWords = (count: number): string => (count === 1 ? '1 router' : `${count} routers`);

/** What tells the end from the path; empty where the capture was taken there. */
export function captureThere(one: Case, { side, label, labels, routers }: Behind): readonly string[] {
  if (routers === 0) return [];
  const view = one.view(side === 'server' ? one.nearServer : one.nearClient);
  const other = side === 'server' ? view.client : view.server;
  const unless =
    routers !== undefined
      ? ''
      : labels === undefined || labels.length === 1
        ? `if ${label} was not taken there, `
        : 'if none of these captures was taken there, ';
  return [
    `On the ${side}: ${unless}\`tcpdump -ni any -w ${side}.pcap 'tcp port ${view.server.port} and host ${other.address}'\` at the same time as the other captures, and give it to sshfate compare as well: it tells the ${side} from the path up to it`,
  ];
}

/** Where routers are in between, or may be: what to look at there. */
export function lookOnPath(one: Case, { side, label, labels, routers }: Behind): readonly string[] {
  if (routers === 0) return [];
  const { client, server } = one.view(side === 'server' ? one.nearServer : one.nearClient);
  const { address } = side === 'server' ? server : client;
  const which =
    routers === undefined
      ? 'each router'
      : routers === 1
        ? 'the router'
        : `each of the ${routersWords(routers)}`;
  const where = labels === undefined ? `between ${label} and the ${side}` : `on the way to the ${side}`;
  const tables = iptables(address);
  return [
    `On ${which} ${where}: \`nft list ruleset\` and \`${tables} -L FORWARD -n -v\` (which rule's counter goes up while the client tries?), \`ip route get ${address}\` and \`ip -s link\` (is the way there up, does it count drops?); let SSH pass with \`${tables} -I FORWARD -p tcp ${side === 'server' ? '--dport' : '--sport'} ${server.port} -j ACCEPT\``,
  ];
}

export const iptables = (address: string): string => (address.includes(':') ? 'ip6tables' : 'iptables');
