import type { Endpoint } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';

const MISMATCH_TEXT = /^Protocol (mismatch|major versions differ)/;

/** RFC 4253 §5.1: 1.99 stands for both versions. */
export const protocolVersionMismatch: CauseDefinition = {
  id: 'protocol-version-mismatch',
  title: 'One side speaks SSH 1, the other SSH 2',
  fates: ['fin-after-banner', 'rst-after-banner', 'fin-before-banner', 'rst-before-banner'],
  needs:
    'identification strings with protocol versions that have nothing in common, or the text "Protocol mismatch." / "Protocol major versions differ."',
  says: 'Who speaks what; the old side must be upgraded.',
  diagnose(record) {
    const client = versionOf(record.client);
    const server = versionOf(record.server);
    const text = record.server.text?.find((line) => MISMATCH_TEXT.test(line));
    const disjoint = client !== undefined && server !== undefined && !canTalk(client, server);
    if (!disjoint && (text === undefined || client === undefined)) return undefined;
    return {
      confidence: 'certain',
      summary: `The client speaks SSH ${client ?? '?'} and the server SSH ${server ?? '?'}: they have no protocol version in common.`,
      evidence: evidence([
        [entryOf(record, 'identification string', 'client'), `client: ${record.client.identification ?? ''}`],
        [entryOf(record, 'identification string', 'server'), `server: ${record.server.identification ?? ''}`],
      ]),
      nextSteps: [
        `Upgrade ${client?.startsWith('1.') && client !== '1.99' ? `the client ${record.client.address}` : `the server ${record.server.address}`}, which speaks SSH 1: it has been unsafe since 2001, and OpenSSH removed it in 7.6 (client) and 7.4 (server); \`ssh -V\` there says the version`,
        `On a device that knows both: switch SSH 2 on (Cisco: \`ip ssh version 2\`; an old sshd_config: \`Protocol 2\`), and see \`nc -w 3 ${record.server.address} ${record.server.port} </dev/null\` for SSH-2.0 or SSH-1.99`,
      ],
    };
  },
};

function versionOf(endpoint: Endpoint): string | undefined {
  return endpoint.identification?.match(/^SSH-([0-9.]{1,8})-/)?.[1];
}

function canTalk(a: string, b: string): boolean {
  const major = (version: string) => (version === '1.99' ? 'both' : version.split('.')[0]);
  const [left, right] = [major(a), major(b)];
  return left === 'both' || right === 'both' || left === right;
}
