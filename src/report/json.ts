import { JsonBytes, literals } from './json-bytes.ts';
import type { MessageCheck } from './message-check.ts';
import { Overview } from './overview.ts';
import type { Reporter, ReportOutput } from './reporter.ts';
import { writeSession } from './session-json.ts';

const PART = literals({
  start: '{"schema":"sshfate/report@1","sessions":[\n',
  next: ',\n',
  captures: '\n],"captures":',
  summary: ',\n"summary":',
  findings: ',\n"findings":',
  end: '}\n',
});

const CHUNK_BYTES = 64 * 1024;

/**
 * One document (`Report`). The sessions come first in it, so that they need not be kept until the end.
 *
 * @param onPlaced told where the record of the last session lies in what is written next.
 */
export function jsonReporter(
  output: ReportOutput,
  message?: MessageCheck,
  onPlaced?: (offset: number, length: number) => void,
): Reporter {
  const json = new JsonBytes();
  const overview = new Overview();
  const flush = (): void => {
    output.write(json.view());
    json.clear();
  };
  json.raw(PART.start);
  return {
    session(session) {
      if (overview.sessions > 0) json.raw(PART.next);
      overview.add(session);
      const offset = json.length;
      writeSession(json, session);
      onPlaced?.(offset, json.length - offset);
      if (json.length >= CHUNK_BYTES) flush();
    },
    capture: (capture) => overview.captureEnded(capture),
    end() {
      json.raw(PART.captures);
      json.value(overview.captures);
      json.raw(PART.summary);
      json.value({ ...overview.summary(), ...(message && { message: message.summary() }) });
      json.raw(PART.findings);
      json.value(overview.findings());
      json.raw(PART.end);
      flush();
    },
  };
}
