import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Api, type ApiOptions } from '../../src/tickets/api.ts';
import { fetchTransport } from '../../src/tickets/fetch-transport.ts';
import { type HttpAnswer, type HttpRequest, TransportError } from '../../src/tickets/http-message.ts';
import { type FakeSystem, startFakeSystem } from './fake-system.ts';
import { freePort } from './free-port.ts';
import { fastClock } from './publishing.ts';

function answer(status: number, text = '', headers: Record<string, string> = {}): HttpAnswer {
  return { status, text, headers: new Headers(headers) };
}

/** Answers one after another; the last one for ever. */
function api(answers: (HttpAnswer | TransportError)[], changes: Partial<ApiOptions> = {}) {
  const sent: HttpRequest[] = [];
  const waitsMs: number[] = [];
  const made = new Api({
    title: 'Tracker',
    base: new URL('https://tracker.example/base/'),
    headers: { Authorization: 'Bearer S3cr3t' },
    credentialHint: 'X_CREDENTIALS',
    secrets: ['S3cr3t'],
    timeoutMs: 100_000,
    clock: fastClock(waitsMs),
    async transport(request) {
      sent.push(request);
      const next = answers.length > 1 ? answers.shift() : answers[0];
      if (next === undefined || next instanceof TransportError) throw next;
      return next;
    },
    ...changes,
  });
  return { made, sent, waitsMs };
}

const READ = { method: 'GET', path: '/a', to: 'read it' } as const;
const WRITE = { method: 'POST', path: '/a', to: 'write it' } as const;

describe('send', () => {
  it('tries five times with growing pauses, then tells the last answer', async () => {
    const { made, sent, waitsMs } = api([answer(503, '{"message":"busy"}')]);
    await expect(made.send(READ)).rejects.toThrow(
      'Tracker at https://tracker.example/base answered 503 to the request to read it: "busy". Tracker is out of order',
    );
    expect(sent).toHaveLength(5);
    expect(waitsMs).toEqual([1000, 2000, 4000, 8000]);
  });
  it('stops when the time is over, whatever tries are left', async () => {
    const { made, sent } = api([answer(500)], { timeoutMs: 4_500 });
    await expect(made.send(READ)).rejects.toThrow('answered 500');
    expect(sent).toHaveLength(3);
  });
  it('follows a redirect of a GET within the same origin, three times at most', async () => {
    const redirect = answer(302, '', { location: '/base/b' });
    const { made, sent } = api([redirect, answer(200, '{"a":1}')]);
    expect((await made.send(READ)).json).toEqual({ a: 1 });
    expect(sent.map(({ url }) => url.href)).toEqual([
      'https://tracker.example/base/a',
      'https://tracker.example/base/b',
    ]);
    const loop = api([redirect]);
    await expect(loop.made.send(READ)).rejects.toThrow('redirects the request to read it');
    expect(loop.sent).toHaveLength(4);
  });
  it.each([
    ['another host', READ, 'https://evil.example/x?token=1'],
    ['another port', READ, 'https://tracker.example:8443/x'],
    ['plain http', READ, 'http://tracker.example/x'],
    ['anywhere after a POST', WRITE, '/base/b'],
    ['nowhere', READ, 'http://['],
  ])('does not go to %s', async (_, request, location) => {
    const { made, sent } = api([answer(307, '', { location })]);
    const failed = made.send(request);
    await expect(failed).rejects.toThrow('where the credential is not sent');
    await expect(failed).rejects.not.toThrow('token=1');
    expect(sent).toHaveLength(1);
  });
  it('says what is wrong with a certificate, and does not try again', async () => {
    const { made, sent } = api([new TransportError('certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT')]);
    await expect(made.send(READ)).rejects.toThrow(
      'The certificate of Tracker at https://tracker.example/base cannot be verified (DEPTH_ZERO_SELF_SIGNED_CERT). When its authority is your own, name the file with it in NODE_EXTRA_CA_CERTS.',
    );
    expect(sent).toHaveLength(1);
  });
  it.each([
    ['{"message":"no","documentation_url":"https://x"}', '"no"'],
    ['{"errorMessages":[],"errors":{"comment":"too long"}}', '"too long"'],
    ['{"errors":["a","b"]}', '"a; b"'],
    ['{"error":{"message":"Not Found","code":2100,"errors":["x"]}}', '"Not Found; x"'],
    [
      '{"message":"Validation Failed","errors":[{"resource":"Issue","field":"body","code":"custom"}]}',
      'Validation Failed; Issue; body; custom',
    ],
    ['<html><style>a{}</style><h1>413</h1> Too <b>large</b></html>', '"413 Too large"'],
    ['S3cr3t is wrong', '"*** is wrong"'],
    ['x'.repeat(100_000), `"${'x'.repeat(300)}…"`],
    ['<style>'.repeat(20_000), 'answered 400'],
    ['['.repeat(50_000), 'answered 400'],
  ])('tells what was said: %.60s', async (text, told) => {
    const { made } = api([answer(400, text)]);
    await expect(made.send(READ)).rejects.toThrow(told);
  });
  it('goes up no path that a name pretends to be', async () => {
    const { made, sent } = api([answer(200, '{}')]);
    for (const path of ['/a/../b', '/..', '/a/./b?c', '/a/..?b', '/a/..#b']) {
      await expect(made.send({ ...READ, path })).rejects.toThrow("'.' and '..' are no names");
    }
    expect(sent).toEqual([]);
  });
  it('says when it waits for long', async () => {
    const said: string[] = [];
    const { made } = api([answer(429, '', { 'retry-after': '20' }), answer(200, '{}')], {
      say: (text) => said.push(text),
    });
    await made.send(READ);
    expect(said).toEqual([
      'Tracker at https://tracker.example/base could not read it just now; the next try is in 20 s.',
    ]);
  });
});

