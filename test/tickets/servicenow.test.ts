// Contract test, after ServiceNow's documentation of its Table API and Attachment API:
// https://www.servicenow.com/docs/r/zurich/api-reference/rest-apis/c_TableAPI.html,
// https://www.servicenow.com/docs/r/zurich/api-reference/rest-apis/c_AttachmentAPI.html, and of journal fields:
// https://www.servicenow.com/docs/r/washingtondc/platform-administration/c_JournalFields.html
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textAt } from '../../src/tickets/json-value.ts';
import { servicenow } from '../../src/tickets/servicenow.ts';
import { type FakeSystem, type Route, startFakeSystem } from './fake-system.ts';
import { publishTo } from './publishing.ts';
import { sampleContent, sampleFinding } from './sample-content.ts';
import { itCopesWithTroubles } from './troubles.ts';

const TABLE = '/api/now/table/incident';
const ID = '9d385017c611228701d22104cc95c371';
const RECORD = `${TABLE}/${ID}`;

describe('ServiceNow', () => {
  let fake: FakeSystem;
  let notes: string[];
  let files: { file_name: string; bytes: Buffer; type: string }[];
  let created: Record<string, unknown>[];

  const routes: Route = ({ method, path, query, json, bytes, headers }) => {
    if (method === 'GET' && path === TABLE) {
      const [field, value] = (query.get('sysparm_query') ?? '').split('=');
      if (field === 'correlation_id')
        return { json: { result: created.filter((one) => one.correlation_id === value) } };
      const isKnown = (field === 'number' && value === 'INC0010012') || (field === 'sys_id' && value === ID);
      return { json: { result: isKnown ? [{ sys_id: ID, number: 'INC0010012' }] : [] } };
    }
    if (method === 'POST' && path === TABLE) {
      created.push({ ...(json as object), sys_id: ID });
      return { status: 201, json: { result: { sys_id: ID } } };
    }
    if (method === 'GET' && path === RECORD && query.get('sysparm_display_value') === 'true') {
      const work_notes = notes
        .map((note) => `2026-11-23 23:20:00 - Bot (Work notes)\n${note}\n\n`)
        .reverse()
        .join('');
      return { json: { result: { work_notes } } };
    }
    if (method === 'PATCH' && path === RECORD) {
      notes.push((textAt(json, 'work_notes') ?? '').trimEnd());
      return { json: { result: { sys_id: ID } } };
    }
    if (method === 'GET' && path === '/api/now/attachment') {
      const isAsked = query.get('sysparm_query') === `table_name=incident^table_sys_id=${ID}`;
      return { json: { result: isAsked ? files.map(({ file_name }) => ({ file_name })) : [] } };
    }
    if (method === 'POST' && path === '/api/now/attachment/file') {
      if (query.get('table_name') !== 'incident' || query.get('table_sys_id') !== ID)
        return { status: 400, json: {} };
      files.push({ file_name: query.get('file_name') ?? '', bytes, type: headers['content-type'] ?? '' });
      return { status: 201, json: { result: { sys_id: 'f', file_name: query.get('file_name') } } };
    }
    return undefined;
  };
  beforeEach(async () => {
    notes = [];
    files = [];
    created = [];
    fake = await startFakeSystem(routes);
  });
  afterEach(() => fake.stop());

  const ticket = 'INC0010012';
  const go = (options: Parameters<typeof publishTo>[2] = {}) =>
    publishTo(servicenow, fake.url, { ticket, credential: 'bot:pass word', ...options });

  it('is sent the files as they are, then one work note', async () => {
    const content = sampleContent();
    const { outcome } = await go({ content });
    expect(outcome).toMatchObject({
      comment: 'added',
      attached: content.attachments.map(({ name }) => name),
    });
    expect(fake.lines()).toEqual([
      `GET ${TABLE}`,
      `GET ${RECORD}`,
      'GET /api/now/attachment',
      'POST /api/now/attachment/file',
      'POST /api/now/attachment/file',
      `PATCH ${RECORD}`,
    ]);
    for (const { headers } of fake.seen) {
      expect(headers.authorization).toBe(`Basic ${Buffer.from('bot:pass word').toString('base64')}`);
    }
    expect(files).toEqual(
      content.attachments.map(({ name, type, bytes }) => ({
        file_name: name,
        type,
        bytes: Buffer.from(bytes),
      })),
    );
    expect(notes[0]).toContain('no-common-kex');
  });
  it('is told by an OAuth token, too', async () => {
    await go({ credential: 'oauth-token' });
    expect(fake.seen[0]?.headers.authorization).toBe('Bearer oauth-token');
  });
  it('has one work note after the second run, and a further one only when there is something new', async () => {
    await go();
    expect((await go()).outcome).toMatchObject({ comment: 'unchanged', attached: [] });
    const content = sampleContent({ findings: [sampleFinding({ sessions: 9 })] });
    expect((await go({ content })).outcome).toMatchObject({ comment: 'added-again', attached: [] });
    expect(notes).toHaveLength(2);
    expect(notes[1]).toContain('This replaces an earlier comment of sshfate');
    // Of the two the newer one counts.
    expect((await go({ content })).outcome.comment).toBe('unchanged');
    expect(files).toHaveLength(2);
  });
  it('has one of each after it stopped between the files and the work note', async () => {
    fake.trouble = ({ method }) => (method === 'PATCH' ? { status: 401, json: {} } : undefined);
    await expect(go()).rejects.toThrow('answered 401');
    fake.trouble = undefined;
    expect((await go()).outcome).toMatchObject({ comment: 'added', attached: [] });
    expect([notes.length, files.length]).toEqual([1, 2]);
  });
  it('says that a record is not there, for which ServiceNow has an empty list', async () => {
    await expect(go({ ticket: 'INC0099999' })).rejects.toThrow(
      "There is no INC0099999 in the table 'incident' of ServiceNow",
    );
  });
  it('is asked for no table that would say something else in a query', async () => {
    await expect(go({ type: 'incident^ORactive=true' })).rejects.toThrow(
      "'incident^ORactive=true' is no table",
    );
    expect(fake.seen).toEqual([]);
  });
  it('opens one record for the same captures, with the key as its correlation_id', async () => {
    expect((await go({ ticket: undefined })).outcome).toMatchObject({ opened: true, comment: 'added' });
    expect((await go({ ticket: undefined })).outcome).toMatchObject({ opened: false, comment: 'unchanged' });
    expect(created).toHaveLength(1);
    expect(created[0]).toMatchObject({ correlation_id: expect.stringMatching(/^sshfate-[0-9a-f]{16}$/) });
  });

  itCopesWithTroubles({
    system: servicenow,
    ticket,
    fake: () => fake,
    isComment: ({ method }) => method === 'PATCH',
    comments: () => notes,
  });
});
