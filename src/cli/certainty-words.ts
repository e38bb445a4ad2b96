import { CONFIDENCE_WORDS } from '../diagnosis/cause-definition.ts';
import type { Certainty } from '../fate/vocabulary.ts';
import type { Confidence } from '../session/record.ts';

/** How sure a verdict or a cause is. */
export const CERTAINTY_MEANINGS: Readonly<Record<Certainty | Confidence, string>> = {
  observed: 'Of a fate: the packets show it.',
  inferred:
    'Of a fate: a part of it is told from sizes and times of encrypted packets, or from their order; the reason says which.',
  certain: `Of a cause: ${CONFIDENCE_WORDS.certain}.`,
  likely: `Of a cause: ${CONFIDENCE_WORDS.likely}.`,
  possible: `Of a cause: ${CONFIDENCE_WORDS.possible}.`,
};

export const CERTAINTY_WORDS = Object.keys(
  CERTAINTY_MEANINGS,
) as readonly (keyof typeof CERTAINTY_MEANINGS)[];
