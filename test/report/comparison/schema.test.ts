import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { inCaptures, shippedTruths } from '../../../scripts/lab/manifest.ts';
import type { JointPlace } from '../../../src/compare/comparison.ts';
import { compareCaptures } from '../../../src/index.ts';
import { PLACE_WORDS } from '../../../src/report/comparison/comparison-page.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, '../../../schema', name), 'utf8'));
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
ajv.addSchema(read('session-1.json'));
const schema = read('comparison-1.json');
const isComparison = ajv.compile(schema);

/** What is wrong with it; empty when nothing is. */
function errorsOf(value: unknown): string[] {
  // As it is printed: members that are undefined are absent.
  isComparison(JSON.parse(JSON.stringify(value)));
  return (isComparison.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

const comparisons = await Promise.all(
  shippedTruths().map(({ sides }) =>
    compareCaptures(
      Object.values(sides).map(({ file }) => inCaptures(file)),
      { ports: [...new Set(Object.values(sides).map(({ port }) => port))] },
    ),
  ),
);

describe('the schema of a comparison', () => {
  it('takes what is said of all shipped captures', () => {
    for (const comparison of comparisons) expect(errorsOf(comparison)).toEqual([]);
  });

  it('has every member that occurs, and no other that never does', () => {
    const sessions = comparisons.flatMap((comparison) => comparison.sessions);
    const occur = (values: readonly object[]): string[] =>
      [...new Set(values.flatMap((value) => Object.keys(JSON.parse(JSON.stringify(value)))))].sort();
    const known = (name: string): string[] => Object.keys(schema.$defs[name].properties).sort();
    expect(occur(sessions)).toEqual(known('session'));
    expect(occur(sessions.flatMap(({ seen }) => seen))).toEqual(known('seen'));
    expect(occur(sessions.map(({ verdict }) => verdict))).toEqual(known('verdict'));
    const directions = sessions.flatMap(({ legs = [] }) =>
      legs.flatMap((leg) => [leg.clientToServer, leg.serverToClient]),
    );
    // No capture of the lab is incomplete, and its network cards cut nothing.
    expect([...occur(directions), 'missed', 'recut'].sort()).toEqual(known('direction'));
  });

  it('has the places of the code', () => {
    expect([...schema.$defs.place.enum].sort()).toEqual((Object.keys(PLACE_WORDS) as JointPlace[]).sort());
  });

  it('refuses unknown members, missing ones and wrong words', () => {
    const [good] = comparisons;
    const { schema: _, ...without } = good ?? {};
    for (const wrong of [{ ...good, extra: 1 }, without, { ...good, captures: [] }]) {
      expect(errorsOf(wrong)).not.toEqual([]);
    }
  });
});
