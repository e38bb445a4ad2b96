import Table from 'cli-table3';
import { CONFIDENCE_WORDS, hostPort } from '../diagnosis/cause-definition.ts';
import { FATE_DEFINITIONS } from '../fate/definitions.ts';
import type { Cause, Endpoint, SessionRecord, TimelineEntry } from '../session/record.ts';
import { BORDERLESS } from './borderless.ts';
import { displayFilters, endsFilter } from './display-filters.ts';
import { forTerminal } from './escape.ts';
import { counted, duration, grouped, padStart, wrap } from './layout.ts';
import { GAP, hanging, type TextOptions } from './overview-text.ts';
import { type Format, fateFormat, type Paint } from './paint.ts';
import { type ProposedName, proposedLists } from './proposals.ts';
import { HEALTHY_FATES } from './severity.ts';
import { sinceStart } from './since-start.ts';

export interface SessionViewOptions extends TextOptions {
  /** Of live traffic: there is no file in which to look for packets by their number. */
  readonly isLive?: boolean | undefined;
}

/** One session in full, for a terminal: verdict, why, what to do, its messages, both proposals, how to look at it. */
export function sessionView(record: SessionRecord, options: SessionViewOptions): string {
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
    const lead = HEALTHY_FATES.has(record.fate)
      ? 'The packets show nothing wrong.'
      : 'The packets do not tell why.';
    return section('CAUSE', [`  ${lead} Usual behind this fate:`, ...bullets(usual, options)], options);
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
      `packet ${packet}, ${sinceStart(record, time)}: ${forTerminal(what)}`,
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
  const offsets = timeline.map(({ time }) => sinceStart(record, time));
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

/** Both sides' lists side by side; a list without a common name says so. (cli-table3 trims, so every name has a mark.) */
function proposalLines({ kex }: SessionRecord, { width, paint }: TextOptions): string[] {
  if (kex === undefined || (kex.client === undefined && kex.server === undefined)) return [];
  const { client, server } = kex;
  const column = Math.max(10, Math.floor((width - INDENT.length - GAP) / 2));
  const table = new Table({
    ...BORDERLESS,
    colWidths: [column, column],
  });
  table.push([paint('bold', 'client offers'), paint('bold', 'server offers')]);
  // Broken into lines before it is coloured: the table would break the colours, too.
  const inLines = (text: string, format?: Format, room = column): string =>
    wrap(text, room)
      .map((line) => (format === undefined ? line : paint(format, line)))
      .join('\n');
  for (const { name, isMismatch, client: theirs, server: ours } of proposedLists(kex)) {
    const heading = isMismatch
      ? inLines(`${name}: nothing in common`, ['red', 'bold'], 2 * column + GAP)
      : inLines(name, 'underline', 2 * column + GAP);
    table.push([{ content: heading, colSpan: 2 }]);
    const marked = (proposed: ProposedName | undefined): string => {
      if (proposed === undefined) return '';
      const shown = forTerminal(proposed.text);
      if (proposed.mark === 'chosen') return inLines(`* ${shown}`, 'green');
      if (proposed.mark === 'both') return inLines(`= ${shown}`);
      return inLines(`- ${shown}`, isMismatch ? 'red' : 'dim');
    };
    for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
      table.push([marked(theirs[i]), marked(ours[i])]);
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

/** Each stands on one line however long, to be copied. */
function filterLines(record: SessionRecord, { paint, isLive = false }: SessionViewOptions): string[] {
  const filters = isLive ? [endsFilter(record)] : displayFilters(record);
  return filters.map((line) => INDENT + paint('cyan', forTerminal(line)));
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
