import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { DROPBEAR_FINGERPRINTS, isDropbear } from '../dropbear.ts';
import { isScanner } from './banner-grab.ts';

/** Longer than this between the server's key and the end is a person at the prompt. */
const PROMPT_MS = 1000;

export const hostKeyRejected: CauseDefinition = {
  id: 'host-key-rejected',
  title: "The client did not accept the server's host key",
  fates: ['close-during-kex'],
  needs:
    "the client closes after it received the server's key exchange reply and NEWKEYS and before its own NEWKEYS",
  says: 'Changed or unknown host key (known_hosts), or a client that only wanted to see the key.',
  diagnose(record) {
    const { client, server } = record;
    if (record.endedBy !== 'client' || server.hostKey === undefined || !record.kex?.client) return undefined;
    const { messages } = record.kex;
    const left = messages.some((m) => m.from === 'client' && m.name === 'SSH_MSG_NEWKEYS');
    const disconnected = messages.some((m) => m.name === 'SSH_MSG_DISCONNECT');
    if (left || disconnected || record.kex.mismatch !== undefined || isScanner(client)) return undefined;
    const reply = entryOf(record, 'SSH_MSG_NEWKEYS', 'server');
    const close = record.timeline.find((e) => e.from === 'client' && (e.what === 'FIN' || e.what === 'RST'));
    const waitedMs = record.timing.idleBeforeEndMs ?? 0;
    const key = `${server.hostKey.algorithm} ${server.hostKey.fingerprint}`;
    const proof = evidence([
      [reply, `the server's key exchange reply with its host key ${key}`],
      [close, 'the client closes without its own NEWKEYS'],
    ]);
    const prompt =
      waitedMs >= PROMPT_MS ? ` after ${(waitedMs / 1000).toFixed(1)} s, as a person at the prompt does` : '';
    return {
      confidence: 'likely',
      summary: `The client refused the host key of ${hostPort(server)}${prompt}: it is unknown or has changed there.`,
      evidence: proof,
      nextSteps: [
        `On the client, if the server's administrator confirms the key ${server.hostKey.fingerprint} (next step): \`ssh-keygen -R '${knownHostsName(server)}'; ssh -o StrictHostKeyChecking=accept-new -p ${server.port} ${server.address}\``,
        `On the server: \`${isDropbear(record) ? DROPBEAR_FINGERPRINTS : 'for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done'}\` (is ${server.hostKey.fingerprint} really its key? If not, somebody is in between: do not accept it)`,
        `On the client: \`ssh-keygen -l -F '${knownHostsName(server)}'\` (which key does known_hosts hold? "Host key verification failed." is on the user's screen)`,
      ],
    };
  },
};

const knownHostsName = (server: { readonly address: string; readonly port: number }): string =>
  server.port === 22 ? server.address : `[${server.address}]:${server.port}`;
