import { Hono } from 'hono';
import { isFull } from '../store/sqlite.ts';
import { diskFull } from '../store/upload.ts';
import { adminRoutes } from './admin-routes.ts';
import { captureRoutes } from './capture-routes.ts';
import { authentication, BrowserSessions, hostCheck, originCheck, securityHeaders } from './guard.ts';
import { ServiceMetrics } from './metrics.ts';
import { pageFiles } from './page-files.ts';
import { type Environment, LOCAL_CALLER, Refusal, type Service } from './service.ts';
import { ticketRoutes } from './ticket-routes.ts';
import { verdictRoutes } from './verdict-routes.ts';

/** All that the service answers. */
export function createApp(service: Service): Hono<Environment> {
  const app = new Hono<Environment>();
  const sessions = new BrowserSessions();
  const metrics = new ServiceMetrics(service);

  app.use(securityHeaders());
  app.use(hostCheck(service));
  app.use(async (context, next) => {
    const startedMs = performance.now();
    await next();
    metrics.answered(context.req.method, context.res.status, performance.now() - startedMs);
  });
  app.get('/healthz', (context) => context.text('ok\n'));
  app.use(originCheck(service));
  app.use(authentication(service, sessions));
  app.get('/metrics', async (context) => {
    // Numbers only, but of who is busy; those who may read may see them.
    const caller = context.get('caller');
    if (caller === undefined || (caller !== LOCAL_CALLER && caller.role === 'upload')) {
      throw new Refusal(401, 'no-token', 'This needs a token that may read.');
    }
    return context.body(await metrics.text(), 200, { 'content-type': metrics.contentType });
  });
  app.route('/api/v1', adminRoutes(service, sessions));
  app.route('/api/v1', captureRoutes(service));
  app.route('/api/v1', verdictRoutes(service));
  app.route('/api/v1', ticketRoutes(service));
  app.route('/', pageFiles(service.pageFolder));

  app.notFound((context) =>
    context.json({ error: { code: 'no-such-thing', message: 'There is nothing at this address.' } }, 404),
  );
  app.onError((error, context) => {
    if (error instanceof Refusal) {
      return context.json({ error: { code: error.code, message: error.message } }, error.status);
    }
    // The other end went away in the middle.
    const isBrokenOff = context.req.raw.signal.aborted;
    service.log({
      level: isBrokenOff ? 'info' : 'error',
      event: isBrokenOff ? 'broken-off' : 'failed',
      path: context.req.path,
      reason: error.message,
    });
    if (isFull(error) || (error as NodeJS.ErrnoException).code === 'ENOSPC') {
      const { code, message } = diskFull();
      return context.json({ error: { code, message } }, 507);
    }
    const message = 'The service failed at this. Its log says why.';
    return context.json({ error: { code: 'failed', message } }, 500);
  });
  return app;
}
