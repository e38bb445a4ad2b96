import { describe, expect, test } from 'vitest';
import {
  parseCauses,
  parseCount,
  parseDuration,
  parseEndpoints,
  parseFailOn,
  parseFates,
  parseFindingId,
  parseMoment,
  parsePorts,
  parseSessionNumber,
  parseSessionNumbers,
  parseSize,
  parseSortColumn,
} from '../../src/cli/option-values.ts';

test('ports are numbers from 1 to 65535', () => {
  expect(parsePorts('22, 2222')).toEqual([22, 2222]);
  for (const wrong of ['0', '65536', 'ssh', '22,,x', '-22', '2.2'])
    expect(() => parsePorts(wrong)).toThrow('is no port');
  expect(() => parsePorts(' , ')).toThrow('It is empty. Give a value, or leave the option out.');
});

test('fates and causes are known words, and near misses are named', () => {
  expect([...parseFates('open,completed')]).toEqual(['open', 'completed']);
  expect(() => parseFates('complete')).toThrow("'complete' is no fate. Did you mean completed?");
  expect(() => parseFates('xyzzy')).toThrow("'xyzzy' is no fate. 'sshfate explain' lists all of them.");
  expect([...parseCauses('no-common-kex')]).toEqual(['no-common-kex']);
  expect(() => parseCauses('no-comon-kex')).toThrow('Did you mean no-common-kex');
});

test('--fail-on takes fates, causes and any failure', () => {
  const some = parseFailOn('no-syn-ack,no-common-kex');
  expect([...some.fates]).toEqual(['no-syn-ack']);
  expect([...some.causes]).toEqual(['no-common-kex']);
  const any = parseFailOn('any-failure');
  expect(any.fates.has('close-during-kex')).toBe(true);
  for (const healthy of ['completed', 'open', 'closed-midway', 'undetermined'] as const) {
    expect(any.fates.has(healthy)).toBe(false);
  }
  expect(() => parseFailOn('any-failures')).toThrow('Did you mean any-failure?');
});

describe('addresses', () => {
  test('are addresses and networks with and without a port', () => {
    const shapes = parseEndpoints('10.0.0.1,10.0.0.0/8:22,2001:db8::1,[2001:db8::/32]:22,[2001:db8::1]');
    expect(shapes.map(({ network, port }) => [network.text, port])).toEqual([
      ['10.0.0.1/32', undefined],
      ['10.0.0.0/8', 22],
      ['2001:db8::1/128', undefined],
      ['2001:db8::/32', 22],
      ['2001:db8::1/128', undefined],
    ]);
  });
  test('are refused with an example', () => {
    for (const wrong of ['server', '10.0.0', '10.0.0.1/33', '10.0.0.1:x', '[10.0.0.1']) {
      expect(() => parseEndpoints(wrong)).toThrow('is no address. Give one as in 10.0.0.1, 10.0.0.0/8');
    }
    expect(() => parseEndpoints('10.0.0.1:0')).toThrow('is no port');
  });
});

test('lengths of time have a unit, or are seconds', () => {
  expect(['15', '15s', '500ms', '2m', '1h30m', '1.5s', '1d'].map(parseDuration)).toEqual([
    15_000, 15_000, 500, 120_000, 5_400_000, 1500, 86_400_000,
  ]);
  for (const wrong of ['', 's', '15 s', '-1s', '15x', '1e3'])
    expect(() => parseDuration(wrong)).toThrow('is no length of time');
});

describe('moments', () => {
  test('are dates, UTC unless a zone is given', () => {
    const ms = Date.UTC(2026, 10, 23, 11, 26, 46);
    for (const text of [
      '2026-11-23T11:26:46Z',
      '2026-11-23 11:26:46',
      '2026-11-23T12:26:46+01:00',
      '2026-11-23T11:26:46',
    ]) {
      expect(parseMoment(text)).toEqual({ kind: 'absolute', ms });
    }
    expect(parseMoment('2026-11-23')).toEqual({ kind: 'absolute', ms: Date.UTC(2026, 10, 23) });
    expect(parseMoment('2026-11-23T11:26')).toEqual({ kind: 'absolute', ms: Date.UTC(2026, 10, 23, 11, 26) });
  });
  test('are times of day', () => {
    expect(parseMoment('11:26')).toEqual({ kind: 'time-of-day', ms: 41_160_000 });
    expect(parseMoment('7:05:30.5')).toEqual({ kind: 'time-of-day', ms: 25_530_500 });
  });
  test('are relative to the first packet', () => {
    expect(parseMoment('+90s')).toEqual({ kind: 'relative', ms: 90_000 });
    expect(parseMoment('+1h30m')).toEqual({ kind: 'relative', ms: 5_400_000 });
  });
  test('are refused with an example', () => {
    for (const wrong of ['yesterday', '25:00', '11:60', '2026-13-01', '90s', '+', '2026-11-23T11', '11']) {
      expect(() => parseMoment(wrong)).toThrow('is no time. Give one as in 2026-11-23T11:26:46Z');
    }
  });
});

test('counts and session numbers are whole', () => {
  expect(parseCount('0')).toBe(0);
  expect(() => parseCount('1e3')).toThrow('is no whole number. Give one as in 20.');
  expect(parseSessionNumber('7')).toBe(7);
  for (const wrong of ['0', '-1', 'x'])
    expect(() => parseSessionNumber(wrong)).toThrow('is no session number');
});

test('sort columns are those of the table', () => {
  expect(parseSortColumn('duration')).toBe('duration');
  expect(() => parseSortColumn('durations')).toThrow('Did you mean duration?');
});

test('sessions are counted from 1, and may be several', () => {
  expect(parseSessionNumbers('4, 7')).toEqual([4, 7]);
  for (const wrong of ['0', '4,x', '-1'])
    expect(() => parseSessionNumbers(wrong)).toThrow('is no session number');
});

test('findings have ids of ten digits', () => {
  expect(parseFindingId('3f2a9c01be')).toBe('3f2a9c01be');
  for (const wrong of ['3f2a9c01b', '3F2A9C01BE', 'max-startups']) {
    expect(() => parseFindingId(wrong)).toThrow('is no id of a finding');
  }
});

test('sizes have units of powers of ten', () => {
  const sizes: [string, number][] = [
    ['700', 700],
    ['500k', 500_000],
    ['10M', 10_000_000],
    ['1.5GB', 1_500_000_000],
  ];
  for (const [text, bytes] of sizes) expect(parseSize(text)).toBe(bytes);
  for (const wrong of ['10 M', '-1', 'M', '10MiB']) expect(() => parseSize(wrong)).toThrow('is no size');
});
