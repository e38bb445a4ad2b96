import { describe, expect, test } from 'vitest';
import { FATES } from '../../src/fate/vocabulary.ts';
import { columnsThatFit, SESSION_COLUMN_NAMES, SESSION_COLUMNS } from '../../src/report/session-columns.ts';
import { completed, hostile, portClosed, reported } from './fixtures.ts';

describe('the columns of sessions', () => {
  test('show what is in the record', () => {
    const texts = SESSION_COLUMN_NAMES.map((name) => SESSION_COLUMNS[name].text(reported(completed())));
    expect(texts).toEqual([
      'completed.client.pcap',
      '3',
      '11-23 11:26:46',
      '10.77.1.2:32942',
      '10.77.2.2:22',
      'completed',
      '-',
      'client',
      '30.0 s',
      '12',
      '1,642',
      'JSCH-0.1.54',
      'OpenSSH_10.0p2',
    ]);
  });
  test('are escaped', () => {
    for (const name of SESSION_COLUMN_NAMES)
      expect(SESSION_COLUMNS[name].text(reported(hostile()))).toMatch(/^[ -~]*$/);
  });
  test('sort addresses by number, fates by the vocabulary and sizes with the largest first', () => {
    const client = (address: string, port: number) =>
      SESSION_COLUMNS.client.order(reported(portClosed({ client: { address, port } })));
    const sorted = [
      client('10.0.0.9', 5),
      client('10.0.0.10', 4),
      client('10.0.0.10', 30),
      client('2001:db8::1', 1),
    ];
    expect([...sorted].reverse().sort()).toEqual(sorted);
    const { order } = SESSION_COLUMNS.fate;
    expect(order(reported(portClosed()))).toBe(FATES.indexOf('rst-after-syn'));
    expect(SESSION_COLUMNS.duration.order(reported(completed()))).toBeLessThan(
      SESSION_COLUMNS.duration.order(reported(portClosed())),
    );
  });
  test('are left out from the least important on, until the rest fits', () => {
    const usual = (name: (typeof SESSION_COLUMN_NAMES)[number]) => SESSION_COLUMNS[name].usual;
    expect(columnsThatFit(SESSION_COLUMN_NAMES, usual, 500, 2)).toEqual(SESSION_COLUMN_NAMES);
    expect(columnsThatFit(SESSION_COLUMN_NAMES, usual, 60, 2)).toEqual(['session', 'fate', 'cause']);
    expect(columnsThatFit(SESSION_COLUMN_NAMES, usual, 1, 2)).toEqual(['fate']);
  });
});
