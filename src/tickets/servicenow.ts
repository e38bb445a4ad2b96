import type { Api } from './api.ts';
import { idAt, listAt, textAt } from './json-value.ts';
import { FOOTER, markerIn } from './marker.ts';
import { workNotes } from './markup/plain-text.ts';
import { TicketError } from './ticket-error.ts';
import { basicOr, type OpenTicket, type SystemOptions, type TicketSystem } from './ticket-system.ts';

/**
 * ServiceNow: Table API and Attachment API
 * (https://www.servicenow.com/docs/r/zurich/api-reference/rest-apis/c_TableAPI.html, …/c_AttachmentAPI.html).
 * A work note cannot be changed once it is written.
 */
export const servicenow: TicketSystem = {
  title: 'ServiceNow',
  ticket: { example: 'INC0010001', pattern: /^(?:[A-Z]{2,10}\d{3,20}|[0-9a-f]{32})$/ },
  variable: 'SSHFATE_SERVICENOW',
  credential: { example: 'USER:PASSWORD, or an OAuth access token' },
  headers: (credential) =>
    credential === undefined ? {} : basicOr(credential, (token) => ({ Authorization: `Bearer ${token}` })),
  open: openRecord,
  create: {
    markup: workNotes,
    async find(api, key, options) {
      const { json } = await api.send({
        method: 'GET',
        path: `${tablePath(options)}?sysparm_query=${encodeURIComponent(`correlation_id=${correlation(key)}`)}&sysparm_fields=sys_id&sysparm_limit=1`,
        to: 'look for a record of an earlier run',
        dry: { result: [] },
      });
      return idAt(json, 'result', 0, 'sys_id');
    },
    async create(api, { subject, body, key }, options) {
      const request = {
        method: 'POST',
        path: `${tablePath(options)}?sysparm_fields=sys_id`,
        body: {
          kind: 'json',
          value: { short_description: subject, description: body, correlation_id: correlation(key) },
        },
        to: 'open a record',
        dry: { result: { sys_id: '0'.repeat(32) } },
      } as const;
      return api.sendOnce(
        request,
        ({ json }) => {
          const id = idAt(json, 'result', 'sys_id');
          if (id === undefined) throw api.unexpected(request, 'no sys_id of the new record');
          return id;
        },
        () => servicenow.create?.find(api, key, options) ?? Promise.resolve(undefined),
      );
    },
  },
};

/** No limit of a work note is documented; a note of this length is among those that are known to be kept whole. */
const MAXIMUM_CHARACTERS = 30_000;
/** com.glide.attachment.max_size, "1024MB by default". */
const MAXIMUM_FILE_BYTES = 1024 * 1024 * 1024;

async function openRecord(api: Api, ticket: string, options: SystemOptions): Promise<OpenTicket> {
  const table = tableName(options);
  const id = await sysId(api, ticket, options);
  const record = `${tablePath(options)}/${id}`;
  const readFiles = async (): Promise<ReadonlyMap<string, undefined>> => {
    const query = `table_name=${table}^table_sys_id=${id}`;
    const { json } = await api.send({
      method: 'GET',
      path: `/api/now/attachment?sysparm_query=${encodeURIComponent(query)}&sysparm_limit=1000`,
      to: `read the files of ${ticket}`,
      dry: { result: [] },
    });
    return new Map(listAt(json, 'result').map((file) => [textAt(file, 'file_name') ?? '', undefined]));
  };
  return {
    name: ticket,
    markup: workNotes,
    maximumComment: MAXIMUM_CHARACTERS,
    maximumAttachment: MAXIMUM_FILE_BYTES,
    attaching: 'before-comment',
    async findComment(key) {
      const { json } = await api.send({
        method: 'GET',
        path: `${record}?sysparm_fields=work_notes&sysparm_display_value=true`,
        to: `read the work notes of ${ticket}`,
        dry: { result: { work_notes: '' } },
      });
      // All notes in one text, the newest first.
      for (const line of (textAt(json, 'result', 'work_notes') ?? '').split(/\r?\n/)) {
        const marker = line.startsWith(FOOTER) ? markerIn(line) : undefined;
        if (marker?.key === key) return { id: '', marker };
      }
      return undefined;
    },
    attached: readFiles,
    async attach({ name, type, bytes }) {
      await api.sendOnce(
        {
          method: 'POST',
          path: `/api/now/attachment/file?table_name=${table}&table_sys_id=${id}&file_name=${encodeURIComponent(name)}`,
          body: { kind: 'bytes', bytes, type, name },
          to: `attach '${name}'`,
          dry: { result: {} },
        },
        () => true as const,
        async () => (await readFiles()).has(name) || undefined,
      );
      return undefined;
    },
    async addComment({ body, find }) {
      await api.sendOnce(
        {
          method: 'PATCH',
          path: `${record}?sysparm_fields=sys_id`,
          body: { kind: 'json', value: { work_notes: body } },
          to: `write a work note on ${ticket}`,
          dry: { result: {} },
        },
        () => true as const,
        find,
      );
    },
  };
}

async function sysId(api: Api, ticket: string, options: SystemOptions): Promise<string> {
  const isId = /^[0-9a-f]{32}$/.test(ticket);
  const query = isId ? `sys_id=${ticket}` : `number=${ticket}`;
  const { json } = await api.send({
    method: 'GET',
    path: `${tablePath(options)}?sysparm_query=${query}&sysparm_fields=sys_id,number&sysparm_limit=1`,
    to: `read ${ticket}`,
    dry: { result: [{ sys_id: isId ? ticket : 'SYS_ID' }] },
  });
  const id = idAt(json, 'result', 0, 'sys_id');
  // A search that finds nothing is no 404.
  if (id === undefined || !/^[0-9a-zA-Z_]+$/.test(id)) {
    throw new TicketError(
      'not-found',
      `There is no ${ticket} in the table '${tableName(options)}' of ServiceNow at ${api.address}. Check --ticket, --type and the user's rights.`,
    );
  }
  return id;
}

function tableName({ type = 'incident' }: SystemOptions): string {
  if (/^[a-z0-9_]{1,80}$/.test(type)) return type;
  throw new TicketError('usage', `'${type}' is no table of ServiceNow. Give one as in --type incident.`);
}

function tablePath(options: SystemOptions): string {
  return `/api/now/table/${tableName(options)}`;
}

function correlation(key: string): string {
  return `sshfate-${key}`;
}
