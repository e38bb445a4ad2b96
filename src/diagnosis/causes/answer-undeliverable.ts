import type { CauseDefinition } from '../cause-definition.ts';
import { entryOf, evidence, hostPort } from '../cause-definition.ts';
import { msBetween } from '../last-words.ts';
import { askLink, count } from '../sentences.ts';
import { routersCrossed } from '../vantage.ts';

/** The whole try of Linux (mcast_solicit). */
const WHOLE_TRY = 3;
/** What a kernel asks for because of a SYN it asks for at once. */
const AT_ONCE_MS = 1000;

/** A second way to tell `return-path-drop`: the server's kernel does not know whom to hand its SYN-ACK to. */
export const answerUndeliverable: CauseDefinition = {
  id: 'return-path-drop',
  title: "The server's answers do not come back",
  fates: ['no-syn-ack'],
  needs:
    'SYNs arrive at the link of the server, no SYN-ACK leaves, and ARP or neighbour requests of the server go unanswered, for the client, or for its gateway (at once, or with a client behind a router)',
  says: 'The server got the SYN and cannot deliver its answer: its gateway is down, or its route or netmask is wrong.',
  diagnose(record) {
    const gateway = record.surroundings?.gateway;
    const syn = gateway && entryOf(record, 'SYN');
    if (gateway === undefined || syn === undefined || gateway.last.packet < syn.packet) return undefined;
    const { client, server } = record;
    const { address, requests, first, last } = gateway;
    const protocol = address.includes(':') ? 'neighbour' : 'ARP';
    const isClient = address === client.address;
    const sinceSyn = msBetween(syn, first);
    const isPrompted = sinceSyn >= 0 && sinceSyn < AT_ONCE_MS;
    const hopLimit = record.tcp.hopLimits.client?.[0];
    const isRouted = hopLimit !== undefined && routersCrossed(hopLimit) > 0;
    // A client on the same link is answered without a gateway: whom else the server asks for, unless it is because of the
    // SYN, has nothing to do with it.
    if (!isClient && !isRouted && !isPrompted) return undefined;
    const why = !isClient
      ? 'the gateway is down, or its route names the wrong one'
      : isRouted
        ? 'the client is behind a router, but a netmask or route of the server makes it a neighbour'
        : 'the link does not carry what the client answers, or a filter drops it';
    return {
      confidence: requests >= WHOLE_TRY && (isClient || isPrompted) ? 'likely' : 'possible',
      summary: `The SYN came to the link of ${hostPort(server)}, and the server asked there ${count(requests, 'time')} for ${address} without an answer: ${isClient || isPrompted ? '' : 'if that is its gateway, '}it cannot deliver its SYN-ACK, for ${why}.`,
      evidence: [
        ...evidence([[syn, 'SYN of the client, at the link of the server']]),
        { ...first, what: `${protocol} request of the server for ${address}, not answered` },
        ...(last.packet === first.packet
          ? []
          : [{ ...last, what: `last ${protocol} request for ${address}, not answered` }]),
      ],
      nextSteps: [
        `On the server: \`ip route get ${client.address}\` and \`ip -br addr\` (${isClient ? 'no gateway in the answer: the netmask is too wide or a route without `via` covers the client: mend it, as with `ip addr replace ADDRESS/24 dev IFACE`' : `is ${address} the right gateway? If not: \`ip route replace default via GATEWAY\``})`,
        `On the server: \`ip neigh show ${address}\` and \`${askLink({ address })}\` (FAILED, no answer: nobody on this link has that address, or the VLAN is the wrong one)`,
      ],
    };
  },
};
