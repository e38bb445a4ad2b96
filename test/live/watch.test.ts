import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyzeCapture } from '../../src/engine.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { replay } from './replay.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const shipped = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
const capture = (name: string): string => path.join(CAPTURES, name);

async function analysed(name: string): Promise<SessionRecord[]> {
  const records: SessionRecord[] = [];
  await analyzeCapture(capture(name), {}, (session) =>
    records.push(JSON.parse(JSON.stringify(session)) as SessionRecord),
  );
  return records.sort((a, b) => a.session - b.session);
}

const essence = ({ session, fate, cause, endedBy }: SessionRecord) => ({
  session,
  fate,
  cause: cause?.id,
  endedBy,
});

describe('a watch that ends with its traffic', () => {
  it.each(shipped)('says of %s what is said of the capture', async (name) => {
    const { last } = await replay(capture(name));
    const records = [...last.values()].sort((a, b) => a.session - b.session);
    expect(records.map(essence)).toEqual((await analysed(name)).map(essence));
  });
});

describe('a watch that goes on', () => {
  /** Those that are open at a capture's end fall silent in a watch. */
  const over = (records: readonly SessionRecord[]) =>
    records.filter(({ fate }) => fate !== 'open').map(essence);

  it.each(shipped)('comes to the same verdicts for %s', async (name) => {
    const { last } = await replay(capture(name), { thenMs: 400_000 });
    const expected = over(await analysed(name));
    const numbers = new Set(expected.map(({ session }) => session));
    const records = [...last.values()].sort((a, b) => a.session - b.session);
    expect(records.map(essence).filter(({ session }) => numbers.has(session))).toEqual(expected);
  });
});

describe('a first verdict', () => {
  it.each(shipped)('of %s comes within half a second of the packet that decides', async (name) => {
    const { told, last } = await replay(capture(name), { thenMs: 400_000 });
    const captureMs = Math.min(...[...last.values()].map(({ start }) => Date.parse(start)));
    for (const record of last.values()) {
      const [close] = record.observed.closes;
      if (close === undefined || record.fate === 'undetermined') continue;
      const first = told.find(({ record: { session } }) => session === record.session);
      const closedMs = Date.parse(record.start) - captureMs + close.atMs;
      expect((first?.atMs ?? Number.POSITIVE_INFINITY) - closedMs).toBeLessThan(500);
    }
  });

  it('of a server that does not answer comes when the silence has lasted', async () => {
    const { told } = await replay(capture('no-syn-ack.client.pcap'), { thenMs: 60_000 });
    const [first] = told;
    expect(first?.record).toMatchObject({ fate: 'no-syn-ack', cause: { id: 'filtered' } });
    const lastMs = Date.parse(first?.record.end ?? '') - Date.parse(first?.record.start ?? '');
    expect((first?.atMs ?? 0) - lastMs).toBeGreaterThanOrEqual(15_000);
    expect((first?.atMs ?? 0) - lastMs).toBeLessThan(21_000);
  });
});

describe('a later verdict', () => {
  const CHECKS = 'fin-before-banner-health-check.client.pcap';

  it('replaces the first where other sessions tell more, and says that it does', async () => {
    const { told } = await replay(capture(CHECKS), { thenMs: 60_000 });
    const first = told.filter(({ record }) => record.session === 1).map(({ record }) => record);
    expect(first.map(({ revision, cause }) => [revision, cause?.confidence])).toEqual([
      [undefined, 'possible'],
      [2, 'likely'],
    ]);
  });

  it('is not given where nothing changes', async () => {
    const { told } = await replay(capture('close-during-kex-no-common-kex.client.pcap'), { thenMs: 60_000 });
    expect(told).toHaveLength(1);
  });
});

describe('a clock that is set', () => {
  const names = shipped.filter((name) => name.endsWith('.client.pcap')).filter((_, n) => n % 8 === 0);

  it.each(names.flatMap((name) => [-3600, 3600, -2].map((seconds) => [name, seconds] as const)))(
    'changes no verdict of %s when it jumps by %d s',
    async (name, seconds) => {
      const step = { atMs: 15, byMs: seconds * 1000 };
      const { last } = await replay(capture(name), { thenMs: 30_000, step });
      const { last: usual } = await replay(capture(name), { thenMs: 30_000 });
      expect([...last.values()].map(essence)).toEqual([...usual.values()].map(essence));
    },
  );

  it('gives later sessions its new time', async () => {
    const name = 'fin-before-banner-health-check.client.pcap';
    const { last } = await replay(capture(name), { step: { atMs: 1500, byMs: 86_400_000 } });
    const { last: usual } = await replay(capture(name));
    const apart = (number: number) =>
      Date.parse(last.get(number)?.start ?? '') - Date.parse(usual.get(number)?.start ?? '');
    expect(apart(4)).toBe(86_400_000);
  });
});

describe('packets that the capture lost', () => {
  it('make silence undetermined, and nothing that was seen', async () => {
    const lossy = { each: (watch: { lost(sinceNs: number, count: number): void }) => watch.lost(0, 1) };
    const silent = await replay(capture('no-syn-ack.client.pcap'), { thenMs: 200_000, ...lossy });
    expect(silent.last.get(1)).toMatchObject({
      fate: 'undetermined',
      observed: { missing: 'capture-drops' },
    });
    const seen = await replay(capture('rst-after-syn.client.pcap'), { thenMs: 30_000, ...lossy });
    expect(seen.last.get(1)?.fate).toBe('rst-after-syn');
  });
});
