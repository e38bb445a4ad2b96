import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, hostPort } from '../cause-definition.ts';

interface Kind {
  readonly id: string;
  readonly protocols: readonly string[] | undefined;
  readonly title: string;
  readonly what: (protocol: string) => string;
}

const KINDS: readonly Kind[] = [
  {
    id: 'not-ssh-http',
    protocols: ['http'],
    title: 'A web server answers',
    what: () => 'a web server (HTTP)',
  },
  { id: 'not-ssh-tls', protocols: ['tls'], title: 'A TLS service answers', what: () => 'a TLS service' },
  {
    id: 'not-ssh-other',
    protocols: undefined,
    title: 'Another protocol answers',
    what: (protocol) =>
      protocol === 'other' ? 'something that is not SSH' : `${protocol.toUpperCase()}, not SSH`,
  },
];

/** Wrong service on the port, by its first bytes. */
export const notSshCauses: readonly CauseDefinition[] = KINDS.map((kind) => ({
  id: kind.id,
  title: kind.title,
  fates: ['not-ssh'],
  needs: kind.protocols
    ? `the server's first bytes are those of ${kind.protocols.join(', ')}`
    : "the server's first bytes are of another protocol, or break the rule for text lines before an identification string",
  says: 'The wrong service listens on this port.',
  diagnose(record: SessionRecord) {
    const foreign = record.server.foreign;
    if (foreign === undefined) return undefined;
    const named = KINDS.some((other) => other.protocols?.includes(foreign.protocol));
    // Where neither side speaks SSH nobody missed it: another program's port, or a part of a multipath connection.
    if (foreign.protocol === 'other' && record.client.foreign !== undefined) return undefined;
    if (kind.protocols ? !kind.protocols.includes(foreign.protocol) : named) return undefined;
    return {
      confidence: 'certain' as const,
      summary: `${hostPort(record.server)} is ${kind.what(foreign.protocol)}: the wrong service listens there, or a forward leads to it.`,
      evidence: [
        { packet: foreign.packet, time: foreign.time, what: `first bytes of the server: ${foreign.head}` },
      ],
      nextSteps: [
        `On the server: \`ss -ltnp 'sport = :${record.server.port}'\` (which process listens?); give the port back to sshd: stop that service and \`sshd -t && systemctl restart ssh\`, or \`sshd -T | grep -i ^port\` and use the port where sshd listens: \`ssh -p PORT ${record.server.address}\``,
        `On the client: \`ssh -G NAME | grep -Ei "^(hostname|port) "\` (are address and port the right ones?)`,
        'On routers and load balancers in front of it: `nft list ruleset | grep -E "dnat|redirect"` (does a forward lead to the wrong port?)',
      ],
    };
  },
}));
