import { JsonBytes, literals } from './json-bytes.ts';
import type { Reporter, ReportOutput } from './reporter.ts';
import { writeSession } from './session-json.ts';

const { lineEnd } = literals({ lineEnd: '\n' });

/** Enough that a write costs nothing beside what it writes. */
const CHUNK_BYTES = 64 * 1024;

/** One session record a line, as sessions end: ASCII only, see `forJson`. */
export function ndjsonReporter(output: ReportOutput): Reporter {
  const json = new JsonBytes();
  let scheduled = false;
  const flush = (): void => {
    scheduled = false;
    if (json.length > 0) output.write(json.view());
    json.clear();
  };
  return {
    session(session) {
      writeSession(json, session);
      json.raw(lineEnd);
      if (json.length >= CHUNK_BYTES) flush();
      else if (!scheduled) {
        // As soon as the input has nothing more at hand: with a live capture piped in, records come at once.
        scheduled = true;
        setImmediate(flush);
      }
    },
    capture: () => {},
    end: flush,
  };
}
