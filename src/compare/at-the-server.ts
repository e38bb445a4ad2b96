import type { Cause, Confidence } from '../session/record.ts';
import { RST } from '../wire/segment.ts';
import {
  type Behind,
  behind,
  behindAll,
  behindWords,
  captureThere,
  iptables,
  lookOnPath,
  pathBehind,
  placeBehind,
  routersWords,
  sureBehind,
} from './behind.ts';
import type { Case } from './case.ts';
import type { JointVerdict } from './comparison.ts';
import { hopsFrom } from './order.ts';
import { FROM_CLIENT, FROM_SERVER } from './trace.ts';

/** What is said of a cause of one capture, when the captures have answered some of its questions. */
export interface Answered extends Pick<JointVerdict, 'place' | 'between' | 'summary'> {
  readonly confidence: Confidence;
  readonly nextSteps: readonly string[];
}

/** All SYNs came to the capture nearest to the server, and nothing came back there in answer. */
export function arrivedSyns(one: Case, cause: Cause): Answered | undefined {
  const { members, order } = one.placed;
  const counts = members.map(({ session }) => session.packets.by[FROM_CLIENT].length);
  const arrived = counts.at(-1) as number;
  const isAnswered = members.some(({ session }) => session.packets.by[FROM_SERVER].length > 0);
  if (arrived === 0 || isAnswered || counts.some((sent) => sent > arrived)) return undefined;
  const there = order === 'known' ? behind(one, 'server') : behindAll(one);
  const { client, server } = one.view(one.nearServer);
  const tables = iptables(server.address);
  const came = `${arrived === 1 ? 'The SYN' : `All ${arrived} SYNs`} came to ${there.label}, and no answer came back there.`;
  const unban = cause.nextSteps.filter((step) => LIFTS_A_BAN.test(step));
  const reading =
    unban.length > 0
      ? // It says what other sessions tell of the server.
        cause.summary
      : `Nothing answered ${arrived === 1 ? 'the SYN' : `${arrived} SYNs`} to ${server.address}:${server.port}.`;
  const onServer = [
    `On the server: \`nft list ruleset\` and \`${tables} -L INPUT -n -v\`, the same for \`OUTPUT\` (tcpdump sees what comes before these rules, and what leaves behind them: which rule's counter goes up while the client tries?); let SSH pass with \`${tables} -I INPUT -p tcp --dport ${server.port} -j ACCEPT\``,
    `On the server: \`ss -ltn 'sport = :${server.port}'\` (does sshd listen there, and is Recv-Q above Send-Q, which is a full accept queue?) and \`nstat -az TcpExtListenOverflows TcpExtListenDrops TcpExtIPReversePathFilter\` (which one goes up while the client tries?)`,
    `On the server: \`ip route get ${client.address}\` (is there a route back?) and ${reversePathFilter(server.address)}`,
  ];
  const elsewhere = [...captureThere(one, there), ...lookOnPath(one, there)];
  const place = placeBehind(there);
  return {
    ...place,
    confidence: sureBehind(there, cause.confidence),
    summary: `${reading} ${came} ${behindWords(there, 'its own firewall drops the SYNs or what answers them, or its kernel ignores them')}`,
    nextSteps:
      place.place === 'server'
        ? [...unban, ...onServer, ...elsewhere]
        : [...elsewhere, ...unban, ...onServer],
  };
}

