import { blockedNetwork } from './blocked-network.ts';
import { forgedResets } from './forged-resets.ts';
import { guessingBurst } from './guessing-burst.ts';
import { maxStartupsReached } from './max-startups-reached.ts';
import { outage } from './outage.ts';
import type { PatternDefinition } from './pattern-definition.ts';
import { penalizedSources } from './penalized-sources.ts';
import { scanner } from './scanner.ts';

/** Every pattern over many sessions. One more is one more file and one line here. */
export const PATTERNS: readonly PatternDefinition[] = [
  outage,
  blockedNetwork,
  forgedResets,
  maxStartupsReached,
  penalizedSources,
  guessingBurst,
  scanner,
];
