// Contract test, after GitLab's documentation: https://docs.gitlab.com/api/notes/ (doc/api/notes.md of the source),
// https://docs.gitlab.com/api/project_markdown_uploads/, https://docs.gitlab.com/api/issues/,
// https://docs.gitlab.com/api/rest/#pagination
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitlab } from '../../src/tickets/gitlab.ts';
import { textAt } from '../../src/tickets/json-value.ts';
import { type FakeSystem, type Route, startFakeSystem } from './fake-system.ts';
import { publishTo } from './publishing.ts';
import { sampleContent, sampleFinding } from './sample-content.ts';
import { itCopesWithTroubles } from './troubles.ts';

const PROJECT = '/api/v4/projects/acme/net/ops';
const NOTES = `${PROJECT}/issues/12/notes`;
const USER = { id: 7, username: 'bot' };

describe('GitLab', () => {
  let fake: FakeSystem;
  let notes: { id: number; body: string; system: boolean; author: { id: number } }[];
  let uploads: { name: string; bytes: Buffer; type: string }[];
  let issues: { iid: number; title: string }[];

  const routes: Route = ({ method, path, query, json, form }) => {
    if (method === 'GET' && path === '/api/v4/user') return { json: USER };
    if (method === 'GET' && /\/issues\/\d+$/.test(path)) return { json: { iid: 12 } };
    if (method === 'GET' && path.endsWith('/notes')) {
      const size = Number(query.get('per_page') ?? 20);
      const page = Number(query.get('page') ?? 1);
      const sorted = query.get('sort') === 'asc' ? notes : notes.toReversed();
      return { json: sorted.slice((page - 1) * size, page * size) };
    }
    if (method === 'POST' && path.endsWith('/notes')) {
      const note = { id: 300 + notes.length, body: textAt(json, 'body') ?? '', system: false, author: USER };
      notes.push(note);
      return { status: 201, json: note };
    }
    const edited = /\/notes\/(\d+)$/.exec(path)?.[1];
    if (method === 'PUT' && edited !== undefined) {
      const note = notes.find(({ id }) => id === Number(edited));
      if (note !== undefined) note.body = textAt(json, 'body') ?? '';
      return note === undefined ? { status: 404, json: { message: '404 Not found' } } : { json: note };
    }
    if (method === 'POST' && path === `${PROJECT}/uploads`) {
      const file = form.file;
      if (typeof file !== 'object') return { status: 400, json: { error: 'file is missing' } };
      uploads.push(file);
      const url = `/uploads/${String(uploads.length).padStart(32, 'a')}/${file.name}`;
      return {
        status: 201,
        json: { alt: file.name, url, full_path: `/-/project/1${url}`, markdown: `[${file.name}](${url})` },
      };
    }
    if (method === 'GET' && path === `${PROJECT}/issues`) {
      return { json: issues.filter(({ title }) => title.includes(query.get('search') ?? '')) };
    }
    if (method === 'POST' && path === `${PROJECT}/issues`) {
      const issue = { iid: 40 + issues.length, title: textAt(json, 'title') ?? '' };
      issues.push(issue);
      return { status: 201, json: issue };
    }
    return undefined;
  };
  beforeEach(async () => {
    notes = [];
    uploads = [];
    issues = [];
    fake = await startFakeSystem(routes);
  });
  afterEach(() => fake.stop());

  const ticket = 'acme/net/ops#12';

  it('is sent the files and one note that links them', async () => {
    const content = sampleContent();
    const { outcome } = await publishTo(gitlab, fake.url, { ticket, content });
    expect(outcome).toMatchObject({
      comment: 'added',
      attached: content.attachments.map(({ name }) => name),
    });
    expect(fake.lines()).toEqual([
      `GET ${PROJECT}/issues/12`,
      'GET /api/v4/user',
      `GET ${NOTES}`,
      `POST ${PROJECT}/uploads`,
      `POST ${PROJECT}/uploads`,
      `POST ${NOTES}`,
    ]);
    for (const { headers } of fake.seen) expect(headers['private-token']).toBe('token-1234');
    expect(uploads).toEqual(
      content.attachments.map(({ name, type, bytes }) => ({ name, type, bytes: Buffer.from(bytes) })),
    );
    for (const [index, { name }] of content.attachments.entries()) {
      const address = `/uploads/${String(index + 1).padStart(32, 'a')}/${name}`;
      expect(notes[0]?.body).toContain(`[\`${name}\`](${address})`);
    }
  });
  it('has one note and one of each file after the second run, and after one with something new', async () => {
    await publishTo(gitlab, fake.url, { ticket });
    expect((await publishTo(gitlab, fake.url, { ticket })).outcome.comment).toBe('unchanged');
    const content = sampleContent({ findings: [sampleFinding({ sessions: 9 })] });
    const { outcome } = await publishTo(gitlab, fake.url, { ticket, content });
    expect(outcome).toMatchObject({ comment: 'updated', attached: [] });
    expect(notes).toHaveLength(1);
    expect(uploads).toHaveLength(2);
    for (const { name } of uploads)
      expect(
        notes[0]?.body.split(`](/uploads/`).filter((rest) => rest.includes(name)).length,
      ).toBeGreaterThan(0);
  });
  it('has one note that links one of each file after it stopped between the files and the note', async () => {
    fake.trouble = ({ method, path }) =>
      method === 'POST' && path === NOTES ? { status: 403, json: {} } : undefined;
    await expect(publishTo(gitlab, fake.url, { ticket })).rejects.toThrow('answered 403');
    fake.trouble = undefined;
    await publishTo(gitlab, fake.url, { ticket });
    expect(notes).toHaveLength(1);
    expect(notes[0]?.body.match(/\]\(\/uploads\//g)).toHaveLength(2);
  });
  it('finds its note behind hundreds of others, and not among those of the system or of others', async () => {
    await publishTo(gitlab, fake.url, { ticket });
    const [own] = notes;
    for (let id = 1000; id < 1250; id++)
      notes.push({ id, body: 'changed the label', system: true, author: USER });
    notes.push({ id: 2000, body: own?.body ?? '', system: false, author: { id: 8 } });
    notes.push({ id: 2001, body: own?.body ?? '', system: true, author: USER });
    expect((await publishTo(gitlab, fake.url, { ticket })).outcome.comment).toBe('unchanged');
  });
  it('links no address that is not an upload', async () => {
    fake.trouble = ({ path }) =>
      path.endsWith('/uploads') ? { status: 201, json: { url: 'https://evil.example/)[x](y)' } } : undefined;
    await expect(publishTo(gitlab, fake.url, { ticket })).rejects.toThrow('no address of the upload');
  });
  it('skips a file that is larger than it takes, and says so', async () => {
    const content = sampleContent();
    const { outcome } = await publishTo(gitlab, fake.url, { ticket, content, maximumAttachment: 10 });
    expect(outcome.attached).toEqual([content.attachments[1]?.name]);
    expect(outcome.leftOut[0]).toMatch(
      /^`ssh-report\.[0-9a-f]{12}\.html` is not attached: more than 10 bytes \(13 bytes, SHA-256/,
    );
    expect(notes[0]?.body).toContain('is not attached: more than 10 bytes');
  });
  it('opens one issue for the same captures, however often it is asked to', async () => {
    const create = { project: 'acme/net/ops' };
    expect((await publishTo(gitlab, fake.url, create)).outcome).toMatchObject({
      ticket: 'issue acme/net/ops#40',
      opened: true,
    });
    expect((await publishTo(gitlab, fake.url, create)).outcome).toMatchObject({
      opened: false,
      comment: 'unchanged',
    });
    expect(issues).toHaveLength(1);
  });

  itCopesWithTroubles({
    system: gitlab,
    ticket,
    fake: () => fake,
    isComment: ({ method, path }) => method === 'POST' && path === NOTES,
    comments: () => notes.map(({ body }) => body),
  });
});
