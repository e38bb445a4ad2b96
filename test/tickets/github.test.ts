// Contract test, after the documentation of GitHub's REST interface, version 2022-11-28:
// https://docs.github.com/en/rest/issues/comments, https://docs.github.com/en/rest/issues/issues#create-an-issue,
// https://docs.github.com/en/rest/search/search#search-issues-and-pull-requests,
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { github } from '../../src/tickets/github.ts';
import { textAt } from '../../src/tickets/json-value.ts';
import { type FakeSystem, type Route, startFakeSystem } from './fake-system.ts';
import { publishTo } from './publishing.ts';
import { sampleContent, sampleFinding } from './sample-content.ts';
import { itCopesWithTroubles } from './troubles.ts';

const USER = { id: 7, login: 'bot' };
const COMMENTS = '/repos/acme/ops.tools/issues/12/comments';

describe('GitHub', () => {
  let fake: FakeSystem;
  let comments: { id: number; body: string; user: { id: number } }[];
  let issues: { number: number; title: string; body: string }[];

  const routes: Route = ({ method, path, query, json }) => {
    const page = Number(query.get('page') ?? 1);
    const size = Number(query.get('per_page') ?? 30);
    if (method === 'GET' && path === '/user') return { json: USER };
    if (method === 'GET' && /^\/repos\/acme\/ops\.tools\/issues\/\d+$/.test(path))
      return { json: { number: 12 } };
    if (method === 'GET' && path.endsWith('/comments')) {
      return { json: comments.slice((page - 1) * size, page * size) };
    }
    if (method === 'POST' && path.endsWith('/comments')) {
      const comment = { id: 1000 + comments.length, body: textAt(json, 'body') ?? '', user: USER };
      comments.push(comment);
      return { status: 201, json: comment };
    }
    const edited = /^\/repos\/acme\/ops\.tools\/issues\/comments\/(\d+)$/.exec(path)?.[1];
    if (method === 'PATCH' && edited !== undefined) {
      const comment = comments.find(({ id }) => id === Number(edited));
      if (comment === undefined) return { status: 404, json: { message: 'Not Found' } };
      comment.body = textAt(json, 'body') ?? '';
      return { json: comment };
    }
    if (method === 'GET' && path === '/search/issues') {
      const [word = ''] = (query.get('q') ?? '').split(' ');
      return { json: { items: issues.filter(({ title }) => title.includes(word)) } };
    }
    if (method === 'POST' && path === '/repos/acme/ops.tools/issues') {
      const issue = {
        number: 40 + issues.length,
        title: textAt(json, 'title') ?? '',
        body: textAt(json, 'body') ?? '',
      };
      issues.push(issue);
      return { status: 201, json: issue };
    }
    return undefined;
  };
  beforeEach(async () => {
    comments = [];
    issues = [];
    fake = await startFakeSystem(routes);
  });
  afterEach(() => fake.stop());

  const ticket = 'acme/ops.tools#12';

  it('is sent one comment in Markdown, with the headers that it asks for', async () => {
    const { outcome } = await publishTo(github, fake.url, { ticket });
    expect(outcome).toMatchObject({ comment: 'added', attached: [], opened: false });
    expect(fake.lines()).toEqual([
      'GET /repos/acme/ops.tools/issues/12',
      'GET /user',
      `GET ${COMMENTS}`,
      `POST ${COMMENTS}`,
    ]);
    expect(fake.seen.at(-1)?.headers).toMatchObject({
      accept: 'application/vnd.github+json',
      authorization: 'Bearer token-1234',
      'content-type': 'application/json',
      'user-agent': 'sshfate',
      'x-github-api-version': '2022-11-28',
    });
    expect(Object.keys(fake.seen.at(-1)?.json as object)).toEqual(['body']);
    expect(comments[0]?.body).toMatch(
      /^### 1 finding[\s\S]*\n\n<!-- sshfate:1:[0-9a-f]{16}:[0-9a-f]{16} -->$/,
    );
  });
  it('says which files could not be attached', async () => {
    const { outcome } = await publishTo(github, fake.url, { ticket });
    expect(outcome.leftOut).toHaveLength(2);
    expect(comments[0]?.body).toMatch(
      /`ssh-report\.[0-9a-f]{12}\.html` is not attached: GitHub takes no files here/,
    );
  });
  it('keeps one comment over several runs, changed when there is something new', async () => {
    await publishTo(github, fake.url, { ticket });
    expect((await publishTo(github, fake.url, { ticket })).outcome.comment).toBe('unchanged');
    const content = sampleContent({ findings: [sampleFinding({ sessions: 9 })] });
    expect((await publishTo(github, fake.url, { ticket, content })).outcome.comment).toBe('updated');
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toContain('9 sessions of 2 clients');
  });
  it('finds its comment behind hundreds of others', async () => {
    comments = Array.from({ length: 250 }, (_, id) => ({ id, body: `+1 ${id}`, user: { id: 8 } }));
    await publishTo(github, fake.url, { ticket });
    expect((await publishTo(github, fake.url, { ticket })).outcome.comment).toBe('unchanged');
    expect(comments).toHaveLength(251);
  });
  it('leaves comments of others alone, and those that quote its own', async () => {
    await publishTo(github, fake.url, { ticket });
    const own = comments.pop()?.body ?? '';
    comments.push({ id: 1, body: own, user: { id: 8 } });
    comments.push({ id: 2, body: `${own.replace(/^/gm, '> ')}\n\nthanks`, user: USER });
    expect((await publishTo(github, fake.url, { ticket })).outcome.comment).toBe('added');
    expect(comments.map(({ body }) => body === own)).toEqual([true, false, true]);
  });
  it('is asked by the token of an app, which is nobody', async () => {
    fake.trouble = ({ path }) =>
      path === '/user'
        ? { status: 403, json: { message: 'Resource not accessible by integration' } }
        : undefined;
    await publishTo(github, fake.url, { ticket });
    expect((await publishTo(github, fake.url, { ticket })).outcome.comment).toBe('unchanged');
  });
  it('gets no longer comment than it takes, whole findings of it', async () => {
    const findings = Array.from({ length: 300 }, (_, i) =>
      sampleFinding({ id: String(i).padStart(10, '0') }),
    );
    const steps = Array.from({ length: 8 }, () => 'x'.repeat(400));
    const content = sampleContent({
      findings: findings.map((one) => ({ ...one, cause: { ...one.cause!, nextSteps: steps } })),
    });
    const { outcome } = await publishTo(github, fake.url, { ticket, content });
    const body = comments[0]?.body ?? '';
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body.length).toBeGreaterThan(55_000);
    const told = body.match(/^#### /gm)?.length ?? 0;
    expect(body).toContain(`${300 - told} further findings are left out here for lack of room.`);
    expect(outcome.leftOut.at(-1)).toBe(`The comment has no room for ${300 - told} of the findings.`);
  });
  it('opens one issue for the same captures, however often it is asked to', async () => {
    const create = { project: 'acme/ops.tools' };
    const first = await publishTo(github, fake.url, create);
    expect(first.outcome).toMatchObject({
      ticket: 'issue acme/ops.tools#40',
      opened: true,
      comment: 'added',
    });
    const second = await publishTo(github, fake.url, create);
    expect(second.outcome).toMatchObject({
      ticket: 'issue acme/ops.tools#40',
      opened: false,
      comment: 'unchanged',
    });
    expect(issues).toHaveLength(1);
    expect(issues[0]?.title).toMatch(/^SSH: 198\.51\.100\.20:22: closed .* \[sshfate [0-9a-f]{16}\]$/);
  });
  it('opens one issue although the answer to the first request was lost', async () => {
    fake.trouble = (request) => {
      if (request.method !== 'POST' || !request.path.endsWith('/issues')) return undefined;
      fake.trouble = undefined;
      fake.route(request);
      return { cut: true };
    };
    const { outcome } = await publishTo(github, fake.url, { project: 'acme/ops.tools' });
    expect(outcome.comment).toBe('added');
    expect(issues).toHaveLength(1);
  });
  it('waits until its limit is over, which it says with 403 and the time', async () => {
    const reset = Math.ceil(Date.now() / 1000) + 5;
    let times = 1;
    fake.trouble = ({ method }) =>
      method === 'POST' && times-- > 0
        ? {
            status: 403,
            headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
            json: { message: 'API rate limit exceeded' },
          }
        : undefined;
    const { waitsMs } = await publishTo(github, fake.url, { ticket });
    expect(waitsMs).toHaveLength(1);
    expect(waitsMs[0]).toBeGreaterThan(3_000);
    expect(comments).toHaveLength(1);
  });

  itCopesWithTroubles({
    system: github,
    ticket,
    fake: () => fake,
    isComment: ({ method, path }) => method === 'POST' && path === COMMENTS,
    comments: () => comments.map(({ body }) => body),
  });
});
