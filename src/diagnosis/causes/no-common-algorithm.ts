import type { KexRecord, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';
import { isDropbear } from '../dropbear.ts';
import { negotiationSteps } from '../negotiation-steps.ts';

type Category = NonNullable<KexRecord['mismatch']>['category'];

interface Kind {
  readonly category: Category;
  /** As OpenSSH's client words it: "no matching … found". */
  readonly noun: string;
  /** Option of ssh_config and of sshd_config. */
  readonly option: string;
}

const KINDS: readonly Kind[] = [
  {
    category: 'kex',
    noun: 'key exchange method',
    option: 'KexAlgorithms',
  },
  {
    category: 'host-key',
    noun: 'host key type',
    option: 'HostKeyAlgorithms',
  },
  { category: 'cipher', noun: 'cipher', option: 'Ciphers' },
  { category: 'mac', noun: 'MAC', option: 'MACs' },
  {
    category: 'compression',
    noun: 'compression method',
    option: 'Compression',
  },
];

/** Not methods but signals in the list (RFC 8308 §2.1, OpenSSH PROTOCOL §1.9). */
const SIGNAL = /^(ext-info-[cs]|kex-strict-[cs]-v00@openssh\.com)$/;

/** RFC 4253 §7.1 run over both proposals finds no winner; one cause for each category. */
export const noCommonAlgorithmCauses: readonly CauseDefinition[] = KINDS.map((kind) => ({
  id: `no-common-${kind.category}`,
  title: `No ${kind.noun} in common`,
  fates: ['close-during-kex', 'stalled-during-kex', 'undetermined'],
  needs: `both KEXINITs, and no ${kind.noun} that is in both lists`,
  says: 'Both lists, the option on either side that gives them one in common, the OpenSSH release that changed a default, and whether to upgrade instead.',
  diagnose(record: SessionRecord) {
    const mismatch = record.kex?.mismatch;
    if (mismatch === undefined || mismatch.category !== kind.category) return undefined;
    const client = mismatch.client.filter((name) => !SIGNAL.test(name));
    const server = mismatch.server.filter((name) => !SIGNAL.test(name));
    const direction = mismatch.direction ? ` from ${mismatch.direction.replaceAll('-', ' ')}` : '';
    return {
      confidence: 'certain' as const,
      summary: `Client and server have no ${kind.noun} in common${direction}: the client offers ${list(client)}; the server offers ${list(server)}.`,
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
  const { category } = kind;
  if (category === 'compression') return compressionSteps(client, record);
  return negotiationSteps(
    { category, option: kind.option },
    { names: client, software: record.client.software },
    { names: server, software: record.server.software },
  );
}

/** Every OpenSSH has `none` in its list (and `zlib`, from the first packet on, up to 7.3). */
function compressionSteps(client: readonly string[], record: SessionRecord): readonly string[] {
  const steps = [
    "On the client: switch compression off (ssh -o Compression=no …), so that 'none' is among its methods",
  ];
  if (client.includes('zlib@openssh.com') && !isDropbear(record)) {
    steps.unshift('On the server, in sshd_config: `Compression yes`; then sshd -t && systemctl reload ssh');
  }
  return steps;
}

const list = (names: readonly string[]): string => (names.length === 0 ? '(nothing)' : names.join(','));
