import type { FindingEvent } from '../live/live-findings.ts';
import type { Finding } from '../report/document.ts';
import { forJson } from '../report/escape.ts';

/** `sshfate/finding-event@1`: what is posted when a finding opens, grows or ends. */
export interface FindingEventDocument {
  readonly schema: 'sshfate/finding-event@1';
  /** A UUID. The same event may come twice (a connection broke before the answer arrived): with the same id. */
  readonly id: string;
  readonly event: FindingEvent['event'];
  /** When it happened: ISO 8601 UTC, by the clock of the watching machine. */
  readonly time: string;
  readonly source: EventSource;
  /** As it was then. `finding.id` is the same in all events of a finding. */
  readonly finding: Finding;
}

/** Who watches. */
export interface EventSource {
  readonly host: string;
  readonly interfaces: readonly string[];
  /** Of sshfate. */
  readonly version: string;
}

const FINDING_EVENT_SCHEMA = 'sshfate/finding-event@1';

/** The bytes that are posted: printable ASCII. */
export function eventBody(
  { event, finding }: FindingEvent,
  { id, time, source }: Pick<FindingEventDocument, 'id' | 'time' | 'source'>,
): Buffer {
  const document: FindingEventDocument = { schema: FINDING_EVENT_SCHEMA, id, event, time, source, finding };
  return Buffer.from(forJson(JSON.stringify(document)), 'latin1');
}

/** Whether it is what {@link eventBody} made for this id: a file may be damaged, or somebody else's. */
export function isEventBody(body: Buffer, id: string): boolean {
  try {
    const document = JSON.parse(body.toString('utf8')) as Partial<FindingEventDocument> | null;
    return document?.schema === FINDING_EVENT_SCHEMA && document.id === id;
  } catch {
    return false;
  }
}
