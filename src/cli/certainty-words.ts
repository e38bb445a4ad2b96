import type { Certainty } from '../fate/vocabulary.ts';
import type { Confidence } from '../session/record.ts';

/** How sure a verdict or a cause is. */
export const CERTAINTY_MEANINGS: Readonly<Record<Certainty | Confidence, string>> = {
  observed: 'Of a fate: the packets show it.',
  inferred:
    'Of a fate: a part of it is told from sizes and times of encrypted packets, or from their order; the reason says which.',
  certain: 'Of a cause: the packets say so themselves.',
  likely: 'Of a cause: the packets fit nothing else well.',
  possible: 'Of a cause: one of several that fit.',
};

export const CERTAINTY_WORDS = Object.keys(
  CERTAINTY_MEANINGS,
) as readonly (keyof typeof CERTAINTY_MEANINGS)[];
