import type { Api } from './api.ts';
import { idAt, listAt, textAt } from './json-value.ts';
import { markerIn } from './marker.ts';
import { noteText } from './markup/plain-text.ts';
import type { OpenTicket, TicketSystem } from './ticket-system.ts';

/**
 * PagerDuty (https://developer.pagerduty.com/api-reference/, "Create a note on an incident"). A note is plain text,
 * cannot be changed, and has no files.
 */
export const pagerduty: TicketSystem = {
  title: 'PagerDuty',
  defaultUrl: 'https://api.pagerduty.com',
  ticket: { example: 'PT4KHLK', pattern: /^[A-Z0-9]{4,40}$/ },
  variable: 'SSHFATE_PAGERDUTY',
  credential: { example: 'a REST API key (of an account: and --from)' },
  project: { what: 'id of the service', example: 'PIJ90N7' },
  headers: (credential, { from }) => ({
    Accept: 'application/vnd.pagerduty+json;version=2',
    ...(from !== undefined && { From: from }),
    ...(credential !== undefined && { Authorization: `Token token=${credential}` }),
  }),
  open: openIncident,
  create: {
    markup: noteText,
    async find(api, key) {
      const { json } = await api.send({
        method: 'GET',
        path: `/incidents?incident_key=${incidentKey(key)}&date_range=all`,
        to: 'look for an incident of an earlier run',
        dry: { incidents: [] },
      });
      return idAt(json, 'incidents', 0, 'id');
    },
    async create(api, { subject, body, key }, options) {
      const request = {
        method: 'POST',
        path: '/incidents',
        body: {
          kind: 'json',
          value: {
            incident: {
              type: 'incident',
              title: subject,
              service: { id: options.project, type: 'service_reference' },
              incident_key: incidentKey(key),
              body: { type: 'incident_body', details: body },
            },
          },
        },
        to: 'open an incident',
        dry: { incident: { id: 'NEW0' } },
      } as const;
      return api.sendOnce(
        request,
        ({ json }) => {
          const id = idAt(json, 'incident', 'id');
          if (id === undefined) throw api.unexpected(request, 'no id of the new incident');
          return id;
        },
        () => pagerduty.create?.find(api, key, options) ?? Promise.resolve(undefined),
      );
    },
  },
};

/** No limit is documented; this is a note, read on a telephone at night. */
const MAXIMUM_CHARACTERS = 4_000;

async function openIncident(api: Api, ticket: string): Promise<OpenTicket> {
  const notes = `/incidents/${ticket}/notes`;
  await api.send({ method: 'GET', path: `/incidents/${ticket}`, to: `read incident ${ticket}`, dry: {} });
  return {
    name: `incident ${ticket}`,
    markup: noteText,
    maximumComment: MAXIMUM_CHARACTERS,
    attaching: 'never',
    async findComment(key) {
      // All of them in one answer: an incident has at most 2,000 notes.
      const { json } = await api.send({
        method: 'GET',
        path: notes,
        to: `read the notes of incident ${ticket}`,
        dry: { notes: [] },
      });
      const own = listAt(json, 'notes')
        .map((note) => ({
          id: idAt(note, 'id') ?? '',
          time: textAt(note, 'created_at') ?? '',
          marker: markerIn(textAt(note, 'content') ?? ''),
        }))
        .filter(({ marker }) => marker?.key === key)
        .sort((a, b) => (a.time < b.time ? -1 : 1))
        .at(-1);
      return own?.marker === undefined ? undefined : { id: own.id, marker: own.marker };
    },
    attached: async () => new Map(),
    async addComment({ body, find }) {
      await api.sendOnce(
        {
          method: 'POST',
          path: notes,
          body: { kind: 'json', value: { note: { content: body } } },
          to: `write a note on incident ${ticket}`,
          dry: {},
        },
        () => true as const,
        find,
      );
    },
  };
}

function incidentKey(key: string): string {
  return `sshfate-${key}`;
}
