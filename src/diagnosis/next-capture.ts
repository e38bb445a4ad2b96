import type { NextCapture, SessionRecord } from '../session/record.ts';

/** Which capture to take next to learn what this one cannot tell; undefined where it tells enough. */
export function nextCapture(record: SessionRecord): NextCapture | undefined {
  const rule = RULES[record.fate];
  if (rule === undefined) return undefined;
  const advice = rule(record);
  if (advice === undefined || isTold(record)) return undefined;
  return { at: advice.at, why: advice.why, command: command(record, advice) };
}

interface Advice {
  readonly at: NextCapture['at'];
  readonly why: string;
  /** Who has which address on the link is part of the answer. */
  readonly neighbours?: boolean;
  /** Further options of tcpdump. */
  readonly options?: string;
}

/** What the cause says is sure, or nobody's trouble. */
function isTold({ cause }: SessionRecord): boolean {
  return cause !== undefined && (cause.confidence === 'certain' || HARMLESS.has(cause.id));
}

const HARMLESS: ReadonlySet<string> = new Set(['scan', 'health-check', 'banner-grab', 'client-not-ssh']);

type Rule = (record: SessionRecord) => Advice | undefined;

const RULES: Readonly<Partial<Record<SessionRecord['fate'], Rule>>> = {
  undetermined,
  'no-syn-ack': noSynAck,
  'rst-after-syn': refused,
  'syn-ack-unanswered': synAckUnanswered,
  'rst-after-syn-ack': reset,
  'fin-before-banner': closed,
  'rst-before-banner': reset,
  'stalled-before-banner': stalled,
  'fin-after-banner': closed,
  'rst-after-banner': reset,
  'stalled-after-banner': stalled,
  'close-during-kex': closedOrReset,
  'stalled-during-kex': stalled,
  'close-during-auth': reset,
  'stalled-during-auth': stalled,
  'closed-in-session': closed,
  'reset-in-session': reset,
  'lost-in-session': stalled,
  'reset-midway': midway,
  'icmp-midway': midway,
  'lost-midway': midway,
};

/** A ring of files, so that it can wait for what it is to see. */
const RING = '-C 100 -W 10';
/** KiB; the default of 2 MiB overflows on a busy interface. */
const LARGE_BUFFER = '-B 65536';

function undetermined({ observed }: SessionRecord): Advice {
  switch (observed.missing) {
    case 'snap-length':
      return {
        at: 'server',
        why: 'The snap length cut off what decides: the same again with whole packets (-s 0), there or where this one was taken, tells it.',
      };
    case 'lost-packets':
    case 'capture-drops':
      return {
        at: 'server',
        why: 'The capturing program lost packets that decide: the same again with a larger buffer and a narrow filter tells it.',
        options: LARGE_BUFFER,
      };
    case 'filter':
      return {
        at: 'server',
        why: 'The capture holds nothing but SYN, FIN and RST segments: the same again with a filter that names hosts and ports only tells what lay between them.',
        options: RING,
      };
    case 'midway':
      return {
        at: 'server',
        why: 'The capture has no start of one direction: one that runs before the session begins tells who closed and why.',
        options: RING,
      };
    case 'evicted':
      return {
        at: 'server',
        why: 'Too many connections were open at once to follow them all: a capture of these two hosts alone follows this one to its end.',
      };
    default:
      return {
        at: 'server',
        why: 'Only one direction of the session is in the capture: on the server itself both pass, whatever ways they take between.',
      };
  }
}

function noSynAck(record: SessionRecord): Advice | undefined {
  // One SYN without a repeat may be a probe.
  if (record.tcp.synRetransmissions === 0) return undefined;
  const why = isFirstHop(record.tcp.hopLimits.client?.[0])
    ? 'It tells whether the SYNs arrive: if not, they are dropped on the way; if they are answered, the way back is blocked; if they arrive and are not answered, the server drops them itself.'
    : 'The SYNs had crossed routers when this capture saw them: unless it was taken on the server, one there tells whether they arrive, and whether answers leave.';
  return { at: 'server', why, neighbours: true };
}

function refused(record: SessionRecord): Advice {
  return {
    at: 'server',
    why: `It tells who refused: if the RST leaves ${record.server.address} itself, nothing listens there or its own firewall rejects; if the SYN does not even arrive, a firewall on the way answered in its name.`,
  };
}

function synAckUnanswered(record: SessionRecord): Advice | undefined {
  // A flood with forged addresses does not repeat its SYNs, and its clients do not exist.
  if (record.tcp.synRetransmissions === 0) return undefined;
  return {
    at: 'client',
    why: 'It tells whether the SYN-ACK arrives: if not, it is lost on the way back; if it does, the client or its firewall refuses it.',
  };
}

