import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyzeCapture } from '../../../src/engine.ts';
import { collectIncident } from '../../../src/report/incident/collect-incident.ts';
import type { Incident, IncidentFinding } from '../../../src/report/incident/incident.ts';
import {
  renderFindingMarkdown,
  renderHtml,
  renderJson,
  renderMarkdown,
  renderText,
} from '../../../src/report/incident/render.ts';
import { displayWidth } from '../../../src/report/layout.ts';
import type { ProposalRecord } from '../../../src/session/record.ts';
import { captureRecord, noCommonKex, portClosed } from '../fixtures.ts';
import { withMarkdownIt } from '../rendered-markdown.ts';
import { hostileIncident, hostileRecords, incidentOf } from './incidents.ts';

const CAPTURES = path.join(import.meta.dirname, '../../../captures');

async function realIncident(name: string): Promise<Incident> {
  const collector = collectIncident('sshfate 1.2.3');
  const capture = await analyzeCapture(path.join(CAPTURES, name), {}, (session) =>
    collector.session(session),
  );
  // The report shall be the same wherever the checkout lies.
  collector.capture({ ...capture, name });
  return collector.incident();
}

test.each(['close-during-kex-no-common-kex', 'before-banner-max-startups-random'])(
  'The report of %s reads as its golden files say.',
  async (name) => {
    const incident = await realIncident(`${name}.client.pcap`);
    const relative = JSON.parse(JSON.stringify(incident).replaceAll(`${CAPTURES}/`, '')) as Incident;
    await expect(renderMarkdown(relative)).toMatchFileSnapshot(`${name}.golden.md`);
    await expect(renderText(relative, 100)).toMatchFileSnapshot(`${name}.golden.txt`);
  },
);

describe('Markdown', () => {
  test('has a heading, a table of findings, and each finding with a diagram', () => {
    const { elements, codes, cells } = withMarkdownIt(
      renderMarkdown(incidentOf([portClosed(), noCommonKex()])),
    );
    expect([...elements]).toEqual(expect.arrayContaining(['h1', 'h2', 'h3', 'h4', 'table', 'ol', 'strong']));
    expect(elements).not.toContain('html');
    expect(elements).not.toContain('a');
    expect(codes.some((text) => text.includes('TCP handshake'))).toBe(true);
    expect(cells).toBeGreaterThan(30);
  });
  test('of one finding begins with a heading of the second level', () => {
    const [finding] = incidentOf([portClosed()]).findings;
    expect(renderFindingMarkdown(finding as IncidentFinding)).toMatch(
      /^## \*\*high\*\* 10\.77\.2\.2:22: .*\n\n1 session from/,
    );
  });
  test.each([65_536, 30_000, 5_000])('keeps to %i characters, and says what it leaves out', (maxLength) => {
    const records = Array.from({ length: 40 }, (_, i) =>
      noCommonKex({ session: i + 1, server: { address: `10.0.0.${i}`, port: 22 } }),
    );
    const text = renderMarkdown(incidentOf(records), { maxLength });
    expect(text.length).toBeLessThanOrEqual(maxLength);
    expect(text.replaceAll('\\', '')).toMatch(/lesser findings of the table above|more findings/);
    expect(text).toContain('All 40 sessions failed');
  });
  test('renders nothing of hostile texts but text and code', () => {
    const { elements, texts } = withMarkdownIt(renderMarkdown(hostileIncident()));
    for (const element of ['html', 'a', 'img', 'em', 's', 'blockquote'])
      expect(elements).not.toContain(element);
    for (const text of texts) expect(text).not.toMatch(/(?<!\w)@\w|(?<!\w)#\d|https?:\/\//);
  });
});

describe('HTML', () => {
  test('stays below 1 MB whatever the sessions hold', () => {
    const long = 'x '.repeat(60_000);
    const records = Array.from({ length: 3000 }, (_, i) => {
      const record = noCommonKex({
        session: i + 1,
        server: { address: `10.0.${i >> 8}.${i & 255}`, port: 22, identification: long },
      });
      const names = Array.from({ length: 500 }, (_, n) => `"<&'`.repeat(30) + n);
      const lists = Object.fromEntries(Object.keys(record.kex?.client ?? {}).map((key) => [key, names]));
      return {
        ...record,
        clientMessage: long,
        kex: { ...record.kex, client: lists as unknown as ProposalRecord, messages: [] },
      };
    });
    expect(Buffer.byteLength(renderHtml(incidentOf(records)))).toBeLessThan(1_000_000);
  });
});

test('Text keeps to its width, but for commands to copy.', () => {
  for (const width of [80, 120]) {
    const text = renderText(incidentOf([portClosed(), noCommonKex(), ...hostileRecords()]), width);
    for (const line of text.split('\n'))
      if (!line.startsWith('  ')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  }
});

test('JSON is the incident, in ASCII.', () => {
  const incident = hostileIncident();
  const json = renderJson(incident);
  expect(json).toMatch(/^[\n -~]*$/);
  expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(incident)));
});

test('Nothing read is a report, too.', () => {
  const nothing = collectIncident().incident();
  for (const text of [renderMarkdown(nothing), renderHtml(nothing), renderText(nothing, 80)]) {
    expect(text.toLowerCase()).toContain('no ssh session was seen');
  }
  expect(
    renderMarkdown(incidentOf([], [captureRecord({ start: undefined, end: undefined } as never)])),
  ).toContain('closed.pcap');
});
