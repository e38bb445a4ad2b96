import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { DROPBEAR_FINGERPRINTS, isDropbear } from '../dropbear.ts';
import { deciding, lacksPackets, lastSaid } from '../last-words.ts';
import { onOtherServer, otherServer } from '../other-server.ts';
import { isScanner } from './banner-grab.ts';

/** RFC 4253 §11.1. */
const HOST_KEY_NOT_VERIFIABLE = 9;

/** Longer than this between the server's key and the end is a person at the prompt. */
const PROMPT_MS = 1000;

export const hostKeyRejected: CauseDefinition = {
  id: 'host-key-rejected',
  title: "The client did not accept the server's host key",
  fates: ['close-during-kex'],
  needs:
    "the client closes after it received the server's key exchange reply and NEWKEYS and before its own NEWKEYS; certain when its SSH_MSG_DISCONNECT says HOST_KEY_NOT_VERIFIABLE",
  says: 'Changed or unknown host key (known_hosts), or a client that only wanted to see the key.',
  diagnose(record) {
    const { client, server } = record;
    const isClients = record.endedBy === 'client' || record.disconnect?.[0]?.from === 'client';
    if (!isClients || server.hostKey === undefined || !record.kex?.client) return undefined;
    const { messages } = record.kex;
    const left = messages.some((m) => m.from === 'client' && m.name === 'SSH_MSG_NEWKEYS');
    const said = record.disconnect?.find(({ from }) => from === 'client');
    const why = said?.reasonCode === HOST_KEY_NOT_VERIFIABLE ? said : undefined;
    if (
      left ||
      (record.disconnect !== undefined && why === undefined) ||
      record.kex.mismatch !== undefined ||
      isScanner(client)
    )
      return undefined;
    const reply = entryOf(record, 'SSH_MSG_NEWKEYS', 'server');
    const close = record.timeline.find((e) => e.from === 'client' && (e.what === 'FIN' || e.what === 'RST'));
    const waitedMs = record.timing.idleBeforeEndMs ?? 0;
    const key = `${server.hostKey.algorithm} ${server.hostKey.fingerprint}`;
    const proof = evidence([
      [reply, `the server's key exchange reply with its host key ${key}`],
      why === undefined
        ? [close, 'the client closes without its own NEWKEYS']
        : [entryOf(record, 'SSH_MSG_DISCONNECT', 'client'), `SSH_MSG_DISCONNECT, ${why.reasonName ?? ''}`],
    ]);
    const prompt =
      waitedMs >= PROMPT_MS && why === undefined
        ? ` after ${(waitedMs / 1000).toFixed(1)} s, as a person at the prompt does`
        : '';
    const words = why ? ` and says so${why.description === '' ? '' : ` ("${why.description}")`}` : '';
    return {
      confidence: why === undefined ? 'likely' : 'certain',
      summary: `The client refused the host key of ${hostPort(server)}${prompt}${words}: it is unknown or has changed there.`,
      evidence: proof,
      nextSteps: nextSteps(record, server.hostKey.fingerprint),
    };
  },
};

/**
 * Libraries that let the key exchange end, and leave it to the program to ask then whether the host key is known. Others
 * compare it before they send NEWKEYS (OpenSSH, PuTTY, dropbear, Go, AsyncSSH, JSch, ssh2 of Node.js).
 */
const COMPARES_LATER = /^(paramiko|libssh)/;

/** The shortest packet is 16 bytes long (RFC 4253 §6); nobody pads NEWKEYS to more than four times as many. */
const NEWKEYS_BYTES = 64;

export const hostKeyRejectedLate: CauseDefinition = {
  id: 'host-key-rejected',
  title: hostKeyRejected.title,
  fates: ['close-during-auth'],
  needs:
    'possible for libraries that compare the key later (paramiko, libssh, libssh2): the client closes after its NEWKEYS and sends nothing behind them',
  says: hostKeyRejected.says,
  diagnose(record) {
    const { auth, client, server } = record;
    if (record.endedBy !== 'client' || auth?.result === 'failed') return undefined;
    if (server.hostKey === undefined || lacksPackets(record)) return undefined;
    if (client.software === undefined || !COMPARES_LATER.test(client.software) || isScanner(client)) {
      return undefined;
    }
    const close = deciding(record);
    const last = lastSaid(record).findLast(({ from }) => from === 'client');
    if (close === undefined || last === undefined || last.bytes > NEWKEYS_BYTES) return undefined;
    const newKeys = entryOf(record, 'SSH_MSG_NEWKEYS', 'client');
    if (last.packet !== newKeys?.packet) return undefined;
    const key = `${server.hostKey.algorithm} ${server.hostKey.fingerprint}`;
    return {
      confidence: 'possible',
      summary: `The client left right after the key exchange, before it asked to log in: ${client.software} compares the host key then, so it may not have accepted the one of ${hostPort(server)}, or only wanted to see it.`,
      evidence: evidence([
        [
          entryOf(record, 'SSH_MSG_NEWKEYS', 'server'),
          `the server's key exchange reply, with its host key ${key}`,
        ],
        [newKeys, 'NEWKEYS of the client, its last word'],
        [{ ...newKeys, packet: close.packet, time: close.time }, 'the client closes'],
      ]),
      nextSteps: nextSteps(record, server.hostKey.fingerprint),
    };
  },
};

/** Nothing is taken out of known_hosts before it is known whose key this is: another one may be somebody in between. */
function nextSteps(record: SessionRecord, fingerprint: string): readonly string[] {
  const { server } = record;
  const port = server.port === 22 ? '' : ` -p ${server.port}`;
  const other = otherServer(record);
  const show =
    other === undefined
      ? `On the server: \`${isDropbear(record) ? DROPBEAR_FINGERPRINTS : 'for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done'}\``
      : `${onOtherServer(other)}: \`ssh-keygen -lf FILE\` of its host key`;
  return [
    `${show} (is ${fingerprint} among its keys? Look at its console or through a connection that is not in doubt. If it is not, another machine answers, perhaps an attacker in between: do not accept it, and type no password there)`,
    `On the client: \`ssh-keygen -l -F '${knownHostsName(server)}'\` (nothing: the key is only new there; another fingerprint: find out why it changed: a new installation, another machine at this address)`,
    `On the client, only when the first step found it: \`ssh-keygen -R '${knownHostsName(server)}'; ssh${port} ${server.address}\` (and the same with its name, if it is called by name), and answer the question with \`${fingerprint}\` in place of yes: OpenSSH 8.0 and later compare it themselves`,
  ];
}

const knownHostsName = (server: { readonly address: string; readonly port: number }): string =>
  server.port === 22 ? server.address : `[${server.address}]:${server.port}`;
