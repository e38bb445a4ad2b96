import { describe, expect, it } from 'vitest';
import { CAUSES, causesOf } from '../../src/diagnosis/catalogue.ts';
import { FATES } from '../../src/fate/vocabulary.ts';

describe('the catalogue of causes', () => {
  it('has every id once, in the spelling of labels', () => {
    const ids = CAUSES.map((cause) => cause.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('finds a cause under each of its fates', () => {
    for (const cause of CAUSES) {
      expect(cause.fates.length).toBeGreaterThan(0);
      for (const fate of cause.fates) {
        expect(FATES).toContain(fate);
        expect(causesOf(fate)).toContainEqual(expect.objectContaining({ id: cause.id }));
      }
    }
  });
});
