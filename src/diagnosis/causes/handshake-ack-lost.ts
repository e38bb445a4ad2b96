import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { nobodyIdentified, repeatedAfterAck } from '../handshake.ts';
import { count, iptables } from '../sentences.ts';
import { vantage } from '../vantage.ts';

export const handshakeAckLost: CauseDefinition = {
  id: 'handshake-ack-lost',
  title: "The client's ACK does not reach the server",
  fates: ['stalled-before-banner', 'fin-before-banner', 'rst-before-banner', 'closed-half-open'],
  needs: 'the server repeats its SYN-ACK although the client has acknowledged it and has sent data',
  says: 'What the client sends after its SYN is lost on the way to the server.',
  diagnose(record) {
    const repeats = repeatedAfterAck(record);
    const last = repeats[repeats.length - 1];
    if (last === undefined || record.endedBy === 'server') return undefined;
    const place = vantage(record);
    const isBehind = place === 'server' || nobodyIdentified(record);
    const unanswered = record.tcp.last?.client.unanswered;
    return {
      confidence: isBehind ? 'possible' : 'likely',
      summary: `The server repeated its SYN-ACK ${count(repeats.length, 'time')} after ${hostPort(record.client)} had acknowledged it${unanswered ? ` and sent its data ${count(unanswered.length + 1, 'time')}` : ''}: packets after the SYN are lost on the way to the server.`,
      evidence: [
        ...evidence([
          [entryOf(record, 'SYN-ACK'), 'SYN-ACK of the server'],
          [entryOf(record, 'ACK'), 'the client acknowledges it'],
        ]),
        { ...last, what: 'last repeated SYN-ACK: the ACK has not counted' },
      ],
      nextSteps: [
        `On the firewalls between (and on the server): \`nft list ruleset\` for a rule that lets SYNs pass and drops the rest; let the rest pass with \`${iptables(record.server)} -I FORWARD -p tcp -s ${record.client.address} -d ${record.server.address} --dport ${record.server.port} -j ACCEPT\``,
        `On the server: \`tcpdump -ni any 'tcp port ${record.server.port} and host ${record.client.address}'\` (does the ACK arrive? If it does, the accept queue is full: \`ss -ltn 'sport = :${record.server.port}'\`)`,
        'On the firewalls between: `conntrack -S` (invalid, drop) and `sysctl net.netfilter.nf_conntrack_tcp_be_liberal`',
      ],
    };
  },
};
