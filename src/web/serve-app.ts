import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { createApp } from './app.ts';
import type { Service } from './service.ts';

export interface RunningService {
  readonly port: number;
  /** Takes no more, gives what is under way some time, and ends. */
  close(): Promise<void>;
}

const PATIENCE_MS = 5000;
/** Headers only: an upload may take hours. */
const HEADERS_TIMEOUT_MS = 20_000;
const MAX_CONNECTIONS = 1000;
/** A connection on which nothing moves ends; an answer may be waited for as long (`wait`). */
const SILENCE_MS = 330_000;

/** @throws the error of Node.js when the address cannot be listened on. */
export async function serveApp(
  service: Service,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<RunningService> {
  const app = createApp(service);
  const server = await new Promise<Server>((resolve, reject) => {
    const created = serve(
      {
        fetch: app.fetch,
        hostname: host,
        port,
        serverOptions: { requestTimeout: 0, headersTimeout: HEADERS_TIMEOUT_MS },
      },
      () => resolve(created),
    ) as Server;
    created.once('error', reject);
    created.maxConnections = MAX_CONNECTIONS;
    created.setTimeout(SILENCE_MS);
  });
  server.removeAllListeners('error').on('error', () => {});
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        const patience = setTimeout(() => server.closeAllConnections(), PATIENCE_MS);
        server.close(() => {
          clearTimeout(patience);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
