import type { Fate } from '../fate/vocabulary.ts';
import type { SessionRecord } from '../session/record.ts';
import { CONNECT_MESSAGES } from './connect-messages.ts';
import { opensshRelease, releaseNumber } from './openssh-algorithms.ts';
import { wordsInstead } from './words-instead.ts';

/**
 * What clients print when a session fails: one table for both directions, from a session to the line that its
 * client printed (`clientMessage`) and from a pasted line to the fates that fit (`readClientText`). OpenSSH's lines
 * are those of its sources (sshconnect.c, kex.c, packet.c, clientloop.c) and of real runs of 9.2; PuTTY's those of
 * plink 0.78 and its manual, dropbear's those of dbclient 2022.83.
 */
export interface ClientMessage {
  readonly id: string;
  readonly program: 'OpenSSH' | 'PuTTY' | 'dropbear';
  /** As printed; HOST, ADDRESS, PORT, METHODS and … stand for what changes. */
  readonly text: string;
  /** Finds it in a line, also where another program wraps it. */
  readonly pattern: RegExp;
  /** First OpenSSH release that prints it, and first that no longer does. */
  readonly since?: string;
  readonly until?: string;
  /** First OpenSSH release that prints it only with -v. */
  readonly quietSince?: string;
  /** It stands beside another line, or says nothing of the end: it narrows, but alone tells little. */
  readonly aside?: true;
  /** What happened on the wire. */
  readonly means: string;
  /** Fates whose clients print it; empty where nothing reaches the network. */
  readonly fates: readonly Fate[];
  /** Whether a session with one of these fates makes a client print it. */
  explains(record: SessionRecord): boolean;
}

type Test = (record: SessionRecord) => boolean;

const always: Test = () => true;
const notByClient: Test = ({ endedBy }) => endedBy !== 'client' && endedBy !== 'nobody';
const notByServer: Test = ({ endedBy }) => endedBy !== 'server' && endedBy !== 'path';
/** The client read the end of the stream. */
const sawFin: Test = (record) => record.ending === 'fin' && notByClient(record);
/** A reset reached the client, also one that followed the FIN before the client had read that. */
const sawReset: Test = (record) =>
  (notByClient(record) &&
    (record.ending === 'rst' || record.tcp.resets?.some(({ from }) => from === 'server') === true)) ||
  wasResetInItsName(record);
/**
 * Seen at the server, a device that resets both sides speaks as the client; the client itself does not reset what
 * it has begun, so a reset in its name without another reason counts as such a one.
 */
const wasResetInItsName: Test = ({ endedBy, ending, stage, cause }) =>
  endedBy === 'client' &&
  ending === 'rst' &&
  (stage === 'kex' || stage === 'auth' || stage === 'session') &&
  (cause === undefined || cause.id === 'rst-injected');

const BEFORE_BANNER_FIN: readonly Fate[] = ['fin-before-banner', 'not-ssh'];
const BEFORE_BANNER_RST: readonly Fate[] = ['rst-before-banner', 'fin-before-banner', 'not-ssh'];
const BANNER_WAIT: readonly Fate[] = [
  'stalled-before-banner',
  'fin-before-banner',
  'syn-ack-unanswered',
  'not-ssh',
];
const CLOSED: readonly Fate[] = [
  'fin-before-banner',
  'not-ssh',
  'fin-after-banner',
  'close-during-kex',
  'close-during-auth',
];
const RESET: readonly Fate[] = [
  'rst-before-banner',
  'fin-before-banner',
  'not-ssh',
  'rst-after-banner',
  'close-during-kex',
  'close-during-auth',
];
const GARBLED: readonly Fate[] = [
  'fin-after-banner',
  'rst-after-banner',
  'close-during-kex',
  'close-during-auth',
  'completed',
];

const CLOSED_WORDS = 'Connection closed by remote host';
const waited: Test = (record) =>
  record.fate === 'stalled-before-banner' || record.fate === 'syn-ack-unanswered' || notByServer(record);

