import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv4 } from 'node:net';

/** What is served. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
  /** Why not all is well, one line; undefined when it is. */
  health(): string | undefined;
}

export interface MetricsServer {
  /** The port that was bound. */
  readonly port: number;
  close(): Promise<void>;
}

/** Prometheus uses one connection; so many that a person can look, too, and so few that nobody can take all memory. */
const MAX_CONNECTIONS = 32;
/** To send a request, or to take the answer. */
const PATIENCE_MS = 5000;
/** An answer serves as long, so that who asks all the time does not take the time of the watch. */
const FRESH_MS = 500;

/**
 * `GET /metrics` and `GET /healthz`.
 *
 * @throws the error of Node.js when the address cannot be listened on.
 */
export async function serveMetrics(
  address: { readonly host: string; readonly port: number },
  source: MetricsSource,
): Promise<MetricsServer> {
  const text = freshFor(FRESH_MS, () => source.text());
  const checksHost = isLoopback(address.host);
  const server = createServer(
    { headersTimeout: PATIENCE_MS, requestTimeout: PATIENCE_MS, connectionsCheckingInterval: 1000 },
    (request, response) => {
      answer(request, response, { source, text, checksHost }).catch(() => response.destroy());
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(PATIENCE_MS);
  await listen(server, address);
  // After it listens an error is one of accepting (no descriptors left): the next one may work.
  server.on('error', () => {});
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Whether only programs of this machine reach it. */
export function isLoopback(host: string): boolean {
  return isIPv4(host) ? host.startsWith('127.') : host === '::1' || /^::ffff:127\./i.test(host);
}

interface Serving {
  readonly source: MetricsSource;
  readonly text: () => Promise<string>;
  readonly checksHost: boolean;
}

async function answer(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { source, text, checksHost } = serving;
  if (checksHost && !isOwnHost(request.headers.host)) {
    return send(request, response, 421, 'This address answers to localhost only.\n');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return send(request, response, 405, 'Only GET is answered.\n');
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/metrics':
      return send(request, response, 200, await text(), source.contentType);
    case '/healthz': {
      const trouble = source.health();
      if (trouble === undefined) return send(request, response, 200, 'ok\n');
      return send(request, response, 503, `${trouble}\n`);
    }
    default:
      return send(request, response, 404, 'There are /metrics and /healthz.\n');
  }
}

/** A page on the internet may have a name that leads to this machine (DNS rebinding); its browser says that name. */
function isOwnHost(header: string | undefined): boolean {
  // Only what is older than HTTP/1.1 may leave it out, and that is no browser.
  if (header === undefined) return true;
  const host = header.replace(/:\d+$/, '').toLowerCase();
  return host === 'localhost' || isLoopback(host.replace(/^\[(.*)\]$/, '$1'));
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  // A body that nobody asked for is not waited for.
  if (request.method !== 'GET' && request.method !== 'HEAD') response.setHeader('Connection', 'close');
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function freshFor(ms: number, make: () => Promise<string>): () => Promise<string> {
  let made: Promise<string> | undefined;
  let madeMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = performance.now();
    if (made === undefined || nowMs - madeMs > ms) {
      madeMs = nowMs;
      made = make();
    }
    return made;
  };
}

function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
