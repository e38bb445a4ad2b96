import { expect, test } from 'vitest';
import { captureTroubles, commonFolder } from '../../src/report/capture-troubles.ts';
import { captureRecord } from './fixtures.ts';

test('the common folder is what all names begin with, whole folders only', () => {
  expect(commonFolder(['a/b/c.pcap', 'a/b/d.pcap'])).toBe('a/b/');
  expect(commonFolder(['a/b/c.pcap', 'a/bb/d.pcap'])).toBe('a/');
  expect(commonFolder(['/x/c.pcap', '/y/d.pcap'])).toBe('/');
  expect(commonFolder(['c.pcap', 'd/c.pcap'])).toBe('');
  expect(commonFolder(['-', '/x/c.pcap'])).toBe('');
  expect(commonFolder([])).toBe('');
});

test('what a capture lost is told, and nothing of a whole one', () => {
  expect(captureTroubles(captureRecord())).toEqual([]);
  expect(captureTroubles(captureRecord({ drops: 1200 }))).toEqual([
    'The capturing program lost 1,200 packets.',
  ]);
});
