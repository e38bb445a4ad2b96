import type { Fate } from './vocabulary.ts';

/** What a fate means, for people: `sshfate explain`, findings and documents are printed from here. */
export interface FateDefinition {
  /** A phrase that fits behind "10.0.0.1:22:". */
  readonly title: string;
  /** One or two sentences: what the packets of such a session show. */
  readonly meaning: string;
  /** What is usually behind it, likeliest first. */
  readonly usualCauses: readonly string[];
  /**
   * Lines that OpenSSH clients printed in real runs; HOST, ADDRESS, PORT, USER and METHODS stand for the user's own.
   * Empty where no such run is known or nothing is printed.
   */
  readonly clientSees: readonly string[];
}

const REFUSED = 'ssh: connect to host HOST port PORT: Connection refused';
const TIMED_OUT = 'ssh: connect to host HOST port PORT: Connection timed out';
const CLOSED = 'Connection closed by ADDRESS port PORT';
const RESET = 'Connection reset by ADDRESS port PORT';
const BANNER_TIMED_OUT = 'Connection timed out during banner exchange';
/** Clients since OpenSSH 9.5 print this line only with -v. */
const CLOSED_BEFORE_BANNER = 'kex_exchange_identification: Connection closed by remote host';
const PATH_REFUSES = 'a router or firewall without a way, or with a rule against it';
const STATE_LOST = 'a firewall or NAT between forgot the connection';

