import type { JointSession } from '../compare/comparison.ts';
import { CONFIDENCE_WORDS } from '../diagnosis/cause-definition.ts';
import { FATE_DEFINITIONS } from '../fate/definitions.ts';
import { placeWords } from '../report/comparison/comparison-page.ts';
import type { Finding, Severity } from '../report/document.ts';
import { stepsOf } from '../report/incident/finding-section.ts';
import type { IncidentFinding } from '../report/incident/incident.ts';
import { counted, grouped, shorten } from '../report/layout.ts';
import { SEVERITIES } from '../report/severity.ts';
import type { Evidence } from '../session/record.ts';
import { type Block, code, type Inline, sentence, strong, text } from './document.ts';
import type { TicketContent } from './ticket-content.ts';

/** `full` has evidence, next steps and examples; `brief` a few lines for each finding. */
export type Detail = 'full' | 'brief';

export interface DocumentOptions {
  readonly detail: Detail;
  /** Of the findings, this many are told, from the worst on; the others are counted. */
  readonly told: number;
  /** What the files are, with their place where the system gives them one. */
  readonly files: readonly FileLine[];
  /** This comment stands beside an older one that could not be changed. */
  readonly replaces?: boolean;
}

export interface FileLine {
  readonly name: string;
  readonly label: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly address?: string | undefined;
}

/** The comment: what was found, worst first, and what is attached. */
export function findingsDocument(content: TicketContent, options: DocumentOptions): Block[] {
  const { findings } = content;
  const told = findings.slice(0, options.told);
  return [
    { kind: 'heading', level: 3, text: [text(headline(content))] },
    ...(options.replaces ? [REPLACES] : []),
    ...(findings.length > 1 ? [overview(findings)] : []),
    ...told.flatMap((finding) => findingBlocks(finding, options.detail)),
    ...leftOut(findings.length - told.length, options),
    ...files(content, options.files),
    {
      kind: 'paragraph',
      text: [text(`sshfate ${content.version} read `), ...captureNames(content), text('.')],
    },
  ];
}

/** The first comment of a new ticket follows: this only says what it is about. */
export function leadDocument(content: TicketContent): Block[] {
  return [
    { kind: 'paragraph', text: [text(`${headline(content)}. The details follow in a comment.`)] },
    {
      kind: 'list',
      ordered: false,
      items: content.findings
        .slice(0, MAX_OVERVIEW)
        .map(({ severity, title }) => [text(`${severity}: ${short(title)}`)]),
    },
  ];
}

/** For the subject of a new ticket; raw, one line. */
export function subject(content: TicketContent): string {
  const [worst] = content.findings;
  if (worst === undefined) return 'SSH: no finding';
  const others = content.findings.length - 1;
  return `SSH: ${shorten(worst.title, MAX_SUBJECT)}${others > 0 ? `, and ${counted(others, 'more finding')}` : ''}`;
}

/** What makes the comment another one: all of the findings, however much of them there is room for. */
export function contentText(content: TicketContent, names: readonly string[]): string {
  const document = findingsDocument(
    { ...content, version: '' },
    { detail: 'full', told: content.findings.length, files: [] },
  );
  return JSON.stringify([document, names]);
}

/** Room for 100 to 255 characters is what subjects have. */
const MAX_SUBJECT = 90;
const MAX_OVERVIEW = 20;
const MAX_EVIDENCE = 12;
const MAX_CAPTURES = 10;
/** Proposals are name-lists of up to 35,000 bytes that the other side made up. */
const MAX_SENTENCE = 1500;
const MAX_BRIEF_SENTENCE = 300;

const REPLACES: Block = {
  kind: 'paragraph',
  text: [strong('This replaces an earlier comment of sshfate about the same captures.')],
};

function headline({ findings, captures, sessions }: TicketContent): string {
  const bySeverity = SEVERITIES.map((severity): [Severity, number] => [
    severity,
    findings.filter((finding) => finding.severity === severity).length,
  ]).filter(([, count]) => count > 0);
  const severities = bySeverity.map(([severity, count]) => `${count} ${severity}`).join(', ');
  const read = `${counted(sessions, 'SSH session')} of ${counted(captures.length, 'capture')}`;
  return `${counted(findings.length, 'finding')}${severities === '' ? '' : ` (${severities})`} in ${read}`;
}

function overview(findings: readonly Finding[]): Block {
  return {
    kind: 'table',
    header: ['Severity', 'Finding', 'Sessions', 'Clients', 'First seen'],
    rows: findings
      .slice(0, MAX_OVERVIEW)
      .map((finding) => [
        [text(finding.severity)],
        [text(short(finding.title))],
        [text(grouped(finding.sessions))],
        [text(clients(finding))],
        [text(moment(finding.firstSeen))],
      ]),
  };
}