/** First the texts that hold another one. */
export const CLIENT_MESSAGES: readonly ClientMessage[] = [
  ...CONNECT_MESSAGES,
  {
    id: 'resolve',
    program: 'OpenSSH',
    text: 'ssh: Could not resolve hostname HOST: …',
    pattern: /Could not resolve hostname/,
    means: 'The name has no address: nothing was sent to the server, so no session of a capture can show it.',
    fates: [],
    explains: () => false,
  },

  // Before the identification string of the server
  {
    id: 'banner-reset',
    program: 'OpenSSH',
    text: 'kex_exchange_identification: read: Connection reset by peer',
    pattern: /kex_exchange_identification: (?:read|write): (?:Connection reset by peer|Broken pipe)/,
    since: '8.0',
    means:
      "A RST came before the server's identification string was read. No key exchange had begun, whatever the name says.",
    fates: BEFORE_BANNER_RST,
    explains: sawReset,
  },
  {
    id: 'old-banner-reset',
    program: 'OpenSSH',
    text: 'ssh_exchange_identification: read: Connection reset by peer',
    pattern: /ssh_exchange_identification: (?:read|write): (?:Connection reset by peer|Broken pipe)/,
    until: '8.0',
    means: "A RST came before the server's identification string was read.",
    fates: BEFORE_BANNER_RST,
    explains: sawReset,
  },
  {
    id: 'banner-closed',
    program: 'OpenSSH',
    text: `kex_exchange_identification: ${CLOSED_WORDS}`,
    pattern: new RegExp(`kex_exchange_identification: ${CLOSED_WORDS}`),
    since: '8.0',
    quietSince: '9.5',
    means:
      "A FIN came before the server's identification string. No key exchange had begun, whatever the name says.",
    fates: BEFORE_BANNER_FIN,
    explains: sawFin,
  },
  {
    id: 'old-banner-closed',
    program: 'OpenSSH',
    text: `ssh_exchange_identification: ${CLOSED_WORDS}`,
    pattern: new RegExp(`ssh_exchange_identification: ${CLOSED_WORDS}`),
    until: '8.0',
    means: "A FIN came before the server's identification string.",
    fates: BEFORE_BANNER_FIN,
    explains: sawFin,
  },
  {
    id: 'refusal-text',
    program: 'OpenSSH',
    text: 'debug1: kex_exchange_identification: banner line 0: …',
    pattern: /exchange_identification: banner line \d+: (?:Exceeded MaxStartups|Not allowed at this time)/,
    aside: true,
    means:
      'sshd refused with a line of text: MaxStartups, PerSourceMaxStartups or PerSourcePenalties. Nothing is wrong with the client.',
    fates: ['fin-before-banner', 'rst-before-banner'],
    explains: ({ server }) => server.identification === undefined && server.text !== undefined,
  },
  {
    id: 'banner-timed-out',
    program: 'OpenSSH',
    text: 'Connection timed out during banner exchange',
    pattern: /Connection timed out during banner exchange/,
    means:
      'The connection stood for the client, and its ConnectTimeout ran out while it waited for the identification string.',
    fates: BANNER_WAIT,
    explains: waited,
  },
  {
    id: 'connection-timed-out',
    program: 'OpenSSH',
    text: 'Connection to ADDRESS port PORT timed out',
    pattern: /(?<!_fatal: )Connection to \S+ port \d+ timed out/,
    aside: true,
    means: 'The client gave up waiting.',
    fates: BANNER_WAIT,
    explains: waited,
  },
  {
    id: 'invalid-banner',
    program: 'OpenSSH',
    text: 'banner exchange: Connection to ADDRESS port PORT: invalid format',
    pattern:
      /banner exchange: Connection to \S+ port \d+: invalid format|exchange_identification: banner line (?:contains invalid characters|too long)/,
    means: 'What answers is not SSH: its first line has bytes that none may have, or it never ends.',
    fates: ['not-ssh'],
    explains: always,
  },
  {
    id: 'protocol-version',
    program: 'OpenSSH',
    text: 'Protocol major versions differ: 2 vs. 1',
    pattern:
      /Protocol major versions differ: \d+ vs\. \d+|banner exchange: Connection to \S+ port \d+: could not read protocol version/,
    means: 'One side speaks SSH 1 only, the other SSH 2 only.',
    fates: ['fin-after-banner', 'rst-after-banner'],
    explains: notByServer,
  },

  // During the key exchange
  {
    id: 'no-match',
    program: 'OpenSSH',
    text: 'Unable to negotiate with ADDRESS port PORT: no matching … found. Their offer: …',
    pattern:
      /no matching (?:key exchange method|host key type|cipher|MAC|compression method) found|Unable to negotiate with/,
    means: 'Both KEXINITs were exchanged, and one of their lists has nothing in common.',
    fates: ['close-during-kex'],
    explains: ({ kex }) => kex?.mismatch !== undefined,
  },
  {
    id: 'host-key',
    program: 'OpenSSH',
    text: 'Host key verification failed.',
    pattern:
      /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|host key is known for \S+ and you have requested strict|Host key for \S+ has changed and you have requested strict|Bad server host key|(?<!\w)incorrect signature/,
    means:
      'The client closed after the key exchange reply of the server, because it did not accept the host key.',
    fates: ['close-during-kex'],
    explains: (record) => notByServer(record) && record.kex?.mismatch === undefined,
  },
  {
    id: 'stuck',
    program: 'OpenSSH',
    text: 'ssh_dispatch_run_fatal: Connection to ADDRESS port PORT: Connection timed out',
    pattern: /_fatal: Connection to \S+ port \d+: Connection timed out/,
    means:
      'Data of the client stayed unanswered until its kernel gave up: a path that drops large packets (MTU), or a path or host that died.',
    fates: ['stalled-after-banner', 'stalled-during-kex', 'stalled-during-auth'],
    explains: always,
  },
  {
    id: 'wrote-into-closed',
    program: 'OpenSSH',
    text: 'ssh_dispatch_run_fatal: Connection to ADDRESS port PORT: Broken pipe',
    pattern: /_fatal: Connection to \S+ port \d+: (?:Broken pipe|Connection reset by peer)/,
    means: 'The server had closed or reset the connection when the client wanted to send its next message.',
    fates: ['fin-after-banner', 'rst-after-banner', 'close-during-kex', 'close-during-auth'],
    explains: sawReset,
  },
  {
    id: 'garbled',
    program: 'OpenSSH',
    text: 'Bad packet length …',
    pattern:
      /Bad packet length \d+|Corrupted MAC on input|: message authentication code incorrect|_fatal: Connection to \S+ port \d+: Connection corrupted/,
    means:
      'Bytes came that are no SSH packet: the number, read as four letters, names the intruder (1349676916 is "Prot", 1213486160 is "HTTP"). The client closed.',
    fates: GARBLED,
    explains: (record) => notByServer(record) || wordsInstead(record) !== undefined,
  },

  // During authentication
  {
    id: 'too-many-failures',
    program: 'OpenSSH',
    text: 'Received disconnect from ADDRESS port PORT:2: Too many authentication failures',
    pattern: /Received disconnect from .*Too many authentication failures/,
    means: 'The server refused more attempts (MaxAuthTries): often a client with many keys in its agent.',
    fates: ['close-during-auth'],
    explains: ({ endedBy }) => endedBy !== 'path',
  },
  {
    id: 'disconnect',
    program: 'OpenSSH',
    text: 'Received disconnect from ADDRESS port PORT:…: …',
    pattern: /Received disconnect from \S+(?: port \d+)?:\s?\d+:/,
    means: 'The server said goodbye with a reason, in clear before the keys were in use, encrypted later.',
    fates: ['fin-after-banner', 'close-during-kex', 'close-during-auth', 'closed-in-session'],
    explains: (record) =>
      record.stage === 'auth' || record.stage === 'session'
        ? record.endedBy !== 'path'
        : record.disconnect?.some(({ from }) => from === 'server') === true,
  },
  {
    id: 'disconnected',
    program: 'OpenSSH',
    text: 'Disconnected from ADDRESS port PORT',
    pattern: /(?<!\w)Disconnected from \S+ port \d+/,
    aside: true,
    means: 'It follows what the server said at its goodbye.',
    fates: ['fin-after-banner', 'close-during-kex', 'close-during-auth', 'closed-in-session'],
    explains: ({ endedBy }) => endedBy !== 'path',
  },
  {
    id: 'permission-denied-again',
    program: 'OpenSSH',
    text: 'Permission denied, please try again.',
    pattern: /Permission denied, please try again/,
    aside: true,
    means: 'A password was refused; what became of the session the following lines tell.',
    fates: [
      'close-during-auth',
      'stalled-during-auth',
      'icmp-during-auth',
      'completed',
      'closed-in-session',
      'reset-in-session',
      'icmp-in-session',
      'lost-in-session',
      'open',
    ],
    explains: ({ auth }) => auth?.attempts === undefined || auth.attempts > 0,
  },
  {
    id: 'permission-denied',
    program: 'OpenSSH',
    text: 'USER@HOST: Permission denied (METHODS).',
    pattern: /Permission denied \([\w,@.-]+\)/,
    means:
      'The server refused every key and password (or the user: DenyUsers and AllowUsers look the same), and the client left.',
    fates: ['close-during-auth'],
    explains: ({ endedBy }) => endedBy !== 'path',
  },

  // In the session
  {
    id: 'closed-in-session',
    program: 'OpenSSH',
    text: 'Connection to HOST closed by remote host.',
    pattern: /Connection to \S+ closed by remote host/,
    means: 'The server closed a session that was logged in.',
    fates: ['closed-in-session', 'closed-midway'],
    explains: sawFin,
  },
  {
    id: 'logged-out',
    program: 'OpenSSH',
    text: 'Connection to HOST closed.',
    pattern: /Connection to \S+ closed\.?\s*$/,
    aside: true,
    means: 'An interactive session ended; after "closed by remote host" it was the server that ended it.',
    fates: ['completed', 'closed-in-session', 'closed-midway'],
    explains: always,
  },
  {
    id: 'session-reset',
    program: 'OpenSSH',
    text: 'client_loop: send disconnect: Broken pipe',
    pattern:
      /client_loop: send disconnect: (?:Broken pipe|Connection reset by peer)|(?:packet_write_wait: Connection to \S+ port \d+|Write failed): Broken pipe/,
    means:
      'A RST had come, or the connection was dead already, when the client wanted to send: a firewall or NAT that forgot it, a server that restarted.',
    fates: ['reset-in-session', 'reset-midway', 'lost-in-session', 'lost-midway'],
    explains: (record) =>
      record.ending === 'rst' ? sawReset(record) : record.ending === 'silence' || notByServer(record),
  },
  {
    id: 'session-read-reset',
    program: 'OpenSSH',
    text: 'Read from remote host HOST: Connection reset by peer',
    pattern: /Read from remote host \S+: Connection reset by peer/,
    means: 'A RST ended a session that was logged in.',
    fates: ['reset-in-session', 'reset-midway'],
    explains: sawReset,
  },
  {
    id: 'session-timed-out',
    program: 'OpenSSH',
    text: 'Read from remote host HOST: Connection timed out',
    pattern: /Read from remote host \S+: (?:Connection|Operation) timed out/,
    means: 'Data of the client stayed unanswered until its kernel gave up.',
    fates: ['lost-in-session', 'lost-midway'],
    explains: always,
  },
  {
    id: 'keepalive',
    program: 'OpenSSH',
    text: 'Timeout, server HOST not responding.',
    pattern: /Timeout, server \S+ not responding/,
    means:
      'ServerAliveCountMax keep-alives had no answer, and the client closed. Where the kernel of the server acknowledged them, the session looks like one that the client left.',
    fates: ['lost-in-session', 'lost-midway', 'completed', 'closed-midway'],
    explains: notByServer,
  },

  // The same at several stages
  {
    id: 'closed',
    program: 'OpenSSH',
    text: 'Connection closed by ADDRESS port PORT',
    pattern: /(?<!\w)Connection closed by (?!remote host)\S+(?: port \d+)?/,
    means:
      'A FIN came. It is the same text before the identification string (alone since 9.5; before that the line with exchange_identification stands above it), during the key exchange and during authentication.',
    fates: CLOSED,
    explains: sawFin,
  },
  {
    id: 'reset',
    program: 'OpenSSH',
    text: 'Connection reset by ADDRESS port PORT',
    pattern: /(?<!\w)Connection reset by (?!peer)\S+(?: port \d+)?/,
    means:
      'A RST came: before the identification string (then the line with exchange_identification stands above it), after it, during the key exchange or during authentication.',
    fates: RESET,
    explains: sawReset,
  },

  // PuTTY and plink
  {
    id: 'putty-closed',
    program: 'PuTTY',
    text: 'Remote side unexpectedly closed network connection',
    pattern: /Remote side unexpectedly closed network connection/,
    means: 'A FIN came before the session had come to its end, at whatever stage.',
    fates: [...CLOSED, 'closed-in-session', 'closed-midway'],
    explains: sawFin,
  },
  {
    id: 'putty-reset',
    program: 'PuTTY',
    text: 'FATAL ERROR: Connection reset by peer',
    pattern: /(?:Network error|FATAL ERROR): Connection reset by peer/,
    means: 'A RST came, at whatever stage.',
    fates: ['rst-after-syn-ack', ...RESET, 'reset-in-session', 'reset-midway'],
    explains: sawReset,
  },
  {
    id: 'putty-no-match',
    program: 'PuTTY',
    text: "Couldn't agree a key exchange algorithm (available: …)",
    pattern: /Couldn't agree a .+ \(available:|Selected .+ does not correspond to any supported algorithm/,
    means: 'Both KEXINITs were exchanged, and one of their lists has nothing in common.',
    fates: ['close-during-kex'],
    explains: ({ kex }) => kex?.mismatch !== undefined,
  },
  {
    id: 'putty-host-key',
    program: 'PuTTY',
    text: 'FATAL ERROR: Cannot confirm a host key in batch mode',
    pattern: /Cannot confirm a host key in batch mode|(?:^|\s)Connection abandoned\./,
    means: 'The host key is not known or was not accepted, and PuTTY closed after the key exchange reply.',
    fates: ['close-during-kex'],
    explains: (record) => notByServer(record) && record.kex?.mismatch === undefined,
  },
  {
    id: 'putty-denied',
    program: 'PuTTY',
    text: 'FATAL ERROR: Configured password was not accepted',
    pattern: /Configured password was not accepted|^Access denied/,
    means: 'The server refused the password, and PuTTY left.',
    fates: ['close-during-auth'],
    explains: ({ endedBy }) => endedBy !== 'path',
  },
  {
    id: 'putty-garbled',
    program: 'PuTTY',
    text: 'FATAL ERROR: Incoming packet was garbled on decryption',
    pattern: /Incoming packet was garbled on decryption/,
    means: 'Bytes came that are no SSH packet, and PuTTY closed.',
    fates: GARBLED,
    explains: notByServer,
  },
  {
    id: 'putty-version',
    program: 'PuTTY',
    text: 'SSH protocol version 2 required by our configuration but remote only provides (old, insecure) SSH-1',
    pattern: /SSH protocol version 2 required by (?:our|your) configuration/,
    means: 'The server speaks SSH 1 only.',
    fates: ['fin-after-banner', 'rst-after-banner'],
    explains: notByServer,
  },

  // dropbear's dbclient
  {
    id: 'dropbear-closed',
    program: 'dropbear',
    text: 'dbclient: Connection to HOST:PORT exited: Remote closed the connection',
    pattern: /exited: Remote closed the connection/,
    means:
      'A FIN came, at whatever stage; before the identification string of the server dbclient says the same of a RST.',
    fates: [...CLOSED, 'rst-before-banner', 'closed-in-session', 'closed-midway'],
    explains: (record) => sawFin(record) || (record.stage === 'tcp' && sawReset(record)),
  },
  {
    id: 'dropbear-reset',
    program: 'dropbear',
    text: 'dbclient: Connection to HOST:PORT exited: Error reading: Connection reset by peer',
    pattern: /exited: Error reading: Connection reset by peer/,
    means: "A RST came after the server's identification string.",
    fates: ['rst-after-banner', 'close-during-kex', 'close-during-auth', 'reset-in-session', 'reset-midway'],
    explains: sawReset,
  },
  {
    id: 'dropbear-disconnect',
    program: 'dropbear',
    text: 'dbclient: Connection to HOST:PORT exited: Disconnect received',
    pattern: /exited: Disconnect received/,
    means: 'The server said goodbye with a reason, often because it refused every attempt to log in.',
    fates: ['fin-after-banner', 'close-during-kex', 'close-during-auth', 'closed-in-session'],
    explains: ({ endedBy }) => endedBy !== 'path',
  },
  {
    id: 'dropbear-no-match',
    program: 'dropbear',
    text: 'dbclient: Connection to HOST:PORT exited: No matching algo …',
    pattern: /exited: No matching algo /,
    means: 'Both KEXINITs were exchanged, and one of their lists has nothing in common.',
    fates: ['close-during-kex'],
    explains: ({ kex }) => kex?.mismatch !== undefined,
  },
  {
    id: 'dropbear-garbled',
    program: 'dropbear',
    text: 'dbclient: Connection to HOST:PORT exited: Integrity error (bad packet size …)',
    pattern: /exited: Integrity error/,
    means: 'Bytes came that are no SSH packet, and dbclient closed.',
    fates: GARBLED,
    explains: notByServer,
  },
  {
    id: 'dropbear-version',
    program: 'dropbear',
    text: "dbclient: Connection to HOST:PORT exited: Incompatible remote version '…'",
    pattern: /exited: Incompatible remote version/,
    means: 'The server speaks SSH 1 only.',
    fates: ['fin-after-banner', 'rst-after-banner'],
    explains: notByServer,
  },
];

