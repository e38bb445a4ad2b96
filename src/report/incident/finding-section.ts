import { CONFIDENCE_WORDS, hostPort } from '../../diagnosis/cause-definition.ts';
import { FATE_DEFINITIONS } from '../../fate/definitions.ts';
import type { Cause, Endpoint, SessionRecord } from '../../session/record.ts';
import { placeWords } from '../comparison/comparison-page.ts';
import { displayFilters } from '../display-filters.ts';
import { counted, duration, grouped } from '../layout.ts';
import { type Block, code, type Inline, type Inlines, prose, type Section, strong } from '../page/blocks.ts';
import { proposedLists } from '../proposals.ts';
import { sinceStart } from '../since-start.ts';
import { timeSpan } from '../time-span.ts';
import type { IncidentFinding } from './incident.ts';
import { sessionSequence } from './session-sequence.ts';

/**
 * A finding with what proves it and what to do: cause, next steps, and one session in full. `told`: which section
 * shows a session already, by its capture and number; what is shown here is added.
 */
export function findingSection(
  finding: IncidentFinding,
  severalCaptures: boolean,
  told: Map<string, IncidentFinding> = new Map(),
): Section {
  return {
    id: sectionId(finding),
    heading: [{ kind: 'severity', severity: finding.severity }, ' ', finding.title],
    blocks: [counts(finding), ...jointBlocks(finding), ...whyBlocks(finding), ...stepBlocks(finding)],
    sections: [...jointSections(finding, told), ...exampleSections(finding, severalCaptures, told)],
  };
}

export const sectionId = ({ id }: IncidentFinding): string => `finding-${id}`;

/** Texts from the wire may be as long as a packet: enough of them to recognise. */
const MAX_TEXT = 1500;
const MAX_CLIENTS = 5;
const MAX_ALTERNATIVES = 3;
/** Names of one list; real clients offer up to about twenty. */
const MAX_NAMES = 40;
const MAX_NAME = 120;

function counts(finding: IncidentFinding): Block {
  const { sessions, clients, clientsAtLeast, topClients, id } = finding;
  const atLeast = clientsAtLeast ? 'at least ' : '';
  const most = topClients
    .slice(0, MAX_CLIENTS)
    .map(({ address, sessions }) => (topClients.length > 1 ? `${address} (${grouped(sessions)})` : address));
  const more = clients > most.length ? ', …' : '';
  return {
    kind: 'paragraph',
    text: [
      `${counted(sessions, 'session')} from ${atLeast}${counted(clients, 'client')}: ${most.join(', ')}${more}. ${timeSpan(finding.firstSeen, finding.lastSeen)}. Finding `,
      code(id),
      '.',
    ],
    tone: 'quiet',
  };
}

/** Stands first: it knows more than any capture alone. */
function jointBlocks({ joint }: IncidentFinding): Block[] {
  if (joint === undefined) return [];
  const { cause, summary } = joint.verdict;
  return [
    {
      kind: 'paragraph',
      text: [
        strong('By all captures together'),
        ` (${placeWords(joint.verdict)}${cause === undefined ? '' : `, ${cause.id}, ${cause.confidence}`}): `,
        ...said(summary),
      ],
      tone: 'lead',
    },
  ];
}

/** Drawn once: what is one session at several captures may be of several findings. */
function jointSections(finding: IncidentFinding, told: Map<string, IncidentFinding>): Section[] {
  const { joint, jointSequence } = finding;
  if (joint === undefined || jointSequence === undefined) return [];
  const key = `joint ${joint.session}`;
  if (told.has(key)) return [];
  told.set(key, finding);
  const sessions = joint.seen.map(({ capture, session }) => `session ${session} of ${capture}`);
  return [
    {
      heading: [`Between the captures: ${sessions.join(', ')}`],
      blocks: [{ kind: 'sequence', sequence: jointSequence }],
    },
  ];
}

/** What to do, by the strongest verdict that says so. */
export const stepsOf = ({ joint, nextSteps, cause }: IncidentFinding): readonly string[] => {
  const together = joint?.verdict.nextSteps ?? [];
  return together.length > 0 ? together : (nextSteps ?? cause?.nextSteps ?? []);
};

function whyBlocks({ pattern, summary, cause, fate, example }: IncidentFinding): Block[] {
  if (summary !== undefined && pattern !== undefined) {
    return [paragraph([strong('What they show together'), ` (${pattern}): `, ...said(summary)])];
  }
  if (cause === undefined) {
    const { meaning, usualCauses } = FATE_DEFINITIONS[fate];
    const usual: Block[] =
      usualCauses.length === 0
        ? []
        : [
            paragraph(['The packets do not tell why. Usual behind this fate:']),
            { kind: 'list', ordered: false, items: usualCauses.map(said) },
          ];
    return [paragraph(said(meaning)), ...usual, ...otherCauses(example)];
  }
  return [
    paragraph([
      strong('Cause'),
      ` ${cause.id} (${cause.confidence}: ${CONFIDENCE_WORDS[cause.confidence]}). `,
      ...said(cause.summary),
    ]),
    ...otherCauses(example),
  ];
}

