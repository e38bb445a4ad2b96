import type { Api } from './api.ts';
import { at, idAt, listAt, numberAt, textAt } from './json-value.ts';
import { markerIn } from './marker.ts';
import { adf, adfText } from './markup/adf.ts';
import { jiraWiki } from './markup/jira-wiki.ts';
import type { Markup } from './markup/markup.ts';
import type { Attachment } from './ticket-content.ts';
import {
  basicOr,
  MAX_PAGES,
  type OpenTicket,
  type OwnComment,
  PAGE_LENGTH,
  type TicketSystem,
} from './ticket-system.ts';

/** What the two Jiras differ in. */
interface Edition {
  readonly title: string;
  readonly variable: string;
  readonly credential: string;
  /** Of the REST interface. */
  readonly version: 2 | 3;
  readonly markup: Markup;
  /** The field of a user that stays, whatever else is changed. */
  readonly userField: 'accountId' | 'key';
  readonly search: string;
  readonly authorization: (credential: string) => Record<string, string>;
  /** Of a comment's body. */
  readonly textOf: (body: unknown) => string;
}

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/ */
export const jiraCloud: TicketSystem = jira({
  title: 'Jira Cloud',
  variable: 'SSHFATE_JIRA',
  credential: 'MAIL-ADDRESS:API-TOKEN',
  version: 3,
  markup: adf,
  userField: 'accountId',
  // The older /search is gone there since 2025.
  search: '/search/jql',
  authorization: (credential) => basicOr(credential, bearer),
  textOf: adfText,
});

/** https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/ (version 2 of the interface has wiki markup) */
export const jiraDataCenter: TicketSystem = jira({
  title: 'Jira Data Center',
  variable: 'SSHFATE_JIRA',
  credential: 'a personal access token, or USER:PASSWORD',
  version: 2,
  markup: jiraWiki,
  userField: 'key',
  search: '/search',
  authorization: (credential) => basicOr(credential, bearer),
  textOf: (body) => (typeof body === 'string' ? body : ''),
});

/**
 * jira.text.field.character.limit of a new installation, and what Cloud answers CONTENT_LIMIT_EXCEEDED to. Of a
 * document the whole JSON is counted here: what Jira counts of it is not documented, and cannot be more.
 */
const MAXIMUM_CHARACTERS = 32_767;

function jira(edition: Edition): TicketSystem {
  const root = `/rest/api/${edition.version}`;
  const find = async (api: Api, key: string): Promise<string | undefined> => {
    const query = `summary ~ "${key}"`;
    const { json } = await api.send({
      method: 'GET',
      path: `${root}${edition.search}?jql=${encodeURIComponent(query)}&fields=summary&maxResults=1`,
      to: 'look for an issue of an earlier run',
      dry: { issues: [] },
    });
    return idAt(json, 'issues', 0, 'key');
  };
  return {
    title: edition.title,
    ticket: { example: 'OPS-123', pattern: /^(?:[A-Z][A-Z0-9_]*-\d{1,12}|\d{1,12})$/ },
    variable: edition.variable,
    credential: { example: edition.credential },
    project: { what: 'project key', example: 'OPS' },
    headers: (credential) => (credential === undefined ? {} : edition.authorization(credential)),
    open: (api, ticket) => openIssue(api, edition, ticket),
    create: {
      markup: edition.markup,
      find,
      async create(api, { subject, body, key }, options) {
        const request = {
          method: 'POST',
          path: `${root}/issue`,
          body: {
            kind: 'json',
            value: {
              fields: {
                project: { key: options.project },
                issuetype: { name: options.type ?? 'Task' },
                summary: subject,
                description: body,
              },
            },
          },
          to: 'open an issue',
          dry: { key: 'NEW-0' },
        } as const;
        return api.sendOnce(
          request,
          ({ json }) => {
            const issue = idAt(json, 'key');
            if (issue === undefined) throw api.unexpected(request, 'no key of the new issue');
            return issue;
          },
          () => find(api, key),
        );
      },
    },
  };
}

async function openIssue(api: Api, edition: Edition, ticket: string): Promise<OpenTicket> {
  const root = `/rest/api/${edition.version}`;
  const issue = `${root}/issue/${ticket}`;
  const readFiles = async (): Promise<ReadonlyMap<string, undefined>> => {
    const { json } = await api.send({
      method: 'GET',
      path: `${issue}?fields=attachment`,
      to: `read issue ${ticket}`,
      dry: { fields: { attachment: [] } },
    });
    return new Map(
      listAt(json, 'fields', 'attachment').map((file) => [textAt(file, 'filename') ?? '', undefined]),
    );
  };
  let files = await readFiles();
  const { json: user } = await api.send({
    method: 'GET',
    path: `${root}/myself`,
    to: 'see whose credential it is',
    dry: { [edition.userField]: 'NOBODY' },
  });
  const { json: settings } = await api.send({
    method: 'GET',
    path: `${root}/attachment/meta`,
    to: 'read how large files may be',
    dry: { enabled: true },
  });
  return {
    name: `issue ${ticket}`,
    markup: edition.markup,
    maximumComment: MAXIMUM_CHARACTERS,
    maximumAttachment: numberAt(settings, 'uploadLimit'),
    attaching: at(settings, 'enabled') === false ? 'never' : 'before-comment',
    findComment: (key) => findComment(api, edition, issue, { key, user: idAt(user, edition.userField) }),
    attached: async () => files,
    async attach(file) {
      await api.sendOnce(
        attachRequest(issue, file),
        () => true as const,
        async () => {
          files = await readFiles();
          return files.has(file.name) || undefined;
        },
      );
      return undefined;
    },
    async addComment({ body, find }) {
      await api.sendOnce(
        {
          method: 'POST',
          path: `${issue}/comment`,
          body: { kind: 'json', value: { body } },
          to: `comment on issue ${ticket}`,
          dry: {},
        },
        () => true as const,
        find,
      );
    },
    async editComment(id, body) {
      await api.send({
        method: 'PUT',
        path: `${issue}/comment/${id}`,
        body: { kind: 'json', value: { body } },
        to: 'change the comment',
      });
      return 'edited';
    },
  };
}

async function findComment(
  api: Api,
  { textOf, userField }: Edition,
  issue: string,
  { key, user }: { readonly key: string; readonly user: string | undefined },
): Promise<OwnComment | undefined> {
  let found: OwnComment | undefined;
  for (let page = 0, seen = 0; page < MAX_PAGES; page++) {
    const { json } = await api.send({
      method: 'GET',
      path: `${issue}/comment?startAt=${seen}&maxResults=${PAGE_LENGTH}`,
      to: 'read the comments',
      dry: { comments: [], total: 0 },
    });
    const comments = listAt(json, 'comments');
    for (const comment of comments) {
      const marker = markerIn(textOf(at(comment, 'body')));
      const id = idAt(comment, 'id');
      const isOwn = idAt(comment, 'author', userField) === user;
      if (marker?.key === key && id !== undefined && isOwn) found = { id, marker };
    }
    seen += comments.length;
    if (comments.length === 0 || seen >= (numberAt(json, 'total') ?? 0)) break;
  }
  return found;
}

function attachRequest(issue: string, { name, type, bytes }: Attachment) {
  return {
    method: 'POST',
    path: `${issue}/attachments`,
    // Without it Jira takes the upload for one that a foreign page sent through the browser.
    headers: { 'X-Atlassian-Token': 'no-check' },
    body: { kind: 'form', parts: [{ kind: 'file', name: 'file', fileName: name, type, bytes }] },
    to: `attach '${name}'`,
    dry: [],
  } as const;
}

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}
