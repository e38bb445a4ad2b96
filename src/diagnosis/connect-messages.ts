import type { Fate } from '../fate/vocabulary.ts';
import type { SessionRecord } from '../session/record.ts';
import type { ClientMessage } from './client-messages.ts';

/** Errors of connect(2), as a client prints them. */
export const CONNECT_ERRORS = {
  refused: 'Connection refused',
  timedOut: 'Connection timed out',
  noRoute: 'No route to host',
  netUnreachable: 'Network is unreachable',
  noProtocol: 'Protocol not available',
  denied: 'Permission denied',
  reset: 'Connection reset by peer',
} as const;
export type ConnectError = keyof typeof CONNECT_ERRORS;

/** The error that Linux gives the client for an ICMP error about its SYN (net/ipv4/icmp.c, net/ipv6/icmp.c). */
export function icmpConnectError(error: {
  readonly ipVersion: 4 | 6;
  readonly type: number;
  readonly code: number;
}): ConnectError | undefined {
  if (error.ipVersion === 6) return error.type === 1 ? ICMP6_ERRORS[error.code] : undefined;
  // The hop limit ran out.
  if (error.type === 11) return 'noRoute';
  return error.type === 3 ? ICMP4_ERRORS[error.code] : undefined;
}

const ICMP4_ERRORS: Readonly<Record<number, ConnectError>> = {
  0: 'netUnreachable',
  1: 'noRoute',
  2: 'noProtocol',
  3: 'refused',
  9: 'netUnreachable',
  10: 'noRoute',
  13: 'noRoute',
};
const ICMP6_ERRORS: Readonly<Record<number, ConnectError>> = {
  0: 'netUnreachable',
  1: 'denied',
  2: 'noRoute',
  3: 'noRoute',
  4: 'refused',
  5: 'denied',
  6: 'denied',
};

/** Somebody on the link asked for the server, and nobody answered. */
export function isAbsentNeighbour({ surroundings }: SessionRecord): boolean {
  const neighbour = surroundings?.neighbour;
  return neighbour !== undefined && neighbour.requests > 0 && neighbour.replies === 0;
}

function connectFates(error: ConnectError): readonly Fate[] {
  switch (error) {
    case 'refused':
      return ['rst-after-syn', 'icmp-after-syn'];
    case 'timedOut':
      return ['no-syn-ack', 'syn-ack-unanswered', 'icmp-after-syn-ack', 'icmp-after-syn'];
    case 'reset':
      return ['rst-after-syn-ack'];
    case 'noRoute':
      return ['icmp-after-syn', 'no-syn-ack'];
    default:
      return ['icmp-after-syn'];
  }
}

function connectExplains(error: ConnectError): ClientMessage['explains'] {
  return (record) => {
    if (record.fate === 'rst-after-syn-ack')
      return record.endedBy !== 'client' && record.endedBy !== 'nobody';
    if (record.fate === 'no-syn-ack') return error === 'timedOut' || isAbsentNeighbour(record);
    if (record.fate !== 'icmp-after-syn') return true;
    const icmp = record.observed.icmp;
    const told = icmp === undefined ? undefined : icmpConnectError(icmp);
    return told === undefined ? error === 'timedOut' : told === error;
  };
}

const CONNECT_MEANINGS: Readonly<Record<ConnectError, string>> = {
  refused:
    'The SYN was answered with a RST (nothing listens, or a firewall rejects), or with ICMP port unreachable (fail2ban and iptables REJECT): the client says the same of both.',
  timedOut:
    'Nothing came back: the SYN or its answer was dropped, or the host is down. At the client all of these look alike.',
  noRoute:
    'ICMP host unreachable or administratively prohibited came back. Without an ICMP error in a capture at the client, its own kernel said so: nobody answered its ARP or neighbour discovery.',
  netUnreachable:
    'ICMP network unreachable or prohibited came back, or the client itself has no route: then no SYN was sent.',
  noProtocol: 'ICMP protocol unreachable came back.',
  denied:
    'ICMPv6 administratively prohibited came back, or the firewall of the client itself refused: then no SYN was sent.',
  reset: 'The SYN-ACK came, and a RST after it, before the connection stood.',
};

const CONNECT_PATTERNS: Readonly<Record<ConnectError, string>> = {
  refused: 'Connection refused',
  // BSD and macOS say Operation.
  timedOut: '(?:Connection|Operation) timed out',
  noRoute: 'No route to host',
  netUnreachable: 'Network is unreachable',
  noProtocol: 'Protocol not available',
  denied: 'Permission denied',
  reset: 'Connection reset by peer',
};

/** What clients print when connect(2) fails. */
export const CONNECT_MESSAGES: readonly ClientMessage[] = (
  Object.keys(CONNECT_ERRORS) as ConnectError[]
).flatMap((error): ClientMessage[] => {
  const common = {
    means: CONNECT_MEANINGS[error],
    fates: connectFates(error),
    explains: connectExplains(error),
  };
  const pattern = CONNECT_PATTERNS[error];
  const messages: ClientMessage[] = [
    {
      id: `connect-${error}`,
      program: 'OpenSSH',
      text: `ssh: connect to host HOST port PORT: ${CONNECT_ERRORS[error]}`,
      pattern: new RegExp(`connect to (?:host|address) \\S+ port \\d+: ${pattern}`),
      ...common,
    },
    {
      id: `dropbear-connect-${error}`,
      program: 'dropbear',
      text: `dbclient: Connection to HOST:PORT exited: Connect failed: ${CONNECT_ERRORS[error]}`,
      pattern: new RegExp(`exited: Connect failed: (?:Error connecting: )?${pattern}`),
      ...common,
    },
  ];
  // PuTTY says of a later reset the same as of one during connect.
  if (error !== 'reset') {
    messages.push({
      id: `putty-connect-${error}`,
      program: 'PuTTY',
      text: `Network error: ${CONNECT_ERRORS[error]}`,
      pattern: new RegExp(`(?:Network error|FATAL ERROR): ${pattern}`),
      ...common,
    });
  }
  return messages;
});
