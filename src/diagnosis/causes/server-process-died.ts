import type { SessionRecord, TimelineEntry } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding } from '../cause-definition.ts';
import { dropbearLog, isDropbear, RESTART_DROPBEAR } from '../dropbear.ts';
import {
  type DecidingPacket,
  deciding,
  journalAround,
  lacksPackets,
  lastSaid,
  msBetween,
  seconds,
} from '../last-words.ts';
import { isOpenSsh, onOtherServer, otherServer, otherServersLog } from '../other-server.ts';
import { serverClosedItself } from '../own-close.ts';
import { isTurnedAway } from './authentication-refused.ts';
import { failedKeepalive } from './keepalive-failed.ts';
import { mayBeGrace } from './login-grace-expired.ts';

/** Answers to authentication that end the session come at once. */
const AT_ONCE_MS = 500;
const IMPOSSIBLE = /^(packet-length-impossible|padding-impossible|kexinit-too-short)$/;

export const serverProcessDied: CauseDefinition = {
  id: 'server-process-died',
  title: "The server's process for this session ended",
  fates: [
    ...(['fin-after-banner', 'rst-after-banner', 'close-during-kex', 'close-during-auth'] as const),
    ...(['closed-in-session', 'reset-in-session'] as const),
  ],
  needs:
    "the server's own stack closes (FIN, or RST with time stamps and a real window) in the middle of the protocol, without a reason: no mismatch, no message, no time-out, nothing wrong from the client",
  says: 'The sshd process of the session crashed, was killed, ran out of memory, or the machine shut down.',
  diagnose(record) {
    if (!byItself(record)) return undefined;
    return record.stage === 'session' ? inSession(record) : beforeLogin(record);
  },
};

/** The server closed, and the record shows no reason for it. */
function byItself(record: SessionRecord): boolean {
  if (!serverClosedItself(record)) return false;
  if (record.disconnect !== undefined || record.kex?.mismatch !== undefined) return false;
  if (record.server.text !== undefined || record.client.foreign !== undefined) return false;
  if (record.observed.closes.length > 1 && record.observed.closes.every((each) => !each.afterPeerClose)) {
    return false;
  }
  if (record.anomalies.some(({ layer, code }) => layer === 'ssh' && IMPOSSIBLE.test(code))) return false;
  return talksVersion2(record);
}

function talksVersion2({ client, server }: SessionRecord): boolean {
  const is2 = (text: string | undefined) => text === undefined || /^SSH-(2\.0|1\.99)-/.test(text);
  return is2(client.identification) && is2(server.identification);
}

function beforeLogin(record: SessionRecord): Finding | undefined {
  const close = deciding(record);
  if (close === undefined) return undefined;
  const last = lastSaid(record).findLast((packet) => packet.packet < close.packet);
  const quietMs = last === undefined ? undefined : msBetween(last, close);
  const owes = last?.from === 'client';
  // Where sizes do not tell how far the authentication was, nothing is known of it.
  if (record.stage === 'auth' && record.auth?.attempts === undefined) return undefined;
  if (record.stage === 'auth' && !owes && (quietMs ?? 0) < AT_ONCE_MS) return undefined;
  // What another server does with a proposal that it cannot take is not known: tinyssh just closes.
  const refusing = record.kex?.client !== undefined && record.kex.server === undefined;
  if (!isOpenSsh(record) && refusing && (quietMs ?? 0) < 2 * AT_ONCE_MS) return undefined;
  const doubtful =
    // How long it had been there is not known, so it may have been time.
    record.observed.handshake === 'midway' ||
    isTurnedAway(record) ||
    mayBeGrace(record) ||
    !isOpenSsh(record) ||
    (record.stage === 'auth' && !owes);
  const where =
    record.stage === 'auth'
      ? owes
        ? "without an answer to the client's last message of authentication"
        : 'while it waited for the client to authenticate'
      : record.stage === 'kex'
        ? 'in the middle of the key exchange'
        : 'right after the identification strings';
  return {
    confidence: doubtful ? 'possible' : 'likely',
    summary: `The server ended the connection ${where}${quietMs === undefined ? '' : `, ${seconds(quietMs)} after the last data`}, with no reason on the wire: its process for this connection died or was stopped.`,
    evidence: proof(record),
    nextSteps: nextSteps(record, close.time),
  };
}

