import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  axisTicks,
  FateCounts,
  type FateTimes,
  narrowed,
  widthText,
} from '../../../src/report/figures/fate-times.ts';

const START = Date.parse('2026-11-23T11:26:46.000Z');

function timesOf(ends: readonly (readonly ['completed' | 'no-syn-ack', number])[]): FateTimes | undefined {
  const counts = new FateCounts();
  for (const [fate, ms] of ends) counts.add(fate, START + ms);
  return counts.times();
}

describe('the counts of fates by time', () => {
  test('stand in columns of a round width, the worst fate first', () => {
    const ends = Array.from({ length: 200 }, (_, i) => ['completed', i * 100] as const);
    expect(timesOf([...ends, ['no-syn-ack', 12_345]])).toEqual({
      start: '2026-11-23T11:26:46.000Z',
      columnMs: 500,
      columns: 40,
      fates: [
        { fate: 'no-syn-ack', sessions: 1, counts: Array.from({ length: 40 }, (_, i) => Number(i === 24)) },
        { fate: 'completed', sessions: 200, counts: new Array(40).fill(5) },
      ],
    });
  });
  test('are nothing without a session, and one column for one', () => {
    expect(timesOf([])).toBeUndefined();
    expect(timesOf([['completed', 5]])).toMatchObject({ columns: 1, fates: [{ counts: [1] }] });
  });
  test('lose no session, and put each into the column of its time, however many there are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40_000_000_000 }), { minLength: 1, maxLength: 300 }),
        (ends) => {
          const times = timesOf(ends.map((ms) => ['completed', ms] as const)) as FateTimes;
          expect(times.columns).toBeLessThanOrEqual(100);
          const expected = new Array<number>(times.columns).fill(0);
          for (const ms of ends) {
            const column = Math.floor((START + ms - Date.parse(times.start)) / times.columnMs);
            expected[column] = (expected[column] ?? 0) + 1;
          }
          expect(times.fates[0]?.counts).toEqual(expected);
        },
      ),
    );
  });
  test('take a million different times in bounded memory', () => {
    const counts = new FateCounts();
    for (let i = 0; i < 1_000_000; i++) counts.add('completed', START + i * 37);
    expect([...counts].length).toBeLessThanOrEqual(8192);
    const times = counts.times() as FateTimes;
    expect(times.fates[0]?.sessions).toBe(1_000_000);
    const [, ...middle] = times.fates[0]?.counts.slice(0, -1) ?? [];
    // Evenly spread they stay, but for what the spans that were put together cost.
    expect(Math.max(...middle) / Math.min(...middle)).toBeLessThan(1.2);
  });
});

test('Fewer columns hold the same sessions.', () => {
  const times = timesOf(Array.from({ length: 90 }, (_, i) => ['completed', i * 5000] as const)) as FateTimes;
  const narrow = narrowed(times, 20);
  expect(narrow.columns).toBeLessThanOrEqual(20);
  expect(narrow.fates[0]?.sessions).toBe(90);
  expect(narrowed(narrow, 50)).toBe(narrow);
});

describe('the axis', () => {
  const spans: readonly (readonly [string, number, number, string])[] = [
    ['milliseconds', 1, 40, '11:26:46.000'],
    ['seconds', 500, 60, '11:26:50'],
    ['hours', 600_000, 80, '12:00'],
    ['days', 86_400_000, 50, '2026-12-03'],
  ];
  test.each(spans)('has round times over %s', (_, columnMs, columns, label) => {
    const start = new Date(Math.floor(START / columnMs) * columnMs).toISOString();
    const ticks = axisTicks({ start, columnMs, columns, fates: [] });
    expect(ticks.length).toBeGreaterThan(0);
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(ticks.map((tick) => tick.label).join()).toContain(label);
    for (const { column } of ticks) expect(column).toBeLessThan(columns);
  });
});

test('Widths are told in the unit that a person would choose.', () => {
  const texts = [5, 500, 5000, 300_000, 10_800_000, 86_400_000, 864_000_000].map((columnMs) =>
    widthText({ columnMs } as FateTimes),
  );
  expect(texts).toEqual(['5 ms', '500 ms', '5 s', '5 min', '3 h', 'a day', '10 days']);
});
