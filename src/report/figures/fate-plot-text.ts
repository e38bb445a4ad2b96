import { grouped, padEnd, padStart, wrap } from '../layout.ts';
import { axisTicks, type FateTimes, narrowed, widthText } from './fate-times.ts';

/** One row of blocks for each fate, over a common axis of time, at most `width` columns wide. */
export function fatePlotText(all: FateTimes, width: number): string[] {
  const names = Math.max(...all.fates.map(({ fate }) => fate.length));
  const sessions = Math.max(...all.fates.map((row) => grouped(row.sessions).length));
  const left = names + 1 + sessions + 2;
  const times = narrowed(all, Math.max(MINIMUM_COLUMNS, width - left));
  const rows = times.fates.map((row) => {
    const peak = Math.max(...row.counts);
    const bars = row.counts.map((count) =>
      count === 0 ? ' ' : BLOCKS[Math.ceil((count / peak) * BLOCKS.length) - 1],
    );
    return `${padEnd(row.fate, names)} ${padStart(grouped(row.sessions), sessions)}  ${bars.join('')}`.trimEnd();
  });
  let axis = '';
  for (const { column, label } of axisTicks(times, Math.max(2, Math.floor(times.columns / 16)))) {
    if (column < axis.length + (axis === '' ? 0 : 2)) continue;
    const text = `^${label}`;
    if (left + column + text.length > Math.max(width, left + text.length)) break;
    axis = padEnd(axis, column) + text;
  }
  return [
    ...rows,
    ' '.repeat(left) + axis,
    ...wrap(`Each column is ${widthText(times)}; each row has its own scale. Times are UTC.`, width),
  ];
}

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const MINIMUM_COLUMNS = 10;
