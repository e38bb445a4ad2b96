import { grouped } from '../layout.ts';
import { HEALTHY_FATES, severityOf } from '../severity.ts';
import { axisTicks, type FateTimes, widthText } from './fate-times.ts';
import { type FigureOptions, figure, line, text } from './sequence-svg.ts';

/** One row of bars for each fate, over a common axis of time. Each row has a scale of its own, with its peak told. */
export function fatePlot(times: FateTimes, options: FigureOptions): string {
  const step = (WIDTH - LEFT - RIGHT) / times.columns;
  const rows = times.fates.map((row, i) => drawnRow(row, HEAD + i * ROW_HEIGHT, step));
  const bottom = HEAD + times.fates.length * ROW_HEIGHT;
  const ticks = axisTicks(times).map(({ column, label }) => {
    const x = round(LEFT + column * step);
    return line('axis', x, HEAD - 4, x, bottom + 5) + text('q s c', x, bottom + 18, label);
  });
  return figure(options, WIDTH, bottom + 28, 'When sessions met their fates', described(times), [
    text('q s e', WIDTH, 12, `most in ${widthText(times)}`),
    ...ticks,
    ...rows,
  ]);
}

const WIDTH = 760;
const HEAD = 22;
const LEFT = 210;
const RIGHT = 66;
const ROW_HEIGHT = 34;
const BAR_HEIGHT = 24;
/** Whatever occurs shall be seen. */
const LEAST_BAR = 2;

function drawnRow({ fate, sessions, counts }: FateTimes['fates'][number], y: number, step: number): string {
  const peak = Math.max(...counts);
  const base = y + BAR_HEIGHT + 4;
  const colour = HEALTHY_FATES.has(fate) ? 'well' : severityOf(fate, undefined);
  const path = counts.flatMap((count, i) => {
    if (count === 0) return [];
    const height = Math.max(LEAST_BAR, (count / peak) * BAR_HEIGHT);
    return [
      `M${round(LEFT + i * step)} ${base}v${-round(height)}h${round(Math.max(1, step - 0.6))}v${round(height)}z`,
    ];
  });
  return [
    text('m e', LEFT - 60, base - 6, fate),
    text('b s e', LEFT - 10, base - 6, grouped(sessions)),
    line('axis', LEFT, base, WIDTH - RIGHT, base),
    `<path class="${colour}" d="${path.join('')}"/>`,
    text('q s e', WIDTH, base - 6, grouped(peak)),
  ].join('');
}

function described(times: FateTimes): string {
  const rows = times.fates.map(({ fate, sessions, counts }) => {
    const first = counts.findIndex((count) => count > 0);
    const last = counts.findLastIndex((count) => count > 0);
    const at = (column: number) =>
      new Date(Date.parse(times.start) + column * times.columnMs)
        .toISOString()
        .slice(0, 19)
        .replace('T', ' ');
    return `${fate}: ${grouped(sessions)}, from ${at(first)} to ${at(last)} UTC.`;
  });
  return rows.join(' ');
}

const round = (value: number): number => Math.round(value * 10) / 10;
