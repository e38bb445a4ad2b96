import { afterEach, describe, expect, test } from 'vitest';
import { UploadError, UploadService } from '../../src/cli/upload-service.ts';
import { Secret } from '../../src/tickets/secret.ts';
import {
  type FakeAnswer,
  type FakeUploadService,
  ME,
  type SeenRequest,
  startFakeUploadService,
} from './fake-upload-service.ts';

const TOKEN = 'sshfate_0123_Very-S3cret';
const QUEUED = { id: 'abc-DEF_123', state: 'queued' };

let fake: FakeUploadService;
afterEach(() => fake.stop());

async function serviceThat(
  answer: (request: SeenRequest) => FakeAnswer | undefined,
  stop = new AbortController().signal,
): Promise<UploadService> {
  fake = await startFakeUploadService(answer);
  return new UploadService(new URL(fake.url), new Secret(TOKEN), stop);
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

const failureOf = (work: Promise<unknown>): Promise<UploadError> =>
  work.then(
    () => {
      throw new Error('it worked');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(UploadError);
      return error as UploadError;
    },
  );

describe('UploadService', () => {
  test('sends a file piece by piece, with its length and the token', async () => {
    const service = await serviceThat(() => ({ status: 201, body: QUEUED }));
    const name = 'a & b/../ü?.pcap';
    expect(await service.send({ name, sizeBytes: 6, content: pieces('abc', 'def') })).toEqual(QUEUED);
    const [seen] = fake.seen;
    expect(seen?.method).toBe('POST');
    const url = new URL(seen?.url ?? '', fake.url);
    expect(url.pathname).toBe('/api/v1/captures');
    expect(url.searchParams.get('name')).toBe(name);
    expect(seen?.body.toString()).toBe('abcdef');
    expect(seen?.headers['content-length']).toBe('6');
    expect(seen?.headers['transfer-encoding']).toBeUndefined();
    expect(seen?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });
  test('sends an empty file, too', async () => {
    const service = await serviceThat(() => ({ status: 201, body: QUEUED }));
    await service.send({ name: 'a', sizeBytes: 0, content: pieces() });
    expect(fake.seen[0]?.headers['content-length']).toBe('0');
  });
  test('says when a file became shorter meanwhile', async () => {
    const service = await serviceThat(() => ({ status: 201, body: QUEUED }));
    const error = await failureOf(service.send({ name: 'a', sizeBytes: 9, content: pieces('abc') }));
    expect(error.message).toBe('The file changed while it was sent. Send it when it is complete.');
  });
  test('asks first what is possible', async () => {
    const service = await serviceThat(() => ({ body: ME }));
    expect(await service.greet()).toBe(1e7);
    const closed = await failureOf(
      (await serviceThat(() => ({ body: { tokensRequired: true, authenticated: false } }))).greet(),
    );
    expect(closed.problem).toBe('unauthorized');
    expect(closed.message).toContain('SSHFATE_TOKEN');
    const other = await failureOf((await serviceThat(() => ({ body: { hello: 'world' } }))).greet());
    expect(other.problem).toBe('unexpected-answer');
  });
  test('tells why it was refused, without the token, whoever sends it back', async () => {
    const service = await serviceThat(() => ({
      status: 413,
      body: { error: { code: 'too-large', message: `Too large, ${TOKEN}. Cut it.` } },
    }));
    const error = await failureOf(service.send({ name: 'a', sizeBytes: 3, content: pieces('abc') }));
    expect(error.problem).toBe('refused');
    expect(error.message).toMatch(/refuses it: Too large, \*\*\*\. Cut it\.$/);
  });
  test('tells what is about all files', async () => {
    for (const status of [401, 421, 429]) {
      const service = await serviceThat(() => ({ status, body: { error: { code: 'x', message: 'No.' } } }));
      expect((await failureOf(service.greet())).problem).toBe('unauthorized');
      await fake.stop();
    }
  });
  test('follows no redirect: the token is not for others', async () => {
    const service = await serviceThat(() => ({
      status: 302,
      headers: { Location: 'https://evil.example/' },
      body: '',
    }));
    const error = await failureOf(service.greet());
    expect(error.message).toContain('sends us on to https://evil.example/.');
    expect(fake.seen).toHaveLength(1);
  });
  test('takes no answer for one that is none', async () => {
    for (const body of ['<html>', '', '[]', { id: '../x', state: 'done' }, { id: 'a', state: 'odd' }]) {
      const service = await serviceThat(() => ({ body }));
      expect((await failureOf(service.look('a'))).problem).toBe('unexpected-answer');
      await fake.stop();
    }
  });
  test('says when nobody answers', async () => {
    const service = await serviceThat(() => undefined);
    expect((await failureOf(service.greet())).problem).toBe('unreachable');
    await fake.stop();
    expect((await failureOf(service.greet())).message).toMatch(/cannot be reached \(ECONNREFUSED\)/);
  });
  test('stops when it is told to', async () => {
    const stop = new AbortController();
    const service = await serviceThat(() => ({ body: ME }), stop.signal);
    stop.abort();
    expect((await failureOf(service.greet())).problem).toBe('interrupted');
  });
});
