import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';

/** Linux repeats a SYN at 1, 1, 1, 1, 2, 4 … s since 6.5 and at 1, 2, 4 … s before: the rhythm decides nothing. */
export const filtered: CauseDefinition = {
  id: 'filtered',
  title: 'SYNs vanish without an answer',
  fates: ['no-syn-ack'],
  needs: 'the SYN was repeated and nothing came back: no SYN-ACK, no RST, no ICMP error',
  says: 'A firewall or security group drops the packets, the host is down, or the address is wrong.',
  diagnose(record) {
    const repeats = record.tcp.synRepeats?.client;
    if (repeats === undefined || record.tcp.icmp !== undefined) return undefined;
    const last = repeats[repeats.length - 1];
    if (last === undefined) return undefined;
    return {
      confidence: 'likely',
      summary: `Nothing answered ${record.tcp.synRetransmissions + 1} SYNs to ${hostPort(record.server)}: a firewall drops them, the host is down, or the address is wrong.`,
      evidence: [
        ...evidence([[entryOf(record, 'SYN'), 'first SYN, never answered']]),
        { packet: last.packet, time: last.time, what: 'last repeated SYN, never answered' },
      ],
      nextSteps: [
        `On the server: tcpdump -ni any 'tcp port ${record.server.port} and host ${record.client.address}' (do the SYNs arrive? If they do, and are answered, the way back is blocked)`,
        `On the server: ss -ltn 'sport = :${record.server.port}' (Recv-Q at its limit means a full accept queue); nft list ruleset; fail2ban-client status sshd`,
        `On the client: ping ${record.server.address}; nc -vz ${record.server.address} ${record.server.port} from another network (security group, router ACL)`,
        'On the client: ssh -o IPQoS=none … (a path that drops marked packets lets the unmarked SYN through)',
      ],
    };
  },
};
