import { findCaptures } from '../capture/find-captures.ts';
import { type CaptureRunSettings, listenForInterrupt } from './capture-run.ts';
import { type ComparedSessions, comparedSessions, recordCaptures } from './compare.ts';
import { UsageError } from './errors.ts';
import type { Terminal } from './terminal.ts';

/**
 * What captures of the same sessions tell together, for a report or a ticket about them (`--compare`); undefined when the
 * user ended it. What cannot be read is left to whoever judges the captures one by one to say.
 *
 * @throws UsageError when there are not two captures that can be read twice.
 */
export async function jointComparison(
  paths: readonly string[],
  settings: CaptureRunSettings,
  terminal: Terminal,
): Promise<ComparedSessions | undefined> {
  if (paths.includes('-')) {
    throw new UsageError(
      '--compare reads captures twice, and standard input can be read only once. Save it to a file and name that.',
    );
  }
  const stop = new AbortController();
  const interrupt = listenForInterrupt(stop);
  try {
    const { captures } = await findCaptures(paths);
    if (captures.length < 2) {
      throw new UsageError(
        '--compare needs two captures or more of the same sessions, from several places. Give those of both ends.',
      );
    }
    const silent: Terminal = { ...terminal, say: () => {} };
    const { recorded } = await recordCaptures(captures, settings, silent, stop);
    return interrupt.happened() ? undefined : comparedSessions(recorded);
  } finally {
    interrupt.stopListening();
  }
}
