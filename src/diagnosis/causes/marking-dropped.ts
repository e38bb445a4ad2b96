import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding } from '../cause-definition.ts';
import { dropbearOption, isDropbear } from '../dropbear.ts';
import { count } from '../sentences.ts';

/** Names of the values that ssh sets (its IPQoS). */
const DSCP_NAMES: Readonly<Record<number, string>> = {
  4: 'lowdelay',
  2: 'throughput',
  8: 'CS1',
  18: 'AF21',
  46: 'EF',
};

const named = (dscp: number): string => (DSCP_NAMES[dscp] ? `${dscp} (${DSCP_NAMES[dscp]})` : `${dscp}`);

export const markingDropped: CauseDefinition = {
  id: 'marking-dropped',
  title: 'Packets with a DSCP mark vanish',
  fates: ['no-syn-ack'],
  needs: 'marked SYNs that stay without an answer, while the same server answers SYNs without this mark',
  says: 'A device on the path drops packets with the DSCP value that IPQoS sets.',
  diagnose: synMarkingDropped,
};

/** The client marks its SYN since OpenSSH 8.5. */
function synMarkingDropped(record: SessionRecord): Finding | undefined {
  const trafficClass = record.tcp.synTrafficClass?.client;
  const repeats = record.tcp.synRepeats?.client;
  if (trafficClass === undefined || trafficClass >> 2 === 0 || repeats === undefined) return undefined;
  const dscp = trafficClass >> 2;
  const { surroundings } = record;
  const markings = surroundings?.server.markings;
  if (surroundings === undefined || markings === undefined || markings.answered.length === 0)
    return undefined;
  if (markings.answered.includes(dscp)) return undefined;
  // An unmarked SYN in vain would say that the mark is not the reason.
  if (markings.unanswered.includes(0)) return undefined;
  const sameClient = surroundings.client.answered > 0;
  const last = repeats[repeats.length - 1];
  return {
    confidence: sameClient ? 'likely' : 'possible',
    summary: `${count(repeats.length + 1, 'SYN')} marked with DSCP ${named(dscp)} got no answer, while the server answered ${sameClient ? 'this client' : 'others'} when marked with DSCP ${markings.answered.map(named).join(', ')}: a device on the path drops the mark.`,
    evidence: [
      ...evidence([[entryOf(record, 'SYN'), `SYN with DSCP ${dscp}, never answered`]]),
      ...(last
        ? [{ packet: last.packet, time: last.time, what: `last repeated SYN with DSCP ${dscp}` }]
        : []),
    ],
    nextSteps: [
      `On the client: \`ssh -o IPQoS=none ${record.server.address}\`, and for good \`IPQoS none\` in ~/.ssh/config`,
      isDropbear(record)
        ? `${dropbearOption('-z')} (its answers are marked after login too)`
        : 'On the server, in sshd_config: `IPQoS none` (its answers are marked after login too), then `sshd -t && systemctl reload ssh`',
      `On the path: find the device with \`traceroute -T -p ${record.server.port} -t ${trafficClass & 0xfc} ${record.server.address}\` against the same without \`-t\`, and let it pass or clear the mark`,
    ],
  };
}
