import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clip,
  counted,
  displayWidth,
  duration,
  fitColumns,
  padEnd,
  padStart,
  shorten,
  wrap,
} from '../../src/report/layout.ts';

describe('displayWidth', () => {
  test('counts East Asian characters and pictographs twice, combining marks not at all', () => {
    expect(displayWidth('abc é Ж')).toBe(7);
    expect(displayWidth('東京')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('\u{1f600}')).toBe(2);
    expect(displayWidth('a⚡✅◽')).toBe(7);
  });
});

describe('wrap', () => {
  test('breaks at spaces', () => {
    expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
  });
  test('comes to an end where there are no columns', () => {
    for (const width of [1, 0, -4]) expect(wrap('a bc', width)).toEqual(['a', 'b', 'c']);
  });
  test('breaks a name-list behind its commas', () => {
    expect(wrap('aes128-cbc,3des-cbc,arcfour', 12)).toEqual(['aes128-cbc,', '3des-cbc,', 'arcfour']);
  });
  test('cuts a word that is longer than a line', () => {
    expect(wrap('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl']);
  });
  test('never gives a line that is too wide, and loses nothing but spaces', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 2, max: 40 }), (text, width) => {
        const lines = wrap(text, width);
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', '').trim());
      }),
    );
  });
});

describe('clip', () => {
  test('leaves what fits, and cuts the end of what does not', () => {
    expect(clip('short', 5)).toBe('short');
    expect(clip('authentication-failed', 8)).toBe('authent…');
    expect(clip('東京東京', 6)).toBe('東京…');
    expect(clip('abc', 0)).toBe('');
  });
  test('never gives more than there is room for', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 50 }),
        fc.integer({ min: 0, max: 40 }),
        (text, width) => {
          expect(displayWidth(clip(text, width))).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe('shorten', () => {
  test('keeps both ends', () => {
    expect(shorten('2001:db8:1234:5678::1', 11)).toBe('2001:…78::1');
    expect(shorten('short', 11)).toBe('short');
    expect(shorten('東京東京', 5)).toBe('東…京');
  });
});

describe('fitColumns', () => {
  test('leaves columns alone while they fit', () => {
    expect(fitColumns([3, 10, 4], [1, 1, 1], 80, 2)).toEqual([3, 10, 4]);
  });
  test('takes from the widest first, and from none below its minimum', () => {
    expect(fitColumns([3, 30, 20], [3, 10, 20], 40, 1)).toEqual([3, 15, 20]);
    expect(fitColumns([30, 30], [25, 25], 10, 1)).toEqual([25, 25]);
  });
});

test('durations are told in the unit that a person would choose', () => {
  expect([0.31, 12.5, 250, 8000, 90_000, 600_000, 90_000_000].map(duration)).toEqual([
    '0.31 ms',
    '13 ms',
    '250 ms',
    '8.00 s',
    '90.0 s',
    '10 min',
    '25 h 0 min',
  ]);
});

test('counts are grouped and nouns follow them', () => {
  expect(counted(1, 'session')).toBe('1 session');
  expect(counted(1_234_567, 'packet')).toBe('1,234,567 packets');
});

test('padding counts columns, not characters', () => {
  expect(padEnd('東', 4)).toBe('東  ');
  expect(padStart('東', 4)).toBe('  東');
});
