/**
 * The interface as an OpenAPI 3.1 document. Kept by hand: its tests hold it against the routes, and answers of a real
 * service against its schemas.
 */

const text = { type: 'string' } as const;
const number = { type: 'number' } as const;
const whole = { type: 'integer', minimum: 0 } as const;

const SCHEMAS = {
  Error: object({ error: object({ code: text, message: text }) }),
  Capture: object(
    {
      id: text,
      name: text,
      sizeBytes: whole,
      sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      uploadedAt: { type: 'string', format: 'date-time' },
      owner: text,
      ownerName: text,
      state: { enum: ['queued', 'analysing', 'done', 'failed'] },
      error: object({ code: text, message: text }),
      queuePosition: whole,
      progress: object({ bytes: whole, totalBytes: whole, packets: whole, sessions: whole }, ['totalBytes']),
      notes: text,
      summary: object(
        {
          packets: whole,
          sessions: whole,
          failed: whole,
          start: text,
          end: text,
          worst: object({ severity: text, title: text }),
          fates: { type: 'object', additionalProperties: whole },
          damage: text,
        },
        ['start', 'end', 'worst', 'damage'],
      ),
    },
    ['error', 'queuePosition', 'progress', 'summary'],
  ),
  SessionRow: object(
    {
      session: whole,
      start: text,
      durationMs: number,
      fate: text,
      stage: text,
      endedBy: text,
      cause: text,
      confidence: text,
      severity: { enum: ['high', 'medium', 'low', 'info'] },
      client: text,
      server: text,
      clientSoftware: text,
      serverSoftware: text,
    },
    ['cause', 'confidence', 'clientSoftware', 'serverSoftware'],
  ),
  Facet: object({ value: text, sessions: whole }),
  Token: object(
    {
      id: text,
      name: text,
      role: { enum: ['read', 'upload', 'admin'] },
      createdAt: text,
      revokedAt: text,
      secret: text,
    },
    ['revokedAt', 'secret'],
  ),
} as const;

/** A type by its name. */
const ref = (name: keyof typeof SCHEMAS) => ({ $ref: `#/components/schemas/${name}` });
const list = (items: object) => ({ type: 'array', items });

