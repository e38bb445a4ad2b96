import type { SessionRecord } from '../session/record.ts';
import {
  type ConnectError,
  clientMessageOf,
  icmpConnectError,
  isAbsentNeighbour,
  isOfRelease,
  isQuiet,
} from './client-messages.ts';
import { opensshRelease } from './openssh-algorithms.ts';

/**
 * The line that an OpenSSH client printed for this ending, as real clients did in real runs; undefined where it
 * cannot be told: another client, a client that ended the session itself, or several texts that fit.
 */
export function clientMessage(record: SessionRecord): string | undefined {
  const { software } = record.client;
  if (software !== undefined && !software.startsWith('OpenSSH_')) return undefined;
  switch (record.fate) {
    case 'rst-after-syn':
      return connect('refused', record);
    case 'no-syn-ack':
      // Nobody answered for the address on the link: whose kernel asked decides between two errors.
      if (isAbsentNeighbour(record)) return undefined;
      // One unanswered SYN may be a probe; a client that waits repeats it.
      return record.tcp.synRetransmissions > 0 ? connect('timedOut', record) : undefined;
    case 'icmp-after-syn': {
      const { icmp } = record.observed;
      const error = icmp && icmpConnectError(icmp);
      return error && connect(error, record);
    }
    default:
      return software === undefined ? undefined : afterConnect(record, software);
  }
}

const connect = (error: ConnectError, record: SessionRecord): string => printed(`connect-${error}`, record);

function printed(id: string, { server }: SessionRecord): string {
  return clientMessageOf(id)
    .text.replace(/HOST|ADDRESS/, server.address)
    .replace('PORT', String(server.port));
}

function afterConnect(record: SessionRecord, software: string): string | undefined {
  const { fate, ending, kex, disconnect, endedBy, auth } = record;
  const mismatch = kex?.mismatch;
  if (fate === 'close-during-kex' && mismatch !== undefined) {
    return printed('no-match', record)
      .replace('…', NOUNS[mismatch.category])
      .replace('…', () => mismatch.server.join(','));
  }
  const goodbye = disconnect?.find((message) => message.from === 'server');
  if (goodbye !== undefined && clientMessageOf('disconnect').fates.includes(fate)) {
    return printed('disconnect', record)
      .replace('…', String(goodbye.reasonCode))
      .replace('…', () => goodbye.description);
  }
  if (endedBy !== 'server' && endedBy !== 'path') return undefined;
  if (fate !== 'fin-before-banner' && wroteIntoClosed(record)) return undefined;
  switch (fate) {
    case 'fin-before-banner':
      return printed(beforeBanner('closed', software), record);
    case 'rst-before-banner':
      return printed(beforeBanner('reset', software), record);
    case 'fin-after-banner':
      return printed('closed', record);
    case 'rst-after-banner':
      return printed('reset', record);
    case 'close-during-auth':
      // From some number of attempts on the server says why, encrypted: "Too many authentication failures".
      if (ending === 'fin' && (auth?.attempts ?? 0) >= FEWEST_TOO_MANY) return undefined;
      return printed(ending === 'rst' ? 'reset' : 'closed', record);
    case 'close-during-kex':
      return printed(ending === 'rst' ? 'reset' : 'closed', record);
    case 'closed-in-session':
      return printed('closed-in-session', record);
    default:
      return undefined;
  }
}

/** The client sent on after the FIN and met a reset: it prints the error of what it did next, reading or writing. */
function wroteIntoClosed({ ending, tcp, observed }: SessionRecord): boolean {
  return (
    ending === 'fin' &&
    tcp.resets?.some(({ from }) => from === 'server') === true &&
    !observed.closes.some(({ side }) => side === 'client')
  );
}

/** MaxAuthTries may be lower, but nobody sets it below. */
const FEWEST_TOO_MANY = 2;

const NOUNS = {
  kex: 'key exchange method',
  'host-key': 'host key type',
  cipher: 'cipher',
  mac: 'MAC',
  compression: 'compression method',
} as const;

/** The first line that is printed without -v. */
function beforeBanner(kind: 'closed' | 'reset', software: string): string {
  const release = opensshRelease(software);
  const current = `banner-${kind}`;
  if (release === undefined) return current;
  if (!isOfRelease(clientMessageOf(current), release)) return `old-banner-${kind}`;
  return isQuiet(clientMessageOf(current), release) ? kind : current;
}
