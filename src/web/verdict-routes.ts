import { createReadStream, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type Context, Hono } from 'hono';
import type { EvidenceSelection } from '../evidence/find-targets.ts';
import type { Incident } from '../report/incident/incident.ts';
import { renderHtml, renderJson, renderMarkdown, renderText } from '../report/incident/render.ts';
import type { Result } from '../store/result.ts';
import type { StoredCapture } from '../store/stored-capture.ts';
import { diskFull } from '../store/upload.ts';
import type { Job } from '../store/worker-messages.ts';
import { JobFailure } from '../store/worker-pool.ts';
import { captureOf, noteAccess } from './capture-routes.ts';
import { requireRole } from './guard.ts';
import { jsonBody } from './json-body.ts';
import { attachment, stem } from './names.ts';
import { pageOf, sessionFilterOf, sortOf } from './query.ts';
import { type Environment, Refusal, type Service, viewerOf } from './service.ts';
import { Slots } from './slots.ts';

const REPORT_FORMATS = ['json', 'markdown', 'html', 'text', 'analyze'] as const;
type ReportFormat = (typeof REPORT_FORMATS)[number];
const TEXT_WIDTH = 80;
const MAX_SESSIONS = 1000;
const MAX_COMPARED = 8;
/** Evidence and comparisons, beside the analyses. */
const JOBS_AT_ONCE = 2;

/** What was found in captures. */
export function verdictRoutes(service: Service): Hono<Environment> {
  const { store } = service;
  const slots = new Slots(JOBS_AT_ONCE);
  const routes = new Hono<Environment>();

  routes.get('/captures/:id/overview', (context) =>
    withResult(context, service, (result, capture) => {
      noteAccess(context, service, 'read', capture);
      return context.json({ incident: result.incident, facets: result.facets() });
    }),
  );

  routes.get('/captures/:id/sessions', (context) =>
    withResult(context, service, (result) =>
      context.json(result.sessions({ ...sessionFilterOf(context), ...sortOf(context), ...pageOf(context) })),
    ),
  );

  routes.get('/captures/:id/sessions/:number', (context) =>
    withResult(context, service, (result, capture) => {
      const record = result.session(Number(context.req.param('number')));
      if (record === undefined) {
        throw new Refusal(404, 'no-such-session', 'There is no session with this number in the capture.');
      }
      noteAccess(context, service, 'read', capture, `session ${context.req.param('number')}`);
      return context.body(record, 200, { 'content-type': 'application/json' });
    }),
  );

  routes.get('/captures/:id/report', (context) => {
    const format = (context.req.query('format') ?? 'html') as ReportFormat;
    if (!REPORT_FORMATS.includes(format)) {
      throw new Refusal(
        400,
        'bad-format',
        `There is no such format. Take one of ${REPORT_FORMATS.join(', ')}.`,
      );
    }
    const capture = doneCaptureOf(context, service);
    noteAccess(context, service, 'read', capture, `report ${format}`);
    if (format === 'analyze') {
      const parts = Readable.from(reportParts(service, capture));
      return download(context, parts, `${stem(capture.name)}.json`);
    }
    return withResult(context, service, ({ incident }) => {
      const { write, ending } = WRITERS[format];
      return download(context, write(incident), `${stem(capture.name)}.${ending}`);
    });
  });

  routes.get('/captures/:id/evidence', async (context) => {
    const capture = doneCaptureOf(context, service);
    const output = store.temporaryFile();
    const job = {
      kind: 'evidence',
      file: store.fileOf(capture.sha256),
      name: capture.name,
      selection: selectionOf(context),
      stripPayload: context.req.query('strip') === '1',
      application: `sshfate ${service.version}`,
      output,
    } as const;
    try {
      await slots.use(() => runJob(context, service, job));
      noteAccess(context, service, 'read', capture, 'evidence');
      const stream = createReadStream(output);
      // The bytes stay readable while the file is open.
      await new Promise((resolve, reject) => stream.once('open', resolve).once('error', reject));
      return download(context, stream, `${stem(capture.name)}-evidence.pcapng`);
    } catch (error) {
      if (!(error instanceof JobFailure)) throw error;
      if (error.code === 'disk-full') throw new Refusal(507, error.code, diskFull().message);
      throw new Refusal(error.code === 'not-there' ? 404 : 500, error.code, error.message);
    } finally {
      rmSync(output, { force: true });
    }
  });

  routes.get('/search', (context) => {
    const caller = requireRole(context, 'read', 'upload');
    return context.json(
      store.searchSessions(viewerOf(caller), { ...sessionFilterOf(context), ...pageOf(context) }),
    );
  });

  routes.post('/comparisons', async (context) => {
    const caller = requireRole(context, 'read', 'upload');
    const { captures: ids } = await jsonBody(context);
    if (
      !Array.isArray(ids) ||
      ids.length < 2 ||
      ids.length > MAX_COMPARED ||
      new Set(ids).size < ids.length
    ) {
      throw new Refusal(400, 'bad-captures', `Give the ids of two to ${MAX_COMPARED} captures.`);
    }
    const captures = ids.map((id) => {
      const capture = store.capture(viewerOf(caller), String(id));
      if (capture === undefined)
        throw new Refusal(404, 'no-such-capture', 'One of the captures is not there.');
      return capture;
    });
    for (const capture of captures) noteAccess(context, service, 'read', capture, 'comparison');
    const job = {
      kind: 'comparison',
      captures: captures.map(({ sha256, name }) => ({ file: store.fileOf(sha256), name })),
      generator: `sshfate ${service.version}`,
    } as const;
    try {
      return context.json({ page: await slots.use(() => runJob(context, service, job)) });
    } catch (error) {
      if (!(error instanceof JobFailure)) throw error;
      throw new Refusal(422, error.code, error.message);
    }
  });

  return routes;
}

