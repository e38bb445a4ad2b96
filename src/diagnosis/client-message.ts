import type { Fate } from '../fate/vocabulary.ts';
import type { SessionRecord } from '../session/record.ts';

/**
 * The line that an OpenSSH client printed for this ending, as real clients did in real runs; undefined where it
 * cannot be told: another client, a client that ended the session itself, or several texts that fit.
 */
export function clientMessage(record: SessionRecord): string | undefined {
  const { fate, client, server } = record;
  if (client.software !== undefined && !client.software.startsWith('OpenSSH_')) return undefined;
  const peer = `${server.address} port ${server.port}`;
  const connect = (text: string) => `ssh: connect to host ${peer}: ${text}`;
  switch (fate) {
    case 'rst-after-syn':
      return connect('Connection refused');
    case 'no-syn-ack':
      // One unanswered SYN may be a probe; a client that waits repeats it.
      return record.tcp.synRetransmissions > 0 ? connect('Connection timed out') : undefined;
    case 'icmp-after-syn':
      return icmpText(record, connect);
    default:
      return client.software === undefined ? undefined : afterConnect(record, fate, peer);
  }
}

/** errno that Linux gives the client for the ICMP error; measured for IPv4 and for ICMPv6 1/1. */
function icmpText(record: SessionRecord, connect: (text: string) => string): string | undefined {
  const error = record.observed.icmp;
  if (error === undefined) return undefined;
  if (error.ipVersion === 6) {
    return error.type === 1 && error.code === 1 ? connect('Permission denied') : undefined;
  }
  if (error.type !== 3) return undefined;
  switch (error.code) {
    case 0:
    case 9:
      return connect('Network is unreachable');
    case 1:
    case 10:
    case 13:
      return connect('No route to host');
    case 2:
      return connect('Protocol not available');
    case 3:
      return connect('Connection refused');
    default:
      return undefined;
  }
}

/** Since 9.5 the line "kex_exchange_identification: Connection closed by remote host" is only for -v. */
const QUIET_SINCE = [9, 5] as const;

function afterConnect(record: SessionRecord, fate: Fate, peer: string): string | undefined {
  const mismatch = record.kex?.mismatch;
  if (fate === 'close-during-kex' && mismatch !== undefined) {
    const noun = NOUNS[mismatch.category];
    return `Unable to negotiate with ${peer}: no matching ${noun} found. Their offer: ${mismatch.server.join(',')}`;
  }
  const goodbye = record.disconnect?.find((message) => message.from === 'server');
  if (goodbye) return `Received disconnect from ${peer}:${goodbye.reasonCode}: ${goodbye.description}`;
  if (record.endedBy !== 'server' && record.endedBy !== 'path') return undefined;
  const before = record.stage === 'tcp' ? 'kex_exchange_identification: ' : '';
  switch (fate) {
    case 'fin-before-banner':
      return isQuiet(record.client.software)
        ? `Connection closed by ${peer}`
        : `${before}Connection closed by remote host`;
    case 'rst-before-banner':
      return `${before}read: Connection reset by peer`;
    case 'fin-after-banner':
      return `Connection closed by ${peer}`;
    case 'rst-after-banner':
      return `Connection reset by ${peer}`;
    case 'close-during-kex':
    case 'close-during-auth':
      return record.ending === 'rst' ? `Connection reset by ${peer}` : `Connection closed by ${peer}`;
    case 'closed-in-session':
      return `Connection to ${record.server.address} closed by remote host.`;
    default:
      return undefined;
  }
}

const NOUNS = {
  kex: 'key exchange method',
  'host-key': 'host key type',
  cipher: 'cipher',
  mac: 'MAC',
  compression: 'compression method',
} as const;

function isQuiet(software: string | undefined): boolean {
  const version = software?.match(/^OpenSSH_(\d+)\.(\d+)/);
  if (!version) return false;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return major > QUIET_SINCE[0] || (major === QUIET_SINCE[0] && minor >= QUIET_SINCE[1]);
}
