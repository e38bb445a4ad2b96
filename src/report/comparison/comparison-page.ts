import type {
  ComparedCapture,
  Comparison,
  JointLeg,
  JointPlace,
  JointSession,
  JointVerdict,
  LegReport,
} from '../../compare/comparison.ts';
import type { Exchange } from '../../compare/exchange.ts';
import { CONFIDENCE_WORDS, hostPort } from '../../diagnosis/cause-definition.ts';
import { commonFolder } from '../capture-troubles.ts';
import { counted, grouped } from '../layout.ts';
import { type Block, code, type Inlines, type Page, prose, type Section, strong } from '../page/blocks.ts';
import { exchangeSequence } from './exchange-sequence.ts';

/** A comparison, with the packets of the sessions that are told in full. */
export interface ReportedComparison {
  readonly comparison: Comparison;
  /** Sessions with a row, most telling first. */
  readonly listed: readonly JointSession[];
  /** Of these, what is told in full. */
  readonly detailed: readonly JointSession[];
  readonly exchanges: ReadonlyMap<JointSession, Exchange>;
  /** Names and versions the program that made it. */
  readonly generator: string;
}

/** What the captures tell together: where it broke first, then each session's way. */
export function comparisonPage(reported: ReportedComparison): Page {
  const { comparison, listed, detailed, generator } = reported;
  const shown = shownNames(comparison.captures);
  const sections: Section[] = [
    { id: 'captures', heading: ['Captures'], blocks: [captureTable(comparison.captures)] },
  ];
  if (listed.length > 0) {
    sections.push({ id: 'sessions', heading: ['Sessions'], blocks: [sessionTable(reported)] });
  }
  if (detailed.length > 0) {
    sections.push({
      id: 'details',
      heading: ['What happened, and where'],
      blocks: [],
      sections: detailed.map((session) => sessionSection(session, reported, shown)),
    });
  }
  return {
    title: 'SSH sessions at several captures',
    verdict: verdictOf(comparison),
    lead: (comparison.hints ?? []).map(
      (hint): Block => ({ kind: 'paragraph', text: prose(hint), tone: 'trouble' }),
    ),
    sections,
    footer: [`Made by ${generator} from packets alone: nothing was decrypted. Times are UTC.`],
  };
}

/** The captures' names as the page shows them. */
interface ShownNames {
  /** Without the folder that it shares with the others. */
  name(capture: string): string;
  /** All, also as sentences have them. */
  readonly all: readonly string[];
}

function shownNames(captures: readonly ComparedCapture[]): ShownNames {
  const names = captures.map(({ name }) => name);
  const { length } = commonFolder(names);
  const name = (capture: string): string => capture.slice(length);
  const all = [...names, ...names.map(name), ...names.map((each) => each.split(/[/\\]/).at(-1) ?? '')];
  return { name, all: [...new Set(all)].filter((each) => each !== '').sort((x, y) => y.length - x.length) };
}

/** A sentence in which the names of captures stand as names. */
function said(text: string, { all }: ShownNames): Inlines {
  return prose(text).flatMap((part) => (typeof part === 'string' ? withNames(part, all) : [part]));
}

function withNames(text: string, names: readonly string[]): Inlines {
  const name = names.find((each) => text.includes(each));
  if (name === undefined) return text === '' ? [] : [text];
  const at = text.indexOf(name);
  return [
    ...withNames(text.slice(0, at), names),
    code(name),
    ...withNames(text.slice(at + name.length), names),
  ];
}

/** Most telling first: what broke on the way, then what the ends did, then what went well. */
export function byTelling(x: JointSession, y: JointSession): number {
  return PLACE_ORDER.indexOf(x.verdict.place) - PLACE_ORDER.indexOf(y.verdict.place) || x.session - y.session;
}

const PLACE_ORDER: readonly JointPlace[] = ['path', 'server', 'client', 'hosts', 'unknown', 'nowhere'];

export const PLACE_WORDS: Readonly<Record<JointPlace, string>> = {
  client: 'the client',
  path: 'the path',
  server: 'the server',
  hosts: 'both ends',
  nowhere: 'nothing wrong',
  unknown: 'not told',
};

/** Also where only the near side of it is known: there it may be the end or the path. */
export function placeWords({ place, between }: JointVerdict): string {
  const { after, before } = between ?? {};
  const isOpen = (after === undefined) !== (before === undefined);
  if (!isOpen || place === 'path') return PLACE_WORDS[place];
  return after === undefined ? 'the client or the path' : 'the server or the path';
}

function verdictOf(comparison: Comparison): string {
  const { sessions, matched } = comparison.summary;
  if (sessions === 0) return 'No SSH session was seen';
  if (matched === 0) return `None of ${counted(sessions, 'session')} is in more than one capture`;
  const parts = [...placeCounts(comparison)].map(
    ([words, count]) => `${grouped(count)} ${VERDICT_WORDS[words] ?? `by ${words}`}`,
  );
  const seen = `${counted(sessions, 'session')}, ${grouped(matched)} in more than one capture`;
  return parts.length === 0 ? `${seen}: nothing was wrong` : `${seen}: ${parts.join(', ')}`;
}

