import { expect, test } from 'vitest';
import { captureTroubles, commonFolder, lengthOf, takenFrom } from '../../src/report/capture-troubles.ts';
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

test('packets that are not whole are told, and the snap length only where it can be why', () => {
  const cut = (cutPackets: number, snapLength: number | undefined) =>
    captureTroubles(captureRecord({ cutPackets, snapLength }));
  expect(cut(3, 96)).toEqual(['3 packets were cut short, by a snap length of 96.']);
  expect(cut(1, 262_144)).toEqual(['1 packet was cut short.']);
  expect(cut(2, undefined)).toEqual(['2 packets were cut short.']);
});

test('the length is that of the packets, and of a piece it is said how much longer its source went on', () => {
  const [start, end] = ['2026-11-23T11:26:46.000000Z', '2026-11-23T11:26:47.500000Z'];
  const piece = captureRecord({ start, end, sourceEnd: '2026-11-23T11:27:16.000000Z' });
  expect(lengthOf(piece)).toBe('1.50 s');
  expect(takenFrom(piece)).toBe(', taken from a capture that goes on for 28.5 s more');
  expect(takenFrom(captureRecord({ start, end, sourceEnd: end }))).toBe(', taken from another capture');
  expect(takenFrom(captureRecord({ start, end }))).toBe('');
});