function findingBlocks(finding: IncidentFinding, detail: Detail): Block[] {
  const { title, severity, cause, summary, fate, sessions, joint } = finding;
  const limit = detail === 'full' ? MAX_SENTENCE : MAX_BRIEF_SENTENCE;
  const facts = [
    `${severity} severity`,
    `${counted(sessions, 'session')} of ${clients(finding)} client${finding.clients === 1 ? '' : 's'}`,
    span(finding),
  ].join(', ');
  const steps = stepsOf(finding);
  return [
    { kind: 'heading', level: 4, text: [text(short(title))] },
    { kind: 'paragraph', text: [text(`${facts}, finding `), code(finding.id)] },
    ...(joint === undefined ? [] : [together(joint, limit)]),
    cause === undefined
      ? { kind: 'paragraph', text: sentence(limited(summary ?? FATE_DEFINITIONS[fate].meaning, limit)) }
      : {
          kind: 'paragraph',
          text: [
            strong(cause.id),
            text(` (${cause.confidence}: ${CONFIDENCE_WORDS[cause.confidence]}). `),
            ...sentence(limited(cause.summary, limit)),
          ],
        },
    ...(detail === 'full' ? evidence(finding) : []),
    ...(steps.length > 0
      ? [
          ...(detail === 'full' ? [{ kind: 'paragraph', text: [strong('Next steps')] } as const] : []),
          {
            kind: 'list',
            ordered: true,
            items: steps
              .slice(0, detail === 'full' ? steps.length : 1)
              .map((step) => sentence(limited(step, limit))),
          } as const,
        ]
      : []),
  ];
}

/** What the captures tell together stands first: it knows more than any of them alone. */
function together(joint: JointSession, limit: number): Block {
  const { cause, summary } = joint.verdict;
  const what = cause === undefined ? '' : `, ${cause.id}, ${cause.confidence}`;
  return {
    kind: 'paragraph',
    text: [
      strong('By all captures together'),
      text(` (${placeWords(joint.verdict)}${what}): `),
      ...sentence(limited(summary, limit)),
    ],
  };
}

function evidence({ cause, examples, joint }: IncidentFinding): Block[] {
  const alone: readonly (Evidence & { readonly capture?: string })[] = cause?.evidence ?? [];
  const together = joint?.verdict.evidence ?? [];
  const items: Inline[][] = (together.length > 0 ? together : alone)
    .slice(0, MAX_EVIDENCE)
    .map(({ capture, packet, time, what }) => [
      ...(capture === undefined ? [] : [code(capture), text(', ')]),
      text(`packet ${grouped(packet)}, ${moment(time)}: `),
      ...sentence(limited(what, MAX_SENTENCE)),
    ]);
  for (const { capture, session, packets } of examples) {
    const decisive =
      packets.length > 0
        ? `, packet${packets.length === 1 ? '' : 's'} ${packets.map(grouped).join(', ')}`
        : '';
    items.push([text('for example '), code(capture), text(`, session ${grouped(session)}${decisive}`)]);
  }
  if (items.length === 0) return [];
  return [
    { kind: 'paragraph', text: [strong('Evidence')] },
    { kind: 'list', ordered: false, items },
  ];
}

function leftOut(count: number, { detail, files }: DocumentOptions): Block[] {
  const words: string[] = [];
  if (detail === 'brief') words.push('Evidence and further next steps are left out here for lack of room.');
  if (count > 0) {
    const are = count === 1 ? 'is' : 'are';
    words.push(`${counted(count, 'further finding')} ${are} left out here for lack of room.`);
  }
  if (words.length === 0) return [];
  const rest = files.length > 0 ? 'The report has everything.' : '`sshfate report` writes everything.';
  return [{ kind: 'paragraph', text: sentence(`${words.join(' ')} ${rest}`) }];
}

function files({ notAttached }: TicketContent, attached: readonly FileLine[]): Block[] {
  const items: Inline[][] = [
    ...attached.map(({ name, label, sizeBytes, sha256, address }) => [
      address === undefined ? code(name) : ({ kind: 'link', text: name, address } as const),
      text(`: ${label}, ${bytesText(sizeBytes)}, SHA-256 `),
      code(sha256),
    ]),
    ...notAttached.map((why) => sentence(why)),
  ];
  if (items.length === 0) return [];
  return [
    { kind: 'paragraph', text: [strong('Files')] },
    { kind: 'list', ordered: false, items },
  ];
}

function captureNames({ captures }: TicketContent): Inline[] {
  const shown = captures.slice(0, MAX_CAPTURES);
  const others = captures.length - shown.length;
  return [
    ...shown.flatMap(({ name }, index) => [...(index > 0 ? [text(', ')] : []), code(name)]),
    ...(others > 0 ? [text(` and ${counted(others, 'more capture')}`)] : []),
  ];
}

function clients({ clients: count, clientsAtLeast }: Finding): string {
  return `${clientsAtLeast ? 'at least ' : ''}${grouped(count)}`;
}

function span({ firstSeen, lastSeen }: Finding): string {
  const [first, last] = [moment(firstSeen), moment(lastSeen)];
  return first === last ? first : `${first} to ${last}`;
}

/** To the second: the packets have the rest. */
function moment(time: string): string {
  return time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC');
}

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const short = (title: string): string => shorten(title, MAX_BRIEF_SENTENCE);

/** Cut behind a word or a name of a list; backticks that lose their partner are dropped. */
function limited(value: string, limit: number): string {
  if (value.length <= limit) return value;
  const head = value.slice(0, limit).replace(/[^\s,]*$/, '');
  const cut = head.length > limit / 2 ? head.trimEnd() : value.slice(0, limit);
  const closed = cut.split('`').length % 2 === 0 ? `${cut}\`` : cut;
  return `${closed} … (${grouped(value.length - cut.length)} more characters)`;
}
