import type { Api } from './api.ts';
import type { FormPart } from './http-message.ts';
import { idAt, listAt, numberAt, textAt } from './json-value.ts';
import { type Marker, markerIs, markerText } from './marker.ts';
import { mailText } from './markup/plain-text.ts';
import type { Attachment } from './ticket-content.ts';
import {
  basicOr,
  MAX_PAGES,
  type NewComment,
  type OpenTicket,
  type OwnComment,
  PAGE_LENGTH,
  type TicketSystem,
} from './ticket-system.ts';

/**
 * Request Tracker 5 over its REST2 interface (https://docs.bestpractical.com/rt/5.0.5/RT/REST2.html). A comment and its
 * files are one transaction, which nobody can change later. The answer to it does not hold what was made, so the
 * marker is the comment's subject: one list has the subjects and the file names of all transactions.
 */
export const requestTracker: TicketSystem = {
  title: 'Request Tracker',
  ticket: { example: '1234', pattern: /^\d{1,12}$/ },
  variable: 'SSHFATE_RT',
  credential: { example: 'a token, or USER:PASSWORD' },
  project: { what: 'queue', example: 'General' },
  headers: (credential) =>
    credential === undefined ? {} : basicOr(credential, (token) => ({ Authorization: `token ${token}` })),
  open: openTicket,
  create: {
    markup: mailText,
    async find(api, key, { project }) {
      const query = `Subject LIKE '${key}' AND Queue = '${quoted(project ?? '')}'`;
      const { json } = await api.send({
        method: 'GET',
        path: `${ROOT}/tickets?query=${encodeURIComponent(query)}`,
        to: 'look for a ticket of an earlier run',
        dry: { items: [] },
      });
      return idAt(json, 'items', 0, 'id');
    },
    async create(api, { subject, body, key }, options) {
      const request = {
        method: 'POST',
        path: `${ROOT}/ticket`,
        body: {
          kind: 'json',
          value: { Queue: options.project, Subject: subject, Content: body, ContentType: 'text/plain' },
        },
        to: 'open a ticket',
        dry: { id: 'NEW' },
      } as const;
      return api.sendOnce(
        request,
        ({ json }) => {
          const id = idAt(json, 'id');
          if (id === undefined) throw api.unexpected(request, 'no id of the new ticket');
          return id;
        },
        () => requestTracker.create?.find(api, key, options) ?? Promise.resolve(undefined),
      );
    },
  },
};

const ROOT = '/REST/2.0';

/**
 * $MaxAttachmentSize of RT_Config.pm unless it was changed; what is longer RT may cut or drop, and it says neither.
 * The text of a comment is an attachment, too.
 */
const MAXIMUM_BYTES = 10 * 1024 * 1024;
/** Mail programs show it whole, and people read no more. */
const MAXIMUM_COMMENT_BYTES = 256 * 1024;

async function openTicket(api: Api, ticket: string): Promise<OpenTicket> {
  await api.send({
    method: 'GET',
    path: `${ROOT}/ticket/${ticket}`,
    to: `read ticket ${ticket}`,
    dry: { id: ticket },
  });
  let parts: readonly Part[] = [];
  const read = async (): Promise<readonly Part[]> => {
    parts = await transactionParts(api, ticket);
    return parts;
  };
  return {
    name: `ticket ${ticket}`,
    markup: mailText,
    maximumComment: MAXIMUM_COMMENT_BYTES,
    maximumAttachment: MAXIMUM_BYTES,
    attaching: 'with-comment',
    async findComment(key) {
      return ownComment(await read(), key);
    },
    async attached() {
      return new Map(parts.map(({ fileName }) => [fileName, undefined]));
    },
    addComment: (comment) => addComment(api, ticket, comment),
  };
}

interface Part {
  readonly transaction: string;
  readonly fileName: string;
  readonly marker: Marker | undefined;
}

async function transactionParts(api: Api, ticket: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { json } = await api.send({
      method: 'GET',
      path: `${ROOT}/ticket/${ticket}/attachments?fields=Subject,Filename,TransactionId&per_page=${PAGE_LENGTH}&page=${page}`,
      to: `read the history of ticket ${ticket}`,
      dry: { items: [], pages: 0 },
    });
    for (const item of listAt(json, 'items')) {
      parts.push({
        // A number alone in 5.0, an object with it in the single attachment's answer.
        transaction: idAt(item, 'TransactionId') ?? idAt(item, 'TransactionId', 'id') ?? '',
        fileName: textAt(item, 'Filename') ?? '',
        marker: markerIs(textAt(item, 'Subject') ?? ''),
      });
    }
    if (page >= (numberAt(json, 'pages') ?? 0)) break;
  }
  return parts;
}

/** In the order in which they were made. */
function ownComment(parts: readonly Part[], key: string): OwnComment | undefined {
  const found = parts.findLast(({ marker }) => marker?.key === key);
  return found?.marker === undefined ? undefined : { id: found.transaction, marker: found.marker };
}

async function addComment(
  api: Api,
  ticket: string,
  { body, marker, files, find }: NewComment,
): Promise<void> {
  const comment = { Subject: markerText(marker), Content: body, ContentType: 'text/plain' };
  await api.sendOnce(
    {
      method: 'POST',
      path: `${ROOT}/ticket/${ticket}/comment`,
      body:
        files.length === 0
          ? { kind: 'json', value: comment }
          : {
              kind: 'form',
              parts: [
                { kind: 'field', name: 'JSON', value: JSON.stringify(comment) },
                ...files.map(filePart),
              ],
            },
      to: `comment on ticket ${ticket}`,
      dry: ['Comments added'],
    },
    () => true as const,
    find,
  );
}

function filePart({ name, type, bytes }: Attachment): FormPart {
  return { kind: 'file', name: 'Attachments', fileName: name, type, bytes };
}

/** TicketSQL has strings in quotes, and a backslash before what would end them. */
function quoted(text: string): string {
  return text.replace(/[\\']/g, '\\$&');
}
