import type { ResetRecord, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding, hostPort } from '../cause-definition.ts';
import { isBareForm } from '../reset-form.ts';
import { count } from '../sentences.ts';

/**
 * A NAT translates the client's SYN and not the server's answer, which went past it: the client gets a SYN-ACK from an
 * address that it never asked, resets it, and goes on asking the one that it did. Behind the NAT both are one connection.
 */
export const replyFromOtherAddress: CauseDefinition = {
  id: 'reply-from-other-address',
  title: 'The answer comes from an address that the client did not ask',
  fates: ['rst-after-syn-ack'],
  needs:
    'a kernel without such a connection resets the SYN-ACK, with the hop limit of the client, and the client goes on repeating its SYN; without any SYN in the capture only possible',
  says: 'A NAT on the way to the server is not on the way back (hairpin, asymmetric route): the client asked another address or port.',
  diagnose(record) {
    const reset = record.tcp.resets?.find((each) => each.from === 'client');
    if (reset === undefined || reset.ack || !isBareForm(reset)) return undefined;
    // Another hop limit: a device on the way back refuses in the client's name.
    if (record.tcp.hopLimits.client?.[0] !== reset.hopLimit) return undefined;
    const syn = entryOf(record, 'SYN');
    if (syn === undefined) return withoutSyn(record, reset);
    const again = record.tcp.synRepeats?.client?.findLast((each) => each.packet > reset.packet);
    if (again === undefined) return undefined;
    const { server } = record;
    return {
      confidence: 'likely',
      summary: `The client's kernel reset the SYN-ACK of ${hostPort(server)} as one that it had not asked for, and repeated its SYN ${count(record.tcp.synRetransmissions, 'time')}: it asked another address, which a NAT translated, and the answer went past the NAT (or another machine has the client's address, and got the answer).`,
      evidence: [
        ...evidence([
          [syn, 'SYN of the client, as it looks behind the NAT'],
          [entryOf(record, 'SYN-ACK'), 'the server answers'],
        ]),
        {
          packet: reset.packet,
          time: reset.time,
          what: 'RST without ACK, window 0: the client knows no such connection',
        },
        { ...again, what: 'the client repeats its SYN: it still waits for the address that it asked' },
      ],
      nextSteps: nextSteps(record),
    };
  },
};

/** On the client's side of the NAT the two are connections of their own. */
function withoutSyn(record: SessionRecord, reset: ResetRecord): Finding {
  const { client, server } = record;
  return {
    confidence: 'possible',
    summary: `The client's kernel reset a SYN-ACK of ${hostPort(server)} to which this capture has no SYN: ${client.address} asked another address, which a NAT translated, and the answer went past the NAT; or somebody else sent a SYN in its name.`,
    evidence: [
      ...evidence([[entryOf(record, 'SYN-ACK'), 'a SYN-ACK without a SYN before it']]),
      {
        packet: reset.packet,
        time: reset.time,
        what: 'RST without ACK, window 0: the client did not ask for it',
      },
    ],
    nextSteps: nextSteps(record),
  };
}

function nextSteps({ client, server }: SessionRecord): readonly string[] {
  return [
    `On the client: \`tcpdump -ni any 'tcp port ${server.port}'\` (the SYN leaves for one address, the SYN-ACK comes from ${server.address}: the first one's NAT is the one in question)`,
    `On the server: \`ip route get ${client.address}\` (the answer must go back through that NAT: make it the gateway, or take the NAT out of the way by asking ${server.address} itself)`,
    `On the NAT, where client and server are on one side of it: \`nft add rule ip nat postrouting ip saddr ${client.address} ip daddr ${server.address} masquerade\` (hairpin: the server then answers to the NAT)`,
    `On the client's link: \`arping -D -c 3 -I IFACE ${client.address}\` from the client (an answer: another machine has the same address: give one of them another)`,
  ];
}
