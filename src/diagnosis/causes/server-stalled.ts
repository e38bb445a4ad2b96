import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, evidence } from '../cause-definition.ts';
import { isDropbear, RESTART_DROPBEAR } from '../dropbear.ts';
import { deciding, lastSaid, msBetween, type SaidPacket, seconds } from '../last-words.ts';

/** Who leaves sooner has another reason. */
const PATIENCE_MS = 5000;

/** What the server may owe when it stops in the middle, as the fate's facts name it. */
const PHASES: Readonly<Record<string, string>> = {
  SSH_MSG_KEXINIT: 'begin the key exchange',
  'key exchange reply': "answer the client's key exchange message",
  'answer to authentication': 'answer the authentication',
};

/** A second way to tell `server-hung`: after the identification string. */
export const serverStalled: CauseDefinition = {
  id: 'server-hung',
  title: 'sshd does not answer although its host is up',
  fates: ['stalled-after-banner', 'stalled-during-kex', 'stalled-during-auth', 'close-during-kex'],
  needs:
    "after the identification strings, the server's kernel acknowledged all of the client's data and its sshd owes the next message, and does not send it; also where the client closes after seconds of waiting for it",
  says: 'Its process for this connection is stopped, stuck or starved; during authentication PAM, LDAP or a name server may be what it waits for.',
  diagnose(record) {
    const { closes, owed } = record.observed;
    const what = closes.length > 0 ? waitedFor(record) : owed?.by === 'server' ? owed.what : undefined;
    if (what === undefined) return undefined;
    const phase = PHASES[what];
    const words = record.tcp.last;
    if (phase === undefined || words === undefined) return undefined;
    if (words.client.unanswered !== undefined || words.server.hole !== undefined) return undefined;
    if (words.server.unanswered !== undefined) return undefined;
    const asked = lastSaid(record).findLast((packet) => packet.from === 'client');
    if (asked === undefined) return undefined;
    // Its KEXINIT is its first large segment, and where that is lost on the path nothing behind it shows.
    const mayBeLost = what === 'SSH_MSG_KEXINIT';
    const login = record.stage === 'auth';
    const ofDropbear = isDropbear(record);
    const program = ofDropbear ? 'dropbear' : 'sshd';
    const restart = `pkill -CONT -x ${program}; ${ofDropbear ? RESTART_DROPBEAR : 'systemctl restart ssh'}`;
    return {
      confidence: mayBeLost ? 'possible' : 'likely',
      summary: `The server's kernel acknowledged the client's last data, but its sshd did not ${phase}, ${until(record, asked)}: ${login ? 'it waits for PAM, a directory or a name server, or' : 'it'} is stopped, stuck or starved.`,
      evidence: [
        ...evidence([
          [record.timeline.findLast((entry) => entry.from === 'server'), "the server's last message"],
        ]),
        { packet: asked.packet, time: asked.time, what: "the client's last data; it was acknowledged" },
      ],
      nextSteps: [
        ...(login && !ofDropbear
          ? [
              'On the server: `systemctl restart ssh` and, if PAM asks a directory, `systemctl restart sssd`; `getent passwd USER` and `time getent hosts CLIENT` must answer at once (else `UseDNS no`, `GSSAPIAuthentication no` in sshd_config)',
            ]
          : [`On the server: \`${restart}\` (goes on with stopped processes, and starts the daemon afresh)`]),
        `On the server: \`ps -o pid,stat,wchan:20,pcpu,etime,args -C ${program}\` (T: stopped, D: stuck on a disk), \`uptime; vmstat 1 3\` (starved?)`,
        `On the server: \`strace -f -p PID\` of the process of this connection (\`ss -tnp 'dport = :${record.client.port}'\` shows it)`,
      ],
    };
  },
};

/** What a client that closes at last had waited for in the key exchange, as the fate's facts would name it. */
function waitedFor(record: SessionRecord): string | undefined {
  const close = deciding(record);
  const asked = lastSaid(record).findLast((packet) => packet.from === 'client');
  if (record.fate !== 'close-during-kex' || close?.side !== 'client' || close.kind !== 'fin')
    return undefined;
  if (asked === undefined || msBetween(asked, close) < PATIENCE_MS) return undefined;
  const said = (from: 'client' | 'server', name: (name: string) => boolean) =>
    record.kex?.messages.some((message) => message.from === from && name(message.name)) === true;
  const isProposal = (name: string) => name === 'SSH_MSG_KEXINIT';
  const isMethod = (name: string) => !isProposal(name);
  if (!said('client', isProposal) || said('server', isMethod)) return undefined;
  if (!said('server', isProposal)) return 'SSH_MSG_KEXINIT';
  return said('client', isMethod) ? 'key exchange reply' : undefined;
}

function until(record: SessionRecord, asked: SaidPacket): string {
  const close = deciding(record);
  return close === undefined
    ? 'up to the end of the capture'
    : `and after ${seconds(msBetween(asked, close))} the client gave up`;
}
