import type { Fate } from '../../fate/vocabulary.ts';
import type { ClientNotes, ServerNotes } from './capture-notes.ts';
import { count, type PatternDefinition, type PatternFinding, span } from './pattern-definition.ts';

const FEWEST_CLIENTS = 2;
const FEWEST_SESSIONS = 3;
/** Others got in while these did not, or so shortly before or after that the server was up. */
const SAME_TIME_NS = 60e9;
const MAX_EXAMPLES = 5;

export const blockedNetwork: PatternDefinition = {
  id: 'blocked-network',
  title: 'A rule keeps one network out',
  needs: `every session of at least ${FEWEST_CLIENTS} clients of one network (/24 or /64) refused in the same way with the SYN (no answer, RST or ICMP), while clients of other networks got in at the same server and time`,
  says: 'Which network a firewall, security group or route keeps out, and how.',
  find: ({ servers }) => [...servers.values()].flatMap(blockedAt),
};

function blockedAt(server: ServerNotes): PatternFinding[] {
  const networks = new Map<string, ClientNotes[]>();
  for (const client of server.clients.values()) {
    const list = networks.get(client.network);
    if (list === undefined) networks.set(client.network, [client]);
    else list.push(client);
  }
  if (networks.size < 2) return [];
  return [...networks].flatMap(([network, clients]) => {
    const fate = clients[0]?.refusedFate;
    if (fate === undefined || clients.length < FEWEST_CLIENTS) return [];
    if (clients.some(({ entered, refusedFate }) => entered > 0 || refusedFate !== fate)) return [];
    const sessions = clients.reduce((sum, { refused }) => sum + refused, 0);
    if (sessions < FEWEST_SESSIONS) return [];
    const firstNs = Math.min(...clients.map(({ firstRefusedNs }) => firstRefusedNs));
    const lastNs = Math.max(...clients.map(({ lastRefusedNs }) => lastRefusedNs));
    const others = [...server.clients.values()].filter(
      (other) =>
        other.network !== network &&
        other.entered > 0 &&
        other.firstEnteredNs <= lastNs + SAME_TIME_NS &&
        other.lastEnteredNs >= firstNs - SAME_TIME_NS,
    );
    if (others.length === 0) return [];
    return [
      {
        key: `${server.name} ${network} ${fate}`,
        title: `${server.name}: ${network} is kept out (${HOW[fate] ?? fate})`,
        severity: 'high',
        server: server.name,
        fate,
        firstNs,
        lastNs,
        sessions,
        clients: new Map(clients.map(({ address, refused }) => [address, refused])),
        examples: clients.flatMap(({ refusedExample }) => refusedExample ?? []).slice(0, MAX_EXAMPLES),
        summary: `${count(sessions, 'session')} of all ${clients.length} clients of ${network} got ${HOW[fate] ?? fate} within ${span(firstNs, lastNs)}, while ${count(others.length, 'client')} of other networks got in at the same time: a rule or a route that is about this network.`,
        nextSteps: [
          `On the server: \`nft list ruleset; iptables-save | grep -F '${network.replace(/(\.0)?\/\d+$/, '')}'; fail2ban-client status sshd\` (a rule for the network?)`,
          `On the server: \`ip route get ${clients[0]?.address ?? ''}\` (do the answers take the right way back?)`,
          'In the cloud console or on the router: the security group, network ACL or VPN route for this network',
        ],
      },
    ];
  });
}

const HOW: Readonly<Partial<Record<Fate, string>>> = {
  'no-syn-ack': 'no answer',
  'rst-after-syn': 'a RST',
  'icmp-after-syn': 'an ICMP error',
};
