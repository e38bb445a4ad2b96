import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_LIMITS, Store, type StoreOptions } from '../../src/store/store.ts';
import { serveApp } from '../../src/web/serve-app.ts';
import type { LogEvent, Service } from '../../src/web/service.ts';

export interface TestService {
  readonly url: string;
  readonly store: Store;
  readonly service: Service;
  readonly logged: LogEvent[];
  close(): Promise<void>;
}

export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-store-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function openStore(folder: string, options: Partial<StoreOptions['limits']> = {}): Store {
  return new Store({
    folder,
    generator: 'sshfate 0.0.0',
    workers: 1,
    limits: { ...DEFAULT_LIMITS, ...options },
  });
}

/** The whole service on a port of its own. */
export async function startService(
  folder: string,
  { limits, ...changes }: Partial<Service> & { readonly limits?: Partial<StoreOptions['limits']> } = {},
): Promise<TestService> {
  const store = openStore(folder, limits);
  await store.removeUnfinishedUploads();
  const logged: LogEvent[] = [];
  const service: Service = {
    store,
    version: '0.0.0',
    maxUploadBytes: 50_000_000,
    quotaBytes: undefined,
    requestsAMinute: 1_000_000,
    demandsTokens: false,
    isOwnHost: (host) => /^(localhost|127\.0\.0\.1|sshfate\.test)(:\d+)?$/.test(host),
    isGivenName: (host) => host === 'sshfate.test',
    isHttps: false,
    pageFolder: undefined,
    log: (event) => logged.push(event),
    isTicketAddress: () => true,
    runTicket: async () => ({ code: 0, text: '' }),
    ...changes,
  };
  const running = await serveApp(service, { host: '127.0.0.1', port: 0 });
  return {
    url: `http://127.0.0.1:${running.port}`,
    store,
    service,
    logged,
    async close() {
      await running.close();
      await store.close();
    },
  };
}
