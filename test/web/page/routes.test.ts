import { expect, test } from 'vitest';
import { ownAddress, queryText, routeOf, wholeNumber } from '../../../src/web/page/routes.ts';

test('every page has its address', () => {
  expect(routeOf('/')).toEqual({ page: 'upload' });
  expect(routeOf('/library')).toEqual({ page: 'library' });
  expect(routeOf('/compare/')).toEqual({ page: 'compare' });
  expect(routeOf('/access')).toEqual({ page: 'access' });
  expect(routeOf('/login')).toEqual({ page: 'login' });
  expect(routeOf('/captures/aB3_-x')).toEqual({ page: 'capture', id: 'aB3_-x' });
  expect(routeOf('/captures/aB3_-x/sessions/17')).toEqual({ page: 'session', id: 'aB3_-x', session: 17 });
});

test('an address that would lead elsewhere in the API leads nowhere', () => {
  for (const path of [
    '/captures/..%2F..%2Fme',
    '/captures/a/sessions/0',
    '/captures/a/sessions/-1',
    '/captures/a/sessions/1e3',
    '/captures/a/notes',
    '/captures',
    '/library/x',
    '/constructor',
  ])
    expect(routeOf(path), path).toEqual({ page: 'nowhere' });
});

test('an address holds only what is asked, and holds it safely', () => {
  expect(queryText({ fate: '', cause: undefined })).toBe('');
  expect(queryText({ server: '[2001:db8::1]:22', text: 'a&b=c#d' })).toBe(
    '?server=%5B2001%3Adb8%3A%3A1%5D%3A22&text=a%26b%3Dc%23d',
  );
});

test('a number of an address that is none is the least one', () => {
  expect(wholeNumber('7', 1)).toBe(7);
  for (const text of [undefined, '', 'x', '1.5', '-3', 'Infinity', 'NaN'])
    expect(wholeNumber(text, 1), text).toBe(1);
  expect(wholeNumber('99', 1, 10)).toBe(10);
});

test('after signing in nobody is led to another site', () => {
  const origin = 'https://sshfate.example';
  for (const [next, leadsTo] of [
    ['/library?search=a', '/library?search=a'],
    ['/captures/x#notes', '/captures/x#notes'],
    [undefined, '/'],
    ['/login?next=/', '/'],
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['/.//evil.example/', '//evil.example/'],
  ] as const) {
    const address = ownAddress(next, origin);
    expect(address).toBe(origin + leadsTo);
    expect(new URL(address, origin).origin).toBe(origin);
  }
});
