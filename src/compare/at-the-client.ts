import type { Cause } from '../session/record.ts';
import { type Answered, reversePathFilter } from './at-the-server.ts';
import {
  behind,
  behindWords,
  captureThere,
  iptables,
  lookOnPath,
  placeBehind,
  sureBehind,
} from './behind.ts';
import type { Case } from './case.ts';
import { FROM_SERVER } from './trace.ts';

/** All SYN-ACKs came to the capture nearest to the client, which goes on as if there had been none. */
export function returnedAnswers(one: Case, cause: Cause): Answered | undefined {
  const { nearClient, losses } = one;
  const arrived = nearClient.session.packets.by[FROM_SERVER].length;
  if (losses.length > 0 || arrived === 0) return undefined;
  const there = behind(one, 'client');
  const { server } = one.view(nearClient);
  const tables = iptables(server.address);
  const came = arrived === 1 ? 'The SYN-ACK' : `All ${arrived} SYN-ACKs`;
  return {
    ...placeBehind(there),
    confidence: sureBehind(there, cause.confidence),
    summary: `The server answers, and the client goes on as if it had not. ${came} came to ${there.label}: up to there the way is open in both directions. ${behindWords(there, 'its own firewall drops the answers, or its kernel ignores them')}`,
    nextSteps: [
      ...captureThere(one, there),
      ...lookOnPath(one, there),
      `On the client: \`nft list ruleset\` and \`${tables} -L INPUT -n -v\` (tcpdump sees packets before these rules: which rule's counter goes up while it tries?); let the answers pass with \`${tables} -I INPUT -p tcp --sport ${server.port} -j ACCEPT\``,
      `On the client: \`ip route get ${server.address}\` and ${reversePathFilter(server.address)}`,
    ],
  };
}
