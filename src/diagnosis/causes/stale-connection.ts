import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { endDeadSessions } from '../dead-sessions.ts';
import { isAnsweredAmiss } from '../handshake.ts';
import { count } from '../sentences.ts';

/** One stray packet may be the old connection's own. */
const ENOUGH = 2;

/**
 * A SYN within an open connection is answered with an ACK of that one (RFC 9293 §3.10.7.4, RFC 5961 §4): who has lost it
 * answers with a reset, and its next SYN is welcome. Where that reset does not come through, every SYN meets the same.
 */
export const staleConnection: CauseDefinition = {
  id: 'stale-connection',
  title: 'The server still has an earlier connection of these ports',
  fates: ['no-syn-ack'],
  needs:
    'SYNs that the server answers with ACKs that are no SYN-ACK and bear no data, two times or more, and no reset of the client that ends it',
  says: 'The client was restarted, or a NAT gives its port to a new connection, and its reset of the old one is dropped on the way.',
  diagnose(record) {
    const { packets, bytes } = record;
    if (packets.serverToClient < ENOUGH || bytes.serverToClient > 0) return undefined;
    if (isAnsweredAmiss(record)) return undefined;
    const { tcp, client, server } = record;
    if (tcp.icmp !== undefined) return undefined;
    const last = tcp.synRepeats?.client?.at(-1);
    if (last === undefined) return undefined;
    const resets = packets.clientToServer - tcp.synRetransmissions - 1;
    return {
      confidence: 'likely',
      summary: `${hostPort(server)} answered ${count(tcp.synRetransmissions + 1, 'SYN')} with ACKs that are no SYN-ACK: it still holds an earlier connection from ${hostPort(client)}, and ${resets > 0 ? "the client's resets of it did not end it: a firewall behind this point drops them" : 'no reset of it by the client came here: a firewall before this point drops it, or drops these ACKs'}.`,
      evidence: [
        ...evidence([[entryOf(record, 'SYN'), 'SYN; what answers it is an ACK of another connection']]),
        { ...last, what: 'last repeated SYN, answered no better' },
      ],
      nextSteps: [
        `On the server: \`ss -tno 'dst ${client.address} and dport = :${client.port}'\` shows the old connection, \`ss -K 'dst ${client.address} and dport = :${client.port}'\` ends it`,
        "On the firewalls between: `nft list ruleset | grep -i 'ct state invalid'` (a RST for a connection that it does not know counts as invalid: let it pass before that rule: `nft insert rule inet filter forward tcp flags rst accept`)",
        `On the client: \`ssh -p ${server.port} ${server.address}\` once more (it takes another port)`,
        endDeadSessions(record),
      ],
    };
  },
};
