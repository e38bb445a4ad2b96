import type { Cause } from '../session/record.ts';
import type { JointPlace } from './comparison.ts';
import { FROM_LOW } from './packet-log.ts';
import type { Trace } from './trace.ts';

/**
 * Whose doing a cause of a single capture is, where nothing between two captures says otherwise: which end, or what of the
 * path, has to be looked at.
 */
export function placeOfCause(cause: Cause, trace: Trace): JointPlace {
  const rule = PLACES[cause.id];
  return typeof rule === 'function' ? rule(cause, trace) : (rule ?? 'unknown');
}

/** Causes that say that the way between the ends did something. */
export const isOfPath = (id: string): boolean => PLACES[id] === 'path' || id.startsWith('icmp-');

/** What a side is said to have that waited for what did not come. */
export const isOfWaiting = (id: string): boolean => WAITING.includes(id);

const WAITING: readonly string[] = [
  'login-grace-expired',
  'server-hung',
  'slow-banner',
  'keepalive-failed',
  'user-gave-up',
];

type Rule = JointPlace | ((cause: Cause, trace: Trace) => JointPlace);

const other = (side: JointPlace): JointPlace => (side === 'client' ? 'server' : 'client');

/** An error that the server itself sent is the server's doing, any other that of a router. */
const byReporter: Rule = (_, { view }) =>
  view.icmp.some(({ reporter }) => reporter === view.server.address)
    ? 'server'
    : view.icmp.some(({ reporter }) => reporter === view.client.address)
      ? 'client'
      : 'path';

const PROTOCOL_VERSION = /^SSH-(2\.0|1\.99)-/;
const SSH_DISCONNECT_PROTOCOL_ERROR = 2;

const PLACES: Readonly<Record<string, Rule>> = {
  // Who was asked for on the link and did not answer is down, or nobody has its address.
  'host-not-on-link': 'server',
  'marking-dropped': 'path',
  'accept-backlog-full': 'server',
  filtered: 'path',
  'rejected-by-firewall': 'path',
  'port-closed': 'server',
  'icmp-admin-prohibited': byReporter,
  'icmp-port-unreachable': byReporter,
  // The last router says it of a host that does not answer on its link (RFC 1812 §5.2.7.1).
  'icmp-host-unreachable': 'server',
  'icmp-network-unreachable': byReporter,
  'icmp-time-exceeded': byReporter,
  'return-path-drop': 'path',
  'reply-from-other-address': 'path',
  'stale-connection': 'path',
  'handshake-ack-lost': 'path',
  'health-check': 'client',
  scan: 'client',
  penalty: 'server',
  'max-startups': 'server',
  'slow-banner': 'server',
  'server-hung': 'server',
  'server-broken': 'server',
  'backend-down': 'server',
  'access-denied-early': 'server',
  'not-ssh-http': 'server',
  'not-ssh-tls': 'server',
  'not-ssh-other': 'server',
  'client-not-ssh': 'client',
  'protocol-version-mismatch': (_, { view }) =>
    view.client.identification !== undefined && !PROTOCOL_VERSION.test(view.client.identification)
      ? 'client'
      : 'server',
  // A side that complains of the protocol says that the other broke it (RFC 4253 §11.1).
  'disconnect-message': (_, { view }) => {
    const said = view.disconnect?.[0];
    if (said === undefined) return 'unknown';
    return said.reasonCode === SSH_DISCONNECT_PROTOCOL_ERROR ? other(said.from) : said.from;
  },
  'banner-grab': 'client',
  'no-common-kex': 'hosts',
  'no-common-host-key': 'hosts',
  'no-common-cipher': 'hosts',
  'no-common-mac': 'hosts',
  'no-common-compression': 'hosts',
  'host-key-rejected': 'client',
  'corrupt-stream': (cause, trace) => senderOf(cause, trace),
  'path-mtu-black-hole': 'path',
  'segment-dropped': 'path',
  'idle-time-out-on-path': 'path',
  'rst-injected': 'path',
  'too-many-authentication-failures': 'client',
  // A server that closes itself has a rule about the user: key or password were right, or were not looked at.
  'authentication-failed': (_, { view }) => (view.endedBy === 'server' ? 'server' : 'client'),
  'user-gave-up': 'client',
  'login-grace-expired': 'client',
  // The side that asked and closed is well; the one that did not answer is not.
  'keepalive-failed': (_, { view }) =>
    view.endedBy === 'client' || view.endedBy === 'server' ? other(view.endedBy) : 'unknown',
  'server-restarted': 'server',
  'client-restarted': 'client',
  'path-lost': 'path',
  'server-process-died': 'server',
};

/** Who sent the packet that proves a cause. */
function senderOf(cause: Cause, { log, list, clientIsLow }: Trace): JointPlace {
  const packets = new Set(cause.evidence.map(({ packet }) => packet));
  const place = log.placesOf(list).find((one) => packets.has(log.number[one] as number));
  if (place === undefined) return 'unknown';
  return (((log.traits[place] as number) & FROM_LOW) !== 0) === clientIsLow ? 'client' : 'server';
}
