import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { count, iptables, reversePathFilter } from '../sentences.ts';
import { vantage } from '../vantage.ts';

/** So many clients with nothing but a SYN are addresses that somebody made up. */
const FLOOD = 20;

export const returnPathDrop: CauseDefinition = {
  id: 'return-path-drop',
  title: "The server's answers do not come back",
  fates: ['syn-ack-unanswered', 'icmp-after-syn-ack'],
  needs: 'SYN-ACKs that are repeated, and a client that goes on repeating its SYN: it never got one',
  says: 'A stateful firewall or an asymmetric route loses what the server sends.',
  diagnose(record) {
    const { surroundings, tcp } = record;
    const answers = tcp.synRepeats?.server;
    if (answers === undefined) return undefined;
    const asked = tcp.synRepeats?.client;
    if (asked === undefined && (surroundings?.server.fates['syn-ack-unanswered'] ?? 0) >= FLOOD)
      return undefined;
    const synAck = entryOf(record, 'SYN-ACK');
    const lastAnswer = answers[answers.length - 1];
    const lastAsked = asked?.[asked.length - 1];
    const place = vantage(record);
    const numbers = `${count(answers.length + 1, 'SYN-ACK')} to ${hostPort(record.client)}`;
    const isAsking = lastAsked !== undefined && synAck !== undefined && lastAsked.packet > synAck.packet;
    return {
      confidence: isAsking ? (place === 'client' ? 'likely' : 'certain') : 'possible',
      summary: summary(numbers, isAsking, place === 'client', asked?.length ?? 0),
      evidence: [
        ...evidence([
          [entryOf(record, 'SYN'), 'SYN of the client'],
          [synAck, 'the server answers with SYN-ACK'],
        ]),
        ...(isAsking ? [{ ...lastAsked, what: 'the client repeats its SYN: it got no SYN-ACK' }] : []),
        ...(lastAnswer ? [{ ...lastAnswer, what: 'last repeated SYN-ACK, never acknowledged' }] : []),
      ],
      nextSteps: nextSteps(record, place === 'client'),
    };
  },
};

function summary(numbers: string, isAsking: boolean, isAtClient: boolean, repeats: number): string {
  if (!isAsking)
    return `${numbers} stayed without an answer: they are lost on the way back, or the client's address is made up.`;
  if (isAtClient)
    return `${numbers} arrived at the client's link while it repeated its SYN ${count(repeats, 'time')}: its own firewall, or something on that link, drops them.`;
  return `${numbers} were sent while the client repeated its SYN ${count(repeats, 'time')}: the answers are lost on the way back (stateful firewall, asymmetric route).`;
}

function nextSteps(record: SessionRecord, isAtClient: boolean): readonly string[] {
  const { port } = record.server;
  const client = record.client.address;
  const onHost = isAtClient ? 'On the client' : 'On the firewall of the way back (and on the server)';
  return [
    `${onHost}: \`nft list ruleset\` for a rule that drops packets from port ${port}; let them pass with \`${iptables(record.server)} -I ${isAtClient ? 'INPUT' : 'FORWARD'} -p tcp -s ${record.server.address} --sport ${port} -d ${client} -j ACCEPT\`, and delete the rule with \`nft -a list ruleset\` and \`nft delete rule … handle N\``,
    `On the server: \`ip route get ${client}\` (does the answer leave by the interface that the SYN came in by? If not, a stateful firewall sees half of it), ${reversePathFilter(record.client)}`,
    `On the client: \`tcpdump -ni any 'tcp src port ${port}'\` (does a SYN-ACK arrive?); on each router between: the same`,
  ];
}
