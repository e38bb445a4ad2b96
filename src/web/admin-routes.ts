import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { ROLES, type Role } from '../store/tokens.ts';
import { audited } from './audited.ts';
import { type BrowserSessions, requireRole, SESSION_COOKIE } from './guard.ts';
import { jsonBody } from './json-body.ts';
import { OPENAPI } from './openapi.ts';
import { pageOf } from './query.ts';
import { RateLimit } from './rate-limit.ts';
import { type Caller, type Environment, Refusal, type Service } from './service.ts';

const MAX_NAME = 100;

/** Who one is, signing in, tokens, the audit log, and the description of it all. */
export function adminRoutes(service: Service, sessions: BrowserSessions): Hono<Environment> {
  const { store, log } = service;
  const routes = new Hono<Environment>();
  const attempts = new RateLimit(20, 10 * 60_000);

  routes.get('/openapi.json', (context) => context.json(OPENAPI));

  routes.get('/me', (context) => {
    const caller = context.get('caller') as Caller | undefined;
    return context.json({
      authenticated: caller !== undefined,
      ...(caller && { role: caller.role, name: caller.name }),
      tokensRequired: service.demandsTokens,
      version: service.version,
      limits: { maxUploadBytes: service.maxUploadBytes },
    });
  });

  routes.post('/session', async (context) => {
    const address = context.env?.incoming?.socket?.remoteAddress ?? 'unknown';
    const { token: secret } = await jsonBody(context);
    const token = typeof secret === 'string' ? store.tokens.of(secret) : undefined;
    if (token === undefined || typeof secret !== 'string') {
      if (!attempts.take(address)) {
        throw new Refusal(
          429,
          'too-many-failures',
          'These are too many attempts to sign in. Wait ten minutes.',
        );
      }
      log({ level: 'warn', event: 'wrong-token', address });
      throw new Refusal(401, 'wrong-token', 'This token is not known or was revoked. Ask for another one.');
    }
    setCookie(context, SESSION_COOKIE, sessions.begin(secret), {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      // Behind a proxy only the browser's word tells.
      secure: service.isHttps || /^https:/i.test(context.req.header('origin') ?? ''),
    });
    return context.json({ name: token.name, role: token.role });
  });

  routes.delete('/session', (context) => {
    const id = getCookie(context, SESSION_COOKIE);
    if (id !== undefined) sessions.end(id);
    deleteCookie(context, SESSION_COOKIE, { path: '/' });
    return context.body(null, 204);
  });

  routes.get('/tokens', (context) => {
    requireRole(context, 'admin');
    return context.json({ tokens: store.tokens.list() });
  });

  routes.post('/tokens', async (context) => {
    const caller = requireRole(context, 'admin');
    const { name, role } = await tokenIn(context);
    const created = store.tokens.create(name, role);
    const { id } = created.token;
    audited(service, {
      who: caller.id,
      whoName: caller.name,
      what: 'token-created',
      detail: `${id} ${name}`,
    });
    return context.json({ ...created.token, secret: created.secret }, 201);
  });

  routes.delete('/tokens/:id', (context) => {
    const caller = requireRole(context, 'admin');
    const id = context.req.param('id');
    if (!store.tokens.revoke(id)) throw new Refusal(404, 'no-such-token', 'There is no such token.');
    audited(service, { who: caller.id, whoName: caller.name, what: 'token-revoked', detail: id });
    return context.body(null, 204);
  });

  routes.get('/audit', (context) => {
    requireRole(context, 'admin');
    return context.json({ events: store.audit.list(pageOf(context)) });
  });

  return routes;
}

async function tokenIn(
  context: Context<Environment>,
): Promise<{ readonly name: string; readonly role: Role }> {
  const { name, role } = await jsonBody(context);
  if (
    typeof name !== 'string' ||
    name === '' ||
    name.length > MAX_NAME ||
    !ROLES.some((word) => word === role)
  ) {
    throw new Refusal(400, 'bad-token', `Give { "name": text, "role": one of ${ROLES.join(', ')} }.`);
  }
  return { name, role: role as Role };
}