/** Sessions by the words for their places, most telling first. */
function placeCounts({ summary, sessions }: Comparison): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (words: string, count: number) => counts.set(words, (counts.get(words) ?? 0) + count);
  for (const place of PLACE_ORDER) {
    if (place === 'nowhere') continue;
    const those = sessions.filter(({ verdict }) => verdict.place === place);
    const count = summary.places[place] ?? 0;
    // Where only some of the sessions are at hand, the summary counts all of them.
    if (those.length === count) for (const { verdict } of those) add(placeWords(verdict), 1);
    else add(PLACE_WORDS[place], count);
  }
  return counts;
}

/** Where it is not simply by somebody. */
const VERDICT_WORDS: Readonly<Record<string, string>> = {
  [PLACE_WORDS.path]: 'broken on the path',
  [PLACE_WORDS.unknown]: 'not told',
};

function captureTable(captures: readonly ComparedCapture[]): Block {
  return {
    kind: 'table',
    caption: 'Captures',
    columns: [
      { heading: 'Capture', align: 'left' },
      { heading: 'Sessions', align: 'right' },
      { heading: 'First packet', align: 'left' },
      { heading: 'Clock', align: 'left' },
      { heading: 'Missing', align: 'left' },
    ],
    rows: captures.map((capture, n) => [
      [capture.name],
      [grouped(capture.sessions)],
      [capture.start ?? 'no packet'],
      [n === 0 ? 'the others are held against it' : clockWords(capture)],
      [missingWords(capture)],
    ]),
  };
}

function clockWords({ clock }: ComparedCapture): string {
  if (clock === undefined) return '';
  const { offsetMs, errorMs, driftPpm } = clock;
  const shown =
    Math.abs(offsetMs) >= 1000 ? `${(offsetMs / 1000).toFixed(6)} s` : `${offsetMs.toFixed(3)} ms`;
  const error = errorMs === undefined ? ', one way only' : ` ± ${errorMs.toFixed(3)} ms`;
  const drift = driftPpm === undefined ? '' : `, ${driftPpm > 0 ? '+' : ''}${driftPpm.toFixed(1)} ppm`;
  return `${offsetMs > 0 ? '+' : ''}${shown}${error}${drift}`;
}

