import { expect, test } from 'vitest';
import type { StoredCapture } from '../../../src/web/page/answers.ts';
import {
  bytes,
  captureVerdict,
  fateTone,
  minute,
  second,
  share,
  shown,
} from '../../../src/web/page/words.ts';

const stored = (part: Partial<StoredCapture>): StoredCapture => ({
  id: 'a',
  name: 'a.pcap',
  sizeBytes: 1,
  sha256: '',
  uploadedAt: '2026-11-28T03:03:09.123Z',
  owner: 'local',
  ownerName: 'local',
  state: 'done',
  notes: '',
  ...part,
});
const judged = (sessions: number, failed: number): StoredCapture =>
  stored({ summary: { packets: 1, sessions, failed, fates: {} } });

test('sizes have the unit that a person would choose', () => {
  expect([0, 999, 1000, 9960, 84_321, 999_600, 2 ** 31].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '10.0 kB',
    '84 kB',
    '1.0 MB',
    '2.1 GB',
  ]);
});

test('a verdict is the same phrase in the list as on the page', () => {
  expect(captureVerdict(judged(0, 0))).toBe('No SSH session was seen');
  expect(captureVerdict(judged(1, 0))).toBe('The session did not fail');
  expect(captureVerdict(judged(1, 1))).toBe('The session failed');
  expect(captureVerdict(judged(1200, 0))).toBe('None of 1,200 sessions failed');
  expect(captureVerdict(judged(1200, 1200))).toBe('All 1,200 sessions failed');
  expect(captureVerdict(judged(1200, 7))).toBe('7 of 1,200 sessions failed');
});

test('what is not judged yet says how far it is', () => {
  expect(captureVerdict(stored({ state: 'queued', queuePosition: 3 }))).toBe('Waits, 3 in the queue');
  expect(captureVerdict(stored({ state: 'queued' }))).toBe('Waits for its turn');
  const progress = { bytes: 5, totalBytes: 10, packets: 1200, sessions: 1 };
  expect(captureVerdict(stored({ state: 'analysing', progress }))).toBe(
    'Is being judged: 1,200 packets, 1 session',
  );
  expect(
    captureVerdict(
      stored({ state: 'failed', error: { code: 'not-a-capture', message: 'No \u202ecapture.' } }),
    ),
  ).toBe('No \\u202ecapture.');
});

test('how far it is stays unknown without a total, and never passes the end', () => {
  expect(share(undefined)).toBeUndefined();
  expect(share({ bytes: 5, packets: 0, sessions: 0 })).toBeUndefined();
  expect(share({ bytes: 5, totalBytes: 10, packets: 0, sessions: 0 })).toBe(0.5);
  expect(share({ bytes: 50, totalBytes: 10, packets: 0, sessions: 0 })).toBe(1);
});

test('times are cut, never moved to another zone', () => {
  expect(minute('2026-11-28T23:59:59.999Z')).toBe('2026-11-28 23:59');
  expect(second('2026-11-28T23:59:59.999Z')).toBe('2026-11-28 23:59:59');
});

test('a fate has the colour of its severity, which a cause may change', () => {
  expect(fateTone('completed')).toBe('well');
  expect(fateTone('no-syn-ack')).toBe('high');
  expect(fateTone('no-syn-ack', 'scan')).toBe('info');
});

test('what cannot be seen is spelled out, and UTF-8 that came as bytes is read as such', () => {
  expect(shown('a\u202eb\u0007')).toBe('a\\u202eb\\x07');
  expect(shown('caf\u00c3\u00a9')).toBe('café');
});
