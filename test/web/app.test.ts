import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../../src/cli/analyze.ts';
import type { StoredCapture } from '../../src/store/stored-capture.ts';
import { createApp } from '../../src/web/app.ts';
import { OPENAPI } from '../../src/web/openapi.ts';
import { memoryTerminal } from '../cli/memory-terminal.ts';
import { startService, type TestService, temporaryFolder } from './service.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const bytesOf = (name: string): Buffer => readFileSync(path.join(CAPTURES, `${name}.pcap`));
const NO_COMMON_KEX = 'close-during-kex-no-common-kex.client';
const SHIPPED = readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name));

let temporary: ReturnType<typeof temporaryFolder>;
let service: TestService;

const api = (address: string, init?: RequestInit): Promise<Response> =>
  fetch(`${service.url}/api/v1${address}`, init);

async function upload(
  bytes: Uint8Array,
  name: string,
  headers: Record<string, string> = {},
): Promise<StoredCapture> {
  const response = await api(`/captures?wait=60&name=${encodeURIComponent(name)}`, {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers,
  });
  expect(response.status).toBe(200);
  return (await response.json()) as StoredCapture;
}

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code;
}

/** With headers that fetch does not let through. */
function raw(headers: Record<string, string>, method = 'GET', address = '/api/v1/me'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(service.url + address, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the interface of the upload service', () => {
  beforeAll(async () => {
    temporary = temporaryFolder();
    service = await startService(temporary.folder);
  });
  afterAll(async () => {
    await service.close();
    temporary.remove();
  });

  it.each(SHIPPED)('says of %s what the command line says, byte for byte', async (name) => {
    const bytes = readFileSync(path.join(CAPTURES, name));
    const capture = await upload(bytes, name);
    expect(capture).toMatchObject({
      state: 'done',
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const terminal = memoryTerminal();
    const folder = process.cwd();
    process.chdir(CAPTURES);
    try {
      await analyze([name], { format: 'json', limit: 10, color: false }, terminal);
    } finally {
      process.chdir(folder);
    }
    const served = await (await api(`/captures/${capture.id}/report?format=analyze`)).text();
    expect(served === terminal.stdout.text).toBe(true);
    const [session] = (JSON.parse(served) as { sessions: { session: number }[] }).sessions;
    if (session === undefined) return;
    const record = await (await api(`/captures/${capture.id}/sessions/${session.session}`)).text();
    expect(served).toContain(record);
  });

  it('takes what curl sends, as a body and as a form, and answers at once unless it is asked to wait', async () => {
    const address = (rest: string): string => `/captures${rest}`;
    const body = new Uint8Array(bytesOf('after-banner-curl.client'));
    const at = await api(address('?name=a.pcap'), { method: 'POST', body });
    expect([at.status, ((await at.json()) as StoredCapture).name]).toEqual([201, 'a.pcap']);
    const form = new FormData();
    form.append('file', new Blob([body]), 'one.pcap');
    form.append('file', new Blob([new Uint8Array(bytesOf(NO_COMMON_KEX))]), 'two.pcap');
    const both = await api(address('?wait=60'), { method: 'POST', body: form });
    expect(both.status).toBe(200);
    const { captures } = (await both.json()) as { captures: StoredCapture[] };
    expect(captures.map(({ name, state }) => [name, state])).toEqual([
      ['one.pcap', 'done'],
      ['two.pcap', 'done'],
    ]);
  });

  it('sorts, filters and pages sessions, and counts them', async () => {
    const { id } = await upload(bytesOf('close-during-auth-guessing.server'), 'guessing.pcap');
    const { facets, incident } = (await (await api(`/captures/${id}/overview`)).json()) as {
      facets: { fates: { value: string; sessions: number }[] };
      incident: { summary: { sessions: number } };
    };
    const all = (await (await api(`/captures/${id}/sessions?sort=duration&order=desc`)).json()) as {
      total: number;
      sessions: { durationMs: number; session: number }[];
    };
    expect(all.total).toBe(incident.summary.sessions);
    const durations = all.sessions.map(({ durationMs }) => durationMs);
    expect(durations).toEqual([...durations].sort((a, b) => b - a));
    const page = (await (
      await api(`/captures/${id}/sessions?sort=duration&order=desc&offset=2&limit=3`)
    ).json()) as typeof all;
    expect(page.sessions).toEqual(all.sessions.slice(2, 5));
    for (const { value, sessions } of facets.fates) {
      expect(await (await api(`/captures/${id}/sessions?fate=${value}&limit=1`)).json()).toMatchObject({
        total: sessions,
      });
    }
    expect((await api(`/captures/${id}/sessions?sort=name`)).status).toBe(400);
    expect((await api(`/captures/${id}/sessions?limit=-1`)).status).toBe(400);
  });

  it('tells how an analysis goes on, and ends when it is decided', async () => {
    const { id } = await upload(bytesOf(NO_COMMON_KEX), 'a.pcap');
    service.store.judgeAgain(service.store.capture({ owner: 'local', seesAll: true }, id) as StoredCapture);
    const text = await (await api(`/captures/${id}/events`)).text();
    const states = [...text.matchAll(/^data: (.*)$/gm)].map(
      ([, data]) => (JSON.parse(data as string) as StoredCapture).state,
    );
    expect(states.at(-1)).toBe('done');
    expect(text.startsWith('event: capture\n')).toBe(true);
  });

  it('gives evidence that has the same verdict, reports, and comparisons', async () => {
    const [client, server] = await Promise.all(
      ['client', 'server'].map((end) =>
        upload(bytesOf(`close-during-kex-forged-reset-to-client.${end}`), `forged.${end}.pcap`),
      ),
    );
    const evidence = await api(`/captures/${client?.id}/evidence?session=1`);
    expect(evidence.headers.get('content-disposition')).toContain('filename="forged.client-evidence.pcapng"');
    const again = await upload(new Uint8Array(await evidence.arrayBuffer()), 'evidence.pcapng');
    expect(again.summary?.fates).toEqual({ 'close-during-kex': 1 });
    expect((await api(`/captures/${client?.id}/evidence?session=99`)).status).toBe(404);
    expect((await api(`/captures/${client?.id}/evidence`)).status).toBe(400);
    for (const format of ['html', 'markdown', 'text', 'json']) {
      const report = await api(`/captures/${client?.id}/report?format=${format}`);
      expect(report.headers.get('content-type')).toBe('application/octet-stream');
      expect(await report.text()).toContain('forged.client.pcap');
    }
    const compared = await api('/comparisons', {
      method: 'POST',
      body: JSON.stringify({ captures: [client?.id, server?.id] }),
    });
    expect(JSON.stringify(await compared.json())).toContain('was never sent by the server');
  });

  it('judges 200 uploads of 20 clients that come at once, each once', async () => {
    const names = SHIPPED.slice(0, 10);
    const uploads = Array.from({ length: 200 }, (_, i) => {
      const bytes = readFileSync(path.join(CAPTURES, names[i % 10] as string));
      // Files of their own: what follows the last packet is one that was cut off.
      return upload(Buffer.concat([bytes, Buffer.from(`${i}`.padStart(4))]), `client-${i % 20}-${i}.pcap`);
    });
    const done = await Promise.all(uploads);
    expect(new Set(done.map(({ id }) => id)).size).toBe(200);
    expect(done.filter(({ state }) => state !== 'done')).toEqual([]);
  }, 120_000);

  describe('with hostile requests', () => {
    it.each([
      ['../../etc/passwd', 'passwd'],
      ['C:\\temp\\..\\dump.pcap', 'dump.pcap'],
      ['a\0b\u001b[31m\u202egnp.pcap', 'ab[31mgnp.pcap'],
      ['<script>alert(1)</script>', 'script>'],
      ['x'.repeat(5000), 'x'.repeat(255)],
      ['..', 'capture'],
      ['', 'capture'],
    ])('takes a name for data: %j', async (given, kept) => {
      const { id, name } = await upload(bytesOf(NO_COMMON_KEX), given);
      expect(name).toBe(kept);
      const report = await api(`/captures/${id}/report?format=html`);
      expect(report.headers.get('content-disposition')).toMatch(
        /^attachment; filename="[\w.() -]+"; filename\*=UTF-8''[\w.%~-]+$/,
      );
      expect(await report.text()).not.toContain('<script>');
    });

    it('never serves what came from a capture as a page', async () => {
      const { id } = await upload(bytesOf(NO_COMMON_KEX), '<b>.pcap');
      for (const address of [
        '',
        '/overview',
        '/sessions',
        '/sessions/1',
        '/report?format=html',
        '/evidence?session=1',
      ]) {
        const { headers } = await api(`/captures/${id}${address}`);
        expect(headers.get('content-type')).toMatch(/^application\/(json|octet-stream)/);
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      }
    });

    it.each([
      ['text', Buffer.from('GET / HTTP/1.1'), 'not-a-capture'],
      ['gzip that is cut off', gzipSync(bytesOf(NO_COMMON_KEX)).subarray(0, 500), undefined],
      ['a capture that is cut off', bytesOf(NO_COMMON_KEX).subarray(0, 1000), undefined],
    ])('brings %s to a clear end', async (_what, bytes, code) => {
      const capture = await upload(bytes, 'bad');
      expect(capture.error?.code).toBe(code);
      if (code === undefined) expect(capture.summary?.damage).toMatch(/ends? |cut/i);
    });

    it('refuses what is empty, too large, or broken off', async () => {
      const send = (body: Uint8Array): Promise<Response> =>
        api('/captures?name=a', { method: 'POST', body: new Uint8Array(body) });
      expect(await codeOf(await send(Buffer.alloc(0)))).toBe('empty');
      expect((await send(Buffer.alloc(60_000_000))).status).toBe(413);
      const before = service.store.captures({ owner: 'local', seesAll: true }, {}).total;
      await new Promise<void>((resolve) => {
        const sent = request(`${service.url}/api/v1/captures?name=half`, {
          method: 'POST',
          headers: { 'content-length': '100000' },
        });
        sent.on('error', () => resolve());
        sent.write(bytesOf(NO_COMMON_KEX));
        setTimeout(() => sent.destroy(), 100);
      });
      await sleep(200);
      expect(service.store.captures({ owner: 'local', seesAll: true }, {}).total).toBe(before);
      expect(readdirSync(path.join(temporary.folder, 'incoming'))).toEqual([]);
      expect(await raw({}, 'GET', '/healthz')).toBe(200);
    });

    it('takes nothing of a request that it refuses for its address', async () => {
      const total = () => service.store.captures({ owner: 'local', seesAll: true }, {}).total;
      const before = total();
      const answer = await api('/captures?wait=long', { method: 'POST', body: 'no capture' });
      expect([await codeOf(answer), total()]).toEqual(['bad-number', before]);
    });

    it('leaves nothing of a form that is broken off', async () => {
      const incoming = path.join(temporary.folder, 'incoming');
      const file = `--b\r\ncontent-disposition: form-data; name="file"; filename="half"\r\n\r\n${'a'.repeat(5000)}`;
      const headers = { 'content-type': 'multipart/form-data; boundary=b' };
      expect(await codeOf(await api('/captures', { method: 'POST', headers, body: file }))).toBe(
        'broken-form',
      );
      await new Promise<void>((resolve) => {
        const sent = request(`${service.url}/api/v1/captures`, {
          method: 'POST',
          headers: { ...headers, 'content-length': '100000' },
        });
        sent.on('error', () => resolve());
        sent.write(file);
        const timer = setInterval(() => {
          if (readdirSync(incoming).length === 0) return;
          clearInterval(timer);
          sent.destroy();
        }, 10);
      });
      await expect.poll(() => readdirSync(incoming)).toEqual([]);
    });

    it('answers only to its own names, and changes nothing for pages from elsewhere', async () => {
      expect(await raw({ host: 'evil.example' })).toBe(421);
      expect(await raw({ host: 'localhost:1' })).toBe(200);
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        // Another service of this machine; over plain HTTP some browsers say no more of it.
        { origin: 'http://127.0.0.1:1' },
        { origin: 'http://localhost:1' },
        { origin: 'http://localhost', host: 'localhost:443' },
      ]) {
        expect(await raw(headers, 'POST', '/api/v1/captures?name=x')).toBe(403);
      }
      expect(
        await raw({ origin: service.url, 'sec-fetch-site': 'same-origin' }, 'DELETE', '/api/v1/captures/x'),
      ).toBe(404);
      for (const headers of [
        { origin: service.url },
        // A proxy that names this service for itself, and one before which the port is another.
        { origin: 'http://sshfate.test' },
        { origin: 'http://localhost', host: 'localhost:80' },
        { origin: 'https://sshfate.test:8443', host: 'sshfate.test', 'sec-fetch-site': 'same-origin' },
      ]) {
        expect(await raw(headers, 'DELETE', '/api/v1/captures/x')).toBe(404);
      }
    });

    it('says no to what it cannot read', async () => {
      for (const [address, body] of [
        ['/comparisons', '{"captures":["a"]}'],
        ['/comparisons', 'no JSON'],
        ['/captures/x/ticket', '{}'],
        ['/comparisons', 'null'],
        ['/tokens', 'null'],
        ['/session', 'null'],
      ] as const) {
        const { status } = await api(address, { method: 'POST', body });
        expect([400, 401, 404], `${address} ${body}`).toContain(status);
      }
      const { id } = await upload(bytesOf(NO_COMMON_KEX), 'a.pcap');
      expect((await api(`/captures/${id}`, { method: 'PATCH', body: 'null' })).status).toBe(400);
      for (const to of ['constructor', '__proto__']) {
        const body = JSON.stringify({ to, url: 'http://127.0.0.1:1', ticket: '1' });
        expect(await codeOf(await api(`/captures/${id}/ticket`, { method: 'POST', body }))).toBe(
          'bad-system',
        );
      }
      expect(
        (
          await api('/captures', {
            method: 'POST',
            body: 'x',
            headers: { 'content-type': 'multipart/form-data' },
          })
        ).status,
      ).toBe(400);
      expect((await api('/nothing')).status).toBe(404);
    });
  });

  it('puts findings of a capture with the longest name on a ticket', async () => {
    const { id } = await upload(bytesOf(NO_COMMON_KEX), 'n'.repeat(255));
    const body = JSON.stringify({ to: 'rt', url: 'http://127.0.0.1:1', ticket: '1' });
    expect((await api(`/captures/${id}/ticket`, { method: 'POST', body })).status).toBe(200);
  });

  it('notes of a form that is refused what it has taken until then, and takes no more of it', async () => {
    const { folder, remove } = temporaryFolder();
    const small = await startService(folder, { maxUploadBytes: 5000 });
    const form = new FormData();
    for (const [name, size] of [
      ['before', 100],
      ['large', 6000],
      ['behind', 100],
    ] as const) {
      form.append('file', new Blob([Buffer.concat([bytesOf(NO_COMMON_KEX), randomBytes(size)])]), name);
    }
    // Without a length, by which it would be refused at once.
    const { body, headers } = new Request(small.url, { method: 'POST', body: form });
    const answer = await fetch(`${small.url}/api/v1/captures`, {
      ...{ method: 'POST', body, headers },
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(413);
    await sleep(100);
    const all = small.store.captures({ owner: 'local', seesAll: true }, {});
    expect(all.captures.map(({ name }) => name)).toEqual(['before']);
    expect(small.store.audit.list({}).map(({ what, detail }) => `${what} ${detail}`)).toEqual([
      'uploaded before',
    ]);
    await small.close();
    remove();
  });

  describe('as described', () => {
    const described = Object.entries(OPENAPI.paths).flatMap(([address, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${address}`),
    );

    it('has every route, and no other', () => {
      const routes = createApp(service.service)
        .routes.filter(({ method, path: address }) => method !== 'ALL' && address.startsWith('/api/v1/'))
        .map(
          ({ method, path: address }) =>
            `${method} ${address.slice('/api/v1'.length).replace(/:(\w+)/g, '{$1}')}`,
        );
      expect([...new Set(routes)].sort()).toEqual([...described].sort());
    });

    it('answers as it says', async () => {
      const { id } = await upload(bytesOf(NO_COMMON_KEX), 'described.pcap');
      const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true, binary: true } });
      ajv.addSchema(OPENAPI, 'openapi');
      let checked = 0;
      for (const [address, methods] of Object.entries(OPENAPI.paths)) {
        if (!('get' in methods) || address.endsWith('/evidence')) continue;
        const response = await api(address.replace('{id}', id).replace('{number}', '1'));
        if (!response.headers.get('content-type')?.startsWith('application/json')) continue;
        expect([address, response.status]).toEqual([address, 200]);
        const pointer = `openapi#/paths/${address.replaceAll('/', '~1')}/get/responses/200/content/application~1json/schema`;
        const validate = ajv.getSchema(encodeURI(pointer));
        if (validate === undefined) throw new Error(`There is no schema ${pointer}`);
        expect([address, validate(await response.json()), validate.errors]).toEqual([address, true, null]);
        checked++;
      }
      expect(checked).toBeGreaterThan(8);
    });
  });
});

describe('the service with tokens', () => {
  let tokens: Record<'read' | 'upload' | 'other' | 'admin', string>;
  const as = (who: keyof typeof tokens): { headers: Record<string, string> } => ({
    headers: { authorization: `Bearer ${tokens[who]}` },
  });
  beforeAll(async () => {
    temporary = temporaryFolder();
    service = await startService(temporary.folder, { demandsTokens: true, isTicketAddress: () => false });
    const create = (name: string, role: 'read' | 'upload' | 'admin'): string =>
      service.store.tokens.create(name, role).secret;
    tokens = {
      read: create('r', 'read'),
      upload: create('u', 'upload'),
      other: create('o', 'upload'),
      admin: create('a', 'admin'),
    };
  });
  afterAll(async () => {
    await service.close();
    temporary.remove();
  });

  it('lets nobody in without one', async () => {
    for (const [method, address] of [
      ['GET', '/captures'],
      ['POST', '/captures?name=a'],
      ['GET', '/search'],
      ['GET', '/tokens'],
      ['GET', '/audit'],
    ] as const) {
      expect((await api(address, { method })).status).toBe(401);
    }
    expect((await fetch(`${service.url}/metrics`)).status).toBe(401);
    expect(await codeOf(await api('/captures', { headers: { authorization: 'Bearer sshf_wrong' } }))).toBe(
      'wrong-token',
    );
  });

  it('shows who may only upload what is theirs, who may read everything, and lets the one change and the other not', async () => {
    const { id } = await upload(bytesOf(NO_COMMON_KEX), 'mine.pcap', as('upload').headers);
    const statusFor = async (who: keyof typeof tokens, method = 'GET', address = ''): Promise<number> =>
      (await api(`/captures/${id}${address}`, { method, ...as(who) })).status;
    for (const address of [
      '',
      '/overview',
      '/sessions',
      '/sessions/1',
      '/report',
      '/evidence?session=1',
      '/events',
    ]) {
      expect([await statusFor('other', 'GET', address), await statusFor('read', 'GET', address)]).toEqual([
        404, 200,
      ]);
    }
    expect(await statusFor('other', 'DELETE')).toBe(404);
    expect(await statusFor('read', 'DELETE')).toBe(403);
    expect((await api('/captures?name=x', { method: 'POST', body: 'x', ...as('read') })).status).toBe(403);
    expect((await api('/tokens', as('upload'))).status).toBe(403);
    const others = await api('/comparisons', {
      method: 'POST',
      body: JSON.stringify({ captures: [id, 'x'] }),
      ...as('other'),
    });
    expect(others.status).toBe(404);
    expect(await statusFor('upload', 'DELETE')).toBe(204);
    const { events } = (await (await api('/audit', as('admin'))).json()) as {
      events: { what: string; whoName: string }[];
    };
    expect(events.map(({ what, whoName }) => `${whoName} ${what}`)).toEqual(
      expect.arrayContaining(['u uploaded', 'r read', 'u deleted']),
    );
  });

  it('sends findings only to systems that were named', async () => {
    const { id } = await upload(bytesOf(NO_COMMON_KEX), 'mine.pcap', as('upload').headers);
    const answer = await api(`/captures/${id}/ticket`, {
      method: 'POST',
      body: JSON.stringify({ to: 'rt', url: 'http://127.0.0.1:1', ticket: '1' }),
      ...as('upload'),
    });
    expect(await codeOf(answer)).toBe('address-not-allowed');
  });

  it('takes no more than the quota of a token', async () => {
    const { folder, remove } = temporaryFolder();
    const small = await startService(folder, { demandsTokens: true, quotaBytes: 6000 });
    const headers = { authorization: `Bearer ${small.store.tokens.create('q', 'upload').secret}` };
    const body = new Uint8Array(bytesOf(NO_COMMON_KEX));
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++) {
      const sent = await fetch(`${small.url}/api/v1/captures?name=a`, { method: 'POST', body, headers });
      statuses.push(sent.status);
    }
    expect([body.length, statuses]).toEqual([3332, [201, 413]]);
    const owner = small.store.tokens.list()[0]?.id as string;
    for (const { id } of small.store.captures({ owner, seesAll: true }, {}).captures) {
      await fetch(`${small.url}/api/v1/captures/${id}`, { method: 'DELETE', headers });
    }
    // At the same time, in one request and in several.
    const form = new FormData();
    for (const name of ['a', 'b', 'c']) form.append('file', new Blob([body, name]), name);
    const request = new Request(small.url, { method: 'POST', body: form });
    const sent = await Promise.all([
      fetch(`${small.url}/api/v1/captures`, {
        ...{ method: 'POST', body: request.body, duplex: 'half' },
        headers: { ...headers, 'content-type': request.headers.get('content-type') as string },
      } as RequestInit),
      fetch(`${small.url}/api/v1/captures?name=d`, {
        method: 'POST',
        body: `${body}d`.slice(0, 3300),
        headers,
      }),
      fetch(`${small.url}/api/v1/captures?name=e`, {
        method: 'POST',
        body: `${body}e`.slice(0, 3300),
        headers,
      }),
    ]);
    expect(sent.filter(({ status }) => status === 201).length).toBeLessThanOrEqual(1);
    expect(small.store.bytesOf(owner)).toBeLessThanOrEqual(6000);
    expect(readdirSync(path.join(folder, 'captures')).length).toBe(1);
    await small.close();
    remove();
  });

  it('signs browsers in with a cookie that scripts do not see, and out again', async () => {
    const signIn = await api('/session', { method: 'POST', body: JSON.stringify({ token: tokens.read }) });
    const cookie = signIn.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(cookie).not.toContain(tokens.read);
    const [pair = ''] = cookie.split(';');
    expect((await api('/captures', { headers: { cookie: pair } })).status).toBe(200);
    await api('/session', { method: 'DELETE', headers: { cookie: pair } });
    expect((await api('/captures', { headers: { cookie: pair } })).status).toBe(401);
  });

  it('makes and revokes tokens', async () => {
    const made = await api('/tokens', { method: 'POST', body: '{"name":"n","role":"read"}', ...as('admin') });
    const { id, secret } = (await made.json()) as { id: string; secret: string };
    const headers = { authorization: `Bearer ${secret}` };
    expect((await api('/captures', { headers })).status).toBe(200);
    expect((await api(`/tokens/${id}`, { method: 'DELETE', ...as('admin') })).status).toBe(204);
    expect((await api('/captures', { headers })).status).toBe(401);
  });

  it('tells a revoked token no more of what is being judged', async () => {
    const { folder, remove } = temporaryFolder();
    const slow = await startService(folder, { demandsTokens: true });
    const { token, secret } = slow.store.tokens.create('a', 'upload');
    const headers = { authorization: `Bearer ${secret}` };
    // One is being judged as long as the test wants: nothing takes it from the queue.
    let tell = (_: { bytes: number; packets: number; sessions: number }): void => {};
    slow.store.pool.run = (_, onProgress = tell) => {
      tell = onProgress;
      return { done: new Promise(() => {}), cancel: () => {} };
    };
    const body = new Uint8Array(bytesOf(NO_COMMON_KEX));
    const sent = await fetch(`${slow.url}/api/v1/captures`, { method: 'POST', body, headers });
    const { id } = (await sent.json()) as StoredCapture;
    const events = await fetch(`${slow.url}/api/v1/captures/${id}/events`, { headers });
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).done).toBe(false);
    slow.store.tokens.revoke(token.id);
    slow.store.setNotes(id, 'secret');
    tell({ bytes: 1, packets: 1, sessions: 1 });
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      rest += new TextDecoder().decode(part.value);
    }
    expect(rest).not.toContain('secret');
    await slow.close();
    remove();
  });

  it('slows down who asks all the time', async () => {
    const { folder, remove } = temporaryFolder();
    const slow = await startService(folder, { requestsAMinute: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await fetch(`${slow.url}/api/v1/me`)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    await slow.close();
    remove();
  });

  it('lets nobody try tokens for long', async () => {
    const attempt = (): Promise<Response> => api('/session', { method: 'POST', body: '{"token":"sshf_x"}' });
    const statuses: number[] = [];
    for (let i = 0; i < 22; i++) statuses.push((await attempt()).status);
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
    const headers = { authorization: 'Bearer sshf_x' };
    for (let i = 0; i < 21; i++) statuses.push((await api('/captures', { headers })).status);
    expect(statuses.at(-1)).toBe(429);
    // Behind a proxy all have one address: who has a token is not kept out by who has none.
    expect((await api('/captures', as('read'))).status).toBe(200);
    const body = JSON.stringify({ token: tokens.read });
    expect((await api('/session', { method: 'POST', body })).status).toBe(200);
  });

  it('gives a cookie only to HTTPS where it is signed in over HTTPS', async () => {
    const body = JSON.stringify({ token: tokens.read });
    for (const [origin, secure] of [
      [service.url, false],
      ['https://sshfate.test', true],
    ] as const) {
      const { headers } = await api('/session', { method: 'POST', body, headers: { origin } });
      expect(headers.get('set-cookie')?.includes('Secure')).toBe(secure);
    }
  });
});
