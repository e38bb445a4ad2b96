import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../../src/diagnosis/catalogue.ts';
import { PATTERNS } from '../../../src/diagnosis/patterns/catalogue.ts';
import { FATES } from '../../../src/fate/vocabulary.ts';
import { foundIn } from './seen.ts';

const CAPTURES = path.join(import.meta.dirname, '../../../captures');

describe('the catalogue of patterns', () => {
  it('has every id once, and none that is a fate or a cause', () => {
    const ids = PATTERNS.map(({ id }) => id);
    const words = new Set<string>([...FATES, ...CAUSES.map(({ id }) => id)]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(words).not.toContain(id);
    }
  });

  const healthy = readdirSync(CAPTURES).filter((name) => /^(completed|open|closed-midway)/.test(name));
  it.each(healthy)('%s, a healthy capture, has no finding', async (name) => {
    for (const pattern of PATTERNS) expect(await foundIn(pattern, name)).toEqual([]);
  });
});
