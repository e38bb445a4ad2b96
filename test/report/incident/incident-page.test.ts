import { describe, expect, test } from 'vitest';
import type { Incident } from '../../../src/report/incident/incident.ts';
import { incidentPage, verdict } from '../../../src/report/incident/incident-page.ts';
import type { Block, Inlines } from '../../../src/report/page/blocks.ts';
import { captureRecord, cause, completed, noCommonKex, portClosed } from '../fixtures.ts';
import { incidentOf } from './incidents.ts';

const headings = (incident: Incident) =>
  incidentPage(incident).sections.map(({ heading }) => heading.join(''));

function texts(blocks: readonly Block[] | undefined): string {
  const plain = (inlines: Inlines): string =>
    inlines.map((each) => (typeof each === 'string' ? each : 'text' in each ? each.text : '')).join('');
  return (blocks ?? [])
    .map((block) => {
      if (block.kind === 'table')
        return [...block.rows.map((row) => row.map(plain).join(' | ')), block.more ?? ''].join('\n');
      return block.kind === 'paragraph' ? plain(block.text) : '';
    })
    .join('\n');
}

describe('the verdict', () => {
  test.each([
    ['No SSH session was seen', []],
    ['The session did not fail', [completed()]],
    ['None of 2 sessions failed', [completed(), portClosed({ cause: cause('scan', 2) })]],
    ['The session failed', [portClosed()]],
    ['All 2 sessions failed', [portClosed(), noCommonKex()]],
    ['1 of 2 sessions failed', [portClosed(), completed()]],
  ] as const)('is: %s', (text, records) => {
    expect(verdict(incidentOf(records))).toBe(text);
  });
});

describe('the page of an incident', () => {
  test('has the verdict and the findings first, then when, who, why, and what was read', () => {
    expect(headings(incidentOf([portClosed(), noCommonKex()]))).toEqual([
      'Findings',
      'When sessions met their fates',
      'Servers',
      'Clients',
      'Causes, next steps, proof',
      'What was read',
    ]);
    expect(texts(incidentPage(incidentOf([portClosed()])).lead)).toMatch(
      /10\.77\.2\.2:22: the connection was refused .*\. Nothing listens .*\nFirst step: systemctl status ssh/,
    );
  });
  test('does not plot the time of one session, and leads with nothing where nothing went wrong', () => {
    expect(headings(incidentOf([portClosed()]))).not.toContain('When sessions met their fates');
    const { lead, sections } = incidentPage(incidentOf([completed()]));
    expect(lead).toEqual([]);
    expect(texts(sections[0]?.blocks)).toBe('Nothing went wrong, as far as packets tell.');
  });
  test('without a session says how to find one', () => {
    expect(headings(incidentOf([]))).toEqual(['Findings', 'What was read']);
    expect(texts(incidentPage(incidentOf([])).sections[0]?.blocks)).toContain('--any-port');
  });
  test('without a session that passes the filters does not say that there is none', () => {
    const incident = incidentOf([]);
    const captures = incident.captures.map((capture) => ({ ...capture, leftOut: 10 }));
    const page = incidentPage({ ...incident, captures });
    expect(page.verdict).toBe('No session passes the filters');
    expect(texts(page.sections[0]?.blocks)).toContain('10 sessions were left out.');
  });
  test('says what it leaves out', () => {
    const records = Array.from({ length: 120 }, (_, i) =>
      portClosed({
        session: i + 1,
        server: { address: `10.0.0.${i}`, port: 22 },
        client: { address: `10.1.0.${i}`, port: 9 },
      }),
    );
    const { sections } = incidentPage(incidentOf(records), { detailed: 5, listed: 100, rows: 10 });
    const of = (id: string) => sections.find((section) => section.id === id);
    expect(texts(of('findings')?.blocks)).toContain('and 20 more findings');
    expect(texts(of('servers')?.blocks)).toContain('and 110 more servers');
    expect(texts(of('details')?.blocks)).toContain(
      '115 lesser findings of the table above are not told here in full',
    );
    expect(of('details')?.sections).toHaveLength(5);
  });
  test('says that a capture is a piece of another one', () => {
    const incident = incidentOf(
      [portClosed()],
      [captureRecord({ sourceEnd: '2026-11-23T11:28:16.000000Z' })],
    );
    expect(texts(incidentPage(incident).sections.at(-1)?.blocks)).toContain(
      'closed.pcap | pcap, taken from a capture that goes on for 60.0 s more | 12 | 2026-11-23 11:26:46 UTC | 30.0 s | none',
    );
  });
  test('says what was wrong with a capture, and points to it from the top', () => {
    const damage = { kind: 'cut-off', message: 'The capture ends inside packet 13.', offset: 3 } as const;
    const incident = incidentOf([portClosed()], [captureRecord({ damage, drops: 3 })]);
    const { lead, sections } = incidentPage(incident);
    expect(texts(lead)).toContain('The capture is not whole: see what was read.');
    expect(texts(sections.at(-1)?.blocks)).toContain(
      'closed.pcap | pcap | 12 | 2026-11-23 11:26:46 UTC | 30.0 s | The capture ends inside packet 13. The capturing program lost 3 packets.',
    );
  });
});
