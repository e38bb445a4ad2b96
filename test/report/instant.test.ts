import { expect, test } from 'vitest';
import { after, instant, iso } from '../../src/report/instant.ts';

test.each(['2026-11-23T11:26:46Z', '2026-11-23T11:26:46.000310Z', '2026-11-23T11:26:46.000000001Z'])(
  '%s keeps its digits',
  (text) => {
    expect(iso(instant(text))).toBe(text);
  },
);

test('nanoseconds are added without loss', () => {
  expect(iso(after(instant('2026-11-23T11:26:46.999999999Z'), 1))).toBe('2026-11-23T11:26:47.000000000Z');
});
