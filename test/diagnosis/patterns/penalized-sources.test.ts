import { expect, it } from 'vitest';
import { penalizedSources } from '../../../src/diagnosis/patterns/penalized-sources.ts';
import { found, many } from './seen.ts';

it('says which sources are shut out, when at least two sessions are', () => {
  const penalties = (number: number) =>
    found(
      penalizedSources,
      many(number, (i) => ({ fate: 'fin-before-banner', from: `10.0.0.${i}`, cause: 'penalty' })),
    );
  expect(penalties(1)).toEqual([]);
  expect(penalties(3)).toMatchObject([
    { title: '10.9.0.1:22: 3 sources shut out by a penalty', severity: 'medium', sessions: 3 },
  ]);
});
