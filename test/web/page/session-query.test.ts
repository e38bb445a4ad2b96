import { expect, test } from 'vitest';
import { queryText } from '../../../src/web/page/routes.ts';
import {
  addressQuery,
  apiQuery,
  type SessionQuery,
  sessionQuery,
  sortedBy,
  withFate,
} from '../../../src/web/page/session-query.ts';

const ASKED: SessionQuery = {
  fates: ['no-syn-ack', 'open'],
  cause: 'filtered',
  server: '10.0.0.1:22',
  client: '10.0.0.2',
  sort: 'duration',
  isDescending: true,
  page: 3,
};

test('what is asked survives its way through the address', () => {
  const address = Object.fromEntries(new URLSearchParams(queryText(addressQuery(ASKED))));
  expect(sessionQuery(address)).toEqual(ASKED);
});

test('an empty address asks for all sessions by number, and says nothing of it', () => {
  const all = sessionQuery({});
  expect(queryText(addressQuery(all))).toBe('');
  expect(apiQuery(all)).toBe('?sort=number&order=asc&offset=0&limit=50');
});

test('the API is asked for one page of the list', () => {
  expect(apiQuery(ASKED)).toBe(
    '?fate=no-syn-ack%2Copen&cause=filtered&server=10.0.0.1%3A22&client=10.0.0.2&sort=duration&order=desc&offset=100&limit=50',
  );
});

test('an order that there is not is the usual one', () => {
  expect(sessionQuery({ sort: 'password; drop', order: 'up', page: '-2' })).toMatchObject({
    sort: 'number',
    isDescending: false,
    page: 1,
  });
});

test('the head of a column sorts by it, then the other way round, from the first page on', () => {
  const first = sortedBy(ASKED, 'fate');
  expect(first).toMatchObject({ sort: 'fate', isDescending: false, page: 1 });
  expect(sortedBy(first, 'fate')).toMatchObject({ sort: 'fate', isDescending: true });
});

test('a fate is added, and taken away again', () => {
  expect(withFate(ASKED, 'completed').fates).toEqual(['no-syn-ack', 'open', 'completed']);
  expect(withFate(ASKED, 'open')).toMatchObject({ fates: ['no-syn-ack'], page: 1 });
});
