// Contract test, after PagerDuty's documentation: https://developer.pagerduty.com/api-reference/ ("Create a note on an
// incident", "List notes for an incident", "Create an Incident", "List incidents"; github.com/PagerDuty/api-schema)
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, textAt } from '../../src/tickets/json-value.ts';
import { pagerduty } from '../../src/tickets/pagerduty.ts';
import { type FakeSystem, type Route, startFakeSystem } from './fake-system.ts';
import { publishTo } from './publishing.ts';
import { sampleContent, sampleFinding } from './sample-content.ts';
import { itCopesWithTroubles } from './troubles.ts';

describe('PagerDuty', () => {
  let fake: FakeSystem;
  let notes: { id: string; content: string; created_at: string }[];
  let incidents: { id: string; incident: unknown }[];

  const routes: Route = ({ method, path, query, json }) => {
    if (method === 'GET' && path === '/incidents') {
      const key = query.get('incident_key');
      return {
        json: { incidents: incidents.filter(({ incident }) => textAt(incident, 'incident_key') === key) },
      };
    }
    if (method === 'POST' && path === '/incidents') {
      const incident = { id: `PNEW${incidents.length}`, incident: at(json, 'incident') };
      incidents.push(incident);
      return { status: 201, json: { incident: { id: incident.id } } };
    }
    if (method === 'GET' && path.endsWith('/notes')) return { json: { notes: notes.toReversed() } };
    if (method === 'POST' && path.endsWith('/notes')) {
      const note = {
        id: `N${notes.length}`,
        content: textAt(json, 'note', 'content') ?? '',
        created_at: new Date(Date.UTC(2026, 10, 23, 23, notes.length)).toISOString(),
      };
      notes.push(note);
      return { json: { note } };
    }
    if (method === 'GET' && /^\/incidents\/P\w+$/.test(path)) return { json: { incident: {} } };
    return undefined;
  };
  beforeEach(async () => {
    notes = [];
    incidents = [];
    fake = await startFakeSystem(routes);
  });
  afterEach(() => fake.stop());

  const ticket = 'PT4KHLK';
  const go = (options: Parameters<typeof publishTo>[2] = {}) =>
    publishTo(pagerduty, fake.url, {
      ticket,
      credential: 'y_NbAkKc66ryYTWUXYEu',
      from: 'oncall@acme.example',
      ...options,
    });

  it('is sent one short note, with the headers that it asks for', async () => {
    const { outcome } = await go();
    expect(outcome).toMatchObject({ comment: 'added', attached: [] });
    expect(outcome.leftOut[0]).toContain('PagerDuty takes no files here');
    expect(fake.lines()).toEqual([
      'GET /incidents/PT4KHLK',
      'GET /incidents/PT4KHLK/notes',
      'POST /incidents/PT4KHLK/notes',
    ]);
    expect(fake.seen.at(-1)?.headers).toMatchObject({
      accept: 'application/vnd.pagerduty+json;version=2',
      authorization: 'Token token=y_NbAkKc66ryYTWUXYEu',
      from: 'oncall@acme.example',
    });
    expect(notes[0]?.content.length).toBeLessThanOrEqual(4000);
    expect(notes[0]?.content).toContain('no-common-kex');
  });
  it('gets a short note also of many findings', async () => {
    const findings = Array.from({ length: 300 }, (_, i) =>
      sampleFinding({ id: String(i).padStart(10, '0') }),
    );
    await go({ content: sampleContent({ findings }) });
    expect(notes[0]?.content.length).toBeLessThanOrEqual(4000);
    expect(notes[0]?.content).toMatch(/^300 findings \(300 high\)/);
  });
  it('has one note after the second run, and a further one only when there is something new', async () => {
    await go();
    expect((await go()).outcome.comment).toBe('unchanged');
    const content = sampleContent({ findings: [sampleFinding({ sessions: 9 })] });
    expect((await go({ content })).outcome.comment).toBe('added-again');
    expect((await go({ content })).outcome.comment).toBe('unchanged');
    expect(notes).toHaveLength(2);
  });
  it('opens one incident for the same captures, by its own key for that', async () => {
    const create = { ticket: undefined, project: 'PIJ90N7' };
    expect((await go(create)).outcome).toMatchObject({ ticket: 'incident PNEW0', opened: true });
    expect((await go(create)).outcome).toMatchObject({ opened: false, comment: 'unchanged' });
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.incident).toMatchObject({
      type: 'incident',
      service: { id: 'PIJ90N7', type: 'service_reference' },
      incident_key: expect.stringMatching(/^sshfate-[0-9a-f]{16}$/),
    });
  });

  itCopesWithTroubles({
    system: pagerduty,
    ticket,
    fake: () => fake,
    isComment: ({ method }) => method === 'POST',
    comments: () => notes.map(({ content }) => content),
  });
});
