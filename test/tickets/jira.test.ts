// Contract test, after Atlassian's documentation. Cloud, version 3:
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/,
// …/api-group-issue-attachments/, …/api-group-issue-search/, https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
// Data Center, version 2: https://developer.atlassian.com/server/jira/platform/jira-rest-api-examples/,
// https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jiraCloud, jiraDataCenter } from '../../src/tickets/jira.ts';
import { at, textAt } from '../../src/tickets/json-value.ts';
import { adfText } from '../../src/tickets/markup/adf.ts';
import { type FakeSystem, type Route, startFakeSystem } from './fake-system.ts';
import { publishTo } from './publishing.ts';
import { sampleContent, sampleFinding } from './sample-content.ts';
import { itCopesWithTroubles } from './troubles.ts';

const EDITIONS = [
  {
    system: jiraCloud,
    root: '/rest/api/3',
    user: { accountId: '5b10a2844c20165700ede21g' },
    search: '/rest/api/3/search/jql',
    credential: 'bot@acme.example:api-token',
    authorization: `Basic ${Buffer.from('bot@acme.example:api-token').toString('base64')}`,
    textOf: adfText,
    isBody: (body: unknown) => at(body, 'type') === 'doc' && at(body, 'version') === 1,
  },
  {
    system: jiraDataCenter,
    root: '/rest/api/2',
    user: { key: 'JIRAUSER10100', name: 'bot' },
    search: '/rest/api/2/search',
    credential: 'personal-access-token',
    authorization: 'Bearer personal-access-token',
    textOf: (body: unknown) => String(body),
    isBody: (body: unknown) => typeof body === 'string' && /^\{noformat\}\n[\s\S]*\n\{noformat\}$/.test(body),
  },
] as const;

