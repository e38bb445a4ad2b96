import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/record.ts';
import { recordsOf } from '../corpus/corpus.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');

/** What was injected when a capture was made; several values where chance decides. */
interface Truth {
  readonly file: string;
  readonly made: string;
  readonly sessions: readonly {
    readonly fate: readonly string[];
    readonly endedBy?: readonly string[];
    /** Causes that may be given; a session without the field has none. */
    readonly cause?: readonly string[];
  }[];
  /** All that the client printed. */
  readonly clientSaid?: readonly string[];
}

const manifest = JSON.parse(readFileSync(path.join(CAPTURES, 'manifest.json'), 'utf8')) as {
  readonly captures: readonly Truth[];
};

/** What the tool says of each session, a line each: any change of a verdict shows in the review. */
function verdict(record: SessionRecord): string {
  const cause = record.cause === undefined ? 'no cause' : `${record.cause.id} (${record.cause.confidence})`;
  return `${record.fate}, ${record.endedBy} at ${record.stage}, ${record.certainty}; ${cause}`;
}

describe('shipped captures', () => {
  it('are all in the manifest', () => {
    const files = readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name));
    expect(files.sort()).toEqual(manifest.captures.map((truth) => truth.file).sort());
  });

  it.each(manifest.captures.map((truth) => [truth.file, truth] as const))(
    '%s gets the verdict that was injected',
    async (file, truth) => {
      const records = await recordsOf(path.join(CAPTURES, file));
      expect(records.map((record) => record.fate)).toHaveLength(truth.sessions.length);
      truth.sessions.forEach((session, index) => {
        const record = records[index] as SessionRecord;
        expect(session.fate, verdict(record)).toContain(record.fate);
        if (session.endedBy) expect(session.endedBy, verdict(record)).toContain(record.endedBy);
        if (record.cause) expect(session.cause ?? [], verdict(record)).toContain(record.cause.id);
      });
      const golden = path.join(import.meta.dirname, 'golden', `${file}.golden.txt`);
      await expect(`${records.map(verdict).join('\n')}\n`).toMatchFileSnapshot(golden);
    },
  );

  it.each(manifest.captures.map((truth) => [truth.file, truth] as const))(
    '%s: what the client is said to have printed, it printed',
    async (file, truth) => {
      const records = await recordsOf(path.join(CAPTURES, file));
      const claimed = records.map((record) => record.clientMessage).filter((line) => line !== undefined);
      for (const line of claimed) expect(truth.clientSaid ?? []).toContain(line);
    },
  );
});
