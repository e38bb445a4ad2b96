import type { Endpoint, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { isDropbear } from '../dropbear.ts';

const SCANNERS = /keyscan|nmap|zgrab|masscan|censys|shodan|ssh-audit/i;

/** A program that names itself as one that only looks. */
export const isScanner = ({ software }: Pick<Endpoint, 'software'>): boolean =>
  software !== undefined && SCANNERS.test(software);

export const bannerGrab: CauseDefinition = {
  id: 'banner-grab',
  title: 'The client only looked at the identification string or the host key',
  fates: ['fin-after-banner', 'rst-after-banner'],
  needs:
    "the client sent nothing at all, or only its identification string or a part of one, and left right after the server's",
  says: 'A key scan, a port scanner or a monitor; not a user.',
  diagnose(record) {
    const { client, server } = record;
    if (record.endedBy !== 'client' || server.identification === undefined) return undefined;
    const part = partOf(record);
    if ((client.text !== undefined && part === undefined) || record.kex?.client !== undefined)
      return undefined;
    const silent = record.bytes.clientToServer === 0;
    if (!silent && client.identification === undefined && part === undefined) return undefined;
    const close = record.timeline.find(
      (entry) => entry.from === 'client' && (entry.what === 'FIN' || entry.what === 'RST'),
    );
    const reset = record.tcp.resets?.find((entry) => entry.from === 'client');
    if (close?.what === 'RST' && reset?.hopLimit !== record.tcp.hopLimits.client?.[0]) return undefined;
    const scanner = isScanner(client);
    return {
      // A reset can be forged with a fitting hop limit; a FIN is the client's own.
      confidence: (silent || scanner) && close?.what === 'FIN' ? 'certain' : 'likely',
      summary: silent
        ? "The client read the server's identification string and left without a byte: a scanner or a monitor, not a user."
        : part !== undefined
          ? `The client sent "${part}", a part of an identification string, and left: a probe or a program that was ended, not a user.`
          : 'The client exchanged identification strings and left before the key exchange: a scanner or a monitor, or a program that did not like the version.',
      evidence: evidence([
        [entryOf(record, 'identification string', 'server'), "the server's identification string"],
        [
          part === undefined ? undefined : entryOf(record, 'text', 'client'),
          `the client begins to identify itself: "${part}"`,
        ],
        [
          close,
          silent
            ? 'the client closes without having sent a byte'
            : part === undefined
              ? 'the client closes before the key exchange'
              : 'the client closes before its identification string is whole',
        ],
      ]),
      nextSteps: [
        `Find out what ${client.address} is: a load balancer, a monitor (exempt it from penalties: PerSourcePenaltyExemptList) or a scanner`,
        "On the server: journalctl -u ssh | grep 'Connection closed by' (such visits are logged and harmless)",
      ],
    };
  },
};

/** All that the client sent, where that is the beginning of an identification string. */
function partOf({ client, bytes, tcp }: SessionRecord): string | undefined {
  const line = client.text?.[0];
  if (client.identification !== undefined || line === undefined || tcp.gaps.client > 0) return undefined;
  // A CR is not in the line.
  if (bytes.clientToServer > line.length + 1) return undefined;
  return /^(?:SSH-|SSH$|SS$|S$)/.test(line) ? line : undefined;
}

/** A second way to tell it: the scanners that go on to the key exchange name themselves. */
export const keyScan: CauseDefinition = {
  id: bannerGrab.id,
  title: bannerGrab.title,
  fates: ['close-during-kex'],
  needs:
    'the client identifies itself as ssh-keyscan, nmap or another scanner, and leaves during the key exchange without its NEWKEYS',
  says: bannerGrab.says,
  diagnose(record) {
    const { client, server } = record;
    if (!isScanner(client) || server.identification === undefined) return undefined;
    const left = record.kex?.messages.some((m) => m.from === 'client' && m.name === 'SSH_MSG_NEWKEYS');
    if (left) return undefined;
    const close = record.timeline.find((entry) => entry.what === 'FIN' || entry.what === 'RST');
    const key = server.hostKey && `${server.hostKey.algorithm} ${server.hostKey.fingerprint}`;
    return {
      confidence: 'certain',
      summary: `A scan: ${client.software} ${key ? `took the host key of ${hostPort(server)} (${key})` : 'read the algorithms that the server offers'} and left.`,
      evidence: evidence([
        [entryOf(record, 'identification string', 'client'), `the client: ${client.identification ?? ''}`],
        [
          entryOf(record, 'SSH_MSG_NEWKEYS', 'server') ?? entryOf(record, 'SSH_MSG_KEXINIT', 'server'),
          key ? `the server's key exchange reply with its host key ${key}` : "the server's proposal",
        ],
        [close, `the ${close?.from ?? 'client'} closes; the client has sent no NEWKEYS`],
      ]),
      nextSteps: [
        'Nothing is to be mended: this is how scanners work, and no login was tried',
        ...(isDropbear(record)
          ? []
          : [
              `On the server, if the scanner is yours and is refused later (OpenSSH 9.8 and later), in sshd_config: \`PerSourcePenaltyExemptList ${client.address}\`, then \`sshd -t && systemctl reload ssh\``,
            ]),
      ],
    };
  },
};
