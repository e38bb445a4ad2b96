import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, evidence } from '../cause-definition.ts';
import { isDropbear, RESTART_DROPBEAR } from '../dropbear.ts';
import { deciding, lacksPackets, lastSaid, msBetween, seconds } from '../last-words.ts';
import { onOtherServer, otherServer, otherServersLog } from '../other-server.ts';
import { vantage } from '../vantage.ts';

/** What the server may owe when it stops in the middle, as the fate's facts name it. */
const PHASES: Readonly<Record<string, string>> = {
  SSH_MSG_KEXINIT: 'begin the key exchange',
  'key exchange reply': "answer the client's key exchange message",
  'answer to authentication': 'answer the authentication',
};

/** Longer than the delay of PAM after a wrong password, and than a slow look-up of a name. */
const WAITED_MS = 8000;

/** What the server has not sent, and how long it was waited for; undefined where it owes nothing. */
function waitedFor(record: SessionRecord): { readonly what: string; readonly until: string } | undefined {
  const { owed, closes } = record.observed;
  const close = deciding(record);
  if (close === undefined) {
    return owed?.by === 'server' && closes.length === 0
      ? { what: owed.what, until: 'up to the end of the capture' }
      : undefined;
  }
  if (close.side !== 'client' || record.observed.clientAskedToLeave) return undefined;
  const last = lastSaid(record).findLast(({ packet }) => packet < close.packet);
  if (last?.from !== 'client') return undefined;
  const waitedMs = msBetween(last, close);
  if (waitedMs < WAITED_MS || closes[0]?.unacknowledged === true || lacksPackets(record)) return undefined;
  const what = record.stage === 'auth' ? 'answer to authentication' : owedInKex(record);
  return what === undefined ? undefined : { what, until: `for ${seconds(waitedMs)}, until the client left` };
}

/** As the fate's facts would name it. */
function owedInKex({ kex }: SessionRecord): string | undefined {
  const said = (from: 'client' | 'server', isProposal: boolean): boolean =>
    kex?.messages.some(
      (message) => message.from === from && (message.name === 'SSH_MSG_KEXINIT') === isProposal,
    ) === true;
  if (!said('client', true) || said('server', false)) return undefined;
  if (!said('server', true)) return 'SSH_MSG_KEXINIT';
  return said('client', false) ? 'key exchange reply' : undefined;
}

/** A second way to tell `server-hung`: after the identification string. */
export const serverStalled: CauseDefinition = {
  id: 'server-hung',
  title: 'sshd does not answer although its host is up',
  fates: [
    ...(['stalled-after-banner', 'stalled-during-kex', 'stalled-during-auth'] as const),
    ...(['close-during-kex', 'close-during-auth'] as const),
  ],
  needs:
    "after the identification strings, the server's kernel acknowledged all of the client's data and its sshd owes the next message, and does not send it, also where the client left after eight seconds and more (before the keys only possible, unless seen at the server: a large answer may be lost on the way)",
  says: 'Its process for this connection is stopped, stuck or starved; during authentication PAM, LDAP or a name server may be what it waits for.',
  diagnose(record) {
    const owed = waitedFor(record);
    if (owed === undefined) return undefined;
    const phase = PHASES[owed.what];
    const words = record.tcp.last;
    if (phase === undefined || words === undefined) return undefined;
    if (words.client.unanswered !== undefined || words.server.hole !== undefined) return undefined;
    if (words.server.unanswered !== undefined) return undefined;
    const asked = lastSaid(record).findLast((packet) => packet.from === 'client');
    if (asked === undefined) return undefined;
    const login = record.stage === 'auth';
    // Its KEXINIT and its reply are its first large segments: where one is lost on the path, nothing behind it shows.
    const mayBeLost = !login && vantage(record) !== 'server';
    const other = otherServer(record);
    return {
      confidence: mayBeLost ? 'possible' : 'likely',
      summary: `The server's kernel acknowledged the client's last data, but its ${other === undefined ? 'sshd' : 'program'} did not ${phase} ${owed.until}: ${login ? 'it waits for PAM, a directory or a name server, or' : 'it'} is stopped, stuck or starved${mayBeLost ? ', or its answer, a large packet, is lost on the way' : ''}.`,
      evidence: [
        ...evidence([
          [record.timeline.findLast((entry) => entry.from === 'server'), "the server's last message"],
        ]),
        { packet: asked.packet, time: asked.time, what: "the client's last data; it was acknowledged" },
      ],
      nextSteps: [
        ...(other === undefined ? nextSteps(record, login) : otherSteps(record, other, asked.time)),
        ...(mayBeLost ? [sizesThatPass(record)] : []),
      ],
    };
  },
};

function nextSteps(record: SessionRecord, login: boolean): readonly string[] {
  const ofDropbear = isDropbear(record);
  const program = ofDropbear ? 'dropbear' : 'sshd';
  const restart = `pkill -CONT -x ${program}; ${ofDropbear ? RESTART_DROPBEAR : 'sshd -t && systemctl restart ssh'}`;
  return [
    login && !ofDropbear
      ? 'On the server: `sshd -t && systemctl restart ssh` and, if PAM asks a directory, `systemctl restart sssd`; `getent passwd USER` and `time getent hosts CLIENT` must answer at once (else `UseDNS no`, `GSSAPIAuthentication no` in sshd_config)'
      : `On the server: \`${restart}\` (goes on with stopped processes, and starts the daemon afresh)`,
    `On the server: \`ps -o pid,stat,wchan:20,pcpu,etime,args -C ${program}\` (T: stopped, D: stuck on a disk), \`uptime; vmstat 1 3\` (starved?)`,
    tracing(record),
  ];
}

function otherSteps(record: SessionRecord, other: string, time: string): readonly string[] {
  const { port } = record.server;
  return [
    `${onOtherServer(other)}: \`ss -ltnp 'sport = :${port}'\` shows its process, \`ps -o pid,stat,wchan:20,pcpu,etime,args -p PID\` how it is (T: stopped, go on with \`kill -CONT PID\`; D: stuck on a disk), \`uptime; vmstat 1 3\` whether it is starved`,
    otherServersLog(other, time),
    tracing(record),
  ];
}

const sizesThatPass = ({ server }: SessionRecord): string =>
  `On the client: \`ping -M do -c 3 -s 1000 ${server.address}\` and the same with \`-s 1300\` (only the smaller one is answered: the path drops large packets; \`ip link set IFACE mtu 1280\` for a try)`;

const tracing = ({ client }: SessionRecord): string =>
  `On the server: \`strace -f -p PID\` of the process of this connection (\`ss -tnp 'dport = :${client.port}'\` shows it)`;
