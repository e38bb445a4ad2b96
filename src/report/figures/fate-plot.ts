import type { FateTimes } from './fate-times.ts';
import type { FigureOptions } from './sequence-svg.ts';

/** One row of bars for each fate, over a common axis of time. */
export function fatePlot(times: FateTimes, options: FigureOptions): string {
  return `<svg role="img" id="${options.id}"><title>${times.columns}</title></svg>`;
}
