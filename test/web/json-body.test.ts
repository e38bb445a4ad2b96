import { request } from 'node:http';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonBody } from '../../src/web/json-body.ts';
import { type Environment, Refusal } from '../../src/web/service.ts';
import { startService, type TestService, temporaryFolder } from './service.ts';

const app = new Hono<Environment>();
app.post('/', async (context) => context.json(await jsonBody(context, 100)));
app.onError((error, context) =>
  error instanceof Refusal ? context.text(error.code, error.status) : context.text(error.message, 500),
);
const post = (body: RequestInit['body']): Promise<Response> =>
  Promise.resolve(app.request('/', { method: 'POST', body, duplex: 'half' } as RequestInit));

it('gives the object of a body, and an empty one for anything else', async () => {
  for (const [body, read] of [
    ['{"a":1}', { a: 1 }],
    ['null', {}],
    ['7', {}],
    ['{', {}],
    ['', {}],
  ] as const) {
    expect(await (await post(body)).json()).toEqual(read);
  }
});

it('takes no body that is larger than any, nor one without end', async () => {
  expect((await post(`{"a":"${'a'.repeat(300_000)}"}`)).status).toBe(413);
  const endless = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) });
  expect(await (await post(endless)).text()).toBe('too-slow');
});

describe('the service', () => {
  const temporary = temporaryFolder();
  let service: TestService;
  beforeAll(async () => {
    service = await startService(temporary.folder, { demandsTokens: true });
  });
  afterAll(async () => {
    await service.close();
    temporary.remove();
  });

  it('reads no more of what somebody without a token sends', async () => {
    const { sent, status } = await new Promise<{ sent: number; status: number | undefined }>((resolve) => {
      let bytes = 0;
      let answered: number | undefined;
      const sending = request(`${service.url}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-length': '1000000000' },
      });
      sending.on('response', (response) => {
        answered = response.statusCode;
        response.resume();
      });
      const finish = (): void => resolve({ sent: bytes, status: answered });
      sending.on('error', finish).on('close', finish);
      const part = Buffer.alloc(1 << 20, 'a');
      const next = (): void => {
        if (answered !== undefined) sending.destroy();
        else {
          bytes += part.length;
          sending.write(part, next);
        }
      };
      next();
    });
    expect(status).toBe(413);
    expect(sent).toBeLessThan(100_000_000);
  });
});
