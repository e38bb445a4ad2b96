import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { analyzeCapture } from '../../src/engine.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { recordsOf } from '../corpus/corpus.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const names = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-twins-'));
const WITHOUT_EDITCAP = spawnSync('editcap', ['--version']).status !== 0;

afterAll(() => rmSync(folder, { recursive: true }));

/** All but the name of the capture. */
function nameless(records: readonly SessionRecord[]): unknown[] {
  return records.map((record) => ({ ...record, capture: '' }));
}

describe('the same packets give the same records', () => {
  it.each(names)('%s in gzip', async (name) => {
    const file = path.join(CAPTURES, name);
    const twin = path.join(folder, `${name}.gz`);
    writeFileSync(twin, gzipSync(readFileSync(file)));
    expect(nameless(await recordsOf(twin))).toEqual(nameless(await recordsOf(file)));
  });

  it.each(names)('%s through a stream', async (name) => {
    const file = path.join(CAPTURES, name);
    const records: SessionRecord[] = [];
    await analyzeCapture(Readable.from([readFileSync(file)]), {}, (session) => {
      records.push(JSON.parse(JSON.stringify(session)) as SessionRecord);
    });
    records.sort((a, b) => a.session - b.session);
    expect(nameless(records)).toEqual(nameless(await recordsOf(file)));
  });
});

describe.skipIf(WITHOUT_EDITCAP)(
  `the same packets as pcapng give the same records${WITHOUT_EDITCAP ? ' (skipped: editcap is not installed)' : ''}`,
  () => {
    it.each(names)('%s', async (name) => {
      const file = path.join(CAPTURES, name);
      const twin = path.join(folder, `${name}ng`);
      execFileSync('editcap', ['-F', 'pcapng', file, twin], { stdio: 'ignore' });
      expect(nameless(await recordsOf(twin))).toEqual(nameless(await recordsOf(file)));
    });
  },
);
