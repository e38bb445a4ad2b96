import { expect, test } from 'vitest';
import { timeSpan } from '../../src/report/time-span.ts';

test('A span names its date once, unless there are two.', () => {
  const first = '2026-11-23T11:26:46.1Z';
  expect(timeSpan(first, '2026-11-23T11:26:46.9Z')).toBe('2026-11-23 11:26:46 UTC');
  expect(timeSpan(first, '2026-11-23T11:27:16Z')).toBe('2026-11-23 11:26:46 to 11:27:16 UTC');
  expect(timeSpan(first, '2026-11-24T00:00:01Z')).toBe('2026-11-23 11:26:46 to 2026-11-24 00:00:01 UTC');
});
