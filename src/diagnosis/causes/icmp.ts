import type { Fate } from '../../fate/vocabulary.ts';
import type { IcmpRecord, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, hostPort } from '../cause-definition.ts';
import { deciding, msBetween } from '../last-words.ts';
import { askLink, iptables } from '../sentences.ts';

const ICMP_FATES: readonly Fate[] = [
  'icmp-after-syn',
  'icmp-after-syn-ack',
  'icmp-before-banner',
  'icmp-after-banner',
  'icmp-during-kex',
  'icmp-during-auth',
  'icmp-in-session',
  'icmp-midway',
  'lost-in-session',
  'not-ssh',
];
/** A connect or a write that an error ended closes at once. */
const CLOSING_FATES: readonly Fate[] = [
  'fin-before-banner',
  'fin-after-banner',
  'close-during-kex',
  'close-during-auth',
];
const AT_ONCE_MS = 1000;

/** ICMP type and code pairs (RFC 792, RFC 1122, RFC 1812 §5.2.7.1) and ICMPv6 (RFC 4443 §3.1, §3.3). */
interface Kind {
  readonly id: string;
  readonly title: string;
  /** Destination unreachable where nothing else is said. */
  readonly types?: { readonly version4: number; readonly version6: number };
  readonly version4: readonly number[];
  readonly version6: readonly number[];
  readonly says: string;
  /** Where the error is what the session was for. */
  readonly isExpected?: (record: SessionRecord) => boolean;
  /** That in words. */
  readonly unless?: string;
  /** What codes of IPv4 say that need words of their own. */
  readonly saysOf4?: Readonly<Record<number, string>>;
  readonly nextSteps: (record: SessionRecord, error: IcmpRecord) => readonly string[];
}

/** As far as traceroute and mtr go. Ordinary packets start with 64 and more, and no path takes half of that. */
const PROBES_UP_TO = 30;

const KINDS: readonly Kind[] = [
  {
    id: 'icmp-admin-prohibited',
    title: 'A device refuses by policy and says so',
    version4: [2, 9, 10, 13],
    version6: [1, 5, 6],
    says: 'A firewall or router ACL rejects the connection: administratively prohibited.',
    saysOf4: {
      2: 'A firewall rejects the connection with protocol unreachable: every host speaks TCP, so it is a rule that answers.',
    },
    nextSteps: (record, error) => [
      `On ${error.reporter}: \`nft -a list ruleset | grep -i reject\` (\`${iptables(record.server)} -S | grep REJECT\`${isServer(record, error) ? '' : ", the router's ACL"}, \`ip route show type prohibit\`): delete the rule that rejects ${refused(record, error)}, or let SSH pass before it: ${acceptRule(record, error)}${isServer(record, error) ? ' (firewalld: `firewall-cmd --add-service=ssh`; ufw: `ufw allow ssh`)' : ''}`,
      `On the client: \`ssh -b ADDRESS ${record.server.address}\` from an address that the rule allows`,
    ],
  },
  {
    id: 'icmp-port-unreachable',
    title: 'A firewall refuses with port unreachable',
    version4: [3],
    version6: [4],
    says: 'TCP answers a closed port with a reset, so a port-unreachable error is a firewall rule: iptables REJECT by default, fail2ban by default.',
    nextSteps: (record, error) => {
      const rule = `On ${error.reporter}: \`nft -a list ruleset | grep -i reject\`, \`${iptables(record.server)} -S | grep REJECT\`; delete the rule (\`nft delete rule … handle N\`) or let SSH pass before it: ${acceptRule(record, error)}`;
      const unban = `\`fail2ban-client set sshd unbanip ${record.client.address}\` (\`fail2ban-client status sshd\` shows who is banned)`;
      // fail2ban bans where it reads the log of sshd, which a router has none of.
      return isServer(record, error)
        ? [`On ${error.reporter}: ${unban}`, rule]
        : [
            rule,
            `On the client: \`traceroute -T -p ${record.server.port} ${record.server.address}\` (the last hop that answers is the one that refuses)`,
          ];
    },
  },
  {
    id: 'icmp-host-unreachable',
    title: 'A router cannot reach the host',
    version4: [1, 7, 12],
    version6: [3],
    says: 'The last router before the host gets no answer on the link (host down, wrong address), or a rule answers so.',
    nextSteps: (record, error) => [
      `On ${error.reporter}: \`ip neigh show ${record.server.address}\` and \`${askLink(record.server)}\` (no answer: the host is down or not on this link, start it or give it the address; an answer: a rule says so, \`nft list ruleset | grep -i reject\`)`,
      `On the client: \`getent hosts NAME\` (is ${record.server.address} still the right address? DHCP lease, moved virtual machine)`,
    ],
  },
  {
    id: 'icmp-network-unreachable',
    title: 'A router has no route',
    version4: [0, 6, 11],
    version6: [0],
    says: 'No route from the reporting router to the network of the host.',
    nextSteps: (record, error) => [
      `On ${error.reporter}: \`ip route get ${record.server.address}\` and \`ip -br link\` (which route is missing? link or VPN down?); bring it back with \`ip link set IFACE up\` or \`ip route add ${record.server.address} via GATEWAY\``,
      `On the client: \`traceroute -T -p ${record.server.port} ${record.server.address}\``,
    ],
  },
  {
    id: 'icmp-time-exceeded',
    title: 'Packets circle in a routing loop',
    types: { version4: 11, version6: 3 },
    version4: [0],
    version6: [0],
    isExpected: isProbe,
    unless: `not of a SYN that left with a hop limit of ${PROBES_UP_TO} or less, as those of traceroute do`,
    says: "The hop limit ran out on the way: routers hand the packets to each other in a loop, or the path is longer than the sender's hop limit.",
    nextSteps: (record, error) => {
      const [from, to] = error.about === 'client' ? ['client', 'server'] : ['server', 'client'];
      const address = record[to as 'client' | 'server'].address;
      return [
        `On the ${from}: \`traceroute -n ${address}\` (two routers that take turns are the loop)`,
        `On ${error.reporter} and its neighbour in the loop: \`ip route get ${address}\` (each sends it to the other: mend the route of the one that is not on the way to ${address}, or add the missing one there: \`ip route add ${address} via GATEWAY\`)`,
      ];
    },
  },
];

