import { expect, it } from 'vitest';
import { count, span } from '../../../src/diagnosis/patterns/pattern-definition.ts';

it.each([
  [0.5, 'less than a second'],
  [12, '12 s'],
  [300, '5 min'],
  [10_800, '3 h'],
])('%d s are %s', (seconds, text) => {
  expect(span(5e9, 5e9 + seconds * 1e9)).toBe(text);
});

it('One is told from many.', () => {
  expect([count(1, 'client'), count(2, 'client')]).toEqual(['1 client', '2 clients']);
});
