import type { Cause } from '../session/record.ts';
import { RST } from '../wire/segment.ts';
import type { Case } from './case.ts';
import { hopsFrom } from './order.ts';
import { FROM_CLIENT, FROM_SERVER, type SessionView } from './trace.ts';

/** What is said of a cause of one capture, when the capture nearest to the server has answered some of its questions. */
export interface AnsweredCause {
  readonly summary: string;
  readonly nextSteps: readonly string[];
}

/** Undefined where the cause stands as it is. */
export function answeredAtServer(one: Case, cause: Cause): AnsweredCause | undefined {
  if (one.placed.order !== 'known' || one.placed.legs.some((leg) => leg === undefined)) return undefined;
  if (cause.id === 'filtered') return arrivedSyns(one, cause);
  if (cause.id === 'rejected-by-firewall') return ownReset(one, cause);
  return undefined;
}

/** All SYNs came to the capture nearest to the server, and nothing left there in answer. */
function arrivedSyns(one: Case, cause: Cause): AnsweredCause | undefined {
  const { nearServer, nearClient } = one;
  const arrived = nearServer.session.packets.by[FROM_CLIENT].length;
  const sent = nearClient.session.packets.by[FROM_CLIENT].length;
  if (arrived === 0 || arrived < sent || nearServer.session.packets.by[FROM_SERVER].length > 0) {
    return undefined;
  }
  const { client, server } = one.view(nearServer);
  const label = one.label(nearServer);
  const tables = iptables(server.address);
  const came =
    arrived === 1
      ? `The SYN arrived at ${label}, and no answer left there.`
      : `All ${arrived} SYNs arrived at ${label}, and no answer left there.`;
  const unban = cause.nextSteps.filter((step) => LIFTS_A_BAN.test(step));
  const reading =
    unban.length > 0
      ? // It says what other sessions tell of the server.
        cause.summary
      : `Nothing answered ${arrived === 1 ? 'the SYN' : `${arrived} SYNs`} to ${server.address}:${server.port}.`;
  return {
    summary: `${reading} ${came} If that capture was taken on the server, the address is right, the way there is open and the host is up: its own firewall drops the SYNs, or its kernel ignores them.`,
    nextSteps: [
      ...unban,
      `On the server: \`nft list ruleset\` and \`${tables} -L INPUT -n -v\` (tcpdump sees packets before these rules: which rule's counter goes up while the client tries?); let SSH pass with \`${tables} -I INPUT -p tcp --dport ${server.port} -j ACCEPT\``,
      `On the server: \`ss -ltn 'sport = :${server.port}'\` (does sshd listen there, and is Recv-Q above Send-Q, which is a full accept queue?) and \`nstat -az TcpExtListenOverflows TcpExtListenDrops TcpExtIPReversePathFilter\` (which one goes up while the client tries?)`,
      `On the server: \`ip route get ${client.address}\` (is there a route back?) and ${reversePathFilter(server.address)}`,
      `If ${label} was not taken on the server: take a capture there too, at the same time, and give it to sshfate compare as well (what drops the SYNs may stand between the two)`,
    ],
  };
}

const LIFTS_A_BAN = /^On the server: `fail2ban-client /;

const reversePathFilter = (address: string): string =>
  address.includes(':')
    ? '`nft list ruleset | grep -w fib` (a rule that drops what came in by another interface than the route back)'
    : '`sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.default.rp_filter` (1: the kernel drops what came in by another interface than the route back; 2 is looser)';

/** The reset left the server, or the link that it is on: no router is behind that capture. */
function ownReset(one: Case, cause: Cause): AnsweredCause | undefined {
  const { nearServer } = one;
  const view: SessionView = one.view(nearServer);
  const { log } = nearServer.session.trace;
  const reset = nearServer.session.packets.by[FROM_SERVER].find(
    (place) => ((log.flags[place] as number) & RST) !== 0,
  );
  if (view.stage !== 'syn' || reset === undefined || one.closes[0]?.madeIn !== undefined) return undefined;
  if (hopsFrom([log.hopLimit[reset] as number]) !== 0) return undefined;
  const { client, server } = view;
  const tables = iptables(server.address);
  return {
    summary: `${cause.summary} The reset came to ${one.label(nearServer)} without a router in between: if that capture was taken on the server, the firewall is the server's own.`,
    nextSteps: [
      `On the server: \`nft -a list ruleset | grep -i reject\` (or \`${tables} -S INPUT | grep REJECT\`); delete the rule (\`nft delete rule FAMILY TABLE CHAIN handle N\`), or let SSH pass before it: \`${tables} -I INPUT -p tcp -s ${client.address} --dport ${server.port} -j ACCEPT\``,
      `On the server: \`ss -ltn 'sport = :${server.port}'\` (is sshd listening at all?)`,
    ],
  };
}

const iptables = (address: string): string => (address.includes(':') ? 'ip6tables' : 'iptables');
