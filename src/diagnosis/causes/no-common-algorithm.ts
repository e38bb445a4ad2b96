import type { KexRecord, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';

type Category = NonNullable<KexRecord['mismatch']>['category'];

interface Kind {
  readonly category: Category;
  /** As OpenSSH's client words it: "no matching … found". */
  readonly noun: string;
  /** Option of ssh_config and of sshd_config. */
  readonly clientOption: string;
  readonly serverOption: string;
}

const KINDS: readonly Kind[] = [
  {
    category: 'kex',
    noun: 'key exchange method',
    clientOption: 'KexAlgorithms',
    serverOption: 'KexAlgorithms',
  },
  {
    category: 'host-key',
    noun: 'host key type',
    clientOption: 'HostKeyAlgorithms',
    serverOption: 'HostKeyAlgorithms',
  },
  { category: 'cipher', noun: 'cipher', clientOption: 'Ciphers', serverOption: 'Ciphers' },
  { category: 'mac', noun: 'MAC', clientOption: 'MACs', serverOption: 'MACs' },
  {
    category: 'compression',
    noun: 'compression method',
    clientOption: 'Compression',
    serverOption: 'Compression',
  },
];

/** Not methods but signals in the list (RFC 8308 §2.1, OpenSSH PROTOCOL §1.9). */
const SIGNAL = /^(ext-info-[cs]|kex-strict-[cs]-v00@openssh\.com)$/;
/** Only a last resort: broken or too short (RFC 9142 §4, RFC 8758). */
const WEAK =
  /group1-sha1|group-exchange-sha1|group14-sha1|^ssh-dss|^ssh-rsa|-cbc|arcfour|blowfish|cast128|3des|hmac-md5|hmac-sha1|-96|umac-64|ripemd|^none$/;

/** RFC 4253 §7.1 run over both proposals finds no winner; one cause for each category. */
export const noCommonAlgorithmCauses: readonly CauseDefinition[] = KINDS.map((kind) => ({
  id: `no-common-${kind.category}`,
  title: `No ${kind.noun} in common`,
  fates: ['close-during-kex', 'stalled-during-kex', 'undetermined'],
  needs: `both KEXINITs, and no ${kind.noun} that is in both lists`,
  says: 'Both lists, and the option on either side that gives them one in common.',
  diagnose(record: SessionRecord) {
    const mismatch = record.kex?.mismatch;
    if (mismatch === undefined || mismatch.category !== kind.category) return undefined;
    const client = mismatch.client.filter((name) => !SIGNAL.test(name));
    const server = mismatch.server.filter((name) => !SIGNAL.test(name));
    const direction = mismatch.direction ? ` ${mismatch.direction.replaceAll('-', ' ')}` : '';
    return {
      confidence: 'certain' as const,
      summary: `Client and server have no ${kind.noun}${direction} in common: the client offers ${list(client)}; the server offers ${list(server)}.`,
      evidence: evidence([
        [entryOf(record, 'SSH_MSG_KEXINIT', 'client'), `the client's proposal: ${list(client)}`],
        [entryOf(record, 'SSH_MSG_KEXINIT', 'server'), `the server's proposal: ${list(server)}`],
      ]),
      nextSteps: nextSteps(kind, client, server, record),
    };
  },
}));

function nextSteps(
  kind: Kind,
  client: readonly string[],
  server: readonly string[],
  record: SessionRecord,
): readonly string[] {
  const forClient = best(server);
  const forServer = best(client);
  const steps: string[] = [];
  if (kind.category === 'compression') {
    return [
      "On the server, in sshd_config: Compression no (then both sides have 'none')",
      'On the client: ssh -o Compression=no …',
    ];
  }
  if (forServer !== undefined) {
    steps.push(
      `On the server, in sshd_config: ${kind.serverOption} +${forServer} (in place of a ${kind.serverOption} line that stands there: the first one counts; then sshd -t && systemctl reload ssh)`,
    );
  }
  if (forClient !== undefined) {
    steps.push(`On the client: ssh -o ${kind.clientOption}=+${forClient} …`);
  }
  if (kind.category === 'host-key' && forServer !== undefined) {
    steps.push(
      `On the server: ls /etc/ssh/ssh_host_*_key; ssh-keygen -A (a host key of the type that ${forServer} needs must exist)`,
    );
  }
  const onlyWeak = client.every((name) => WEAK.test(name)) || server.every((name) => WEAK.test(name));
  if (onlyWeak) {
    const old = client.every((name) => WEAK.test(name)) ? record.client : record.server;
    steps.push(
      `The only way out is a weak algorithm: upgrade ${old.software ?? old.address} instead, and allow it for this one host until then`,
    );
  }
  return steps;
}

/** The first that is not weak, else the first. */
function best(names: readonly string[]): string | undefined {
  return names.find((name) => !WEAK.test(name)) ?? names[0];
}

const list = (names: readonly string[]): string => (names.length === 0 ? '(nothing)' : names.join(','));
