import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  isLoopback,
  type MetricsServer,
  type MetricsSource,
  serveMetrics,
} from '../../src/metrics/metrics-server.ts';

const open: MetricsServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function serving(source: Partial<MetricsSource> = {}, host = '127.0.0.1'): Promise<number> {
  const server = await serveMetrics(
    { host, port: 0 },
    {
      contentType: 'text/plain; version=0.0.4',
      text: async () => 'a 1\n',
      health: () => undefined,
      ...source,
    },
  );
  open.push(server);
  return server.port;
}

function ask(port: number, path: string, options: { method?: string; host?: string } = {}) {
  const { method = 'GET', host = `127.0.0.1:${port}` } = options;
  return new Promise<{ status: number | undefined; text: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port, path, method, headers: { host }, agent: false },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          response.on('end', () => resolve({ status: response.statusCode, text, headers: response.headers }));
        },
      );
      request.on('error', reject).end();
    },
  );
}

test('GET /metrics gives the text in its format', async () => {
  const port = await serving();
  const { status, text, headers } = await ask(port, '/metrics?x=1');
  expect([status, text]).toEqual([200, 'a 1\n']);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4');
  expect(headers['x-content-type-options']).toBe('nosniff');
  const head = await ask(port, '/metrics', { method: 'HEAD' });
  expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', '4']);
});

test('GET /healthz says whether all is well, and what is not', async () => {
  let trouble: string | undefined;
  const port = await serving({ health: () => trouble });
  expect(await ask(port, '/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
  trouble = 'not capturing from eth0';
  expect(await ask(port, '/healthz')).toMatchObject({ status: 503, text: 'not capturing from eth0\n' });
});

test('there is nothing else', async () => {
  const port = await serving();
  for (const path of ['/', '/metrics/', '/metrics/../etc/passwd', '//metrics', '/Metrics']) {
    expect((await ask(port, path)).status).toBe(404);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    const { status, headers } = await ask(port, '/metrics', { method });
    expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
  }
});

test('on the loopback address only the names of this machine are answered', async () => {
  const port = await serving();
  for (const host of ['localhost', 'LOCALHOST:9108', '127.0.0.1', '127.8.9.1:1', '[::1]:9108']) {
    expect([host, (await ask(port, '/metrics', { host })).status]).toEqual([host, 200]);
  }
  for (const host of [
    'evil.example',
    'evil.example:9108',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.0.2.1',
  ]) {
    expect([host, (await ask(port, '/metrics', { host })).status]).toEqual([host, 421]);
  }
});

test('on other addresses every name is answered', async () => {
  const port = await serving({}, '0.0.0.0');
  expect((await ask(port, '/metrics', { host: 'metrics.example.org' })).status).toBe(200);
});

test('an address in use is an error, and nothing is left behind', async () => {
  const port = await serving();
  const source = { contentType: '', text: async () => '', health: () => undefined };
  await expect(serveMetrics({ host: '127.0.0.1', port }, source)).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test('who asks all the time does not have the text made all the time', async () => {
  let made = 0;
  const port = await serving({
    text: async () => {
      made++;
      return 'a 1\n';
    },
  });
  await Promise.all(Array.from({ length: 20 }, () => ask(port, '/metrics')));
  expect(made).toBeLessThanOrEqual(2);
});

test('connections beyond the limit are closed, and the next ones are served again', async () => {
  const port = await serving();
  const sockets = Array.from({ length: 32 }, () => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  await expect(ask(port, '/metrics')).rejects.toThrow();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await ask(port, '/metrics')).status).toBe(200);
});

test('who sends no request is not waited for', async () => {
  const port = await serving();
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /metrics HTTP/1.1\r\n');
  const startMs = performance.now();
  await new Promise((resolve) => socket.once('close', resolve).resume());
  expect(performance.now() - startMs).toBeLessThan(15_000);
});

test('knows the addresses that only this machine reaches', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])
    expect(isLoopback(host)).toBe(true);
  for (const host of ['0.0.0.0', '::', '192.0.2.1', '128.0.0.1', '127.evil', 'fe80::1']) {
    expect(isLoopback(host)).toBe(false);
  }
});
