import type { Fate } from '../../fate/vocabulary.ts';

/** How many sessions met which fate when: those that ended in each of a number of equal spans of time. */
export interface FateTimes {
  /** ISO 8601 UTC of the first column's begin, a whole multiple of the width. */
  readonly start: string;
  readonly columnMs: number;
  /** At most 120. */
  readonly columns: number;
  /** The worst first, then the most frequent; `counts` has one number a column. */
  readonly fates: readonly { readonly fate: Fate; readonly sessions: number; readonly counts: readonly number[] }[];
}
