import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CaptureError } from '../../src/capture/capture-error.ts';
import { extracted, judged, KEY } from '../evidence/extracting.ts';
import { mutate, samples, seeded } from './mutate.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-broken-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of each capture. */
const MUTATIONS = 2;
const WAYS = [
  {},
  { stripPayload: true },
  { anonymizationKey: KEY },
  { stripPayload: true, anonymizationKey: KEY },
];

describe('evidence of broken captures', () => {
  it.each(samples())(
    'of $name is written, and the verdict of untouched packets stays',
    async ({ name, bytes }) => {
      for (let seed = 0; seed < MUTATIONS; seed++) {
        const file = path.join(folder, `${path.basename(name)}-${seed}`);
        writeFileSync(file, mutate(bytes, seeded(seed * 104_729 + bytes.length)));
        const records = await judged(file).catch((error: unknown) => {
          if (error instanceof CaptureError) return [];
          throw error;
        });
        const last = records.at(-1);
        if (last === undefined) continue;
        for (const [index, way] of WAYS.entries()) {
          const { evidence, file: written } = await extracted(file, { sessions: [last.session] }, way);
          const again = await judged(written);
          expect(again.length).toBeGreaterThan(0);
          if (index === 0) expect(evidence.sessions[0]?.isSame, `seed ${seed}`).toBe(true);
        }
      }
    },
  );
});
