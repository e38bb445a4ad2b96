import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';

const INVALID_TEXT = /^(Invalid SSH identification string|Protocol mismatch)/;

export const clientNotSsh: CauseDefinition = {
  id: 'client-not-ssh',
  title: 'The client speaks another protocol',
  fates: ['fin-after-banner', 'rst-after-banner'],
  needs:
    'the client\'s first bytes are no identification string, and the server says "Invalid SSH identification string." or closes',
  says: 'A browser, a TLS probe or a monitor connected to the SSH port.',
  diagnose(record) {
    const { client, server } = record;
    if (client.identification !== undefined || record.bytes.clientToServer === 0) return undefined;
    const complains = server.text?.some((line) => INVALID_TEXT.test(line)) ?? false;
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
