import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { deliver, type Receiver, signatureHeaders } from '../../src/webhook/delivery.ts';
import { eventBody } from '../../src/webhook/event-document.ts';
import { findingEvent, numberedId } from './findings.ts';
import { type Answer, type TestReceiver, testReceiver } from './receiver.ts';

const TOKEN = 'token-that-nobody-sees';
const id = '01234567-89ab-4cde-8f01-23456789abcd';
const source = { host: 'bastion', interfaces: ['eth0'], version: '1.2.3' };
const body = eventBody(findingEvent(numberedId(7)), { id, time: '2026-11-23T11:26:48.000Z', source });

const open: TestReceiver[] = [];
afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.close();
});

async function receiving(answer?: Answer): Promise<TestReceiver> {
  const receiver = await testReceiver(answer && (() => answer));
  open.push(receiver);
  return receiver;
}

function post(
  url: URL,
  receiver: Partial<Receiver> = {},
  timeoutMs = 5000,
  signal = new AbortController().signal,
) {
  return deliver(
    { url, token: TOKEN, secret: undefined, userAgent: 'sshfate/1.2.3', ...receiver },
    { id, body },
    { timeoutMs, signal },
  );
}

describe('a delivery', () => {
  test('is the body as it is, with the event named in its headers', async () => {
    const { url, received } = await receiving();
    expect(await post(url)).toEqual({ kind: 'delivered' });
    expect(received[0]?.body).toBe(body.toString());
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'sshfate/1.2.3',
      'idempotency-key': id,
      authorization: `Bearer ${TOKEN}`,
      'content-length': String(body.length),
    });
    expect(received[0]?.headers).not.toHaveProperty('webhook-signature');
  });

  test('has no token where there is none', async () => {
    const { url, received } = await receiving();
    await post(url, { token: undefined });
    expect(received[0]?.headers).not.toHaveProperty('authorization');
  });

  test('is signed where there is a secret', async () => {
    const { url, received } = await receiving();
    const secret = Buffer.from('0123456789abcdef0123456789abcdef');
    await post(url, { secret });
    const headers = received[0]?.headers ?? {};
    const timestamp = Number(headers['webhook-timestamp']);
    expect(Math.abs(timestamp - Date.now() / 1000)).toBeLessThan(5);
    expect(headers).toMatchObject(signatureHeaders(secret, { id, body }, timestamp));
  });

  test.each([
    [408, 'failed'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
    [599, 'failed'],
    [200, 'delivered'],
    [202, 'delivered'],
    [400, 'refused'],
    [401, 'refused'],
    [404, 'refused'],
    [410, 'refused'],
    [413, 'refused'],
  ] as const)('that is answered %i has %s', async (status, kind) => {
    const { url } = await receiving({ status });
    expect((await post(url)).kind).toBe(kind);
  });

  test('says when it may be tried again', async () => {
    const { url } = await receiving({ status: 429, headers: { 'Retry-After': '7' } });
    expect(await post(url)).toEqual({ kind: 'failed', why: 'answered 429 Too Many Requests', afterMs: 7000 });
  });

  test('does not follow a redirect, so that the token stays', async () => {
    const other = await receiving();
    for (const status of [301, 302, 303, 307, 308]) {
      const { url, received } = await receiving({ status, headers: { Location: other.url.href } });
      const outcome = await post(url);
      expect(outcome).toMatchObject({ kind: 'refused' });
      expect(JSON.stringify(outcome)).toContain(`answered ${status}`);
      expect(received.length).toBe(1);
    }
    expect(other.received).toEqual([]);
  });

  test('is given up when there is no answer in time', async () => {
    const { url } = await receiving('silence');
    expect(await post(url, {}, 100)).toEqual({ kind: 'failed', why: 'did not answer within 0.1 s' });
  });

  test('is given up when nobody waits any more', async () => {
    const { url } = await receiving('silence');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    expect(await post(url, {}, 5000, stop.signal)).toMatchObject({ kind: 'failed' });
    expect(await post(url, {}, 5000, AbortSignal.abort())).toMatchObject({ kind: 'failed' });
  });

  test('names what is wrong when no answer comes', async () => {
    const gone = await testReceiver();
    await gone.close();
    expect(await post(gone.url)).toEqual({ kind: 'failed', why: 'does not listen (ECONNREFUSED)' });
    const { url } = await receiving('hang-up');
    expect(await post(url)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('closed the connection without an answer'),
    });
    expect(await post(new URL('http://no-such-name.invalid/'))).toMatchObject({
      kind: 'failed',
      why: expect.stringMatching(/^has a name that /),
    });
  });

  test('names what is wrong with an answer that is none', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await post(new URL(`http://127.0.0.1:${port}/`))).toMatchObject({ kind: 'failed' });
    expect(await post(new URL(`https://127.0.0.1:${port}/`))).toMatchObject({
      kind: 'failed',
      why: 'does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER)',
    });
    server.close();
  });
});

const openssl = spawnSync('openssl', ['version']).status === 0;
test.skipIf(!openssl)(
  `names what is wrong with a certificate${openssl ? '' : ' (skipped: openssl is not installed)'}`,
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-tls-'));
    const run = (...argv: string[]) => expect(spawnSync('openssl', argv, { cwd: folder }).status).toBe(0);
    run(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      '-days',
      '2',
      '-subj',
      '/CN=hooks.example.org',
      '-addext',
      'subjectAltName=DNS:hooks.example.org',
    );
    const server = createHttpsServer({
      key: readFileSync(path.join(folder, 'key.pem')),
      cert: readFileSync(path.join(folder, 'cert.pem')),
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const untrusted = await post(url);
    expect(untrusted).toMatchObject({ kind: 'failed' });
    expect(JSON.stringify(untrusted)).toMatch(/authority that is not trusted here.*NODE_EXTRA_CA_CERTS/);
    server.close();
    rmSync(folder, { recursive: true });
  },
);

test('a signature is that of the example in Standard Webhooks', () => {
  // https://github.com/standard-webhooks/standard-webhooks, libraries' own tests.
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const event = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: Buffer.from('{"test": 2432232314}') };
  expect(signatureHeaders(secret, event, 1614265330)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});
