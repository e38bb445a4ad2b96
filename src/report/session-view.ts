import Table from 'cli-table3';
import { CONFIDENCE_WORDS, hostPort } from '../diagnosis/cause-definition.ts';
import { FATE_DEFINITIONS } from '../fate/definitions.ts';
import type {
  Cause,
  Endpoint,
  KexRecord,
  ProposalRecord,
  SessionRecord,
  TimelineEntry,
} from '../session/record.ts';
import { forTerminal } from './escape.ts';
import { counted, duration, grouped, padStart, wrap } from './layout.ts';
import { GAP, hanging, type TextOptions } from './overview-text.ts';
import { fateFormat, type Paint } from './paint.ts';

/** One session in full, for a terminal: verdict, why, what to do, its messages, both proposals, how to look at it. */
export function sessionView(record: SessionRecord, options: TextOptions): string {
  const blocks = [
    verdict(record, options),
    causeLines(record, options),
    section('CAPTURE NEXT', nextCaptureLines(record, options), options),
    section('CLIENT PRINTED', clientMessageLines(record, options), options),
    section('TIMELINE', timelineLines(record, options), options),
    section('PROPOSALS', proposalLines(record, options), options),
    section('MEASURED', measurements(record, options), options),
    section('NOTES', bullets(record.notes ?? [], options), options),
    section('ANOMALIES', anomalyLines(record, options), options),
    section('LOOK AT IT', filterLines(record, options), options),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

const INDENT = '  ';

function verdict(record: SessionRecord, { width, paint }: TextOptions): string[] {
  const { fate, stage, ending, endedBy, certainty, reason, packets, bytes } = record;
  const facts = [
    `${partyText(record.client)} to ${partyText(record.server)}`,
    `${record.start.slice(0, 19).replace('T', ' ')} UTC, ${duration(record.durationMs)}, packets ${grouped(packets.first)} to ${grouped(packets.last)}`,
    `client sent ${counted(packets.clientToServer, 'packet')} with ${counted(bytes.clientToServer, 'byte')}, server ${counted(packets.serverToClient, 'packet')} with ${counted(bytes.serverToClient, 'byte')}`,
    `stage ${stage}, ending ${ending}, ended by ${endedBy}, ${certainty}${reason === undefined ? '' : `: ${forTerminal(reason)}`}`,
  ];
  if (bytes.missed > 0) facts.push(`${counted(bytes.missed, 'byte')} are not in the capture`);
  if (record.nesting !== undefined) facts.push(`inside ${record.nesting.map(forTerminal).join(' > ')}`);
  const name = `Session ${record.session} of ${forTerminal(record.capture)}`;
  return [
    ...wrap(name, width).map((line) => paint('bold', line)),
    ...hanging('', `${fate}: ${FATE_DEFINITIONS[fate].title}`, width).map((line) =>
      paint(fateFormat(fate, record.cause?.id), line),
    ),
    '',
    ...facts.flatMap((fact) => hanging(INDENT, fact, width)),
  ];
}

function partyText(party: Endpoint): string {
  const software = party.identification === undefined ? '' : ` (${forTerminal(party.identification)})`;
  return hostPort(party) + software;
}

function causeLines(record: SessionRecord, options: TextOptions): string[] {
  const { cause, alternatives = [] } = record;
  const { width, paint } = options;
  if (cause === undefined) {
    const usual = FATE_DEFINITIONS[record.fate].usualCauses;
    return section(
      'CAUSE',
      ['  The packets do not tell why. Usual behind this fate:', ...bullets(usual, options)],
      options,
    );
  }
  const lines = [
    paint('bold', 'CAUSE'),
    ...hanging(INDENT, `${cause.id} (${cause.confidence}: ${CONFIDENCE_WORDS[cause.confidence]})`, width),
    ...hanging(INDENT, forTerminal(cause.summary), width),
    ...evidenceLines(cause, record, options),
  ];
  if (cause.nextSteps.length > 0) lines.push('', paint('bold', 'NEXT STEPS'), ...steps(cause, options));
  if (alternatives.length > 0) {
    const others = alternatives.map((other) => `${other.id} (${other.confidence}): ${other.summary}`);
    lines.push('', paint('bold', 'WHAT ELSE FITS'), ...bullets(others, options));
  }
  return lines;
}

function evidenceLines(cause: Cause, record: SessionRecord, { width }: TextOptions): string[] {
  return cause.evidence.flatMap(({ packet, time, what }) => {
    const [first = '', ...rest] = hanging(
      `${INDENT}${INDENT}`,
      `packet ${packet}, ${offset(record, time)}: ${forTerminal(what)}`,
      width,
    );
    return [`${INDENT}- ${first.trimStart()}`, ...rest];
  });
}

/** Whole steps on their own lines where they fit, so that a command can be copied. */
function steps(cause: Cause, { width, paint }: TextOptions): string[] {
  return cause.nextSteps.flatMap((step, i) => {
    const [first = '', ...rest] = hanging(' '.repeat(5), forTerminal(step), width);
    return [`${INDENT}${paint('cyan', `${i + 1}.`)} ${first.trimStart()}`, ...rest];
  });
}

const PLACES = { client: 'At the client', server: 'At the server', path: 'On the path' } as const;

/** The command stands on one line however long, to be copied. */
function nextCaptureLines({ nextCapture }: SessionRecord, { width, paint }: TextOptions): string[] {
  if (nextCapture === undefined) return [];
  const { at, why, command } = nextCapture;
  return [...hanging(INDENT, `${PLACES[at]}: ${why}`, width), INDENT + paint('cyan', forTerminal(command))];
}

function clientMessageLines(record: SessionRecord, { width }: TextOptions): string[] {
  return record.clientMessage === undefined ? [] : hanging(INDENT, forTerminal(record.clientMessage), width);
}

const DIRECTION: Readonly<Record<TimelineEntry['from'], string>> = {
  client: 'client >',
  server: '       < server',
  path: '  path:',
};
const DIRECTION_WIDTH = 15;

/** Packet number, time since the first packet, who, what. */
function timelineLines(record: SessionRecord, { width, paint }: TextOptions): string[] {
  const { timeline } = record;
  const numbers = Math.max(0, ...timeline.map(({ packet }) => String(packet).length));
  const offsets = timeline.map(({ time }) => offset(record, time));
  const times = Math.max(0, ...offsets.map((text) => text.length));
  const indent = ' '.repeat(2 + numbers + GAP + times + GAP + DIRECTION_WIDTH + 1);
  return timeline.flatMap((entry, i) => {
    const detail = entry.detail === undefined ? '' : ` ${forTerminal(entry.detail)}`;
    const [first = '', ...rest] = hanging(
      indent,
      `${entry.what}${detail}`,
      Math.max(width, indent.length + 20),
    );
    const packet = paint('dim', padStart(String(entry.packet), numbers));
    const time = padStart(offsets[i] ?? '', times);
    const who = DIRECTION[entry.from].padEnd(DIRECTION_WIDTH);
    return [`${INDENT}${packet}  ${time}  ${who} ${first.trimStart()}`, ...rest];
  });
}

type Mismatch = NonNullable<KexRecord['mismatch']>;

interface ProposalRow {
  readonly name: string;
  /** Category and direction of a mismatch that is about this row. */
  readonly category?: Mismatch['category'];
  readonly direction?: Mismatch['direction'];
  readonly member: keyof ProposalRecord;
  chosen(negotiated: NonNullable<KexRecord['negotiated']>): string | undefined;
}

/** The order in which RFC 4253 §7.1 decides. */
const PROPOSAL_ROWS: readonly ProposalRow[] = [
  { name: 'key exchange', category: 'kex', member: 'kexAlgorithms', chosen: (n) => n.kex },
  { name: 'host key', category: 'host-key', member: 'serverHostKeyAlgorithms', chosen: (n) => n.hostKey },
  {
    name: 'cipher, client to server',
    category: 'cipher',
    direction: 'client-to-server',
    member: 'encryptionClientToServer',
    chosen: (n) => n.cipher?.clientToServer,
  },
  {
    name: 'cipher, server to client',
    category: 'cipher',
    direction: 'server-to-client',
    member: 'encryptionServerToClient',
    chosen: (n) => n.cipher?.serverToClient,
  },
  {
    name: 'MAC, client to server',
    category: 'mac',
    direction: 'client-to-server',
    member: 'macClientToServer',
    chosen: (n) => n.mac?.clientToServer,
  },
  {
    name: 'MAC, server to client',
    category: 'mac',
    direction: 'server-to-client',
    member: 'macServerToClient',
    chosen: (n) => n.mac?.serverToClient,
  },
  {
    name: 'compression, client to server',
    category: 'compression',
    direction: 'client-to-server',
    member: 'compressionClientToServer',
    chosen: (n) => n.compression?.clientToServer,
  },
  {
    name: 'compression, server to client',
    category: 'compression',
    direction: 'server-to-client',
    member: 'compressionServerToClient',
    chosen: (n) => n.compression?.serverToClient,
  },
  { name: 'languages, client to server', member: 'languagesClientToServer', chosen: () => undefined },
  { name: 'languages, server to client', member: 'languagesServerToClient', chosen: () => undefined },
];

/** A direction that says the same as the other is not printed twice. */
const TWIN: Partial<
  Record<keyof ProposalRecord, { readonly member: keyof ProposalRecord; readonly name: string }>
> = {
  encryptionClientToServer: { member: 'encryptionServerToClient', name: 'cipher, both ways' },
  macClientToServer: { member: 'macServerToClient', name: 'MAC, both ways' },
  compressionClientToServer: { member: 'compressionServerToClient', name: 'compression, both ways' },
};

/** Without frames, colours or padding of its own: it would colour into pipes. */
const TABLE_STYLE = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
};

/** Both sides' lists side by side; a list without a common name says so. (cli-table3 trims, so every name has a mark.) */
function proposalLines({ kex }: SessionRecord, { width, paint }: TextOptions): string[] {
  if (kex === undefined || (kex.client === undefined && kex.server === undefined)) return [];
  const { client, server, mismatch } = kex;
  const column = Math.max(10, Math.floor((width - INDENT.length - GAP) / 2));
  const table = new Table({
    ...TABLE_STYLE,
    colWidths: [column, column],
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  table.push([paint('bold', 'client offers'), paint('bold', 'server offers')]);
  const told = new Set<keyof ProposalRecord>();
  for (const row of PROPOSAL_ROWS) {
    const theirs = client?.[row.member] ?? [];
    const ours = server?.[row.member] ?? [];
    if (told.has(row.member) || theirs.length + ours.length === 0) continue;
    const twin = TWIN[row.member];
    const both =
      twin !== undefined && sameList(client?.[twin.member], theirs) && sameList(server?.[twin.member], ours);
    if (both) told.add(twin.member);
    const missing =
      mismatch !== undefined &&
      mismatch.category === row.category &&
      (mismatch.direction === undefined || both || mismatch.direction === row.direction);
    const name = both ? twin.name : row.name;
    const heading = missing ? paint(['red', 'bold'], `${name}: nothing in common`) : paint('underline', name);
    table.push([{ content: heading, colSpan: 2 }]);
    const chosen = kex.negotiated === undefined ? undefined : row.chosen(kex.negotiated);
    const mark = (algorithm: string, others: readonly string[]): string => {
      const shown = forTerminal(algorithm);
      if (algorithm === chosen) return paint('green', `* ${shown}`);
      return others.includes(algorithm) ? `= ${shown}` : paint(missing ? 'red' : 'dim', `- ${shown}`);
    };
    for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
      const left = theirs[i];
      const right = ours[i];
      table.push([
        left === undefined ? '' : mark(left, ours),
        right === undefined ? '' : mark(right, theirs),
      ]);
    }
  }
  const lines = table
    .toString()
    .split('\n')
    .map((line) => INDENT + line.trimEnd());
  const unseen = client === undefined ? 'client' : server === undefined ? 'server' : undefined;
  if (unseen !== undefined) lines.push(`${INDENT}The ${unseen}'s KEXINIT is not in the capture.`);
  return [...lines, paint('dim', `${INDENT}* chosen   = both have it   - only this side`)];
}

const sameList = (a: readonly string[] | undefined, b: readonly string[]): boolean =>
  a !== undefined && a.length === b.length && a.every((name, i) => name === b[i]);

function measurements(record: SessionRecord, { width }: TextOptions): string[] {
  const { tcp, timing, server, auth } = record;
  const both = (name: string, { client, server }: { client: number; server: number }): string | undefined =>
    client + server === 0 ? undefined : `${name} ${client} by the client, ${server} by the server`;
  const time = (name: string, ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : `${name} ${duration(ms)}`;
  const times = [
    time('round trip', tcp.rttMs),
    time('connected after', timing.connectMs),
    time('identification after', timing.identificationMs),
    time('key exchange took', timing.kexMs),
    time('authentication took', timing.authMs),
    time('quiet before the end', timing.idleBeforeEndMs),
  ].filter((text) => text !== undefined);
  const hops = [
    tcp.hopLimits.client && `client ${tcp.hopLimits.client.join(', ')}`,
    tcp.hopLimits.server && `server ${tcp.hopLimits.server.join(', ')}`,
  ].filter((text) => text !== undefined);
  const facts = [
    times.join(', '),
    server.hostKey &&
      `host key ${forTerminal(server.hostKey.algorithm)} ${forTerminal(server.hostKey.fingerprint)}`,
    auth &&
      `authentication ${auth.result}${auth.attempts === undefined ? '' : `, ${counted(auth.attempts, 'attempt')}`} (${auth.certainty})`,
    `Zeek conn_state ${tcp.connState}, history ${tcp.history}; Community ID ${record.communityId}`,
    hops.length > 0 && `hop limits: ${hops.join('; ')}`,
    tcp.synRetransmissions > 0 && `SYN repeated ${tcp.synRetransmissions} times`,
    both('retransmissions:', tcp.retransmissions),
    both('out of order:', tcp.outOfOrder),
    both('gaps:', tcp.gaps),
    both('zero windows:', tcp.zeroWindows),
    tcp.checksumErrors > 0 && counted(tcp.checksumErrors, 'checksum error'),
  ];
  return facts.flatMap((fact) => (fact ? hanging(INDENT, fact, width) : []));
}

function anomalyLines({ anomalies }: SessionRecord, { width }: TextOptions): string[] {
  return anomalies.flatMap(({ code, layer, direction, packet }) =>
    hanging(
      INDENT,
      `packet ${packet}: ${code} (${layer}${direction === undefined ? '' : `, ${direction}`})`,
      width,
    ),
  );
}

/**
 * Display filters for Wireshark and tshark, whose stream indices are their own: client, ports and packet numbers name
 * the session. Each stands on one line however long, to be copied.
 */
function filterLines(record: SessionRecord, { paint }: TextOptions): string[] {
  const { client, server, packets, capture, cause } = record;
  const ip = client.address.includes(':') ? 'ipv6' : 'ip';
  const filter = `${ip}.addr==${client.address} && tcp.port==${client.port} && tcp.port==${server.port} && frame.number in {${packets.first}..${packets.last}}`;
  const decisive = new Set(cause?.evidence.map((item) => item.packet));
  const lines = [filter];
  if (decisive.size > 0) lines.push(`frame.number in {${[...decisive].join(', ')}}`);
  if (capture !== '-') lines.push(`tshark -r ${shellQuoted(forTerminal(capture))} -Y '${filter}'`);
  return lines.map((line) => INDENT + paint('cyan', line));
}

/** Seconds since the session's first packet. */
function offset(record: SessionRecord, time: string): string {
  const us = microseconds(time) - microseconds(record.start);
  return `${us < 0 ? '-' : '+'}${(Math.abs(us) / 1e6).toFixed(6)} s`;
}

/** ISO times have more digits than `Date.parse` keeps. */
function microseconds(time: string): number {
  const fraction = /\.(\d+)Z$/.exec(time)?.[1] ?? '';
  const seconds = Date.parse(`${time.slice(0, 19)}Z`) / 1000;
  return seconds * 1e6 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

function section(heading: string, lines: readonly string[], { paint }: { readonly paint: Paint }): string[] {
  return lines.length === 0 ? [] : [paint('bold', heading), ...lines];
}

function bullets(items: readonly string[], { width }: TextOptions): string[] {
  return items.flatMap((item) => {
    const [first = '', ...rest] = hanging(`${INDENT}${INDENT}`, forTerminal(item), width);
    return [`${INDENT}- ${first.trimStart()}`, ...rest];
  });
}

function shellQuoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
