import type { CaptureNotes, Death } from './capture-notes.ts';
import { count, type PatternDefinition, type PatternFinding, span } from './pattern-definition.ts';

const FEWEST = 3;
/** What falls silent or finds a reset is noticed when somebody speaks; a FIN or an ICMP error comes by itself. */
const WINDOW_NS: Readonly<Record<Death['kind'], number>> = {
  silence: 30e9,
  rst: 30e9,
  icmp: 10e9,
  fin: 10e9,
};
const MAX_EXAMPLES = 5;

export const outage: PatternDefinition = {
  id: 'outage',
  title: 'Many sessions die at once',
  needs: `at least ${FEWEST} sessions, of one server or of several, that were lost, reset, refused or closed by the server within ${WINDOW_NS.silence / 1e9} s (${WINDOW_NS.fin / 1e9} s when closed), and more of them than sessions of the same server that went on`,
  says: 'Whether the server, or the path to several, went away, and when.',
  find(notes) {
    return KINDS.flatMap((kind) => clusters(notes, kind).flatMap((cluster) => findingOf(kind, cluster)));
  },
};

const KINDS: readonly Death['kind'][] = ['silence', 'rst', 'icmp', 'fin'];

/** Deaths of a kind in time order, cut into windows. */
function clusters({ deaths }: CaptureNotes, kind: Death['kind']): Death[][] {
  const sorted = deaths.filter((death) => death.kind === kind).sort((a, b) => a.atNs - b.atNs);
  const found: Death[][] = [];
  let current: Death[] = [];
  for (const death of sorted) {
    const start = current[0]?.atNs ?? death.atNs;
    if (death.atNs - start > WINDOW_NS[kind]) {
      found.push(current);
      current = [];
    }
    current.push(death);
  }
  found.push(current);
  return found.filter((cluster) => cluster.length >= FEWEST);
}

function findingOf(kind: Death['kind'], cluster: readonly Death[]): PatternFinding[] {
  const byServer = new Map<string, Death[]>();
  for (const death of cluster) byServer.set(death.server, [...(byServer.get(death.server) ?? []), death]);
  // A server of which more sessions went on than died had no outage.
  const down = [...byServer].filter(([, deaths]) => deaths.length > mostSurvivors(deaths));
  const deaths = down.flatMap(([, each]) => each);
  if (deaths.length < FEWEST) return [];
  const clients = new Map<string, number>();
  for (const { client } of deaths) clients.set(client, (clients.get(client) ?? 0) + 1);
  const servers = down.map(([server]) => server);
  const server = servers[0] ?? '';
  // Each server closes by itself: what closes at several at once is no outage of one of them.
  if (kind === 'fin' && servers.length > 1) {
    return down.filter(([, each]) => each.length >= FEWEST).flatMap(([, each]) => findingOf(kind, each));
  }
  const atNs = Math.min(...deaths.map((death) => death.atNs));
  const untilNs = Math.max(...deaths.map((death) => death.atNs));
  const single = servers.length === 1;
  const onlyClient = clients.size === 1 ? [...clients.keys()][0] : undefined;
  return [
    {
      key: `${single ? server : onlyClient === undefined ? 'path' : `client ${onlyClient}`} ${kind}`,
      title: single
        ? `${server}: ${count(deaths.length, 'session')} ${VERBS[kind]} at once`
        : `${count(deaths.length, 'session')} with ${count(servers.length, 'server')} ${VERBS[kind]} at once`,
      severity: 'high',
      server,
      fate: deaths[0]?.fate ?? 'lost-in-session',
      firstNs: atNs,
      lastNs: untilNs,
      sessions: deaths.length,
      clients,
      examples: deaths.slice(0, MAX_EXAMPLES).map(({ example }) => example),
      summary: `${count(deaths.length, 'session')} of ${count(clients.size, 'client')} with ${single ? server : count(servers.length, 'server')} ${VERBS[kind]} within ${span(atNs, untilNs)}: ${meaning(kind, single, onlyClient)}.`,
      nextSteps: nextSteps(kind, single, onlyClient),
    },
  ];
}

const mostSurvivors = (deaths: readonly Death[]): number =>
  Math.max(0, ...deaths.map(({ survivors }) => survivors ?? 0));

const VERBS: Readonly<Record<Death['kind'], string>> = {
  silence: 'fell silent',
  rst: 'were reset',
  icmp: 'were ended by ICMP errors',
  fin: 'were closed by the server',
};

function meaning(kind: Death['kind'], single: boolean, onlyClient: string | undefined): string {
  switch (kind) {
    case 'fin':
      return 'the server was shut down, or its sessions were killed';
    case 'icmp':
      return 'a router on the way lost its route or got a rule against them';
    case 'rst':
      return single
        ? 'the server was restarted and knows them no more, or a device between reset them'
        : 'a firewall or NAT between was restarted, or got a rule against them';
    case 'silence':
      if (!single && onlyClient !== undefined) return `the network of ${onlyClient} went away, or it slept`;
      return single ? 'the server or the path to it went away' : 'the path that they share went away';
  }
}

function nextSteps(kind: Death['kind'], single: boolean, onlyClient: string | undefined): readonly string[] {
  const server =
    'On the server: `last -x reboot shutdown | head; uptime; journalctl -b -1 -n 50` (was it restarted, and why?)';
  switch (kind) {
    case 'fin':
      return [
        'On the server: `journalctl -u ssh -u systemd-logind` around that time (sshd stopped, session killed, shutdown?)',
        server,
      ];
    case 'icmp':
      return ['On the router that sent the ICMP errors: its log and routes at that time', server];
    default:
      if (!single && onlyClient !== undefined) {
        return [
          `On ${onlyClient}: its log at that time (link down, sleep, VPN, change of address?)`,
          'Devices between: firewall or NAT restarted, state table full?',
        ];
      }
      return single
        ? [server, 'Devices on the path: link down, firewall restarted or failed over, state table full?']
        : [
            'Devices that the sessions share: link down, firewall restarted or failed over, state table full?',
            server,
          ];
  }
}
