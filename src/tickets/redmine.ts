import type { Api } from './api.ts';
import { idAt, listAt, textAt } from './json-value.ts';
import { markerIn } from './marker.ts';
import type { Body } from './markup/markup.ts';
import { redmineText } from './markup/redmine-text.ts';
import type { Attachment } from './ticket-content.ts';
import { TicketError } from './ticket-error.ts';
import {
  basicOr,
  type NewComment,
  type OpenTicket,
  type OwnComment,
  type TicketSystem,
} from './ticket-system.ts';

/**
 * Redmine (https://www.redmine.org/projects/redmine/wiki/Rest_api). Files are uploaded first and come to the issue
 * with the note, in one request; what no note takes up Redmine deletes after a day. Notes can be changed since 5.0.
 */
export const redmine: TicketSystem = {
  title: 'Redmine',
  ticket: { example: '1234', pattern: /^\d{1,12}$/ },
  variable: 'SSHFATE_REDMINE',
  credential: { example: 'an API key, or USER:PASSWORD' },
  project: { what: 'project', example: 'network' },
  headers: (credential) =>
    credential === undefined ? {} : basicOr(credential, (key) => ({ 'X-Redmine-API-Key': key })),
  open: openIssue,
  create: {
    markup: redmineText,
    async find(api, key, { project = '' }) {
      const { json } = await api.send({
        method: 'GET',
        path: `/issues.json?project_id=${encodeURIComponent(project)}&status_id=*&subject=${encodeURIComponent(`~${key}`)}`,
        to: 'look for an issue of an earlier run',
        dry: { issues: [] },
      });
      return idAt(json, 'issues', 0, 'id');
    },
    async create(api, { subject, body, key }, options) {
      const request = {
        method: 'POST',
        path: '/issues.json',
        body: { kind: 'json', value: { issue: { project_id: options.project, subject, description: body } } },
        to: 'open an issue',
        dry: { issue: { id: 'NEW' } },
      } as const;
      return api.sendOnce(
        request,
        ({ json }) => {
          const id = idAt(json, 'issue', 'id');
          if (id === undefined) throw api.unexpected(request, 'no id of the new issue');
          return id;
        },
        () => redmine.create?.find(api, key, options) ?? Promise.resolve(undefined),
      );
    },
  },
};

/** What MySQL's `text` column holds, the narrowest of Redmine's databases. */
const MAXIMUM_NOTE_BYTES = 65_535;
/** Setting "Maximum attachment size" of a new installation; the interface does not tell it. */
const MAXIMUM_FILE_BYTES = 5 * 1024 * 1024;

async function openIssue(api: Api, issue: string): Promise<OpenTicket> {
  let state = await readIssue(api, issue);
  const user = await currentUser(api);
  return {
    name: `issue #${issue}`,
    markup: redmineText,
    maximumComment: MAXIMUM_NOTE_BYTES,
    maximumAttachment: MAXIMUM_FILE_BYTES,
    attaching: 'with-comment',
    async findComment(key) {
      state = await readIssue(api, issue);
      return ownNote(state, user, key);
    },
    async attached() {
      return new Map(listAt(state, 'attachments').map((file) => [textAt(file, 'filename') ?? '', undefined]));
    },
    attach: async (file) => {
      const uploads = [await upload(api, file)];
      await api.sendOnce(
        {
          method: 'PUT',
          path: `/issues/${issue}.json`,
          body: { kind: 'json', value: { issue: { uploads } } },
          to: `attach a file to issue ${issue}`,
        },
        () => true,
        async () => {
          state = await readIssue(api, issue);
          return (
            listAt(state, 'attachments').some((one) => textAt(one, 'filename') === file.name) || undefined
          );
        },
      );
      return undefined;
    },
    addComment: (comment) => addNote(api, issue, comment),
    editComment: (id, body) => editNote(api, id, body),
  };
}

async function readIssue(api: Api, issue: string): Promise<unknown> {
  const request = {
    method: 'GET',
    path: `/issues/${issue}.json?include=journals,attachments`,
    to: `read issue ${issue}`,
    dry: { issue: { id: issue, journals: [], attachments: [] } },
  } as const;
  const { json } = await api.send(request);
  if (idAt(json, 'issue', 'id') === undefined) throw api.unexpected(request, 'there is no issue in it');
  return (json as { issue: unknown }).issue;
}

async function currentUser(api: Api): Promise<string | undefined> {
  const { json } = await api.send({
    method: 'GET',
    path: '/users/current.json',
    to: 'see whose credential it is',
    dry: { user: { id: 'NOBODY' } },
  });
  return idAt(json, 'user', 'id');
}

function ownNote(state: unknown, user: string | undefined, key: string): OwnComment | undefined {
  for (const journal of listAt(state, 'journals').toReversed()) {
    const marker = markerIn(textAt(journal, 'notes') ?? '');
    const id = idAt(journal, 'id');
    if (marker?.key === key && id !== undefined && idAt(journal, 'user', 'id') === user)
      return { id, marker };
  }
  return undefined;
}

async function addNote(api: Api, issue: string, { body, files, find }: NewComment): Promise<void> {
  const uploads: Upload[] = [];
  for (const file of files) uploads.push(await upload(api, file));
  await api.sendOnce(
    {
      method: 'PUT',
      path: `/issues/${issue}.json`,
      body: { kind: 'json', value: { issue: { notes: body, ...(uploads.length > 0 && { uploads }) } } },
      to: `comment on issue ${issue}`,
    },
    () => true as const,
    find,
  );
}

interface Upload {
  readonly token: string;
  readonly filename: string;
  readonly content_type: string;
}

async function upload(api: Api, { name, type, bytes }: Attachment): Promise<Upload> {
  const request = {
    method: 'POST',
    path: `/uploads.json?filename=${encodeURIComponent(name)}`,
    body: { kind: 'bytes', bytes, type: 'application/octet-stream', name },
    to: `upload '${name}'`,
    dry: { upload: { token: 'TOKEN' } },
  } as const;
  const { json } = await api.send(request);
  const token = textAt(json, 'upload', 'token');
  if (token === undefined) throw api.unexpected(request, 'no token of the upload');
  return { token, filename: name, content_type: type };
}

/** Releases before 5.0 do not know the address, and not every role may change its notes. */
async function editNote(api: Api, id: string, body: Body): Promise<'edited' | 'refused'> {
  try {
    await api.send({
      method: 'PUT',
      path: `/journals/${id}.json`,
      body: { kind: 'json', value: { journal: { notes: body } } },
      to: 'change the note',
    });
    return 'edited';
  } catch (error) {
    if (error instanceof TicketError && (error.problem === 'not-found' || error.problem === 'forbidden'))
      return 'refused';
    throw error;
  }
}
