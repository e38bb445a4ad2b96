import { expect, test } from 'vitest';
import { fatePlot } from '../../../src/report/figures/fate-plot.ts';
import { TIMES } from './times.ts';

const svg = fatePlot(TIMES, { id: 'box-2' });

/** Heights of the bars of one row. */
const bars = (row: number): number[] =>
  [...([...svg.matchAll(/<path class="\w+" d="([^"]+)"/g)][row]?.[1]?.matchAll(/v-([\d.]+)h/g) ?? [])].map(
    ([, height]) => Number(height),
  );

test('Each fate has a row with its name, its sessions, its own scale and its peak.', () => {
  expect(svg).toContain('>no-syn-ack</text>');
  expect(svg).toContain('>1,301</text>');
  expect(bars(0)).toEqual([24, 12]);
  // One session beside a thousand is seen.
  expect(bars(1)).toEqual([24, 7.2, 2]);
  expect(svg).toContain('>most in 10 s</text>');
});

test('A row has the colour of its severity, and says in words what it is.', () => {
  expect(svg.match(/<path class="high"/g)).toHaveLength(1);
  expect(svg.match(/<path class="well"/g)).toHaveLength(1);
  expect(svg).toMatch(/<desc[^>]*>no-syn-ack: 3, from 2026-11-23 11:26:50 to 2026-11-23 11:27:10 UTC\. /);
});
