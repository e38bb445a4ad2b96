import { captureTroubles, commonFolder, lengthOf, takenFrom } from '../capture-troubles.ts';
import { counted, grouped } from '../layout.ts';
import { leftOutOf, noneAskedFor } from '../left-out.ts';
import { type Block, code, type Inlines, type Page, prose, type Section } from '../page/blocks.ts';
import { timeSpan } from '../time-span.ts';
import { findingSection, sectionId, stepsOf } from './finding-section.ts';
import type { Incident, IncidentFinding, Party, PartyTable } from './incident.ts';

/** How much of an incident is told. */
export interface Extent {
  /** Findings with proof and next steps. */
  readonly detailed: number;
  /** Findings with a row in the table of findings. */
  readonly listed: number;
  /** Rows of other tables. */
  readonly rows: number;
}

/** More is read by nobody, and makes a page that nobody can send. */
export const FULL_EXTENT: Extent = { detailed: 25, listed: 100, rows: 20 };

/** The verdict and the findings first, then when, who, and each finding with its proof. */
export function incidentPage(incident: Incident, extent: Extent = FULL_EXTENT): Page {
  const { findings, captures, times, servers, clients, summary } = incident;
  const detailed = findings.slice(0, extent.detailed);
  const told = new Map<string, IncidentFinding>();
  const sections: Section[] = [
    {
      id: 'findings',
      heading: ['Findings'],
      blocks: findings.length === 0 ? [nothingFound(incident)] : [findingTable(incident, extent)],
    },
  ];
  // Of a single session its diagram tells when.
  if (times !== undefined && summary.sessions > 1) {
    sections.push({
      id: 'times',
      heading: ['When sessions met their fates'],
      blocks: [{ kind: 'times', times }],
    });
  }
  if (summary.sessions > 0) {
    sections.push(
      { id: 'servers', heading: ['Servers'], blocks: [partyTable('Server', servers, extent.rows)] },
      { id: 'clients', heading: ['Clients'], blocks: [partyTable('Client', clients, extent.rows)] },
    );
  }
  if (detailed.length > 0) {
    const left = findings.length - detailed.length;
    const rest: Block[] =
      left > 0
        ? [
            {
              kind: 'paragraph',
              text: [
                `${counted(left, 'lesser finding')} of the table above ${left === 1 ? 'is' : 'are'} not told here in full: the JSON format has them all.`,
              ],
              tone: 'quiet',
            },
          ]
        : [];
    sections.push({
      id: 'details',
      heading: ['Causes, next steps, proof'],
      blocks: rest,
      sections: detailed.map((finding) => findingSection(finding, captures.length > 1, told)),
    });
  }
  sections.push({ id: 'captures', heading: ['What was read'], blocks: captureBlocks(incident, extent.rows) });
  const by = incident.generator === undefined ? 'sshfate' : incident.generator;
  return {
    title: 'SSH sessions: what became of them',
    verdict: verdict(incident),
    lead: lead(incident),
    sections,
    footer: [`Made by ${by} from packets alone: nothing was decrypted. Times are UTC.`],
  };
}

/** What it comes to, one phrase. */
export function verdict({ summary, failed, findings, captures }: Incident): string {
  const { sessions } = summary;
  if (sessions === 0) {
    return leftOutOf(captures) > 0 ? 'No session passes the filters' : 'No SSH session was seen';
  }
  if (failed === 0 && findings.every(({ severity }) => severity === 'info')) {
    return sessions === 1 ? 'The session did not fail' : `None of ${grouped(sessions)} sessions failed`;
  }
  if (failed === sessions)
    return sessions === 1 ? 'The session failed' : `All ${grouped(sessions)} sessions failed`;
  return `${grouped(failed)} of ${grouped(sessions)} sessions failed`;
}

/** The worst finding in words, and what to do first. */
function lead({ findings, captures }: Incident): Block[] {
  const worst = findings[0];
  if (worst === undefined || worst.severity === 'info') return [];
  const why = worst.joint?.verdict.summary ?? worst.summary ?? worst.cause?.summary;
  const [step] = stepsOf(worst);
  const blocks: Block[] = [
    {
      kind: 'paragraph',
      text: [
        { kind: 'severity', severity: worst.severity },
        ' ',
        { kind: 'link', section: sectionId(worst), text: worst.title },
        ...(why === undefined ? [] : ['. ', ...prose(why)]),
      ],
      tone: 'lead',
    },
  ];
  if (step !== undefined) {
    blocks.push({ kind: 'paragraph', text: [{ kind: 'strong', text: 'First step: ' }, ...prose(step)] });
  }
  if (captures.some((capture) => captureTroubles(capture).length > 0)) {
    blocks.push({
      kind: 'paragraph',
      text: [
        'The capture is not whole: see ',
        { kind: 'link', section: 'captures', text: 'what was read' },
        '.',
      ],
      tone: 'trouble',
    });
  }
  return blocks;
}

