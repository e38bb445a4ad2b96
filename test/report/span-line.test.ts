import { describe, expect, test } from 'vitest';
import { coloured, plain } from '../../src/report/paint.ts';
import {
  clipped,
  filled,
  headingLine,
  lineWidth,
  paintLine,
  placeColumns,
  reversed,
  rowLine,
  ruled,
  type SpanColumn,
} from '../../src/report/span-line.ts';

const line = [{ text: 'abc', format: 'red' } as const, { text: '東京' }, { text: 'xyz' }];

describe('a line', () => {
  test('is cut where the terminal ends, never within a colour', () => {
    expect(paintLine(line, 6, coloured)).toBe('\x1b[31mabc\x1b[39m東…');
    expect(paintLine(line, 5, plain)).toBe('abc…');
    expect(paintLine(line, 10, plain)).toBe('abc東京xyz');
    expect(clipped(line, 0)).toEqual([]);
  });
  test('is filled to a width, and reversed as a whole', () => {
    expect(lineWidth(filled(line, 14))).toBe(14);
    expect(reversed(line, 12)).toEqual([{ text: 'abc東京xyz  ', format: 'inverse' }]);
  });
  test('is ruled to the end', () => {
    expect(paintLine(ruled([{ text: 'OPEN' }], 10), 10, plain)).toBe('OPEN ─────');
    expect(paintLine(ruled([{ text: 'FINDINGS' }], 6), 6, plain)).toBe('FINDI…');
  });
});

describe('columns', () => {
  const column = (heading: string, rank: number, width: number, minimum: number): SpanColumn<string> => ({
    ...{ heading, align: 'left', rank, width, minimum },
    cell: (row) => ({ text: `${row}${heading}` }),
  });
  const columns = [column('A', 1, 10, 4), column('B', 0, 10, 4), column('C', 2, 10, 4)];
  const widths = (width: number): (string | number)[] =>
    placeColumns(columns, width).flatMap((place) => [place.column.heading, place.width]);

  test('that matter most get their width first', () => {
    expect(widths(32)).toEqual(['A', 10, 'B', 10, 'C', 10]);
    expect(widths(22)).toEqual(['A', 6, 'B', 10, 'C', 4]);
  });
  test('that matter least are left out first', () => {
    expect(widths(13)).toEqual(['A', 4, 'B', 8]);
    expect(widths(5)).toEqual(['B', 5]);
  });
  test('are cut and aligned', () => {
    const places = placeColumns([column('A', 1, 5, 5), { ...column('B', 0, 5, 5), align: 'right' }], 11);
    expect(paintLine(headingLine(places), 11, plain)).toBe('A         B');
    expect(paintLine(rowLine(places, 'long text '), 11, plain)).toBe('long… long…');
  });
});
