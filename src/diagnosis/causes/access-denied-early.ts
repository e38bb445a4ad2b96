import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding, hostPort } from '../cause-definition.ts';
import { closeOf, count, family, seconds } from '../sentences.ts';
import { identifiedOthers, isCrowded, silentClose } from '../silent-close.ts';

/** A refusal that takes longer looked up the client's name first. */
const LOOKED_UP_MS = 1000;
/** A resolver waits so long for a name server (resolv.conf's timeout). */
const RESOLVER_MS = 5000;
/** What sshd itself says instead of an identification string has a cause of its own. */
const OF_SSHD =
  /^(Exceeded MaxStartups|Not allowed at this time|Protocol mismatch|Protocol major versions|Invalid SSH ident)/;

export const accessDeniedEarly: CauseDefinition = {
  id: 'access-denied-early',
  title: 'This client is refused before a word',
  fates: ['rst-before-banner', 'fin-before-banner'],
  needs:
    "the server closes before its identification string to this client while others get one, or after seconds with the client's identification string unread, as hosts.deny does while it looks up a name (a client that sent nothing: only possible, after the seconds of such a look-up); or it says so in text",
  says: 'hosts.deny (libwrap), sshguard or an allow-list in front of sshd.',
  diagnose(record) {
    const text = record.server.text?.[0];
    if (text !== undefined) return ofText(record, text);
    const close = silentClose(record);
    if (close === undefined || close.by === 'stranger') return undefined;
    if (isCrowded(record)) return undefined;
    const others = identifiedOthers(record);
    const isAlone = others > 0 && record.surroundings?.client.identified === 0;
    if (close.by === 'taken' && !isAlone) return undefined;
    const isSilent = record.bytes.clientToServer === 0;
    const hasLookedUp =
      close.afterMs >= LOOKED_UP_MS && close.by !== 'taken' && (!isSilent || lookUps(close.afterMs) > 0);
    const after = `${seconds(close.afterMs)} after the handshake without a byte`;
    return {
      // Of a client that sent nothing nobody knows whether it would have been read, as by a proxy that tries its backend.
      confidence: isAlone || (hasLookedUp && !isSilent) ? 'likely' : 'possible',
      summary: isAlone
        ? `${hostPort(record.server)} closed ${after}, while ${count(others, 'session')} of other clients got an identification string: it refuses ${record.client.address}.`
        : `${hostPort(record.server)} closed ${after}${hasLookedUp ? lookUp(close.afterMs, isSilent) : ': hosts.deny or an allow-list in front of sshd closes like this'}.`,
      evidence: evidence([
        [entryOf(record, 'ACK'), 'the connection is established'],
        [entryOf(record, 'identification string', 'client'), "the client's identification string"],
        [close.entry, `the server closes ${seconds(close.afterMs)} after the handshake, without a byte`],
      ]),
      nextSteps: nextSteps(record, hasLookedUp),
    };
  },
};

/** So many times the wait for a name server; 0 for other times. */
function lookUps(afterMs: number): number {
  const tries = Math.round(afterMs / RESOLVER_MS);
  return tries > 0 && Math.abs(afterMs - tries * RESOLVER_MS) < 250 ? tries : 0;
}

function lookUp(afterMs: number, isSilent: boolean): string {
  const tries = lookUps(afterMs);
  const unread = isSilent ? '' : ", the client's identification string unread";
  return `${unread}: hosts.deny refuses${tries > 0 ? ` after ${count(tries, 'look-up')} of 5 s that no name server answered` : ' once it has looked up the name'}${isSilent ? ', and a proxy after so many tries to reach its backend' : ''}`;
}

function ofText(record: SessionRecord, text: string): Finding | undefined {
  if (record.endedBy !== 'server' || record.server.identification !== undefined) return undefined;
  if (record.server.text?.some((line) => OF_SSHD.test(line))) return undefined;
  return {
    confidence: 'likely',
    summary: `${hostPort(record.server)} refused with a text in place of an identification string: "${text}".`,
    evidence: evidence([
      [entryOf(record, 'text', 'server'), `the server says "${text}"`],
      [closeOf(record, 'server'), 'the server closes'],
    ]),
    nextSteps: nextSteps(record, false),
  };
}

function nextSteps({ client, server }: SessionRecord, hasLookedUp: boolean): readonly string[] {
  const address = client.address.includes(':') ? `[${client.address}]` : client.address;
  return [
    `On the server: \`grep -v '^#' /etc/hosts.deny /etc/hosts.allow\`; let the client in with the line \`sshd: ${address}\` in /etc/hosts.allow, or take the line that denies it out of /etc/hosts.deny`,
    `On the server: \`journalctl -S -10min | grep -E 'refused connect|${client.address}'\` (libwrap logs to syslog, not to sshd's own log); sshguard: \`nft list table ${family(client)} sshguard\``,
    ...(hasLookedUp
      ? [
          `On the server: \`getent hosts ${client.address}\` (slow: a name server in /etc/resolv.conf does not answer)`,
        ]
      : []),
    `On the client: \`nc -v -w 10 ${server.address} ${server.port}\`, also from another address (only some are refused)`,
  ];
}