export const FATE_DEFINITIONS: Readonly<Record<Fate, FateDefinition>> = {
  'no-syn-ack': {
    title: 'the SYN was never answered',
    meaning: 'The client sent a SYN, and nothing came back: no SYN-ACK, no RST, no ICMP error.',
    usualCauses: [
      'a firewall or security group that drops the packets',
      'the host is down or the address is wrong',
      'the answers take another way back and are lost there',
      'a full accept queue at the server (the port is open, but sshd is stuck)',
    ],
    clientSees: [TIMED_OUT],
  },
  'rst-after-syn': {
    title: 'the connection was refused with a RST',
    meaning: "The client's SYN was answered with a RST instead of a SYN-ACK.",
    usualCauses: [
      'nothing listens: sshd is down, or listens on another port or address',
      'a firewall that rejects with a TCP reset',
    ],
    clientSees: [REFUSED],
  },
  'syn-abandoned': {
    title: 'the client took its own SYN back',
    meaning: 'The client sent a SYN and then a RST, before anything had answered.',
    usualCauses: ['a scanner', 'a client program that was ended while it connected'],
    clientSees: [],
  },
  'icmp-after-syn': {
    title: 'an ICMP error answered the SYN',
    meaning: "An ICMP error that quotes the client's SYN came back, and no SYN-ACK.",
    usualCauses: [
      'a firewall that rejects with ICMP (fail2ban does, with port unreachable)',
      'a router without a route, or a host that is down on its last link',
    ],
    clientSees: [
      'ssh: connect to host HOST port PORT: No route to host',
      'ssh: connect to host HOST port PORT: Network is unreachable',
      REFUSED,
      'ssh: connect to host HOST port PORT: Permission denied',
    ],
  },
  'closed-half-open': {
    title: 'closed before the handshake was complete',
    meaning: 'A SYN-ACK was sent, and then a FIN came without the ACK that completes the handshake.',
    usualCauses: ['a scanner with its own TCP', 'an ACK that the capture does not hold'],
    clientSees: [],
  },
  'rst-after-syn-ack': {
    title: 'reset before the handshake was complete',
    meaning: 'A SYN-ACK was sent, and a RST came instead of the ACK that completes the handshake.',
    usualCauses: [
      'a half-open port scan or a health check (the client resets)',
      'a proxying firewall whose server behind is down (the server side resets)',
    ],
    clientSees: ['ssh: connect to host HOST port PORT: Connection reset by peer'],
  },
  'icmp-after-syn-ack': {
    title: 'an ICMP error answered the SYN-ACK',
    meaning: 'A SYN-ACK was sent, no ACK of it came, and an ICMP error quotes one of the two.',
    usualCauses: ['the way back from the server is blocked', 'a forged client address'],
    clientSees: [],
  },
  'syn-ack-unanswered': {
    title: 'the SYN-ACK was never acknowledged',
    meaning:
      'The server answered the SYN, again and again, and the ACK that completes the handshake never came.',
    usualCauses: [
      'the answers are lost on the way back: stateful firewall, asymmetric route',
      'a SYN flood with forged addresses',
    ],
    clientSees: [TIMED_OUT],
  },
  'fin-before-banner': {
    title: 'closed before the server sent its identification string',
    meaning:
      'The connection stood, and was closed with a FIN before the server had sent its identification string. Lines of text that the server sent instead are shown.',
    usualCauses: [
      'MaxStartups or PerSourcePenalties of sshd',
      'a proxy or load balancer with nothing behind it',
      'an allow-list or deny-list (hosts.deny, sshguard)',
      'when the client closed: it waited too long for a server that hangs, or it is a monitor',
    ],
    clientSees: [CLOSED_BEFORE_BANNER, CLOSED, BANNER_TIMED_OUT],
  },
  'rst-before-banner': {
    title: 'reset before the server sent its identification string',
    meaning:
      'The connection stood, and was ended with a RST before the server had sent its identification string.',
    usualCauses: [
      'the same as behind fin-before-banner: what had not been read makes a RST of the FIN',
      'hosts.deny, or an sshd that was upgraded and not restarted',
      'a device between that does not let SSH through',
    ],
    clientSees: ['kex_exchange_identification: read: Connection reset by peer', RESET],
  },
  'icmp-before-banner': {
    title: 'an ICMP error ended it before the identification string',
    meaning:
      'The connection stood, and an ICMP error quotes its packets before the server had identified itself.',
    usualCauses: [PATH_REFUSES, 'a ban that was put in place at that moment'],
    clientSees: [],
  },
  'stalled-before-banner': {
    title: 'the server never identified itself',
    meaning:
      'The connection stood, and then nothing more came: the identification string of the server was owed and stayed away.',
    usualCauses: [
      'an overloaded or stopped sshd: the kernel accepts, the program does not speak',
      'a proxy whose server behind does not answer',
      'a path that died at that moment',
    ],
    clientSees: [BANNER_TIMED_OUT],
  },
  'not-ssh': {
    title: 'what answers on this port is not SSH',
    meaning:
      "The server's first bytes are another protocol (HTTP, TLS, SMTP, FTP …) or break the rules for lines before an identification string.",
    usualCauses: ['another service listens on the port', 'a port forwarding that leads to the wrong service'],
    clientSees: [
      CLOSED_BEFORE_BANNER,
      'kex_exchange_identification: banner line contains invalid characters',
      'banner exchange: Connection to ADDRESS port PORT: invalid format',
      BANNER_TIMED_OUT,
    ],
  },
  'fin-after-banner': {
    title: 'closed after the identification string',
    meaning:
      "The server's identification string was sent, and the connection was closed with a FIN before the side that closed had sent a KEXINIT.",
    usualCauses: [
      'a scanner, key scan or monitor that read the identification string (the client closed)',
      'the server process died or was killed (the server closed)',
      'a client that is not SSH, or another protocol version',
    ],
    clientSees: [CLOSED],
  },
  'rst-after-banner': {
    title: 'reset after the identification string',
    meaning:
      "The server's identification string was sent, and the connection was ended with a RST before the side that ended it had sent a KEXINIT.",
    usualCauses: [
      'a health check that resets (the client)',
      'a firewall that knows SSH by its identification string and forges a RST',
      'the server process died with unread data',
    ],
    clientSees: [RESET],
  },
  'icmp-after-banner': {
    title: 'an ICMP error ended it after the identification string',
    meaning:
      "After the server's identification string an ICMP error quotes the session's packets, and it went no further.",
    usualCauses: [PATH_REFUSES, 'packets too big for the path'],
    clientSees: [],
  },
  'stalled-after-banner': {
    title: 'stuck after the identification string',
    meaning:
      "The server's identification string was sent, and then packets stopped while something was owed.",
    usualCauses: [
      'a path that drops large packets: the KEXINIT is the first one',
      'a path that died at that moment',
    ],
    clientSees: [],
  },
  'close-during-kex': {
    title: 'closed during the key exchange',
    meaning:
      'A KEXINIT was sent, and the connection was closed (FIN or RST) before both sides had sent NEWKEYS: no keys were ever in use.',
    usualCauses: [
      'no common algorithm',
      'the client did not accept the host key',
      'a disconnect message in clear, which says why',
      'the server process died, LoginGraceTime ran out, or a device between forged a RST',
    ],
    clientSees: [
      'Unable to negotiate with ADDRESS port PORT: no matching … found. Their offer: …',
      'Host key verification failed.',
      CLOSED,
      RESET,
    ],
  },
  'icmp-during-kex': {
    title: 'an ICMP error ended the key exchange',
    meaning: "During the key exchange an ICMP error quotes the session's packets, and it went no further.",
    usualCauses: ['packets too big for the path (fragmentation needed)', PATH_REFUSES],
    clientSees: [],
  },
  'stalled-during-kex': {
    title: 'stuck in the key exchange',
    meaning:
      'A KEXINIT was sent, and then packets stopped while something was owed, before both sides had sent NEWKEYS.',
    usualCauses: [
      'a path that drops large packets (MTU black hole): the KEXINIT is the first one',
      'a path that died at that moment',
    ],
    clientSees: ['ssh_dispatch_run_fatal: Connection to ADDRESS port PORT: Connection timed out'],
  },
  'close-during-auth': {
    title: 'closed during authentication',
    meaning:
      'Both sides had sent NEWKEYS, and the connection was closed (FIN or RST) before authentication had succeeded, as far as packet sizes tell.',
    usualCauses: [
      'wrong key or password, and the client gave up',
      'too many failed attempts (MaxAuthTries)',
      'the user left at the prompt, or LoginGraceTime ran out',
    ],
    clientSees: [
      'USER@HOST: Permission denied (METHODS).',
      'Received disconnect from ADDRESS port PORT:2: Too many authentication failures',
      CLOSED,
    ],
  },
  'icmp-during-auth': {
    title: 'an ICMP error ended the authentication',
    meaning: "During authentication an ICMP error quotes the session's packets, and it went no further.",
    usualCauses: [PATH_REFUSES, 'a ban that was put in place after failed attempts'],
    clientSees: [],
  },
  'stalled-during-auth': {
    title: 'stuck in authentication',
    meaning:
      'Both sides had sent NEWKEYS, and then packets stopped while something was owed, before authentication had succeeded.',
    usualCauses: [
      'a server that waits for its directory service, PAM module or DNS',
      'a ban that drops packets after failed attempts',
      'a path that died at that moment',
    ],
    clientSees: [],
  },
  completed: {
    title: 'the client ended the session',
    meaning: 'Authentication succeeded, and the client ended the session.',
    usualCauses: ['a login, command or copy that came to its end'],
    clientSees: [],
  },
  'closed-in-session': {
    title: 'the server closed the session',
    meaning:
      'Authentication succeeded, and the server closed the connection without the client having asked for it.',
    usualCauses: [
      'the session was killed, or the server restarted',
      'ClientAliveInterval: the client did not answer keep-alives',
      'a time limit for idle sessions',
    ],
    clientSees: ['Connection to HOST closed by remote host.'],
  },
  'reset-in-session': {
    title: 'the session was reset',
    meaning: 'Authentication succeeded, and a RST ended the session.',
    usualCauses: [
      STATE_LOST,
      'the server restarted, and knows the connection no more',
      'the process died with unread data',
    ],
    clientSees: [
      'client_loop: send disconnect: Broken pipe',
      'Read from remote host HOST: Connection reset by peer',
    ],
  },
  'icmp-in-session': {
    title: 'an ICMP error ended the session',
    meaning:
      "Authentication had succeeded, and an ICMP error quotes the session's packets after which it did not go on.",
    usualCauses: ['the path or the server went away', 'a ban or a firewall rule that was put in place'],
    clientSees: [],
  },
  'lost-in-session': {
    title: 'the session was lost',
    meaning:
      'Authentication had succeeded, and then data stayed unanswered, even when one side gave up at last and closed.',
    usualCauses: [STATE_LOST, 'the path or one of the hosts went away'],
    clientSees: ['Timeout, server HOST not responding.'],
  },
  'closed-midway': {
    title: 'closed; the capture has no start of it',
    meaning: 'The capture joined an established connection, and shows it being closed with a FIN.',
    usualCauses: ['an ordinary end: start the capture before the session to know more'],
    clientSees: [],
  },
  'reset-midway': {
    title: 'reset; the capture has no start of it',
    meaning: 'The capture joined an established connection, and shows it being ended with a RST.',
    usualCauses: [STATE_LOST, 'the server restarted, and knows the connection no more'],
    clientSees: [],
  },
  'icmp-midway': {
    title: 'ended by an ICMP error; the capture has no start of it',
    meaning: 'The capture joined an established connection, and shows an ICMP error that quotes its packets.',
    usualCauses: ['the path or the server went away'],
    clientSees: [],
  },
  'lost-midway': {
    title: 'lost; the capture has no start of it',
    meaning:
      'The capture joined an established connection, and shows its packets stop while something was owed.',
    usualCauses: [STATE_LOST, 'the path or one of the hosts went away'],
    clientSees: [],
  },
  open: {
    title: 'still open when the capture ended',
    meaning:
      'The session was alive and owed nothing when the capture ended, or the capture ended too early to tell.',
    usualCauses: ['a session that goes on: capture longer to see its end'],
    clientSees: [],
  },
  undetermined: {
    title: 'the capture does not hold what decides',
    meaning:
      'The packets that would decide are not in the capture: one direction only, payload cut by the snap length, packets lost by the capture, or a filter that keeps only some of them. The stage known so far and the reason are given.',
    usualCauses: [
      'a capture at a place that sees one direction only',
      'a snap length below 262144 (tcpdump -s 0 keeps everything)',
      'a capture program that lost packets (a larger buffer helps: tcpdump -B)',
      'a capture filter that keeps only some packets of a session, as one for flags (SYN, FIN and RST)',
    ],
    clientSees: [],
  },
};
