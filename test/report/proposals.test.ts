import { expect, test } from 'vitest';
import { proposedLists } from '../../src/report/proposals.ts';
import { completed, EVERYTHING, noCommonKex } from './fixtures.ts';

test('Lists stand side by side, those that are alike in both directions once.', () => {
  const lists = proposedLists(noCommonKex().kex ?? { messages: [] });
  expect(lists.map(({ name }) => name)).toEqual([
    'key exchange',
    'host key',
    'cipher, both ways',
    'MAC, both ways',
    'compression, both ways',
  ]);
  expect(lists.filter(({ isMismatch }) => isMismatch).map(({ name }) => name)).toEqual(['key exchange']);
});

test('What both sides have is marked, and what was agreed on.', () => {
  const [first] = proposedLists(completed().kex ?? { messages: [] });
  expect(first?.client.slice(0, 2)).toEqual([
    { text: 'mlkem768x25519-sha256', mark: 'chosen' },
    { text: 'sntrup761x25519-sha512', mark: 'both' },
  ]);
  expect(proposedLists(EVERYTHING.kex)[0]?.client.every(({ mark }) => mark === 'one')).toBe(true);
});

test('A mismatch in one direction is told of that direction, also where both directions stand as one.', () => {
  const mismatched = proposedLists(EVERYTHING.kex).filter(({ isMismatch }) => isMismatch);
  expect(mismatched.map(({ name }) => name)).toEqual(['MAC, both ways']);
});

test('Of a side that was not seen there is nothing.', () => {
  const [first] = proposedLists({ client: EVERYTHING.kex.client, messages: [] });
  expect(first?.server).toEqual([]);
});
