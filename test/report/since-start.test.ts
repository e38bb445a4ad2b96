import { expect, test } from 'vitest';
import { microseconds, sinceStart } from '../../src/report/since-start.ts';
import { portClosed } from './fixtures.ts';

test('Times are told since the session began, to the microsecond.', () => {
  expect(sinceStart(portClosed(), '2026-11-23T11:26:46.010128Z')).toBe('+0.010128 s');
  expect(sinceStart(portClosed(), '2026-11-23T11:26:45.5Z')).toBe('-0.500000 s');
});

test('Nanoseconds and whole seconds are read as well.', () => {
  expect(microseconds('2026-11-23T11:26:46.010128999Z') - microseconds('2026-11-23T11:26:46Z')).toBe(10_128);
});
