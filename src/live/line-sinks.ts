import { JsonBytes } from '../report/json-bytes.ts';
import { findingLine, liveLine } from '../report/live-line.ts';
import type { Paint } from '../report/paint.ts';
import type { ReportedSession } from '../report/reporter.ts';
import { writeSession } from '../report/session-json.ts';
import type { LiveSink } from './live-sink.ts';

/** Where lines go; written at once, so that whoever reads them is never behind. */
export interface LineOutput {
  write(data: string | Uint8Array): void;
  flush(): void;
}

export type SessionTest = (session: ReportedSession) => boolean;

/** A verdict a line, for people and for `grep`. */
export function linesSink(output: LineOutput, passes: SessionTest, paint: Paint, quiet: boolean): LiveSink {
  return {
    verdict(session) {
      if (!passes(session)) return;
      output.write(`${liveLine(session, paint)}\n`);
      output.flush();
    },
    finding({ event, finding }) {
      if (quiet || finding.severity === 'info') return;
      output.write(`${findingLine(event, finding, paint)}\n`);
      output.flush();
    },
  };
}

const LINE_END = Uint8Array.of(0x0a);

/** A session record a line, the moment the session is decided. */
export function ndjsonSink(output: LineOutput, passes: SessionTest): LiveSink {
  const json = new JsonBytes();
  return {
    verdict(session) {
      if (!passes(session)) return;
      writeSession(json, session);
      json.raw(LINE_END);
      output.write(json.view());
      json.clear();
    },
  };
}