const byId = new Map(CLIENT_MESSAGES.map((message) => [message.id, message]));

/** @throws Error for an id that is not in the table: a programmer's mistake. */
export function clientMessageOf(id: string): ClientMessage {
  const message = byId.get(id);
  if (message === undefined) throw new Error(`There is no client message '${id}'.`);
  return message;
}

/** The message that a line holds. */
export function findClientMessage(line: string): ClientMessage | undefined {
  return CLIENT_MESSAGES.find(({ pattern }) => pattern.test(line));
}

/** Whether a client with this software prints it (with -v at least); true where that is not known. */
export function isPrintedBy(message: ClientMessage, software: string | undefined): boolean {
  if (software === undefined) return true;
  const release = opensshRelease(software);
  if (release !== undefined) return message.program === 'OpenSSH' && isOfRelease(message, release);
  if (/^PuTTY/i.test(software)) return message.program === 'PuTTY';
  if (/^dropbear/i.test(software)) return message.program === 'dropbear';
  return true;
}

export function isOfRelease({ since, until }: ClientMessage, release: string): boolean {
  const number = releaseNumber(release);
  return (
    (since === undefined || number >= releaseNumber(since)) &&
    (until === undefined || number < releaseNumber(until))
  );
}

/** That release prints it only with -v. */
export function isQuiet({ quietSince }: ClientMessage, release: string): boolean {
  return quietSince !== undefined && releaseNumber(release) >= releaseNumber(quietSince);
}
