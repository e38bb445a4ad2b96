import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding, hostPort } from '../cause-definition.ts';
import { isDropbear, RESTART_DROPBEAR } from '../dropbear.ts';
import { repeatedAfterAck } from '../handshake.ts';
import { lacksPackets } from '../last-words.ts';
import { refusalOf } from '../refusal.ts';
import { between, closeOf, seconds } from '../sentences.ts';

/** Who leaves sooner did not wait for the server. */
const WAITED_MS = 1000;

export const serverHung: CauseDefinition = {
  id: 'server-hung',
  title: 'sshd does not speak',
  fates: ['stalled-before-banner', 'fin-before-banner', 'rst-before-banner'],
  needs:
    "a handshake and acknowledgements by the server's kernel, but no identification string for seconds, or only text that is none, until the client gives up or the packets stop",
  says: 'sshd is stopped, stuck or starved, or a proxy waits for its backend; after text, that what answers may be no SSH server. Says how long the client waited.',
  diagnose(record) {
    const ack = entryOf(record, 'ACK');
    const { last } = record.tcp;
    if (ack === undefined || record.server.identification !== undefined) return undefined;
    // Nobody acknowledges: it is the path, or no socket.
    if (last?.client.unanswered !== undefined) return undefined;
    if (record.server.text !== undefined) return onlyText(record);
    // It spoke, though too late, and what is not in the capture.
    if ((last?.server.data.length ?? 0) > 0) return undefined;
    if (record.bytes.serverToClient > 0 || repeatedAfterAck(record).length > 0) return undefined;
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

/** Text may stand before an identification string (RFC 4253 §4.2), but no SSH server says it and then nothing. */
function onlyText(record: SessionRecord): Finding | undefined {
  const { server } = record.tcp.last ?? {};
  const said = server?.data.at(-1);
  if (said === undefined || server?.unanswered !== undefined || lacksPackets(record)) return undefined;
  if (record.server.foreign !== undefined || refusalOf(record) !== undefined) return undefined;
  const words = quoted(record.server.text ?? []);
  const start = `${hostPort(record.server)} said ${words}, which is no identification string, and then nothing`;
  const meaning =
    'something that is no SSH server answers there, or a proxy or wrapper that greets with text and whose sshd hangs';
  if (record.fate === 'stalled-before-banner') {
    if (record.observed.owed?.what !== 'identification string') return undefined;
    return textFinding(
      record,
      words,
      `${start} more${heard(record) ? ", though its kernel acknowledged the client's identification string" : ''}: ${meaning}.`,
    );
  }
  const close = closeOf(record, 'client');
  if (record.endedBy !== 'client' || close === undefined) return undefined;
  const waitedMs = between(said, close);
  if (waitedMs < WAITED_MS) return tarpit(record, words, close);
  return textFinding(
    record,
    words,
    `${start} for ${seconds(waitedMs)}, until the client gave up${connectTimeout(record, close)}: ${meaning}.`,
  );
}

/** Fewer lines may be a greeting. */
const ENDLESS_LINES = 3;

/** Lines without end, slowly: OpenSSH's client reads a thousand of them before it asks itself what answers. */
function tarpit(
  record: SessionRecord,
  words: string,
  close: { readonly packet: number; readonly time: string },
): Finding | undefined {
  const lines = record.server.text?.length ?? 0;
  const first = entryOf(record, 'text', 'server');
  if (first === undefined || lines < ENDLESS_LINES || between(first, close) < WAITED_MS) return undefined;
  return textFinding(
    record,
    words,
    `${hostPort(record.server)} said a line of text now and then, ${lines} in ${seconds(between(first, close))}, and never an identification string, until the client gave up${connectTimeout(record, close)}: a tarpit that holds scanners (endlessh), or something that is no SSH server.`,
  );
}

/** Longer lines are in the record. */
const SHOWN = 60;

/** The first line with words in it. */
function quoted(lines: readonly string[]): string {
  const line = lines.find((each) => each.trim() !== '');
  if (line === undefined) return 'an empty line';
  const words = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
  return lines.length > 1 ? `"${words}" and other lines` : `"${words}"`;
}

function textFinding(record: SessionRecord, words: string, summary: string): Finding {
  const { server } = record;
  return {
    confidence: 'likely',
    summary,
    evidence: evidence([
      [entryOf(record, 'ACK'), 'the connection is established'],
      [entryOf(record, 'text', 'server'), `the server says ${words} in place of its identification string`],
      [closeOf(record, 'client'), 'the client gives up'],
    ]),
    nextSteps: [
      `On the server: \`ss -ltnp 'sport = :${server.port}'\` (which program listens?); another one than sshd: stop it and \`sshd -t && systemctl restart ssh\`, or use the port where sshd listens (\`sshd -T | grep -i ^port\`)`,
      `On the server, if a proxy, a wrapper or a socket unit listens: \`nc -v ADDRESS_OF_ITS_SSHD 22\` (does SSH-2.0 come there?)`,
      `On the client: \`nc -v ${server.address} ${server.port}\` (does a line with SSH-2.0 come at last?), and \`ssh -G NAME | grep -Ei "^(hostname|port) "\` (are address and port the right ones?)`,
    ],
  };
}

const heard = (record: SessionRecord): boolean => (record.tcp.last?.client.largestDeliveredBytes ?? 0) > 0;

/** ssh counts whole seconds from the start of its connect. */
function connectTimeout(record: SessionRecord, close: { readonly time: string }): string {
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
      `On the server: \`${ofDropbear ? RESTART_DROPBEAR : 'sshd -t && systemctl restart ssh'}\` (sessions that are open live on); before it \`ps -o pid,stat,wchan:20,cmd -C ${program}\` tells why it hung (T: stopped, \`pkill -CONT -x ${program}\` is enough; D: it waits for a disk or NFS; R: the machine is starved, see \`uptime\`)`,
      `On the server: \`ss -ltnp 'sport = :${server.port}'\` (Recv-Q above 0: nobody accepts; another program than sshd: a proxy that waits for its backend)`,
      `On the client: \`nc -v ${server.address} ${server.port}\` (does SSH-2.0 come at last? Then it is slow, not stuck), and \`ssh -o ConnectTimeout=60 ${server.address}\``,
    ],
  };
}
