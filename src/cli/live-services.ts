import { hostname } from 'node:os';
import type { LiveSink } from '../live/live-sink.ts';
import type { DeliveryCounts } from '../metrics/live-metrics.ts';
import { UsageError } from './errors.ts';
import { listenError } from './listen-error.ts';
import type { ListenAddress } from './live-option-values.ts';
import { stateFolder } from './state-folder.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';
import { webhookSecrets } from './webhook-secrets.ts';

export interface ServiceSettings {
  readonly metrics?: ListenAddress | undefined;
  readonly webhook?: URL | undefined;
  readonly webhookTokenFile?: string | undefined;
  readonly webhookQueue?: string | undefined;
  readonly webhookAllowHttp?: boolean | undefined;
}

/**
 * What others get from a watch: the webhook that is told, and the metrics that are asked for.
 *
 * @throws UsageError when one of them cannot be; then none is left open.
 */
export async function openServices(
  settings: ServiceSettings,
  interfaces: readonly string[],
  terminal: Terminal,
  notice: (text: string) => void,
): Promise<LiveSink[]> {
  const webhook =
    settings.webhook && (await openWebhook(settings.webhook, settings, interfaces, terminal, notice));
  if (webhook === undefined) requireWebhook(settings);
  if (settings.metrics === undefined) return webhook === undefined ? [] : [webhook];
  try {
    const metrics = await openMetrics(settings.metrics, webhook, notice);
    return webhook === undefined ? [metrics] : [webhook, metrics];
  } catch (error) {
    await webhook?.end?.();
    throw error;
  }
}

function requireWebhook(settings: ServiceSettings): void {
  const { webhookTokenFile, webhookQueue, webhookAllowHttp } = settings;
  const given = {
    '--webhook-token-file': webhookTokenFile,
    '--webhook-queue': webhookQueue,
    '--webhook-allow-http': webhookAllowHttp,
  };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) throw new UsageError(`${name} is for --webhook. Give that, too.`);
  }
}

async function openWebhook(
  url: URL,
  settings: ServiceSettings,
  interfaces: readonly string[],
  terminal: Terminal,
  notice: (text: string) => void,
): Promise<LiveSink & DeliveryCounts> {
  const { isLoopback } = await import('../metrics/metrics-server.ts');
  const { Webhook } = await import('../webhook/webhook.ts');
  const { FolderInUse } = await import('../folder-lock.ts');
  if (
    url.protocol === 'http:' &&
    settings.webhookAllowHttp !== true &&
    !isOwnHost(url.hostname, isLoopback)
  ) {
    throw new UsageError(
      `http to ${url.hostname} lets everyone on the way read the findings and the token. Use https, or --webhook-allow-http where the way is safe.`,
    );
  }
  const { token, secret } = webhookSecrets(settings.webhookTokenFile, terminal.environment);
  const folder = settings.webhookQueue ?? stateFolder('webhook', terminal.environment);
  try {
    return await Webhook.open({
      receiver: { url, token, secret, userAgent: `sshfate/${version()}` },
      folder,
      source: { host: hostname(), interfaces, version: version() },
      say: notice,
      sayAtEnd: (text) => terminal.say(text),
    });
  } catch (error) {
    if (error instanceof FolderInUse) {
      throw new UsageError(
        `Another sshfate (process ${error.pid}) keeps its findings in '${folder}'. Give this one a folder of its own with --webhook-queue.`,
      );
    }
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    const { whyNoFolder } = await import('../make-folder.ts');
    throw new UsageError(
      `Findings for the webhook cannot be kept in '${folder}': ${whyNoFolder(error)}. Choose another folder with --webhook-queue.`,
    );
  }
}

function isOwnHost(name: string, isLoopback: (host: string) => boolean): boolean {
  return /^(.*\.)?localhost$/.test(name) || isLoopback(name.replace(/^\[(.*)\]$/, '$1'));
}

async function openMetrics(
  address: ListenAddress,
  deliveries: DeliveryCounts | undefined,
  notice: (text: string) => void,
): Promise<LiveSink> {
  const { LiveMetrics } = await import('../metrics/live-metrics.ts');
  const { isLoopback, serveMetrics } = await import('../metrics/metrics-server.ts');
  const { host, port } = address;
  const shown = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const metrics = new LiveMetrics({ version: version(), deliveries: deliveries && (() => deliveries) });
  const { registry } = metrics;
  const server = await serveMetrics(address, {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    health: () => metrics.unhealthy,
  }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`Metrics cannot be served on ${shown}: ${listenError(error, '--metrics')}`);
  });
  if (!isLoopback(host)) {
    notice(
      `The metrics on ${shown} are open to everyone who reaches that address. They hold no addresses and no secrets; 127.0.0.1:${port} keeps them to this machine.`,
    );
  }
  return {
    verdict: (session, verdict) => metrics.verdict(session, verdict),
    ended: (session) => metrics.ended(session),
    finding: (event) => metrics.finding(event),
    state: (state) => metrics.state(state),
    end: () => server.close(),
  };
}
