import type { FateTimes } from '../../../src/report/figures/fate-times.ts';

export const TIMES: FateTimes = {
  start: '2026-11-23T11:26:40.000Z',
  columnMs: 10_000,
  columns: 5,
  fates: [
    { fate: 'no-syn-ack', sessions: 3, counts: [0, 2, 0, 1, 0] },
    { fate: 'completed', sessions: 1301, counts: [1000, 300, 0, 0, 1] },
  ],
};
