import { openCapture } from '../capture/open-capture.ts';
import { compareSessions, type RecordedCapture } from '../compare/compare-sessions.ts';
import type { JointSession } from '../compare/comparison.ts';
import type { Exchange } from '../compare/exchange.ts';
import { recordCapture } from '../compare-captures.ts';
import { byTelling, comparisonPage } from '../report/comparison/comparison-page.ts';
import type { Page } from '../report/page/blocks.ts';

export interface ComparisonJob {
  readonly captures: readonly { readonly file: string; readonly name: string }[];
  readonly generator: string;
}

/** Sessions with a row, and of these told in full: each is half a page. */
const LISTED = 200;
const DETAILED = 25;

/** What captures of the same sessions tell together, as a page. */
export async function compareStored({ captures, generator }: ComparisonJob): Promise<Page> {
  const recorded: RecordedCapture[] = [];
  for (const { file, name } of captures) {
    const capture = await openCapture(file, { name });
    try {
      recorded.push((await recordCapture(capture, {})).recorded);
    } finally {
      capture.close();
    }
  }
  const exchangeOf = new Map<JointSession, () => Exchange>();
  const comparison = compareSessions(recorded, {
    onSession: (session, exchange) => exchangeOf.set(session, exchange),
  });
  const listed = [...comparison.sessions].sort(byTelling).slice(0, LISTED);
  const detailed = listed.filter(({ verdict }) => verdict.place !== 'nowhere').slice(0, DETAILED);
  const exchanges = new Map<JointSession, Exchange>();
  for (const session of detailed) {
    const exchange = exchangeOf.get(session)?.();
    if (exchange !== undefined) exchanges.set(session, exchange);
  }
  return comparisonPage({ comparison, listed, detailed, exchanges, generator });
}
