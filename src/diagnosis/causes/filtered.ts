import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { isAnsweredAmiss } from '../handshake.ts';
import { askLink, count, iptables, reversePathFilter } from '../sentences.ts';
import { routersCrossed } from '../vantage.ts';
import { acceptBacklogFull } from './accept-backlog-full.ts';
import { answerUndeliverable } from './answer-undeliverable.ts';
import { hostNotOnLink } from './host-not-on-link.ts';
import { markingDropped } from './marking-dropped.ts';
import { staleConnection } from './stale-connection.ts';

/** What explains the silence better, where it applies. */
const BETTER = [hostNotOnLink, answerUndeliverable, markingDropped, acceptBacklogFull];

/** Linux repeats a SYN at 1, 1, 1, 1, 2, 4 … s since 6.5 and at 1, 2, 4 … s before: the rhythm decides nothing. */
export const filtered: CauseDefinition = {
  id: 'filtered',
  title: 'SYNs vanish without an answer',
  fates: ['no-syn-ack'],
  needs: 'the SYN was repeated and nothing came back: no SYN-ACK, no RST, no ICMP error',
  says: 'A firewall or security group drops the packets, the host is down, or the address is wrong; other sessions of the capture tell which is left.',
  diagnose(record) {
    const repeats = record.tcp.synRepeats?.client;
    if (repeats === undefined || record.tcp.icmp !== undefined) return undefined;
    // Something did answer.
    if (isAnsweredAmiss(record) || staleConnection.diagnose(record) !== undefined) return undefined;
    const last = repeats[repeats.length - 1];
    if (last === undefined) return undefined;
    const isExplained = BETTER.some((cause) => {
      const finding = cause.diagnose(record);
      return finding !== undefined && finding.confidence !== 'possible';
    });
    return {
      confidence: isExplained ? 'possible' : 'likely',
      summary: `Nothing answered ${count(repeats.length + 1, 'SYN')} to ${hostPort(record.server)}: ${reading(record)}`,
      evidence: [
        ...evidence([[entryOf(record, 'SYN'), 'first SYN, never answered']]),
        { packet: last.packet, time: last.time, what: 'last repeated SYN, never answered' },
      ],
      nextSteps: nextSteps(record),
    };
  },
};

/** What is left of firewall, host and address in the light of the other sessions. */
function reading(record: SessionRecord): string {
  const { server, client } = record.surroundings ?? {};
  const others = (server?.answered ?? 0) - (client?.answered ?? 0);
  if (client !== undefined && client.answered > 0) {
    return `the server is up, for it answered ${count(client.answered, 'other session')} of this client: a ban or a rate limit began, its listen queue is full, or it went down since.`;
  }
  if (others > 0) {
    return `the server is up, for it answered ${count(others, 'session')} of other clients: a rule drops this client (fail2ban, an allow-list, a security group).`;
  }
  const hopLimit = record.tcp.hopLimits.client?.[0];
  const crossed = hopLimit === undefined ? 0 : routersCrossed(hopLimit);
  // Low hop limits are a scanner's own choice.
  const near =
    crossed > 0 && crossed < 32 ? ` behind ${count(crossed, 'router')}, where this was captured,` : '';
  return `a firewall${near} drops them, the host is down, or the address is wrong.`;
}

function nextSteps(record: SessionRecord): readonly string[] {
  const { client, server } = record;
  const answered = record.surroundings?.server.answered ?? 0;
  const lookForBan = `On the server: \`fail2ban-client set sshd unbanip ${client.address}\`, then \`nft list ruleset\` for other rules that drop ${client.address}`;
  const lookForDrop = `On the firewalls between and on the server: \`nft list ruleset\` (and \`${iptables(server)} -S\`, the security group) for a rule that drops port ${server.port}; let it pass with \`${iptables(server)} -I FORWARD -p tcp -s ${client.address} -d ${server.address} --dport ${server.port} -j ACCEPT\` (on the server itself: \`INPUT\`)`;
  return [
    ...(answered > 0 ? [lookForBan, lookForDrop] : [lookForDrop]),
    `On the server: \`tcpdump -ni any 'tcp port ${server.port} and host ${client.address}'\` while the client tries: no SYN arrives: a device before it drops it, or the address is wrong; SYNs arrive without an answer: the server's own firewall, no route back (\`ip route get ${client.address}\`, ${reversePathFilter(client)}) or a full queue (\`ss -ltn 'sport = :${server.port}'\`); SYN-ACKs leave: the way back is blocked`,
    `On the client: \`ping -c 3 ${server.address}\` and \`nc -vz -w 3 ${server.address} 443\` (an answer: the host is up and only the port is filtered; on its link \`${askLink(server)}\` tells even when ping is blocked), \`getent hosts NAME\` (is the address right?)`,
    `On the client: \`ssh -o IPQoS=none ${server.address}\` (a path that drops marked packets lets the unmarked SYN through)`,
  ];
}