describe('sendOnce', () => {
  const done = () => 'done';
  it('sends again what was not sent at all', async () => {
    const { made, sent } = api([
      new TransportError('not-sent', 'ECONNREFUSED'),
      answer(429),
      answer(201, '{}'),
    ]);
    expect(await made.sendOnce(WRITE, done)).toBe('done');
    expect(sent).toHaveLength(3);
  });
  it.each([
    ['a 5xx', answer(500)],
    ['a cut connection', new TransportError('cut', 'ECONNRESET')],
    ['no answer in time', new TransportError('timed-out', 'late')],
  ])('does not send again after %s when it cannot look', async (_, trouble) => {
    const { made, sent } = api([trouble, answer(201, '{}')]);
    await expect(made.sendOnce(WRITE, done)).rejects.toThrow();
    expect(sent).toHaveLength(1);
  });
  it('looks after a 5xx and sends again only when nothing is there', async () => {
    const there = api([answer(500), answer(201, '{}')]);
    expect(await there.made.sendOnce(WRITE, done, async () => 'found')).toBe('found');
    expect(there.sent).toHaveLength(1);
    const missing = api([answer(500), answer(201, '{}')]);
    expect(await missing.made.sendOnce(WRITE, done, async () => undefined)).toBe('done');
    expect(missing.sent).toHaveLength(2);
  });
  it('looks after no answer in time, and does not send again: it may still be at it', async () => {
    const { made, sent } = api([new TransportError('timed-out', 'late')]);
    await expect(made.sendOnce(WRITE, done, async () => undefined)).rejects.toThrow(
      'did not write it in time',
    );
    expect(sent).toHaveLength(1);
    const found = api([new TransportError('timed-out', 'late')]);
    expect(await found.made.sendOnce(WRITE, done, async () => 'found')).toBe('found');
  });
  it('does not send again what was refused', async () => {
    const { made, sent } = api([answer(422, 'no')]);
    await expect(made.sendOnce(WRITE, done, async () => undefined)).rejects.toThrow('answered 422');
    expect(sent).toHaveLength(1);
  });
});

describe('over real HTTP', () => {
  let fake: FakeSystem | undefined;
  afterEach(() => fake?.stop());
  const real = (url: string, stop?: AbortSignal) =>
    new Api({
      title: 'Tracker',
      base: new URL(url),
      headers: {},
      credentialHint: 'X',
      secrets: [],
      transport: fetchTransport(stop),
      timeoutMs: 10_000,
      clock: fastClock([]),
    });
  it('a port where nobody listens is named', async () => {
    const port = await freePort();
    await expect(real(`http://127.0.0.1:${port}`).send(READ)).rejects.toThrow(
      `Tracker at http://127.0.0.1:${port} could not be reached to read it (ECONNREFUSED). Check --url, and that Tracker runs there.`,
    );
  });
  it('what speaks no HTTP is named', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    server.on('connection', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await expect(real(`http://127.0.0.1:${port}`).send(READ)).rejects.toThrow(
      'could not be reached to read it (',
    );
    await new Promise((resolve) => server.close(resolve));
  });
  it('JSON goes out in ASCII and comes back the same', async () => {
    fake = await startFakeSystem(({ json }) => ({ json }));
    const value = { text: 'ü \u202e \ud83d\ude00 \u0000' };
    const { json } = await real(fake.url).send({ ...WRITE, body: { kind: 'json', value } });
    expect(json).toEqual(value);
    expect(fake.seen[0]?.bytes.every((byte) => byte < 0x80)).toBe(true);
  });
  it('is interrupted at once', async () => {
    fake = await startFakeSystem(() => ({ afterMs: 20_000 }));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    await expect(real(fake.url, stop.signal).send(READ)).rejects.toMatchObject({ problem: 'interrupted' });
  });
});