/** Ended when who asked has gone. */
async function runJob(context: Context<Environment>, { store }: Service, job: Job): Promise<unknown> {
  const { signal } = context.req.raw;
  const { done, cancel } = store.pool.run(job);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return await done;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** @throws Refusal when there is no verdict yet. */
export function doneCaptureOf(context: Context<Environment>, service: Service): StoredCapture {
  const capture = captureOf(context, service);
  if (capture.state === 'done') return capture;
  if (capture.state === 'failed') {
    throw new Refusal(409, 'failed', `It could not be judged: ${capture.error?.message ?? ''}`);
  }
  throw new Refusal(409, 'not-done', 'It is not judged yet. Wait for it: its events tell when.');
}

function withResult(
  context: Context<Environment>,
  service: Service,
  use: (result: Result, capture: StoredCapture) => Response,
): Response {
  const capture = doneCaptureOf(context, service);
  const result = service.store.result(capture);
  try {
    return use(result, capture);
  } finally {
    result.close();
  }
}

const WRITERS: Readonly<
  Record<
    Exclude<ReportFormat, 'analyze'>,
    { readonly write: (incident: Incident) => string; readonly ending: string }
  >
> = {
  html: { write: renderHtml, ending: 'html' },
  markdown: { write: (incident) => renderMarkdown(incident), ending: 'md' },
  text: { write: (incident) => renderText(incident, TEXT_WIDTH), ending: 'txt' },
  json: { write: renderJson, ending: 'json' },
};

/** Is read while it is sent. */
function* reportParts({ store }: Service, capture: StoredCapture): Generator<string> {
  const result = store.result(capture);
  try {
    yield* result.report();
  } finally {
    result.close();
  }
}

/** To be kept, not shown: nothing of a capture is served as a page. */
function download(context: Context<Environment>, body: string | Readable, name: string): Response {
  const content = typeof body === 'string' ? body : (Readable.toWeb(body) as unknown as ReadableStream);
  return context.body(content, 200, {
    'content-type': 'application/octet-stream',
    'content-disposition': attachment(name),
  });
}

function selectionOf(context: Context<Environment>): EvidenceSelection {
  const finding = context.req.query('finding');
  if (finding !== undefined) return { finding };
  const sessions = (context.req.query('session') ?? '').split(',').filter((text) => text !== '');
  if (
    sessions.length === 0 ||
    sessions.length > MAX_SESSIONS ||
    sessions.some((text) => !/^\d{1,10}$/.test(text))
  ) {
    throw new Refusal(400, 'bad-selection', 'Say whose packets: session=4,7 or finding=3f2a9c01be.');
  }
  return { sessions: sessions.map(Number) };
}
