import type { Api } from './api.ts';
import { at, idAt, listAt, textAt } from './json-value.ts';
import { markerIn } from './marker.ts';
import { markdown } from './markup/markdown.ts';
import { TicketError } from './ticket-error.ts';
import { MAX_PAGES, type OpenTicket, PAGE_LENGTH, type TicketSystem } from './ticket-system.ts';

/**
 * GitHub, and GitHub Enterprise Server with `--url https://HOST/api/v3`
 * (https://docs.github.com/en/rest/issues/comments). Its interface takes no files for issues.
 */
export const github: TicketSystem = {
  title: 'GitHub',
  defaultUrl: 'https://api.github.com',
  ticket: { example: 'owner/repository#12', pattern: /^(?!.*(?:^|\/)\.{1,2}[/#])[\w.-]+\/[\w.-]+#\d{1,12}$/ },
  variable: 'SSHFATE_GITHUB',
  credential: { example: 'a token with the right to write issues' },
  project: { what: 'repository', example: 'owner/repository' },
  headers: (credential) => ({
    Accept: 'application/vnd.github+json',
    'X-GitHub-Api-Version': '2022-11-28',
    // GitHub refuses requests without one.
    'User-Agent': 'sshfate',
    ...(credential !== undefined && { Authorization: `Bearer ${credential}` }),
  }),
  open: openIssue,
  create: {
    markup: markdown,
    async find(api, key, { project = '' }) {
      const query = `${key} in:title is:issue repo:${project}`;
      const { json } = await api.send({
        method: 'GET',
        path: `/search/issues?q=${encodeURIComponent(query)}`,
        to: 'look for an issue of an earlier run',
        dry: { items: [] },
      });
      const number = idAt(json, 'items', 0, 'number');
      return number === undefined ? undefined : `${project}#${number}`;
    },
    async create(api, { subject, body, key }, options) {
      const { project = '' } = options;
      const request = {
        method: 'POST',
        path: `/repos/${repositoryPath(project)}/issues`,
        body: { kind: 'json', value: { title: subject, body } },
        to: 'open an issue',
        dry: { number: 'NEW' },
      } as const;
      return api.sendOnce(
        request,
        ({ json }) => {
          const number = idAt(json, 'number');
          if (number === undefined) throw api.unexpected(request, 'no number of the new issue');
          return `${project}#${number}`;
        },
        () => github.create?.find(api, key, options) ?? Promise.resolve(undefined),
      );
    },
  },
};

/** "Body is too long (maximum is 65536 characters)" is what it answers with 422 to a longer one. */
const MAXIMUM_CHARACTERS = 65_536;

async function openIssue(api: Api, ticket: string): Promise<OpenTicket> {
  const [repository = '', number = ''] = ticket.split('#');
  const repositoryAt = `/repos/${repositoryPath(repository)}`;
  const comments = `${repositoryAt}/issues/${number}/comments`;
  await api.send({
    method: 'GET',
    path: `${repositoryAt}/issues/${number}`,
    to: `read issue ${ticket}`,
    dry: {},
  });
  const user = await currentUser(api);
  const findComment: OpenTicket['findComment'] = async (key) => {
    let found: Awaited<ReturnType<OpenTicket['findComment']>>;
    for (let page = 1; page <= MAX_PAGES; page++) {
      const { json } = await api.send({
        method: 'GET',
        path: `${comments}?per_page=${PAGE_LENGTH}&page=${page}`,
        to: `read the comments of issue ${ticket}`,
        dry: [],
      });
      const list = listAt(json);
      for (const comment of list) {
        const marker = markerIn(textAt(comment, 'body') ?? '');
        const id = idAt(comment, 'id');
        const isOwn = user === undefined || idAt(comment, 'user', 'id') === user;
        if (marker?.key === key && id !== undefined && isOwn) found = { id, marker };
      }
      if (list.length < PAGE_LENGTH) break;
    }
    return found;
  };
  return {
    name: `issue ${ticket}`,
    markup: markdown,
    maximumComment: MAXIMUM_CHARACTERS,
    attaching: 'never',
    findComment,
    attached: async () => new Map(),
    async addComment({ body, find }) {
      await api.sendOnce(
        {
          method: 'POST',
          path: comments,
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
        method: 'PATCH',
        path: `${repositoryAt}/issues/comments/${id}`,
        body: { kind: 'json', value: { body } },
        to: 'change the comment',
      });
      return 'edited';
    },
  };
}

/** Undefined for the tokens of apps and of GitHub Actions, which are nobody's and may not ask. */
async function currentUser(api: Api): Promise<string | undefined> {
  try {
    const { json } = await api.send({
      method: 'GET',
      path: '/user',
      to: 'see whose credential it is',
      dry: { id: 'NOBODY' },
    });
    return at(json, 'id') === undefined ? undefined : idAt(json, 'id');
  } catch (error) {
    if (error instanceof TicketError && error.problem === 'forbidden') return undefined;
    throw error;
  }
}

function repositoryPath(repository: string): string {
  return repository.split('/').map(encodeURIComponent).join('/');
}
