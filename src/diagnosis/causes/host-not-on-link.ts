import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';
import { count } from '../sentences.ts';

/** One request may be lost; three in vain are the whole try of Linux (mcast_solicit). */
const WHOLE_TRY = 3;

export const hostNotOnLink: CauseDefinition = {
  id: 'host-not-on-link',
  title: 'Nobody on the link has the address',
  fates: ['no-syn-ack', 'icmp-after-syn'],
  needs: 'ARP or neighbour requests for the server in the same capture that nobody answers',
  says: 'The host is down, or the address is wrong: its link does not know it.',
  diagnose(record) {
    if (record.packets.serverToClient > 0) return undefined;
    const neighbour = record.surroundings?.neighbour;
    if (neighbour === undefined || neighbour.replies > 0) return undefined;
    // Answers go to the one who asked only: where other sessions were answered, they passed by the capture.
    if ((record.surroundings?.server.answered ?? 0) > 0) return undefined;
    const { requests, first, last } = neighbour;
    const protocol = record.server.address.includes(':') ? 'neighbour' : 'ARP';
    const { address } = record.server;
    return {
      confidence: requests >= WHOLE_TRY ? 'certain' : 'likely',
      summary: `${count(requests, `${protocol} request`)} for ${address} went unanswered: no host on that link has this address, so it is down or the address is wrong.`,
      evidence: [
        { ...first, what: `${protocol} request for ${address}, not answered` },
        ...(last.packet === first.packet
          ? []
          : [{ ...last, what: `last ${protocol} request for ${address}, not answered` }]),
        ...evidence([[entryOf(record, 'SYN'), 'SYN that could not be delivered']]),
      ],
      nextSteps: [
        `On the host that should have ${address}: \`ip -br addr\` (is it up, with this address? If not: \`ip addr add ${address}/PREFIX dev IFACE\` and \`ip link set IFACE up\`, or start the host)`,
        `On the router of that link: \`ip neigh show ${address}\` (FAILED or INCOMPLETE: nobody answers), \`ip route get ${address}\` (is it the right link?)`,
        `On the client: \`getent hosts NAME\` and \`ssh -G NAME | grep -i ^hostname\` (does the name still lead to the right address?)`,
      ],
    };
  },
};