function nothingFound({ summary, captures }: Incident): Block {
  const leftOut = leftOutOf(captures);
  const text =
    summary.sessions > 0
      ? 'Nothing went wrong, as far as packets tell.'
      : leftOut > 0
        ? noneAskedFor(leftOut)
        : 'No packet had a watched port. Other ports are watched with --port 22,2222, all with --any-port.';
  return { kind: 'paragraph', text: [text] };
}

function findingTable({ findings }: Incident, { listed, detailed }: Extent): Block {
  const shown = findings.slice(0, listed);
  const title = (finding: IncidentFinding, i: number): Inlines => [
    i < detailed ? { kind: 'link', section: sectionId(finding), text: finding.title } : finding.title,
  ];
  return {
    kind: 'table',
    caption: 'Findings, worst first',
    columns: [
      { heading: 'Finding', align: 'left' },
      { heading: 'Severity', align: 'left' },
      { heading: 'Sessions', align: 'right' },
      { heading: 'Clients', align: 'right' },
      { heading: 'Seen', align: 'left' },
    ],
    rows: shown.map((finding, i) => [
      title(finding, i),
      [{ kind: 'severity', severity: finding.severity }],
      [grouped(finding.sessions)],
      [`${finding.clientsAtLeast ? '≥ ' : ''}${grouped(finding.clients)}`],
      [timeSpan(finding.firstSeen, finding.lastSeen)],
    ]),
    more: moreText(findings.length - shown.length, 'finding'),
  };
}

function partyTable(heading: 'Server' | 'Client', table: PartyTable, rows: number): Block {
  const shown = table.rows.slice(0, rows);
  const noun = heading.toLowerCase();
  const more = moreText(table.rows.length - shown.length + table.more, noun, table.atLeast);
  return {
    kind: 'table',
    caption: `${heading}s, those with the most failures first`,
    columns: [
      { heading, align: 'left' },
      { heading: 'Sessions', align: 'right' },
      { heading: 'Failed', align: 'right' },
      { heading: 'What became of them', align: 'left' },
      { heading: 'Software', align: 'left' },
    ],
    rows: shown.map((party) => [
      [party.name],
      [grouped(party.sessions)],
      [grouped(party.failed)],
      [verdictsText(party)],
      party.software === undefined ? [] : [code(party.software)],
    ]),
    more: table.atLeast ? `${more}; there were too many to count, so these numbers are lower bounds` : more,
  };
}

function verdictsText({ verdicts, sessions }: Party): string {
  const texts = verdicts.map(({ fate, cause, sessions }) => {
    const reason = cause === undefined ? '' : ` (${cause})`;
    return `${sessions === 1 ? '' : `${grouped(sessions)} × `}${fate}${reason}`;
  });
  const told = verdicts.reduce((sum, verdict) => sum + verdict.sessions, 0);
  return texts.join(', ') + (told < sessions ? ', …' : '');
}

function captureBlocks({ captures, summary }: Incident, rows: number): Block[] {
  const folder = commonFolder(captures.map(({ name }) => name));
  const shown = captures.slice(0, rows);
  const blocks: Block[] = [
    {
      kind: 'table',
      caption: folder === '' || captures.length === 1 ? 'Captures' : `Captures in ${folder}`,
      columns: [
        { heading: 'Capture', align: 'left' },
        { heading: 'Format', align: 'left' },
        { heading: 'Packets', align: 'right' },
        { heading: 'From', align: 'left' },
        { heading: 'Length', align: 'right' },
        { heading: 'Troubles', align: 'left' },
      ],
      rows: shown.map((capture) => [
        [captures.length === 1 ? capture.name : capture.name.slice(folder.length)],
        [`${capture.format ?? 'none'}${capture.gzip ? ' in gzip' : ''}${takenFrom(capture)}`],
        [grouped(capture.packets)],
        [capture.start === undefined ? '' : `${capture.start.slice(0, 19).replace('T', ' ')} UTC`],
        [lengthOf(capture) ?? ''],
        [captureTroubles(capture).join(' ') || 'none'],
      ]),
      more: moreText(captures.length - shown.length, 'capture'),
    },
  ];
  const limits = Object.entries(summary.limits ?? {});
  if (limits.length > 0) {
    const texts = limits.map(([name, count]) => `${name.replaceAll('-', ' ')}, ${grouped(count)}`);
    blocks.push({ kind: 'paragraph', text: [`Limits reached: ${texts.join('; ')}.`], tone: 'trouble' });
  }
  return blocks;
}

function moreText(count: number, noun: string, atLeast = false): string | undefined {
  if (count <= 0) return undefined;
  return `and ${atLeast ? 'at least ' : ''}${grouped(count)} more ${noun}${count === 1 ? '' : 's'}`;
}
