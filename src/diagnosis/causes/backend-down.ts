import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding, hostPort } from '../cause-definition.ts';
import { hopLimitText, seconds } from '../sentences.ts';
import { identifiedOthers, isCrowded, type SilentClose, silentClose } from '../silent-close.ts';
import { routersCrossed } from '../vantage.ts';

/** So long does nobody take to close who has not tried to reach somebody else. */
const TRIED_MS = 500;
/** sshd that looks up a name before it refuses waits longer. */
const AT_ONCE_MS = 1000;

export const backendDown: CauseDefinition = {
  id: 'backend-down',
  title: 'A proxy accepted, and nothing stands behind it',
  fates: ['fin-before-banner', 'rst-before-banner'],
  needs:
    "a handshake, and a close without a byte by something that is not sshd: it took the client's identification string without sending its own first, or its hop limit is not that of the handshake",
  says: 'A load balancer, a proxy or a port forward took the connection, and its backend does not answer.',
  diagnose(record) {
    const close = silentClose(record);
    if (close === undefined) return undefined;
    switch (close.by) {
      case 'taken':
        if (close.afterMs < TRIED_MS && isCrowded(record)) return undefined;
        return ofTaker(record, close);
      case 'stranger':
        return ofStranger(record, close);
      default:
        return close.afterMs < AT_ONCE_MS ? unread(record, close) : undefined;
    }
  },
};

/** sshd sends its identification string before it reads: this is something else. */
function ofTaker(record: SessionRecord, close: SilentClose): Finding {
  const served = record.surroundings?.client.identified ?? 0;
  const isLikely = close.afterMs >= TRIED_MS || served > 0;
  const why =
    close.afterMs >= TRIED_MS
      ? `, as a proxy does that tried for ${seconds(close.afterMs)} to reach its backend`
      : ': a proxy or forward without a backend, or a service that is not SSH';
  return finding(
    record,
    close,
    isLikely ? 'likely' : 'possible',
    `${hostPort(record.server)} took the client's identification string and closed ${seconds(close.afterMs)} after the handshake without sending its own${why}.`,
  );
}

/** A reset that no socket made, in a connection that somebody had accepted. */
function ofStranger(record: SessionRecord, close: SilentClose): Finding | undefined {
  const { reset } = close;
  const accepted = record.tcp.hopLimits.server?.[0];
  if (reset === undefined || accepted === undefined) return undefined;
  const isBehind = routersCrossed(reset.hopLimit) > routersCrossed(accepted);
  if (!isBehind && reset.hopLimit !== accepted) return undefined;
  return finding(
    record,
    close,
    isBehind ? 'likely' : 'possible',
    isBehind
      ? `Something with ${hopLimitText(accepted)} accepted the connection, and the refusal came from behind it with ${hopLimitText(reset.hopLimit)}: a proxy or SYN proxy whose server does not listen.`
      : `${hostPort(record.server)} accepted the connection and reset it ${seconds(close.afterMs)} later without a socket: a load balancer without a backend, or a full listen queue.`,
  );
}

function unread(record: SessionRecord, close: SilentClose): Finding | undefined {
  if (identifiedOthers(record) > 0) return undefined;
  if (isCrowded(record)) return undefined;
  return finding(
    record,
    close,
    'possible',
    `${hostPort(record.server)} accepted the connection and closed it ${seconds(close.afterMs)} later without a byte: a proxy or forward without a backend closes like this.`,
  );
}

function finding(
  record: SessionRecord,
  close: SilentClose,
  confidence: Finding['confidence'],
  summary: string,
): Finding {
  const { port } = record.server;
  return {
    confidence,
    summary,
    evidence: evidence([
      [entryOf(record, 'SYN-ACK'), 'somebody accepts the connection'],
      [entryOf(record, 'identification string', 'client'), "the client's identification string"],
      [close.entry, `the close after ${seconds(close.afterMs)}, without a byte`],
    ]),
    nextSteps: [
      `On the server: \`ss -ltnp 'sport = :${port}'\` (is it sshd, or a proxy, load balancer, forward or container?); if a proxy: start the sshd behind it (\`systemctl start ssh\` there) and try \`nc -v BACKEND PORT\` from the proxy`,
      `On the proxy: its log and the state of its backends (HAProxy: \`echo 'show servers state' | socat stdio /run/haproxy/admin.sock\`)`,
      `On the client: \`nc -v -w 5 ${record.server.address} ${port}\` (sshd greets with SSH-2.0 by itself), \`openssl s_client -connect ${hostPort(record.server)}\` (a TLS service?)`,
    ],
  };
}