function inSession(record: SessionRecord): Finding | undefined {
  // Other servers close first at the end of a session that went well.
  if (!isOpenSsh(record)) return undefined;
  const close = deciding(record);
  if (close === undefined) return undefined;
  const together = record.surroundings?.server.together?.sessions ?? 0;
  const doubtful = failedKeepalive(record) !== undefined || mayHaveAsked(record);
  const others =
    together > 0
      ? ` ${together} more of its sessions ended in the same moment: sshd or the machine was stopped.`
      : '';
  const authenticated = entryOf(record, 'authenticated');
  if (
    authenticated !== undefined &&
    together === 0 &&
    !mayHaveAsked(record) &&
    isUnset(record, close, authenticated)
  ) {
    return notSetUp(record, close, authenticated);
  }
  return {
    confidence: doubtful ? 'possible' : 'likely',
    summary: `The server ended the session ${close.kind === 'rst' ? 'with a reset of its own process' : 'by itself'}, and the client had not asked for it: the process was killed, crashed or was told to stop.${others}`,
    evidence: proof(record),
    nextSteps: nextSteps(record, close.time),
  };
}

/** The client's wish to leave may be among the packets that the capture lacks. */
const mayHaveAsked = (record: SessionRecord): boolean =>
  lacksPackets(record) && (record.surroundings?.server.together?.sessions ?? 0) === 0;

/** Longer than pam_systemd waits for logind, 25 s. A session that only forwards may be silent for hours. */
const SET_UP_MS = 30_000;

/** sshd's first words in a session, its host keys, come when the session is set up. */
const isUnset = (record: SessionRecord, close: DecidingPacket, since: TimelineEntry): boolean =>
  msBetween(since, close) < SET_UP_MS &&
  !lastSaid(record).some((said) => said.from === 'server' && said.packet > since.packet);

/** A process of sshd becomes the user's after the login: it goes into the chroot and takes limits and PAM's session. */
function notSetUp(record: SessionRecord, close: DecidingPacket, authenticated: TimelineEntry): Finding {
  const { client } = record;
  return {
    confidence: 'likely',
    summary: `The server let the user in and ended the session ${seconds(msBetween(authenticated, close))} later, before it had answered anything: it could not set the session up (a ChrootDirectory of the wrong owner or mode, PAM's session, the user's limits), or its process died.`,
    evidence: proof(record),
    nextSteps: [
      `On the server: \`${journalAround(close.time)} | grep -Ei 'fatal|error|bad ownership|chroot|pam_'\` (names what failed)`,
      `On the server: \`sshd -T -C user=USER,host=${client.address},addr=${client.address} | grep -i chrootdirectory\`, and of what it names \`namei -l DIRECTORY\` (every part must belong to root and be writable by root only)`,
      `On the server: \`journalctl -k --since '-1 day' | grep -Ei 'oom|killed process|segfault|sshd'\`; \`coredumpctl list sshd\``,
    ],
  };
}

function proof(record: SessionRecord) {
  const close = deciding(record);
  const last = lastSaid(record).findLast((packet) => packet.packet < (close?.packet ?? 0));
  return [
    ...evidence([[entryOf(record, 'authenticated'), 'the user is in']]),
    ...(last
      ? [{ packet: last.packet, time: last.time, what: `last data before it, from the ${last.from}` }]
      : []),
    ...(close
      ? [
          {
            packet: close.packet,
            time: close.time,
            what:
              close.kind === 'fin'
                ? 'FIN: the server closes'
                : 'RST in the form of a process that ends with data unread',
          },
        ]
      : []),
  ];
}

function nextSteps(record: SessionRecord, time: string): readonly string[] {
  const again = `On the client: \`ssh -vvv -p ${record.server.port} ${record.server.address}\` (does it happen again, and at the same step?)`;
  if (isDropbear(record)) {
    return [
      `On the server: ${dropbearLog(time)} ("Exit before auth" and its reason); \`dmesg | grep -Ei 'oom|killed process|segfault|dropbear'\``,
      `On the server: \`${RESTART_DROPBEAR}\` (if the log names no reason: a program that was upgraded beneath itself, or short of memory)`,
      again,
    ];
  }
  const other = otherServer(record);
  if (other !== undefined) {
    return [
      otherServersLog(other, time),
      `${onOtherServer(other)}: \`dmesg -T | grep -Ei 'oom|killed process|segfault'\` and \`ss -ltnp 'sport = :${record.server.port}'\` (does it run, and since when?)`,
      again,
    ];
  }
  return [
    `On the server: \`${journalAround(time)}\`; \`journalctl -k --since '-1 day' | grep -Ei 'oom|killed process|segfault|sshd'\`; \`coredumpctl list sshd\``,
    'On the server: `sshd -t && systemctl restart ssh` (a daemon that was upgraded beneath itself starts broken children until then)',
    'On the server: `last -x | head` and `systemctl status systemd-logind` (shutdown, reboot, a killed user session: KillUserProcesses, ClientAliveInterval, ChannelTimeout)',
    again,
  ];
}
