import { describe, expect, it } from 'vitest';
import { journalAround, msBetween } from '../../src/diagnosis/last-words.ts';

describe('the command that shows the log of a moment', () => {
  it.each([
    ['2026-11-27T14:56:32.123456Z', '2026-11-27 14:56:22', '2026-11-27 14:56:42'],
    ['2026-11-27T14:56:10.999999999Z', '2026-11-27 14:56:00', '2026-11-27 14:56:20'],
    ['2026-11-27T14:56:09.5Z', '2026-11-27 14:55:59', '2026-11-27 14:56:19'],
    ['2026-12-31T23:59:50.000000Z', '2026-12-31 23:59:40', '2027-01-01 00:00:00'],
    ['2026-11-27T14:56:32Z', '2026-11-27 14:56:22', '2026-11-27 14:56:42'],
  ])('of %s reaches ten seconds either way', (time, since, until) => {
    expect(journalAround(time)).toBe(
      `journalctl -u ssh -u sshd --since '${since} UTC' --until '${until} UTC'`,
    );
  });
});

describe('the time between two packets', () => {
  it.each([
    ['2026-11-27T14:56:32.100000Z', '2026-11-27T14:56:32.350999Z', 250],
    ['2026-11-27T14:56:59.900000Z', '2026-11-27T14:57:00.100000Z', 200],
    ['2026-11-27T14:56:59Z', '2026-11-27T14:57:01Z', 2000],
  ])('from %s to %s is %i ms', (from, to, ms) => {
    expect(msBetween({ packet: 1, time: from }, { packet: 2, time: to })).toBe(ms);
  });
});
