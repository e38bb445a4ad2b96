import { findingLine, liveLine } from '../report/live-line.ts';
import { ndjsonReporter } from '../report/ndjson.ts';
import type { Paint } from '../report/paint.ts';
import type { ReportedSession, ReportOutput } from '../report/reporter.ts';
import type { LiveSink } from './live-sink.ts';

export type SessionTest = (session: ReportedSession) => boolean;

/**
 * A verdict a line, for people and for `grep`. The output hands lines on as soon as the packets at hand are read: a write
 * for each took a quarter of the time of an attack.
 */
export function linesSink(output: ReportOutput, passes: SessionTest, paint: Paint, quiet: boolean): LiveSink {
  return {
    verdict(session) {
      if (passes(session)) output.write(`${liveLine(session, paint)}\n`);
    },
    finding({ event, finding }) {
      if (!quiet && finding.severity !== 'info') output.write(`${findingLine(event, finding, paint)}\n`);
    },
  };
}

/** A session record a line, as soon as the session is decided. */
export function ndjsonSink(output: ReportOutput, passes: SessionTest): LiveSink {
  const reporter = ndjsonReporter(output);
  return {
    verdict(session) {
      if (passes(session)) reporter.session(session);
    },
    end: () => reporter.end(),
  };
}
