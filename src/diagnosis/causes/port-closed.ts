import type { ResetRecord, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';

/**
 * A kernel without a listener answers a SYN with RST+ACK, window 0, no options, IP ID 0, and copies the DSCP of
 * the SYN. A firewall's reject looks the same but for DSCP 0: where the SYN carries none, the two are one.
 */
export const portClosed: CauseDefinition = {
  id: 'port-closed',
  title: 'Nothing listens on the port',
  fates: ['rst-after-syn'],
  needs:
    "RST+ACK of the SYN in the kernel's own form: window 0, no TCP options, no IP identification, and the SYN's DSCP copied",
  says: 'sshd is not running, listens on another port, or on another address.',
  diagnose(record) {
    const reset = record.tcp.resets?.find((r) => r.from === 'server');
    if (reset === undefined || !isKernelForm(reset)) return undefined;
    const synDscp = dscp(record.tcp.synTrafficClass?.client);
    const resetDscp = dscp(reset.trafficClass);
    const copied = synDscp !== undefined && synDscp !== 0 && resetDscp === synDscp;
    // A marked SYN that is answered without the mark is the firewall's form, or a network that clears marks.
    if (synDscp !== undefined && synDscp !== 0 && !copied) return undefined;
    return {
      confidence: copied ? 'certain' : 'likely',
      summary: copied
        ? `The host of ${hostPort(record.server)} answered that nothing listens there: its kernel refused the connection.`
        : `${hostPort(record.server)} refused the connection as a kernel does when nothing listens; a firewall that rejects with a reset can look the same.`,
      evidence: evidence([
        [entryOf(record, 'SYN'), 'SYN of the client'],
        [
          entryOf(record, 'RST', 'server'),
          `RST+ACK, hop limit ${reset.hopLimit}, window 0, no options${copied ? ', DSCP of the SYN copied' : ''}`,
        ],
      ]),
      nextSteps: nextSteps(record),
    };
  },
};

const isKernelForm = (reset: ResetRecord): boolean =>
  reset.ack && reset.window === 0 && reset.optionsLength === 0 && (reset.ipId ?? 0) === 0;

const dscp = (trafficClass: number | undefined): number | undefined =>
  trafficClass === undefined ? undefined : trafficClass >> 2;

function nextSteps(record: SessionRecord): readonly string[] {
  const { port } = record.server;
  return [
    `On the server: systemctl status ssh sshd; ss -ltnp 'sport = :${port}' (is sshd up, and on this address and port?)`,
    'On the server: sshd -t (a configuration error or missing host keys keep sshd from starting)',
    `On the server: nft list ruleset | grep -i reject (if sshd does listen, a firewall refuses)`,
    `On the client: check the address and the port (${port}) in ssh_config, DNS and port forwards`,
  ];
}
