import { afterEach, expect, test, vi } from 'vitest';
import { ApiError, errorOf, request } from '../../../src/web/page/api.ts';

afterEach(() => vi.unstubAllGlobals());

test('an error of the service is told in its own words', () => {
  const error = errorOf(413, '{"error":{"code":"too-large","message":"Too large. Cut it."}}');
  expect([error.status, error.code, error.message]).toEqual([413, 'too-large', 'Too large. Cut it.']);
});

test("a proxy's page is not shown", () => {
  expect(errorOf(502, '<html>Bad gateway</html>').message).toBe(
    'The service answered with status 502. Try again.',
  );
});

test('a service that is not there is told from one that says no', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed to fetch')));
  await expect(request('GET', '/me')).rejects.toMatchObject({ status: 0, code: 'not-reached' });
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response('{"error":{"code":"no","message":"No."}}', { status: 403 })),
  );
  await expect(request('GET', '/me')).rejects.toThrow(ApiError);
});

test('what is asked stays below the API of its own origin, as JSON', async () => {
  const asked: unknown[] = [];
  vi.stubGlobal('fetch', (...parts: unknown[]) => {
    asked.push(parts);
    return Promise.resolve(new Response(null, { status: 204 }));
  });
  expect(await request('PATCH', '/captures/a', { notes: 'x' })).toBeUndefined();
  expect(asked).toEqual([
    [
      '/api/v1/captures/a',
      { method: 'PATCH', body: '{"notes":"x"}', headers: { 'content-type': 'application/json' } },
    ],
  ]);
});
