import type { Confidence, ResetRecord, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { isBareForm, type ResetForm, resetForm } from '../reset-form.ts';
import { count } from '../sentences.ts';
import { rejectedByFirewall } from './rejected-by-firewall.ts';

/** Windows begins with this and counts the IP identification on in its resets too. */
const WINDOWS_HOP_LIMITS = { above: 64, upTo: 128 } as const;

/**
 * A kernel without a listener answers a SYN with RST+ACK, window 0, no options, IP ID 0, and copies the DSCP of
 * the SYN. A firewall's reject looks the same but for DSCP 0: where the SYN carries none, the two are one.
 */
export const portClosed: CauseDefinition = {
  id: 'port-closed',
  title: 'Nothing listens on the port',
  fates: ['rst-after-syn'],
  needs:
    "RST+ACK of the SYN in the kernel's own form: window 0, no TCP options, no IP identification, and the SYN's DSCP copied; or with the hop limit of the server's other packets",
  says: 'sshd is not running, listens on another port, or on another address.',
  diagnose(record) {
    const reset = record.tcp.resets?.find((r) => r.from === 'server');
    if (reset === undefined || !reset.ack) return undefined;
    const form = resetForm(record, reset);
    const confidence = confidenceOf(record, reset, form);
    if (confidence === undefined) return undefined;
    const isOwn = form === 'no-socket';
    const served = record.surroundings?.server.identified ?? 0;
    const before = served > 0 ? `; sshd served ${count(served, 'other session')} of this capture there` : '';
    return {
      confidence,
      summary:
        isOwn && confidence === 'certain'
          ? `The host of ${hostPort(record.server)} answered that nothing listens there: its kernel refused the connection${before}.`
          : `${hostPort(record.server)} refused the connection as a kernel does when nothing listens; a firewall that rejects with a reset can look the same${before}.`,
      evidence: evidence([
        [entryOf(record, 'SYN'), 'SYN of the client'],
        [
          entryOf(record, 'RST', 'server'),
          `RST+ACK, hop limit ${reset.hopLimit}${hasUsualHopLimit(record, reset) ? " as in the server's other packets" : ''}, window 0, no options${isOwn ? ', DSCP of the SYN copied' : ''}`,
        ],
      ]),
      nextSteps: nextSteps(record),
    };
  },
};

function confidenceOf(
  record: SessionRecord,
  reset: ResetRecord,
  form: ResetForm | undefined,
): Confidence | undefined {
  const refused = rejectedByFirewall.diagnose(record);
  // A network that clears marks makes a kernel's reset look like a firewall's.
  if (form === 'filter') return refused?.confidence === 'certain' ? undefined : 'possible';
  if (refused !== undefined && refused.confidence !== 'possible') return undefined;
  if (form === 'no-socket') return refused === undefined ? 'certain' : 'likely';
  if (isBareForm(reset)) return isMarkedOtherwise(record, reset) ? undefined : 'likely';
  if (!isWindowsForm(reset)) return undefined;
  return hasUsualHopLimit(record, reset) ? 'likely' : 'possible';
}

/** A marked SYN that is answered with another mark fits neither kernel nor firewall. */
function isMarkedOtherwise(record: SessionRecord, reset: ResetRecord): boolean {
  const syn = record.tcp.synTrafficClass?.client;
  return syn !== undefined && syn >> 2 !== 0 && syn >> 2 !== reset.trafficClass >> 2;
}

const isWindowsForm = ({ window, optionsLength, hopLimit }: ResetRecord): boolean =>
  window === 0 &&
  optionsLength === 0 &&
  hopLimit > WINDOWS_HOP_LIMITS.above &&
  hopLimit <= WINDOWS_HOP_LIMITS.upTo;

const hasUsualHopLimit = (record: SessionRecord, reset: ResetRecord): boolean =>
  record.surroundings?.server.hopLimits?.includes(reset.hopLimit) === true;

function nextSteps(record: SessionRecord): readonly string[] {
  const { port, address } = record.server;
  return [
    `On the server: \`systemctl enable --now ssh\` (on some systems \`sshd\`), then \`ss -ltnp 'sport = :${port}'\` must show sshd, on ${address} or on all addresses`,
    'On the server: `sshd -t` (a configuration error or missing host keys keep sshd from starting: `ssh-keygen -A` makes them), `sshd -T | grep -Ei "^(port|listenaddress)"`',
    `On the server: \`nft list ruleset | grep -i reject\` (if sshd does listen, a firewall refuses)`,
    `On the client: \`ssh -G NAME | grep -Ei "^(hostname|port) "\` (are address and port ${port} the right ones? DNS, ssh_config, port forwards)`,
  ];
}
