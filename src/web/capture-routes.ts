import type { ReadableStream } from 'node:stream/web';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { StoredCapture } from '../store/stored-capture.ts';
import { audited } from './audited.ts';
import { requireRole } from './guard.ts';
import { jsonBody } from './json-body.ts';
import { pageOf, wholeNumber } from './query.ts';
import { type Caller, type Environment, LOCAL_CALLER, Refusal, type Service, viewerOf } from './service.ts';
import { receiveForm, receiveRaw } from './uploads.ts';

const MAX_WAIT_S = 300;
const MAX_NOTES = 10_000;
/** Proxies end what is silent for longer. */
const HEARTBEAT_MS = 15_000;

/** Uploads, their list, what becomes of them. */
export function captureRoutes(service: Service): Hono<Environment> {
  const { store, log } = service;
  const routes = new Hono<Environment>();

  routes.post('/captures', async (context) => {
    const caller = requireRole(context, 'upload');
    const wait = wholeNumber(context, 'wait', 0, MAX_WAIT_S);
    const receiver = {
      store,
      caller,
      maxBytes: roomOf(caller, service),
      quotaBytes: service.quotaBytes,
      // Each at once: of a form that breaks off, those before stay.
      onReceived({ id, name, sizeBytes, sha256 }: StoredCapture) {
        const { id: who, name: whoName } = caller;
        audited(service, { who, whoName, what: 'uploaded', capture: id, detail: name });
        log({ level: 'info', event: 'uploaded', capture: id, name, sizeBytes, sha256, who: caller.name });
      },
    };
    refuseTooLong(context, receiver.maxBytes);
    const contentType = context.req.header('content-type') ?? '';
    const body = context.req.raw.body as ReadableStream | null;
    const isForm = /^multipart\/form-data\b/i.test(contentType);
    const received = isForm
      ? await receiveForm(body, contentType, receiver)
      : [await receiveRaw(body, context.req.query('name'), receiver)];
    if (wait > 0) {
      const untilMs = performance.now() + wait * 1000;
      for (const capture of received) {
        await store.whenDecided(capture, Math.max(0, untilMs - performance.now()), context.req.raw.signal);
      }
    }
    const now = received.map((capture) => store.capture(viewerOf(caller), capture.id) ?? capture);
    const isDecided = now.every(({ state }) => state === 'done' || state === 'failed');
    return context.json(isForm ? { captures: now } : now[0], wait === 0 ? 201 : isDecided ? 200 : 202);
  });

  routes.get('/captures', (context) => {
    const caller = requireRole(context, 'read', 'upload');
    const search = context.req.query('search');
    return context.json(
      store.captures(viewerOf(caller), { ...pageOf(context), ...(search !== undefined && { search }) }),
    );
  });

  routes.get('/captures/:id', (context) => context.json(captureOf(context, service)));

  routes.patch('/captures/:id', async (context) => {
    const capture = captureOf(context, service, 'upload');
    const { notes } = await jsonBody(context);
    if (typeof notes !== 'string' || notes.length > MAX_NOTES) {
      throw new Refusal(400, 'bad-notes', `Give { "notes": text } with at most ${MAX_NOTES} characters.`);
    }
    store.setNotes(capture.id, notes);
    noteAccess(context, service, 'noted', capture);
    return context.json(captureOf(context, service));
  });

  routes.delete('/captures/:id', (context) => {
    const capture = captureOf(context, service, 'upload');
    store.remove(capture);
    noteAccess(context, service, 'deleted', capture);
    return context.body(null, 204);
  });

  routes.post('/captures/:id/analysis', (context) => {
    const capture = captureOf(context, service, 'upload');
    store.judgeAgain(capture);
    noteAccess(context, service, 'judged-again', capture);
    return context.json(captureOf(context, service), 202);
  });

  routes.get('/captures/:id/events', (context) => {
    const capture = captureOf(context, service);
    const caller = context.get('caller');
    return streamSSE(context, async (stream) => {
      let wake = (): void => {};
      const unsubscribe = store.subscribe(capture, () => wake());
      stream.onAbort(() => wake());
      try {
        while (!stream.aborted && !stream.closed) {
          // Before it is looked at: what changes meanwhile is not missed.
          const change = new Promise<boolean>((resolve) => {
            const timer = setTimeout(() => resolve(false), HEARTBEAT_MS);
            wake = () => {
              clearTimeout(timer);
              resolve(true);
            };
          });
          // A token that was revoked meanwhile sees no more.
          const isIn = caller === LOCAL_CALLER || store.tokens.isGood(caller.id);
          const now = isIn ? store.capture(viewerOf(caller), capture.id) : undefined;
          if (now !== undefined) await stream.writeSSE({ event: 'capture', data: JSON.stringify(now) });
          if (now === undefined || now.state === 'done' || now.state === 'failed') break;
          if (!(await change)) await stream.write(': still here\n\n');
        }
      } finally {
        wake();
        unsubscribe();
      }
    });
  });

  return routes;
}

/**
 * The capture that the address names. Anybody who may sign in may read it unless roles say otherwise.
 *
 * @throws Refusal when it is not there, or not for this caller: which of both is not told.
 */
export function captureOf(
  context: Context<Environment>,
  { store }: Service,
  role: 'read' | 'upload' = 'read',
): StoredCapture {
  const caller = role === 'read' ? requireRole(context, 'read', 'upload') : requireRole(context, 'upload');
  const capture = store.capture(viewerOf(caller), context.req.param('id') ?? '');
  if (capture === undefined) {
    throw new Refusal(404, 'no-such-capture', 'There is no such capture. It may have been deleted.');
  }
  return capture;
}

/** In the audit log, and for who runs the service. */
export function noteAccess(
  context: Context<Environment>,
  service: Service,
  what: 'read' | 'noted' | 'deleted' | 'judged-again' | 'sent',
  { id, name }: StoredCapture,
  detail = name,
): void {
  const caller: Caller = context.get('caller');
  audited(service, { who: caller.id, whoName: caller.name, what, capture: id, detail });
  if (what !== 'read') service.log({ level: 'info', event: what, capture: id, who: caller.name });
}

/**
 * How large an upload of this caller may be.
 *
 * @throws Refusal when the quota is used up.
 */
function roomOf({ id }: Caller, { store, maxUploadBytes, quotaBytes }: Service): number {
  if (quotaBytes === undefined) return maxUploadBytes;
  const left = quotaBytes - store.bytesOf(id);
  if (left > 0) return Math.min(left, maxUploadBytes);
  throw new Refusal(
    507,
    'quota',
    `The uploads of this token take all of its ${quotaBytes} bytes. Delete some, then upload again.`,
  );
}

/** Before the body is read, where its length is told. */
function refuseTooLong(context: Context<Environment>, maxBytes: number): void {
  const length = Number(context.req.header('content-length') ?? 0);
  if (length > maxBytes * 1.01 + 4096) {
    throw new Refusal(
      413,
      'too-large',
      `The upload is larger than ${maxBytes} bytes, the most that is taken here. Cut it, for instance with tcpdump -r and a filter for port 22.`,
    );
  }
}
