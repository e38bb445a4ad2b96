import { expect, test } from 'vitest';
import { endingColumns, openColumns, rowKinds, wholeDuration } from '../../src/report/live-lists.ts';
import { endingRow, openRow } from './live-pictures.ts';

const cellOf = (heading: string, row = openRow()) =>
  openColumns(rowKinds([row], true))
    .find((column) => column.heading === heading)
    ?.cell(row);

test('A time is told in one unit, so that it does not flicker.', () => {
  const times = [-5, 999, 59_999, 60_000, 3_599_999, 172_799_000, 172_800_000].map(wholeDuration);
  expect(times).toEqual(['0 s', '0 s', '59 s', '1 min', '59 min', '47 h', '2 days']);
});

test('What is waited for is told in short, in red when it takes too long, and dim when it is nothing.', () => {
  const awaits = { by: 'server', what: 'SSH_MSG_KEXINIT', silent: false } as const;
  expect(cellOf('WAITS FOR', openRow({ awaits }))).toEqual({
    text: 'server: KEXINIT, 15 s',
    format: undefined,
  });
  expect(cellOf('WAITS FOR')).toMatchObject({
    text: 'client: identification, 15 s',
    format: ['red', 'bold'],
  });
  const nothing = openRow({ awaits: undefined });
  expect(cellOf('WAITS FOR', nothing)).toEqual({ text: 'quiet 15 s', format: 'dim' });
});

test('Texts from the wire are escaped.', () => {
  expect(cellOf('SOFTWARE', openRow({ software: 'a\x1b[2J' }))?.text).toBe('a\\x1b[2J');
});

test('Columns are as wide as the longest number and address of a list.', () => {
  const rows = [endingRow({ session: 1_234_567, client: '[2001:db8::1]:22' }), endingRow()];
  const kinds = rowKinds(rows, false);
  expect(kinds).toEqual({ hasIpv6: true, severalServers: false, digits: 7 });
  const [, number, client] = endingColumns(kinds);
  expect([number?.minimum, client?.width]).toEqual([7, 47]);
});
