import { expect, test } from 'vitest';
import { didYouMean, nearMisses } from '../../src/cli/near-miss.ts';
import { FATES } from '../../src/fate/vocabulary.ts';

test('finds what a slip of the finger meant', () => {
  expect(nearMisses('rst-afer-syn', FATES)[0]).toBe('rst-after-syn');
  expect(nearMisses('no-syn-akc', FATES)[0]).toBe('no-syn-ack');
  expect(nearMisses('Close-During-Kex', FATES)[0]).toBe('close-during-kex');
});

test('finds words that hold the one that was asked for', () => {
  expect(nearMisses('kex', FATES)).toContain('close-during-kex');
});

test('finds nothing when nothing is near', () => {
  expect(nearMisses('xyzzy', FATES)).toEqual([]);
  expect(didYouMean('xyzzy', FATES)).toBe('');
  expect(nearMisses('a'.repeat(10_000), FATES)).toEqual([]);
});

test('asks in one sentence', () => {
  expect(didYouMean('completd', ['completed'])).toBe(' Did you mean completed?');
  expect(didYouMean('kex', ['kex-a', 'kex-b', 'kex-c'])).toBe(' Did you mean kex-a, kex-b or kex-c?');
});
