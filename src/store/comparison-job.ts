import { openCapture } from '../capture/open-capture.ts';
import { compareSessions } from '../compare/compare-sessions.ts';
import type { Comparison } from '../compare/comparison.ts';
import { recordCapture } from '../compare-captures.ts';
import { byTelling, comparisonPage } from '../report/comparison/comparison-page.ts';
import type { Page } from '../report/page/blocks.ts';
