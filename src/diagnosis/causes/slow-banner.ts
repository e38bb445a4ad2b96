import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';
import { isDropbear } from '../dropbear.ts';
import { between, closeOf, seconds } from '../sentences.ts';

/**
 * sshd needs milliseconds. One lost packet costs up to a second (TCP's first time-out, RFC 6298), so from two
 * seconds on it is the server; checks of load balancers begin to fail there.
 */
const SLOW_MS = 2000;

export const slowBanner: CauseDefinition = {
  id: 'slow-banner',
  title: 'The identification string takes seconds',
  fates: ['completed', 'open', 'fin-before-banner', 'rst-before-banner'],
  needs: `the server's identification string comes ${SLOW_MS / 1000} s or more after the handshake, and nothing was lost in between`,
  says: 'An overloaded or stopped sshd, name look-ups of hosts.deny, or a proxy; not UseDNS, which delays the first answer to authentication. Says the seconds, and whether the client had given up.',
  diagnose(record) {
    const { identificationMs } = record.timing;
    if (identificationMs === undefined || identificationMs < SLOW_MS) return undefined;
    const { tcp } = record;
    if (tcp.synRepeats?.server !== undefined || tcp.retransmissions.server > 0 || tcp.gaps.server > 0)
      return undefined;
    const identification = entryOf(record, 'identification string', 'server');
    if (identification === undefined) return undefined;
    const close = closeOf(record, 'client');
    const isTooLate = record.fate !== 'completed' && record.fate !== 'open';
    if (isTooLate && (record.endedBy !== 'client' || close === undefined)) return undefined;
    // Who left at once did not wait.
    const ack = entryOf(record, 'ACK');
    if (isTooLate && (ack === undefined || close === undefined || between(ack, close) < SLOW_MS / 2))
      return undefined;
    return {
      confidence: 'certain',
      summary: `The server's identification string came ${seconds(identificationMs)} after the handshake${isTooLate && close ? `, ${seconds(between(close, identification))} after the client had given up` : ''}: sshd was slow to speak.`,
      evidence: evidence([
        [ack, 'the connection is established'],
        [isTooLate ? close : undefined, 'the client gives up'],
        [identification, `the identification string, ${seconds(identificationMs)} later`],
      ]),
      nextSteps: nextSteps(record, identificationMs),
    };
  },
};

function nextSteps(record: SessionRecord, identificationMs: number): readonly string[] {
  const { server, client } = record;
  return [
    isDropbear(record)
      ? 'On the server: `uptime` and `ps -o pid,stat,wchan:20,cmd -C dropbear` (T: stopped, `pkill -CONT -x dropbear`; many: guessers, to be blocked)'
      : `On the server: \`uptime\` and \`ps -o pid,stat,wchan:20,cmd -C sshd\` (T: stopped, \`pkill -CONT -x sshd\`; many sshd: guessers, \`MaxStartups 10:30:60\` in sshd_config and fail2ban)`,
    `On the server: \`grep -v '^#' /etc/hosts.deny /etc/hosts.allow\` and \`time getent hosts ${client.address}\` (libwrap looks up names before sshd speaks; UseDNS does not)`,
    `On the client, until it is mended: \`ssh -o ConnectTimeout=${Math.ceil(identificationMs / 1000) * 2} ${server.address}\``,
  ];
}