const LIFTS_A_BAN = /^On the server: `fail2ban-client /;

export const reversePathFilter = (address: string): string =>
  address.includes(':')
    ? '`nft list ruleset | grep -w fib` (a rule that drops what came in by another interface than the route back)'
    : '`sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.default.rp_filter` (1: the kernel drops what came in by another interface than the route back; 2 is looser)';

/** A firewall's reset came past the capture nearest to the server: by its hop limit and the server's, whose that is. */
export function refusedBehind(one: Case, cause: Cause): Answered | undefined {
  const { nearServer } = one;
  const view = one.view(nearServer);
  const { log } = nearServer.session.trace;
  const reset = nearServer.session.packets.by[FROM_SERVER].find(
    (place) => ((log.flags[place] as number) & RST) !== 0,
  );
  if (view.stage !== 'syn' || reset === undefined || one.closes[0]?.madeIn !== undefined) return undefined;
  const there = behind(one, 'server');
  const distance = hopsFrom([log.hopLimit[reset] as number]);
  if (distance === undefined) return undefined;
  if (distance > 0 || (there.routers !== undefined && there.routers > 0)) {
    return refusedOnTheWay(one, cause, there, distance);
  }
  const { client, server } = view;
  const tables = iptables(server.address);
  return {
    ...placeBehind(there),
    confidence: sureBehind(there, cause.confidence),
    summary: `${cause.summary} The reset came to ${there.label} without a router in between: if that capture was taken on the server, the firewall is the server's own${there.routers === undefined ? `; if it was taken on a router, it is that router's, or the next device's towards the server` : ''}.`,
    nextSteps: [
      `On the server: \`nft -a list ruleset | grep -i reject\` (or \`${tables} -S INPUT | grep REJECT\`); delete the rule (\`nft delete rule FAMILY TABLE CHAIN handle N\`), or let SSH pass before it: \`${tables} -I INPUT -p tcp -s ${client.address} --dport ${server.port} -j ACCEPT\``,
      `On the server: \`ss -ltn 'sport = :${server.port}'\` (is sshd listening at all?)`,
      ...(there.routers === undefined
        ? [
            `If ${there.label} was taken on a router: there, \`nft -a list ruleset | grep -i reject\` (or \`${tables} -S FORWARD | grep REJECT\`), and let SSH pass before it: \`${tables} -I FORWARD -p tcp -s ${client.address} --dport ${server.port} -j ACCEPT\``,
          ]
        : []),
    ],
  };
}

/** A router that is nearer to the capture than the server is; where they are equally far, or that is not known, either. */
function refusedOnTheWay(one: Case, cause: Cause, there: Behind, distance: number): Answered {
  const { label, routers } = there;
  const { client, server } = one.view(one.nearServer);
  const tables = iptables(server.address);
  const isRouter = routers !== undefined && distance < routers;
  const where =
    distance === 0
      ? `the device on which ${label} was taken, or the next one towards the server`
      : `the device ${routersWords(distance)} behind ${label}, towards the server`;
  const summary = isRouter
    ? `The reset is not the server's: its hop limit shows ${distance === 0 ? 'no router' : routersWords(distance)} between its sender and ${label}, those of the server's packets ${routersWords(routers)}. It was made by ${where}.`
    : `The reset came to ${label} over ${distance === 0 ? 'no router' : routersWords(distance)}: ${routers === undefined ? 'no other packet of the server tells how far that is, so that it' : 'it'} was made by the server's own firewall, or by a device on the path there.`;
  return {
    ...(isRouter ? { place: 'path', ...pathBehind(there) } : { place: 'unknown', ...pathBehind(there) }),
    confidence: isRouter ? cause.confidence : sureBehind({ ...there, routers: distance }, cause.confidence),
    summary: `${cause.summary} ${summary}`,
    nextSteps: [
      `On ${isRouter ? where : `each router between ${label} and the server`}: \`nft -a list ruleset | grep -i reject\` (or \`${tables} -S FORWARD | grep REJECT\`); delete the rule (\`nft delete rule FAMILY TABLE CHAIN handle N\`), or let SSH pass before it: \`${tables} -I FORWARD -p tcp -s ${client.address} --dport ${server.port} -j ACCEPT\``,
      ...(isRouter
        ? []
        : [
            ...captureThere(one, there),
            `On the server: \`nft -a list ruleset | grep -i reject\` (or \`${tables} -S INPUT | grep REJECT\`), and \`ss -ltn 'sport = :${server.port}'\` (is sshd listening at all?)`,
          ]),
    ],
  };
}
