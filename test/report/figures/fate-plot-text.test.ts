import { expect, test } from 'vitest';
import { fatePlotText } from '../../../src/report/figures/fate-plot-text.ts';
import type { FateTimes } from '../../../src/report/figures/fate-times.ts';
import { displayWidth } from '../../../src/report/layout.ts';
import { TIMES } from './times.ts';

test('Each fate is a row of blocks of its own scale over one axis.', () => {
  expect(fatePlotText(TIMES, 80)).toEqual([
    'no-syn-ack     3   █ ▄',
    'completed  1,301  █▃  ▁',
    '                    ^11:27:00',
    'Each column is 10 s; each row has its own scale. Times are UTC.',
  ]);
});

test.each([40, 70, 100])('Its lines keep to %i columns.', (width) => {
  const counts = Array.from({ length: 100 }, (_, i) => i);
  const times: FateTimes = {
    ...TIMES,
    columns: 100,
    fates: [{ fate: 'stalled-before-banner', sessions: 4950, counts }],
  };
  for (const line of fatePlotText(times, width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
});