describe.each(EDITIONS)(
  '$system.title',
  ({ system, root, user, search, credential, authorization, textOf, isBody }) => {
    let fake: FakeSystem;
    let comments: { id: string; body: unknown; author: unknown }[];
    let files: { filename: string; bytes: Buffer; type: string }[];
    let issues: { key: string; fields: unknown }[];
    let settings: { enabled: boolean; uploadLimit?: number };

    const issue = `${root}/issue/OPS-12`;
    const routes: Route = ({ method, path, query, json, form, headers }) => {
      if (method === 'GET' && path === `${root}/myself`) return { json: user };
      if (method === 'GET' && path === `${root}/attachment/meta`) return { json: settings };
      if (method === 'GET' && new RegExp(`^${root}/issue/OPS-\\d+$`).test(path)) {
        return {
          json: { key: 'OPS-12', fields: { attachment: files.map(({ filename }) => ({ filename })) } },
        };
      }
      if (method === 'POST' && path.endsWith('/attachments')) {
        if (headers['x-atlassian-token'] !== 'no-check') return { status: 403, text: 'XSRF check failed' };
        const file = form.file;
        if (typeof file !== 'object') return { status: 400, json: { errorMessages: ['no file'] } };
        files.push({ filename: file.name, bytes: file.bytes, type: file.type });
        return { json: [{ filename: file.name }] };
      }
      if (method === 'GET' && path.endsWith('/comment')) {
        const start = Number(query.get('startAt') ?? 0);
        const size = Math.min(Number(query.get('maxResults') ?? 50), 100);
        return {
          json: {
            startAt: start,
            maxResults: size,
            total: comments.length,
            comments: comments.slice(start, start + size),
          },
        };
      }
      if (method === 'POST' && path.endsWith('/comment')) {
        if (!isBody(at(json, 'body')))
          return { status: 400, json: { errors: { comment: 'Comment body is not valid!' } } };
        const comment = { id: String(10_000 + comments.length), body: at(json, 'body'), author: user };
        comments.push(comment);
        return { status: 201, json: comment };
      }
      const edited = /\/comment\/(\d+)$/.exec(path)?.[1];
      if (method === 'PUT' && edited !== undefined) {
        const comment = comments.find(({ id }) => id === edited);
        if (comment === undefined || !isBody(at(json, 'body')))
          return { status: 404, json: { errorMessages: ['none'] } };
        comment.body = at(json, 'body');
        return { json: comment };
      }
      if (method === 'GET' && path === search) {
        const key = /^summary ~ "([0-9a-f]{16})"$/.exec(query.get('jql') ?? '')?.[1] ?? 'none';
        return { json: { issues: issues.filter(({ fields }) => textAt(fields, 'summary')?.includes(key)) } };
      }
      if (method === 'POST' && path === `${root}/issue`) {
        const created = { key: `OPS-${40 + issues.length}`, fields: at(json, 'fields') };
        issues.push(created);
        return { status: 201, json: { id: '1', key: created.key } };
      }
      return undefined;
    };
    beforeEach(async () => {
      comments = [];
      files = [];
      issues = [];
      settings = { enabled: true, uploadLimit: 10_485_760 };
      fake = await startFakeSystem(routes);
    });
    afterEach(() => fake.stop());

    const ticket = 'OPS-12';
    const go = (options: Parameters<typeof publishTo>[2] = {}) =>
      publishTo(system, fake.url, { ticket, credential, ...options });

    it('is sent the files, then one comment in its own format', async () => {
      const content = sampleContent();
      const { outcome } = await go({ content });
      expect(outcome).toMatchObject({
        comment: 'added',
        attached: content.attachments.map(({ name }) => name),
      });
      expect(fake.lines()).toEqual([
        `GET ${issue}`,
        `GET ${root}/myself`,
        `GET ${root}/attachment/meta`,
        `GET ${issue}/comment`,
        `POST ${issue}/attachments`,
        `POST ${issue}/attachments`,
        `POST ${issue}/comment`,
      ]);
      for (const { headers } of fake.seen) expect(headers.authorization).toBe(authorization);
      expect(files).toEqual(
        content.attachments.map(({ name, type, bytes }) => ({
          filename: name,
          type,
          bytes: Buffer.from(bytes),
        })),
      );
      expect(textOf(comments[0]?.body)).toContain('no-common-kex');
      expect(textOf(comments[0]?.body)).toMatch(
        /Written by sshfate, sshfate:1:[0-9a-f]{16}:[0-9a-f]{16}(\n\{noformat\})?$/,
      );
    });
    it('has one comment and one of each file after the second run, and after one with something new', async () => {
      await go();
      expect((await go()).outcome).toMatchObject({ comment: 'unchanged', attached: [] });
      const content = sampleContent({ findings: [sampleFinding({ sessions: 9 })] });
      expect((await go({ content })).outcome).toMatchObject({ comment: 'updated', attached: [] });
      expect(comments).toHaveLength(1);
      expect(textOf(comments[0]?.body)).toContain('9 sessions');
      expect(files).toHaveLength(2);
    });
    it('has one of each after it stopped between the first file, the second and the comment', async () => {
      let posts = 0;
      fake.trouble = ({ method }) =>
        method === 'POST' && posts++ === 1 ? { status: 401, json: {} } : undefined;
      await expect(go()).rejects.toThrow('answered 401');
      expect(files).toHaveLength(1);
      posts = -1;
      fake.trouble = ({ method, path }) =>
        method === 'POST' && path.endsWith('/comment') ? { status: 401, json: {} } : undefined;
      await expect(go()).rejects.toThrow('answered 401');
      fake.trouble = undefined;
      expect((await go()).outcome).toMatchObject({ comment: 'added', attached: [] });
      expect(comments).toHaveLength(1);
      expect(files).toHaveLength(2);
    });
    it('gets a file once although the answer to it was lost', async () => {
      fake.trouble = (request) => {
        if (!request.path.endsWith('/attachments')) return undefined;
        fake.trouble = undefined;
        fake.route(request);
        return { cut: true };
      };
      await go();
      expect(files).toHaveLength(2);
    });
    it('finds its comment behind hundreds of others, and leaves those of others alone', async () => {
      await go();
      const body = comments[0]?.body;
      comments.unshift(
        ...Array.from({ length: 250 }, (_, id) => ({
          id: String(id),
          body: textOf === adfText ? {} : '+1',
          author: user,
        })),
      );
      comments.push({ id: '9999', body, author: { accountId: 'other', key: 'other' } });
      expect((await go()).outcome.comment).toBe('unchanged');
      expect(comments).toHaveLength(252);
    });
    it('is asked how large files may be, and spared larger ones', async () => {
      settings = { enabled: true, uploadLimit: 10 };
      const { outcome } = await go();
      expect(outcome.attached).toHaveLength(1);
      expect(outcome.leftOut[0]).toContain('is not attached: more than 10 bytes');
      settings = { enabled: false };
      expect((await go({ content: sampleContent({ sessions: 1 }) })).outcome.leftOut).toHaveLength(2);
    });
    it('gets no longer comment than it takes', async () => {
      const findings = Array.from({ length: 300 }, (_, i) =>
        sampleFinding({ id: String(i).padStart(10, '0') }),
      );
      await go({ content: sampleContent({ findings }) });
      const body = comments[0]?.body;
      const length = typeof body === 'string' ? body.length : JSON.stringify(body).length;
      expect(length).toBeLessThanOrEqual(32_767);
      expect(length).toBeGreaterThan(28_000);
      expect(textOf(body)).toMatch(/\d+\s+further\s+findings are\s+left\s+out\s+here for lack of room/);
    });
    it('opens one issue for the same captures, of the type that is asked for', async () => {
      const create = { ticket: undefined, project: 'OPS', type: 'Incident' };
      expect((await go(create)).outcome).toMatchObject({ ticket: 'issue OPS-40', opened: true });
      expect((await go(create)).outcome).toMatchObject({
        ticket: 'issue OPS-40',
        opened: false,
        comment: 'unchanged',
      });
      expect(issues).toHaveLength(1);
      expect(issues[0]?.fields).toMatchObject({ project: { key: 'OPS' }, issuetype: { name: 'Incident' } });
      expect(isBody(at(issues[0]?.fields, 'description'))).toBe(true);
    });

    itCopesWithTroubles({
      system,
      ticket,
      fake: () => fake,
      isComment: ({ method, path }) => method === 'POST' && path === `${issue}/comment`,
      comments: () => comments.map(({ body }) => textOf(body)),
    });
  },
);