function missingWords({ missed, notCompared }: ComparedCapture): string {
  const parts = [];
  if (missed !== undefined) parts.push(`${counted(missed.packets, 'packet')} (${percent(missed.share)})`);
  if (notCompared !== undefined) parts.push(`${counted(notCompared.packets, 'packet')} not compared`);
  return parts.join(', ');
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;

function sessionTable({ listed, detailed, comparison }: ReportedComparison): Block {
  const left = comparison.sessions.length - listed.length;
  const told = new Set(detailed);
  return {
    kind: 'table',
    caption: 'Sessions',
    columns: [
      { heading: '#', align: 'right' },
      { heading: 'Client', align: 'left' },
      { heading: 'Server', align: 'left' },
      { heading: 'Fates', align: 'left' },
      { heading: 'Place', align: 'left' },
      { heading: 'Cause', align: 'left' },
    ],
    rows: listed.map((session) => {
      const { verdict, seen } = session;
      const number = String(session.session);
      return [
        [told.has(session) ? { kind: 'link', section: sectionId(session), text: number } : number],
        [hostPort(nearClient(session).client)],
        [hostPort(nearServer(session).server)],
        [[...new Set(seen.map(({ fate }) => fate))].join(' / ')],
        [placeWords(verdict)],
        [verdict.cause === undefined ? '' : `${verdict.cause.id} (${verdict.cause.confidence})`],
      ];
    }),
    ...(left > 0 && { more: `${counted(left, 'further session')}: the JSON format has them all.` }),
  };
}

const nearClient = ({ seen }: JointSession) => seen[0] as JointSession['seen'][number];
const nearServer = ({ seen }: JointSession) => seen.at(-1) as JointSession['seen'][number];
const sectionId = ({ session }: JointSession): string => `session-${session}`;

function sessionSection(
  session: JointSession,
  { exchanges }: ReportedComparison,
  shown: ShownNames,
): Section {
  const { verdict } = session;
  const exchange = exchanges.get(session);
  const steps = verdict.nextSteps ?? [];
  return {
    id: sectionId(session),
    heading: [`Session ${session.session}: ${placeWords(verdict)}`],
    blocks: [
      { kind: 'paragraph', text: said(verdict.summary, shown), tone: 'lead' },
      ...causeBlocks(session, shown),
      { kind: 'list', ordered: false, items: session.seen.map((seen) => seenItem(seen, shown)) },
      ...(exchange !== undefined && exchange.packets.length > 0
        ? [{ kind: 'sequence', sequence: exchangeSequence(session, exchange) } as const]
        : []),
      ...(verdict.evidence.length === 0
        ? []
        : [
            {
              kind: 'list',
              ordered: false,
              items: verdict.evidence.map(({ capture, packet, what }) => [
                code(shown.name(capture)),
                ', packet ',
                String(packet),
                ': ',
                ...said(what, shown),
              ]),
            } as const,
          ]),
      ...(session.legs ?? []).flatMap((leg) => legBlocks(leg, shown)),
      ...(steps.length === 0
        ? []
        : [
            { kind: 'paragraph', text: [strong('Next steps')] } as const,
            { kind: 'list', ordered: true, items: steps.map((step) => said(step, shown)) } as const,
          ]),
    ],
  };
}

function causeBlocks({ verdict, order, connection }: JointSession, shown: ShownNames): Block[] {
  const notes: Inlines[] = [];
  if (verdict.between !== undefined) notes.push(betweenWords(verdict.between, shown));
  if (order === 'same-place')
    notes.push(['The captures were taken at the same place: nothing happens between them.']);
  if (order === 'unknown') notes.push(['Which capture is nearer to the client cannot be told.']);
  if (connection !== undefined) notes.push([CONNECTION_WORDS[connection]]);
  const cause: Inlines[] =
    verdict.cause === undefined
      ? []
      : [
          [
            'Cause: ',
            code(verdict.cause.id),
            ` (${verdict.cause.confidence}: ${CONFIDENCE_WORDS[verdict.cause.confidence]}).`,
          ],
        ];
  const text = [...cause, ...notes];
  return text.length === 0
    ? []
    : [{ kind: 'paragraph', text: text.flatMap((one, n) => (n > 0 ? [' ', ...one] : one)) }];
}

function betweenWords(
  { after, before }: NonNullable<JointSession['verdict']['between']>,
  shown: ShownNames,
): Inlines {
  const name = (capture = '') => code(shown.name(capture));
  if (after !== undefined && before !== undefined)
    return ['Between ', name(after), ' and ', name(before), '.'];
  return after === undefined ? ['Before ', name(before), '.'] : ['Behind ', name(after), '.'];
}

const CONNECTION_WORDS: Readonly<Record<NonNullable<JointSession['connection']>, string>> = {
  translated: 'Addresses or ports are translated on the way (NAT).',
  renumbered: 'A device on the way gives other sequence numbers.',
  proxied: 'A proxy on the way ends the connection and makes another.',
};

function seenItem(seen: JointSession['seen'][number], shown: ShownNames): Inlines {
  const { capture, session, client, server, packets, fate, cause } = seen;
  const hops = [
    ...(seen.hopsToClient === undefined ? [] : [`${routers(seen.hopsToClient)} to the client`]),
    ...(seen.hopsToServer === undefined ? [] : [`${routers(seen.hopsToServer)} to the server`]),
  ];
  return [
    strong(shown.name(capture)),
    `: session ${session}, ${hostPort(client)} to ${hostPort(server)}, packets ${packets.first} to ${packets.last}, `,
    code(fate),
    ...(cause === undefined ? [] : [', alone: ', code(cause.id)]),
    hops.length > 0 ? `; ${hops.join(', ')}` : '',
  ];
}

const routers = (count: number): string => (count === 0 ? 'no router' : counted(count, 'router'));

/** What the way did to the packets, a row each direction and change. */
function legBlocks(leg: JointLeg, shown: ShownNames): Block[] {
  const rows = [
    ...directionRows('client to server', leg.clientToServer),
    ...directionRows('server to client', leg.serverToClient),
  ];
  return [
    {
      kind: 'table',
      caption: `From ${shown.name(leg.from)} to ${shown.name(leg.to)}`,
      columns: [
        { heading: 'Direction', align: 'left' },
        { heading: 'What', align: 'left' },
      ],
      rows,
    },
  ];
}

function directionRows(name: string, report: LegReport): Inlines[][] {
  const { packets, delayMs, lost, inserted, repeated, recut, missed, outside, changes } = report;
  const words: string[] = [];
  const ways = delayMs
    ? ` in ${delayMs.least.toFixed(3)} to ${delayMs.most.toFixed(3)} ms (median ${delayMs.median.toFixed(3)} ms)`
    : '';
  words.push(`${counted(packets, 'packet')} came through${ways}`);
  if (lost !== undefined) {
    words.push(`lost: ${grouped(lost.forGood)} for good, ${grouped(lost.repaired)} repaired by a later copy`);
  }
  if (inserted !== undefined) words.push(`made on the way: ${counted(inserted, 'packet')}`);
  if (repeated !== undefined) words.push(`copies that came to one only: ${counted(repeated, 'packet')}`);
  if (recut !== undefined) words.push(`cut or put together: ${counted(recut, 'packet')}`);
  if (missed !== undefined) {
    words.push(`missed by a capture, not lost: ${counted(missed.bySender + missed.byReceiver, 'packet')}`);
  }
  if (outside !== undefined)
    words.push(`while the other capture holds nothing: ${counted(outside, 'packet')}`);
  for (const { kind, from, to, packets: count } of changes ?? []) {
    words.push(`${kind} ${from} becomes ${to} in ${counted(count, 'packet')}`);
  }
  return words.map((what, n) => [[n === 0 ? name : ''], [what]]);
}