/** A FIN of the server's without a reason: of sshd, or of a proxy between. */
function closed(record: SessionRecord): Advice | undefined {
  if (record.cause?.confidence === 'likely') return undefined;
  if (record.endedBy === 'client' && record.fate === 'fin-before-banner' && record.bytes.clientToServer > 0) {
    return {
      at: 'server',
      why: 'The client gave up waiting: it tells whether the connection reaches the server, and whether sshd answers it.',
    };
  }
  if (record.endedBy !== 'server') return undefined;
  return {
    at: 'server',
    why: 'It tells whether the server itself closed: if its FIN is not there, a proxy or load balancer between did; if it is, the log of sshd at that second says why.',
  };
}

function closedOrReset(record: SessionRecord): Advice | undefined {
  return record.ending === 'rst' ? reset(record) : closed(record);
}

/** Who made the reset is only sure where it leaves, or does not leave, the host whose address it has. */
function reset(record: SessionRecord): Advice | undefined {
  if (record.ending !== 'rst') return undefined;
  const { resets, hopLimits } = record.tcp;
  const first = resets?.[0];
  if (first === undefined) return undefined;
  const { from } = first;
  // It came from the next interface, with the hop limit of that host: nobody stands between.
  if (isFirstHop(first.hopLimit) && first.hopLimit === hopLimits[from]?.[0]) return undefined;
  // A client that resets what it has hardly begun is a scanner or a monitor; later a device may speak in its name.
  if (from === 'client' && record.endedBy === 'client' && EARLY.has(record.stage)) return undefined;
  return {
    at: from,
    why: `It tells who made the RST: if it does not leave the ${from} itself, a device between forged it.`,
  };
}

const EARLY: ReadonlySet<string> = new Set(['syn', 'syn-ack', 'tcp', 'banner']);

/** Of a side that gave up: who did not answer it, or itself where it had not received what the other repeated. */
function unheardBy({ tcp }: SessionRecord, close: SessionRecord['observed']['closes'][number] | undefined) {
  if (close?.unacknowledged !== true) return undefined;
  const peer = opposite(close.side);
  return tcp.last?.[peer].unanswered === undefined ? peer : close.side;
}

function stalled(record: SessionRecord): Advice | undefined {
  const { owed, closes } = record.observed;
  const by = owed?.by ?? unheardBy(record, closes[0]);
  if (by === undefined) return undefined;
  return {
    at: by,
    why: `The ${by} owed an answer: it tells whether the packets of the ${opposite(by)} arrive there, and whether answers leave.`,
  };
}

function midway(record: SessionRecord): Advice {
  const { ending } = record;
  const end =
    ending === 'rst' ? 'who made the RST' : ending === 'icmp' ? 'what was refused' : 'what was lost';
  return {
    at: 'server',
    why: `The capture has no start of the session: one that runs before it begins tells ${end}, by what is usual for its packets.`,
    options: RING,
  };
}

const opposite = (side: 'client' | 'server'): 'client' | 'server' =>
  side === 'client' ? 'server' : 'client';

/** What hosts send with: no router stands between the sender and the capture. */
const isFirstHop = (hopLimit: number | undefined): boolean =>
  hopLimit === 64 || hopLimit === 128 || hopLimit === 255;

/**
 * The ICMP errors of routers have other addresses than the session, so no host stands before `icmp`. The peer's
 * address, where NAT is likely to have changed it, is left out.
 */
function command(record: SessionRecord, { at, neighbours, options }: Advice): string {
  const { client, server } = record;
  const version6 = server.address.includes(':');
  const translated = isPrivate(client.address) && !isPrivate(server.address);
  const peer = at === 'client' ? server.address : client.address;
  const session =
    at === 'server' && translated ? `tcp port ${server.port}` : `(host ${peer} and tcp port ${server.port})`;
  const icmp = version6 ? 'icmp6' : 'icmp';
  // In IPv6 the neighbours' questions are ICMPv6.
  const arp = neighbours && !version6 ? ' or arp' : '';
  return `tcpdump -i IFACE -s 0 ${options === undefined ? '' : `${options} `}-w sshfate.pcap '${session} or ${icmp}${arp}'`;
}

/** RFC 1918, RFC 6598 and RFC 4193. */
const isPrivate = (address: string): boolean =>
  /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd][0-9a-f]{2}:)/.test(
    address,
  );
