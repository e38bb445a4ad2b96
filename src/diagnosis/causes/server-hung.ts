import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding, hostPort } from '../cause-definition.ts';
import { isDropbear, RESTART_DROPBEAR } from '../dropbear.ts';
import { repeatedAfterAck } from '../handshake.ts';
import { between, closeOf, seconds } from '../sentences.ts';

/** Who leaves sooner did not wait for the server. */
const WAITED_MS = 1000;

export const serverHung: CauseDefinition = {
  id: 'server-hung',
  title: 'sshd does not speak',
  fates: ['stalled-before-banner', 'fin-before-banner', 'rst-before-banner'],
  needs:
    "a handshake and acknowledgements by the server's kernel, but no identification string for seconds, until the client gives up or the packets stop",
  says: 'sshd is stopped, stuck or starved, or a proxy waits for its backend; says how long the client waited.',
  diagnose(record) {
    const ack = entryOf(record, 'ACK');
    const { last } = record.tcp;
    if (ack === undefined || record.server.identification !== undefined || record.server.text !== undefined)
      return undefined;
    if (record.bytes.serverToClient > 0 || repeatedAfterAck(record).length > 0) return undefined;
    // Nobody acknowledges: it is the path, or no socket.
    if (last?.client.unanswered !== undefined) return undefined;
    if (record.fate === 'stalled-before-banner') {
      if (record.observed.owed?.what !== 'identification string') return undefined;
      return finding(
        record,
        `The kernel of ${hostPort(record.server)} completed the handshake${heard(record) ? " and acknowledged the client's identification string" : ''}, but sshd never spoke: it is stopped, stuck or starved.`,
      );
    }
    const close = closeOf(record, 'client');
    if (record.endedBy !== 'client' || close === undefined) return undefined;
    const waitedMs = between(ack, close);
    if (waitedMs < WAITED_MS) return undefined;
    return finding(
      record,
      `sshd at ${hostPort(record.server)} did not speak for ${seconds(waitedMs)}${heard(record) ? " although its kernel acknowledged the client's identification string" : ''}, then the client gave up${connectTimeout(record, close)}: sshd is stopped, stuck or starved.`,
    );
  },
};

const heard = (record: SessionRecord): boolean => (record.tcp.last?.client.largestDeliveredBytes ?? 0) > 0;

/** ssh counts whole seconds from the start of its connect. */
export function connectTimeout(record: SessionRecord, close: { readonly time: string }): string {
  const syn = entryOf(record, 'SYN');
  if (syn === undefined) return '';
  const waited = between(syn, close) / 1000;
  const whole = Math.round(waited);
  return whole >= 1 && waited >= whole - 0.01 && waited - whole < 0.1
    ? ` (ConnectTimeout ${whole} fits)`
    : '';
}

function finding(record: SessionRecord, summary: string): Finding {
  const { server } = record;
  const data = record.tcp.last?.client.data[0];
  const ofDropbear = isDropbear(record);
  const program = ofDropbear ? 'dropbear' : 'sshd';
  return {
    confidence: 'likely',
    summary,
    evidence: [
      ...evidence([
        [entryOf(record, 'SYN-ACK'), "the server's kernel answers"],
        [entryOf(record, 'ACK'), 'the connection is established'],
      ]),
      ...(data
        ? [{ packet: data.packet, time: data.time, what: "the client's bytes, which nobody answered" }]
        : []),
      ...evidence([[closeOf(record, 'client'), 'the client gives up']]),
    ],
    nextSteps: [
      `On the server: \`${ofDropbear ? RESTART_DROPBEAR : 'systemctl restart ssh'}\` (sessions that are open live on); before it \`ps -o pid,stat,wchan:20,cmd -C ${program}\` tells why it hung (T: stopped, \`pkill -CONT -x ${program}\` is enough; D: it waits for a disk or NFS; R: the machine is starved, see \`uptime\`)`,
      `On the server: \`ss -ltnp 'sport = :${server.port}'\` (Recv-Q above 0: nobody accepts; another program than sshd: a proxy that waits for its backend)`,
      `On the client: \`nc -v ${server.address} ${server.port}\` (does SSH-2.0 come at last? Then it is slow, not stuck), and \`ssh -o ConnectTimeout=60 ${server.address}\``,
    ],
  };
}