/** A SYN of `traceroute -T` or `mtr -T`, which wants to know which router answers. */
function isProbe({ tcp, packets }: SessionRecord): boolean {
  const [hopLimit] = tcp.hopLimits.client ?? [];
  return hopLimit !== undefined && hopLimit <= PROBES_UP_TO && packets.serverToClient === 0;
}

const refused = ({ client, server }: SessionRecord, { about }: IcmpRecord): string =>
  about === 'client' ? `${client.address} → ${hostPort(server)}` : `${hostPort(server)} → ${client.address}`;

const isServer = ({ server }: SessionRecord, { reporter }: IcmpRecord): boolean =>
  reporter === server.address;

/** In the chain that the refused packet met: hosts that only forward it see nothing of it in INPUT. */
function acceptRule({ client, server }: SessionRecord, { about, reporter }: IcmpRecord): string {
  const [from, to, port] =
    about === 'client'
      ? [client, server, `--dport ${server.port}`]
      : [server, client, `--sport ${server.port}`];
  const rule = (chain: string) =>
    `\`${iptables(server)} -I ${chain} -p tcp -s ${from.address} -d ${to.address} ${port} -j ACCEPT\``;
  if (reporter === to.address) return rule('INPUT');
  if (reporter === from.address) return rule('OUTPUT');
  return `${rule('FORWARD')} (\`INPUT\` if ${reporter} is another address of the ${about === 'client' ? 'server' : 'client'})`;
}

const UNREACHABLE = { version4: 3, version6: 1 };

/** The ICMP causes: each says what type and code of the last error mean for SSH, and who sent it. */
export const icmpCauses: readonly CauseDefinition[] = KINDS.map((kind) => ({
  id: kind.id,
  title: kind.title,
  fates: [...ICMP_FATES, ...CLOSING_FATES],
  needs: `an ICMP error that quotes the session, ${need(kind)}${kind.unless === undefined ? '' : `, ${kind.unless}`}; before a FIN, one about a packet of the side that closes a moment later`,
  says: kind.says,
  diagnose(record: SessionRecord) {
    const errors = record.tcp.icmp;
    if (errors === undefined) return undefined;
    const close = CLOSING_FATES.includes(record.fate) ? deciding(record) : undefined;
    if (close?.kind === 'rst') return undefined;
    const error = errors.findLast(
      (note) =>
        isKind(kind, note) &&
        (close === undefined ||
          (note.about === close.side && note.packet < close.packet && msBetween(note, close) < AT_ONCE_MS)),
    );
    if (error === undefined || kind.isExpected?.(record)) return undefined;
    const who = isServer(record, error) ? 'the server itself' : `${error.reporter} on the path`;
    const says = error.ipVersion === 4 ? (kind.saysOf4?.[error.code] ?? kind.says) : kind.says;
    return {
      // A connect that an error ends is known; later a kernel only keeps the error in mind.
      confidence: close === undefined || record.stage === 'tcp' ? ('certain' as const) : ('likely' as const),
      summary: `${says} It was sent by ${who}${close === undefined ? '' : `, and the ${close.side} closed at once`}.`,
      evidence: [
        {
          packet: error.packet,
          time: error.time,
          what: `ICMP${error.ipVersion === 6 ? 'v6' : ''} type ${error.type} code ${error.code} from ${error.reporter}, hop limit ${error.hopLimit}, quotes the ${error.about}'s packet`,
        },
        ...(close === undefined
          ? []
          : [{ packet: close.packet, time: close.time, what: `FIN: the ${close.side} closes` }]),
      ],
      nextSteps: kind.nextSteps(record, error),
    };
  },
}));

function isKind({ types = UNREACHABLE, ...kind }: Kind, error: IcmpRecord): boolean {
  if (error.ipVersion === 4) return error.type === types.version4 && kind.version4.includes(error.code);
  return error.type === types.version6 && kind.version6.includes(error.code);
}

function need({ types = UNREACHABLE, version4, version6 }: Kind): string {
  return `type ${types.version4} code ${version4.join(', ')} (IPv4) or type ${types.version6} code ${version6.join(', ')} (IPv6)`;
}
