import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding } from '../cause-definition.ts';
import { hasProxyHeader, INVALID_IDENTIFICATION, WITHOUT_PROXY_HEADER } from '../words-instead.ts';

export const clientNotSsh: CauseDefinition = {
  id: 'client-not-ssh',
  title: 'The client speaks another protocol',
  fates: ['fin-after-banner', 'rst-after-banner', 'close-during-kex', 'fin-before-banner'],
  needs:
    'the client\'s first bytes are no identification string, and the server says "Invalid SSH identification string." or closes; or they are the header of the PROXY protocol, and it says so',
  says: 'A browser, a TLS probe or a monitor connected to the SSH port, or a load balancer puts a PROXY header before SSH.',
  diagnose(record) {
    const { client, server } = record;
    const complains = server.text?.some((line) => INVALID_IDENTIFICATION.test(line)) ?? false;
    if (complains && hasProxyHeader(record)) return proxyHeader(record);
    if (client.identification !== undefined || record.bytes.clientToServer === 0) return undefined;
    // A client that left before it heard the server: other servers on that port are no concern of its.
    if (record.fate === 'fin-before-banner' && !heardLate(record)) return undefined;
    if (!complains && client.foreign === undefined) return undefined;
    const protocol = client.foreign?.protocol ?? 'other';
    const what = protocol === 'other' ? 'something that is not SSH' : protocol.toUpperCase();
    const proof = evidence([
      [entryOf(record, 'identification string', 'server'), "the server's identification string"],
    ]);
    if (client.foreign !== undefined) {
      const { packet, time, head } = client.foreign;
      proof.push({ packet, time, what: `first bytes of the client: ${head}` });
    }
    return {
      confidence: complains ? 'certain' : 'likely',
      summary: `The client sent ${what} to an SSH server: a browser, a TLS probe or a monitor, not ssh.`,
      evidence: proof,
      nextSteps: [
        `On ${client.address}: \`ss -tnp 'dport = :${server.port}'\` (which program connects?), and give it the right port; a monitor should look for SSH-2.0 and send nothing: \`nc -w 3 ${server.address} ${server.port} </dev/null\``,
        `On the server, if it is a stranger: \`journalctl -u ssh | grep '${client.address}'\` (such visits are logged and harmless; from 9.8 on sshd punishes them by itself)`,
      ],
    };
  },
};

/** The client spoke first and closed; that an SSH server listens there came too late for it. */
const heardLate = ({ client, server, endedBy }: SessionRecord): boolean =>
  endedBy === 'client' && server.identification !== undefined && client.foreign?.protocol !== 'other';

function proxyHeader(record: SessionRecord): Finding {
  const { client } = record;
  const first = client.foreign ?? entryOf(record, 'text', 'client');
  return {
    confidence: 'certain',
    summary:
      'A load balancer put the header of the PROXY protocol before the SSH of its client, and sshd, which does not know it, refused: "Invalid SSH identification string."',
    evidence: [
      ...evidence([
        [entryOf(record, 'identification string', 'server'), "the server's identification string"],
      ]),
      ...(first
        ? [{ packet: first.packet, time: first.time, what: 'the header of the PROXY protocol' }]
        : []),
    ],
    nextSteps: [
      `On the load balancer (${client.address}): ${WITHOUT_PROXY_HEADER}`,
      'On the server, if its log has to name the clients: a program before sshd that takes the header and keeps their addresses (go-mmproxy), or a load balancer that does not hide them',
    ],
  };
}