function object(properties: Readonly<Record<string, object>>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

const json = (schema: object) => ({ 'application/json': { schema } });
const answer = (description: string, schema: object) => ({ description, content: json(schema) });
const file = (description: string) => ({
  description,
  content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
});
const nothing = { description: 'Done; there is nothing to say.' };
const REFUSED = { default: answer('Refused; the code says why.', ref('Error')) };

const query = (name: string, description: string, schema: object = text) => ({
  name,
  in: 'query',
  description,
  schema,
});
const inPath = (name: string, schema: object = text) => ({ name, in: 'path', required: true, schema });
const ID = inPath('id');
const PAGING = [query('offset', 'Left out at the start.', whole), query('limit', 'At most as many.', whole)];
const SESSION_FILTER = [
  query('fate', 'Fates, separated by commas.'),
  query('cause', 'Causes, separated by commas.'),
  query('server', 'Address, or address and port.'),
  query('client', 'Address.'),
];

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

const operation = (
  summary: string,
  responses: Readonly<Record<string, object>>,
  rest: Omit<Operation, 'summary' | 'responses'> = {},
): Operation => ({ summary, ...rest, responses: { ...responses, ...REFUSED } });

const takes = (schema: object) => ({ requestBody: { required: true, content: json(schema) } });

export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'sshfate',
    version: '1',
    description: 'Takes captures, and says what became of each SSH session in them.',
  },
  servers: [{ url: '/api/v1' }],
  security: [{ token: [] }, { cookie: [] }, {}],
  paths: {
    '/openapi.json': {
      get: operation('This document.', { 200: answer('The document.', { type: 'object' }) }),
    },
    '/me': {
      get: operation('Who one is.', {
        200: answer(
          'What one may do here.',
          object(
            {
              authenticated: { type: 'boolean' },
              role: text,
              name: text,
              tokensRequired: { type: 'boolean' },
              version: text,
              limits: object({ maxUploadBytes: whole }),
            },
            ['role', 'name'],
          ),
        ),
      }),
    },
    '/session': {
      post: operation(
        'Signs a browser in.',
        { 200: answer('A cookie was set.', object({ name: text, role: text })) },
        takes(object({ token: text })),
      ),
      delete: operation('Signs it out.', { 204: nothing }),
    },
    '/captures': {
      post: operation(
        'Uploads a file as the body, or several as a form. Acknowledged is what lies safely on disk.',
        {
          200: answer('With wait: it is decided.', {}),
          201: answer('Acknowledged: the capture, or of a form { captures }.', {
            anyOf: [ref('Capture'), object({ captures: list(ref('Capture')) })],
          }),
          202: answer('With wait: it was not decided in this time.', {}),
        },
        {
          parameters: [
            query('name', 'What a file that is the body is called.'),
            query('wait', 'Seconds that may be waited for the verdict, at most 300.', whole),
          ],
          requestBody: {
            required: true,
            content: {
              'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
              'multipart/form-data': { schema: { type: 'object' } },
            },
          },
        },
      ),
      get: operation(
        'Captures, newest first.',
        { 200: answer('A page of them.', object({ total: whole, captures: list(ref('Capture')) })) },
        { parameters: [query('search', 'In name, notes or SHA-256.'), ...PAGING] },
      ),
    },
    '/captures/{id}': {
      get: operation('One capture.', { 200: answer('The capture.', ref('Capture')) }, { parameters: [ID] }),
      patch: operation(
        'Changes its notes.',
        { 200: answer('The capture.', ref('Capture')) },
        { parameters: [ID], ...takes(object({ notes: text })) },
      ),
      delete: operation(
        'Deletes it, and its file with the last upload of it.',
        { 204: nothing },
        { parameters: [ID] },
      ),
    },
    '/captures/{id}/analysis': {
      post: operation(
        'Judges it again.',
        { 202: answer('The capture.', ref('Capture')) },
        { parameters: [ID] },
      ),
    },
    '/captures/{id}/events': {
      get: operation(
        'Server-sent events "capture" with the capture, until it is decided.',
        { 200: { description: 'Events.', content: { 'text/event-stream': { schema: text } } } },
        { parameters: [ID] },
      ),
    },
    '/captures/{id}/overview': {
      get: operation(
        'What was found: sshfate/incident@1, and how many sessions there are by fate, cause, server and client.',
        {
          200: answer(
            'Incident and facets.',
            object({
              incident: { type: 'object' },
              facets: object({
                fates: list(ref('Facet')),
                causes: list(ref('Facet')),
                servers: list(ref('Facet')),
                clients: list(ref('Facet')),
              }),
            }),
          ),
        },
        { parameters: [ID] },
      ),
    },
    '/captures/{id}/sessions': {
      get: operation(
        'Its sessions.',
        { 200: answer('A page of them.', object({ total: whole, sessions: list(ref('SessionRow')) })) },
        {
          parameters: [
            ID,
            ...SESSION_FILTER,
            query('sort', 'number, start, duration, fate, cause, client, server or severity.'),
            query('order', 'asc or desc.'),
            ...PAGING,
          ],
        },
      ),
    },
    '/captures/{id}/sessions/{number}': {
      get: operation(
        'One session in full: sshfate/session@1.',
        { 200: answer('Its record.', { type: 'object' }) },
        { parameters: [ID, inPath('number', whole)] },
      ),
    },
    '/captures/{id}/report': {
      get: operation(
        'A report, to be saved.',
        { 200: file('The report.') },
        {
          parameters: [
            ID,
            query('format', 'html, markdown, text, json, or analyze: as sshfate analyze -f json.'),
          ],
        },
      ),
    },
    '/captures/{id}/evidence': {
      get: operation(
        'The packets of sessions, annotated, as pcapng.',
        { 200: file('The evidence.') },
        {
          parameters: [
            ID,
            query('session', 'Numbers of sessions, separated by commas.'),
            query('finding', 'Or the id of a finding.'),
            query('strip', '1 cuts off what stands behind NEWKEYS.'),
          ],
        },
      ),
    },
    '/captures/{id}/ticket': {
      post: operation(
        'Puts the findings on a ticket, as sshfate ticket does.',
        { 200: answer('What it said.', object({ ok: { type: 'boolean' }, text })) },
        {
          parameters: [ID],
          ...takes(
            object(
              {
                to: text,
                url: text,
                ticket: text,
                dryRun: { type: 'boolean' },
                credentials: object({ user: text, token: text }, ['user']),
              },
              ['dryRun', 'credentials'],
            ),
          ),
        },
      ),
    },
    '/comparisons': {
      post: operation(
        'Compares captures of the same sessions.',
        {
          200: answer('What they tell together, as blocks of a page.', object({ page: { type: 'object' } })),
        },
        takes(object({ captures: list(text) })),
      ),
    },
    '/search': {
      get: operation(
        'Captures with sessions like these.',
        {
          200: answer(
            'A page of them, each with some of the sessions.',
            object({
              total: whole,
              captures: list(
                object({ capture: ref('Capture'), total: whole, sessions: list(ref('SessionRow')) }),
              ),
            }),
          ),
        },
        { parameters: [...SESSION_FILTER, ...PAGING] },
      ),
    },
    '/tokens': {
      get: operation('All tokens, without their secrets.', {
        200: answer('Tokens.', object({ tokens: list(ref('Token')) })),
      }),
      post: operation(
        'A new token; its secret is told this once.',
        { 201: answer('The token.', ref('Token')) },
        takes(object({ name: text, role: { enum: ['read', 'upload', 'admin'] } })),
      ),
    },
    '/tokens/{id}': { delete: operation('Revokes a token.', { 204: nothing }, { parameters: [ID] }) },
    '/audit': {
      get: operation(
        'Who did what, newest first.',
        { 200: answer('Events.', object({ events: list({ type: 'object' }) })) },
        { parameters: PAGING },
      ),
    },
  },
  components: {
    schemas: SCHEMAS,
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer' },
      cookie: { type: 'apiKey', in: 'cookie', name: 'sshfate' },
    },
  },
} as const;
