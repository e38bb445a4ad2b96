import type { Api } from './api.ts';
import { at, idAt, listAt, textAt } from './json-value.ts';
import { markerIn } from './marker.ts';
import { markdown } from './markup/markdown.ts';
import type { Attachment } from './ticket-content.ts';
import {
  MAX_PAGES,
  type OpenTicket,
  type OwnComment,
  PAGE_LENGTH,
  type TicketSystem,
} from './ticket-system.ts';

/**
 * GitLab (https://docs.gitlab.com/api/notes/, https://docs.gitlab.com/api/project_markdown_uploads/). A file is
 * uploaded to the project and seen on the issue only where a note links it: what a note links is what is attached.
 */
export const gitlab: TicketSystem = {
  title: 'GitLab',
  defaultUrl: 'https://gitlab.com',
  ticket: {
    example: 'group/project#12',
    pattern: /^(?!.*(?:^|\/)\.{1,2}[/#])[\w.-]+(?:\/[\w.-]+)+#\d{1,12}$/,
  },
  variable: 'SSHFATE_GITLAB',
  credential: { example: 'an access token with the scope api' },
  project: { what: 'project', example: 'group/project' },
  headers: (credential) => (credential === undefined ? {} : { 'PRIVATE-TOKEN': credential }),
  open: openIssue,
  create: {
    markup: markdown,
    async find(api, key, { project = '' }) {
      const { json } = await api.send({
        method: 'GET',
        path: `${projectPath(project)}/issues?search=${key}&in=title&scope=all`,
        to: 'look for an issue of an earlier run',
        dry: [],
      });
      const number = idAt(json, 0, 'iid');
      return number === undefined ? undefined : `${project}#${number}`;
    },
    async create(api, { subject, body, key }, options) {
      const { project = '' } = options;
      const request = {
        method: 'POST',
        path: `${projectPath(project)}/issues`,
        body: { kind: 'json', value: { title: subject, description: body } },
        to: 'open an issue',
        dry: { iid: 'NEW' },
      } as const;
      return api.sendOnce(
        request,
        ({ json }) => {
          const number = idAt(json, 'iid');
          if (number === undefined) throw api.unexpected(request, 'no number of the new issue');
          return `${project}#${number}`;
        },
        () => gitlab.create?.find(api, key, options) ?? Promise.resolve(undefined),
      );
    },
  },
};

/** "The content of a note. Limited to 1,000,000 characters." (Notes API) */
const MAXIMUM_CHARACTERS = 1_000_000;
/** Application setting max_attachment_size, 100 MiB unless it was changed. */
const MAXIMUM_FILE_BYTES = 100 * 1024 * 1024;

/** What an upload is answered with, and what our own comment links: nothing else is made a link of. */
const UPLOAD = /^\/uploads\/[0-9a-f]{32}\/[\w.-]+$/;
const UPLOADS_IN_NOTE = /\]\((\/uploads\/[0-9a-f]{32}\/([\w.-]+))\)/g;

async function openIssue(api: Api, ticket: string): Promise<OpenTicket> {
  const [project = '', number = ''] = ticket.split('#');
  const issue = `${projectPath(project)}/issues/${number}`;
  await api.send({ method: 'GET', path: issue, to: `read issue ${ticket}`, dry: {} });
  const { json: user } = await api.send({
    method: 'GET',
    path: '/api/v4/user',
    to: 'see whose credential it is',
    dry: { id: 'NOBODY' },
  });
  const linked = new Map<string, string>();
  return {
    name: `issue ${ticket}`,
    markup: markdown,
    maximumComment: MAXIMUM_CHARACTERS,
    maximumAttachment: MAXIMUM_FILE_BYTES,
    attaching: 'before-comment',
    async findComment(key) {
      for (let page = 1; page <= MAX_PAGES; page++) {
        const { json } = await api.send({
          method: 'GET',
          path: `${issue}/notes?sort=desc&order_by=created_at&per_page=${PAGE_LENGTH}&page=${page}`,
          to: `read the notes of issue ${ticket}`,
          dry: [],
        });
        const list = listAt(json);
        const own = list.find((note) => isOwn(note, idAt(user, 'id'), key));
        if (own !== undefined) return noted(own, linked);
        if (list.length < PAGE_LENGTH) break;
      }
      return undefined;
    },
    attached: async () => linked,
    async attach(file) {
      const address = await upload(api, project, file);
      linked.set(file.name, address);
      return address;
    },
    async addComment({ body, find }) {
      await api.sendOnce(
        {
          method: 'POST',
          path: `${issue}/notes`,
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
        path: `${issue}/notes/${id}`,
        body: { kind: 'json', value: { body } },
        to: 'change the note',
      });
      return 'edited';
    },
  };
}

function isOwn(note: unknown, user: string | undefined, key: string): boolean {
  return (
    at(note, 'system') !== true &&
    idAt(note, 'id') !== undefined &&
    idAt(note, 'author', 'id') === user &&
    markerIn(textAt(note, 'body') ?? '')?.key === key
  );
}

function noted(note: unknown, linked: Map<string, string>): OwnComment | undefined {
  const body = textAt(note, 'body') ?? '';
  const marker = markerIn(body);
  const id = idAt(note, 'id');
  for (const [, address = '', name = ''] of body.matchAll(UPLOADS_IN_NOTE)) linked.set(name, address);
  return marker === undefined || id === undefined ? undefined : { id, marker };
}

/** Sent again after a failure it leaves a file that nothing links: nobody sees it. */
async function upload(api: Api, project: string, { name, type, bytes }: Attachment): Promise<string> {
  const request = {
    method: 'POST',
    path: `${projectPath(project)}/uploads`,
    body: { kind: 'form', parts: [{ kind: 'file', name: 'file', fileName: name, type, bytes }] },
    to: `upload '${name}'`,
    dry: { url: `/uploads/${'0'.repeat(32)}/${name}` },
  } as const;
  const { json } = await api.send(request);
  const address = textAt(json, 'url') ?? '';
  if (!UPLOAD.test(address)) throw api.unexpected(request, 'no address of the upload');
  return address;
}

function projectPath(project: string): string {
  return `/api/v4/projects/${encodeURIComponent(project)}`;
}
