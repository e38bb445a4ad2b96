import { randomBytes } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Role } from '../store/tokens.ts';
import { RateLimit } from './rate-limit.ts';
import { type Caller, type Environment, LOCAL_CALLER, Refusal, type Service } from './service.ts';

/** Nothing but what the service itself serves; no frames, no forms, no inline anything. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

export const SESSION_COOKIE = 'sshfate';

export function securityHeaders(): MiddlewareHandler<Environment> {
  return async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
    if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
  };
}

/**
 * A page from elsewhere whose name was pointed at this machine (DNS rebinding) is told apart by the name that it asks
 * for.
 */
export function hostCheck({ isOwnHost }: Service): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (!isOwnHost(host.toLowerCase())) {
      throw new Refusal(
        421,
        'wrong-host',
        'This service is not called by this name. Start it with --host-name and the name if it should be.',
      );
    }
    await next();
  };
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Browsers say where a request comes from; a page from elsewhere must change nothing here (CSRF). Elsewhere is also another
 * port of this machine. Browsers tell that by `Sec-Fetch-Site`, but over plain HTTP only where they trust the address;
 * without it the page is to come from where the request goes to, or from a name that was given with its port.
 */
export function originCheck({ isOwnHost, isGivenName }: Service): MiddlewareHandler<Environment> {
  return async (context, next) => {
    if (!SAFE_METHODS.has(context.req.method)) {
      const origin = context.req.header('origin');
      const site = context.req.header('sec-fetch-site');
      const from = origin === undefined ? undefined : hostOf(origin);
      // Proxies also name the port that browsers leave out.
      const to = hostOf(`${origin?.split('//', 1)[0]}//${context.req.header('host')}`);
      const isForeign =
        from !== undefined && (!isOwnHost(from) || (site === undefined && from !== to && !isGivenName(from)));
      if (isForeign || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
        throw new Refusal(
          403,
          'foreign-origin',
          'Another page asks for this. Open the service itself and do it there.',
        );
      }
    }
    await next();
  };
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return '';
  }
}

/** Browser sessions, in memory: a restart signs everybody out. */
export class BrowserSessions {
  private readonly sessions = new Map<string, { readonly secret: string; readonly untilMs: number }>();

  begin(secret: string): string {
    const id = randomBytes(32).toString('base64url');
    this.sessions.set(id, { secret, untilMs: Date.now() + SESSION_MS });
    if (this.sessions.size > MAX_SESSIONS) this.sessions.delete(this.sessions.keys().next().value as string);
    return id;
  }

  /** The token that it was begun with: a revoked one ends it. */
  secretOf(id: string): string | undefined {
    const session = this.sessions.get(id);
    if (session === undefined || session.untilMs < Date.now()) {
      this.sessions.delete(id);
      return undefined;
    }
    return session.secret;
  }

  end(id: string): void {
    this.sessions.delete(id);
  }
}

const SESSION_MS = 12 * 3600_000;
const MAX_SESSIONS = 10_000;

/** So many wrong tokens from one address in ten minutes; 256 random bits are not guessed, but trying is to be seen. */
const failures = (): RateLimit => new RateLimit(20, 10 * 60_000);

/** Who calls; a token that is not known is refused, none is left to {@link requireRole}. */
export function authentication(service: Service, sessions: BrowserSessions): MiddlewareHandler<Environment> {
  const failed = failures();
  const asked = new RateLimit(service.requestsAMinute, 60_000);
  return async (context, next) => {
    const address = context.env?.incoming?.socket?.remoteAddress ?? 'unknown';
    const caller = service.demandsTokens
      ? callerOf(context, service, sessions, failed, address)
      : LOCAL_CALLER;
    if (caller !== undefined) context.set('caller', caller);
    if (!asked.take(caller === undefined || caller === LOCAL_CALLER ? address : caller.id)) {
      throw new Refusal(429, 'too-many-requests', 'These are too many requests in a minute. Wait a little.');
    }
    await next();
  };
}

function callerOf(
  context: Context<Environment>,
  { store, log }: Service,
  sessions: BrowserSessions,
  failed: RateLimit,
  address: string,
): Caller | undefined {
  const [, bearer] = /^Bearer (\S+)$/i.exec(context.req.header('authorization') ?? '') ?? [];
  const cookie = getCookie(context, SESSION_COOKIE);
  const secret = bearer ?? (cookie === undefined ? undefined : sessions.secretOf(cookie));
  if (secret === undefined) return undefined;
  // Also when others behind the same address try wrong ones: they must not lock out who has a right one.
  const token = store.tokens.of(secret);
  if (token !== undefined) return { id: token.id, name: token.name, role: token.role };
  if (bearer === undefined) return undefined;
  if (!failed.take(address)) {
    throw new Refusal(
      429,
      'too-many-failures',
      'There were too many wrong tokens from this address. Wait ten minutes.',
    );
  }
  log({ level: 'warn', event: 'wrong-token', address });
  throw new Refusal(401, 'wrong-token', 'This token is not known or was revoked. Ask for another one.');
}

/** @throws Refusal when the caller may not. */
export function requireRole(context: Context<Environment>, ...roles: readonly Role[]): Caller {
  const caller = context.get('caller') as Caller | undefined;
  if (caller === undefined) {
    throw new Refusal(
      401,
      'no-token',
      'This needs a token. Sign in, or send it as "Authorization: Bearer …".',
    );
  }
  if (caller.role !== 'admin' && !roles.includes(caller.role)) {
    throw new Refusal(403, 'not-allowed', `A token with the role ${caller.role} may not do this.`);
  }
  return caller;
}