function otherCauses(example: SessionRecord | undefined): Block[] {
  const others = example?.alternatives?.slice(0, MAX_ALTERNATIVES) ?? [];
  if (others.length === 0) return [];
  const items = others.map(({ id, confidence, summary }) => [`${id} (${confidence}): `, ...said(summary)]);
  return [paragraph(['What else fits:']), { kind: 'list', ordered: false, items }];
}

function stepBlocks(finding: IncidentFinding): Block[] {
  const { example, joint } = finding;
  const steps = stepsOf(finding);
  const blocks: Block[] = [];
  if (steps.length > 0) {
    blocks.push(paragraph([strong('Next steps')]), { kind: 'list', ordered: true, items: steps.map(said) });
  }
  const next = example?.nextCapture;
  if (next !== undefined && joint === undefined) {
    blocks.push(paragraph([strong('Capture next'), ` ${PLACES[next.at]}: `, ...said(next.why)]), {
      kind: 'command',
      text: next.command,
    });
  }
  return blocks;
}

const PLACES = { client: 'at the client', server: 'at the server', path: 'on the path' } as const;

function exampleSections(
  finding: IncidentFinding,
  severalCaptures: boolean,
  told: Map<string, IncidentFinding>,
): Section[] {
  const { example } = finding;
  if (example === undefined) return [];
  const key = `${example.session} ${example.capture}`;
  const other = told.get(key);
  if (other !== undefined) {
    const link: Inline = { kind: 'link', section: sectionId(other), text: other.title };
    return [
      {
        heading: [`Example: session ${example.session}`],
        blocks: [
          { kind: 'paragraph', text: ['It is shown above, with the finding ', link, '.'], tone: 'quiet' },
        ],
      },
    ];
  }
  told.set(key, finding);
  const { kex, cause, session } = example;
  const of = severalCaptures ? ` of ${example.capture}` : '';
  const blocks: Block[] = [
    { kind: 'paragraph', text: sessionFacts(example), tone: 'quiet' },
    { kind: 'sequence', sequence: sessionSequence(example) },
  ];
  if (cause !== undefined && cause.evidence.length > 0) blocks.push(evidenceTable(example, cause));
  if (example.clientMessage !== undefined) {
    blocks.push(paragraph([strong('The client printed')]), {
      kind: 'command',
      text: clipped(example.clientMessage),
    });
  }
  if (kex?.mismatch !== undefined) blocks.push(...proposalBlocks(kex));
  blocks.push(paragraph([strong('In Wireshark'), ' (display filter)']), {
    kind: 'command',
    text: displayFilters(example)[0] ?? '',
  });
  return [{ heading: [`Example: session ${session}${of}`], blocks }];
}

/** Who, when, and how it ended. */
export function sessionFacts(record: SessionRecord): Inlines {
  const { packets, start, durationMs, stage, ending, endedBy, certainty, reason } = record;
  return [
    ...party(record.client),
    ' to ',
    ...party(record.server),
    `. ${start.slice(0, 19).replace('T', ' ')} UTC, ${duration(durationMs)}, packets ${grouped(packets.first)} to ${grouped(packets.last)}. Stage ${stage}, ending ${ending}, ended by ${endedBy}, ${certainty}${reason === undefined ? '' : `: ${reason}`}.`,
  ];
}

function party(endpoint: Endpoint): Inlines {
  const address = hostPort(endpoint);
  const { identification } = endpoint;
  return identification === undefined ? [address] : [`${address} (`, code(clipped(identification)), ')'];
}

export function evidenceTable(record: SessionRecord, { evidence }: Cause): Block {
  return {
    kind: 'table',
    caption: 'Evidence: the packets that the cause rests on',
    columns: [
      { heading: 'Packet', align: 'right' },
      { heading: 'Time', align: 'right' },
      { heading: 'What it shows', align: 'left' },
    ],
    rows: evidence.map(({ packet, time, what }) => [
      [String(packet)],
      [sinceStart(record, time)],
      [clipped(what)],
    ]),
  };
}

/** Both proposals side by side. */
export function proposalBlocks(kex: NonNullable<SessionRecord['kex']>): Block[] {
  const names = (list: ReturnType<typeof proposedLists>[number]['client']): Inlines => {
    const shown = list.slice(0, MAX_NAMES).map(({ text, mark }) => ({ text: clipped(text, MAX_NAME), mark }));
    const left = list.length - shown.length;
    const more: Inline[] = left > 0 ? [` and ${left} more`] : [];
    return [{ kind: 'names', names: shown }, ...more];
  };
  return [
    {
      kind: 'table',
      caption: 'Both proposals, in bold what both sides have',
      columns: [
        { heading: 'List', align: 'left' },
        { heading: 'Client offers', align: 'left' },
        { heading: 'Server offers', align: 'left' },
      ],
      rows: proposedLists(kex).map(({ name, isMismatch, client, server }) => [
        isMismatch ? [strong(`${name}: nothing in common`)] : [name],
        names(client),
        names(server),
      ]),
    },
  ];
}

const paragraph = (text: Inlines): Block => ({ kind: 'paragraph', text });
const said = (text: string): Inlines => prose(clipped(text));

function clipped(text: string, length = MAX_TEXT): string {
  return text.length <= length ? text : `${text.slice(0, length)} …`;
}
