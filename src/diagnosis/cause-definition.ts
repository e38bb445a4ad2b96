import type { Fate } from '../fate/vocabulary.ts';
import type { Cause, Confidence, Evidence, SessionRecord, TimelineEntry } from '../session/record.ts';

/**
 * One cause: what it needs, and how to find it in a record. One file each, listed in `catalogue.ts`. Definitions
 * with the same id are ways to tell the same cause: title and `says` of the first count.
 */
export interface CauseDefinition {
  /** API: never changes. */
  readonly id: string;
  readonly title: string;
  /** The only fates under which it is looked for. */
  readonly fates: readonly Fate[];
  /** The evidence it needs, for `explain`. */
  readonly needs: string;
  /** What it says of the session, for `explain`. */
  readonly says: string;
  /** Undefined when the record does not show it. Sees nothing but the record. */
  diagnose(record: SessionRecord): Finding | undefined;
}

/** A cause without its id, which the definition knows. */
export type Finding = Omit<Cause, 'id'>;

/**
 * A finding whose words and proof are only made for those who read them, while the record lasts: of the thousands of
 * sessions of a password-guessing attack a table shows twenty.
 */
export class UnwrittenFinding implements Finding {
  readonly confidence: Confidence;
  private readonly write: () => Omit<Finding, 'confidence'>;
  private made: Omit<Finding, 'confidence'> | undefined = undefined;

  constructor(confidence: Confidence, write: () => Omit<Finding, 'confidence'>) {
    this.confidence = confidence;
    this.write = write;
  }

  private get written(): Omit<Finding, 'confidence'> {
    this.made ??= this.write();
    return this.made;
  }

  get summary(): string {
    return this.written.summary;
  }
  get evidence(): readonly Evidence[] {
    return this.written.evidence;
  }
  get nextSteps(): readonly string[] {
    return this.written.nextSteps;
  }
}

/** Evidence from entries of a record's timeline; those that it does not hold are left out. */
export function evidence(items: readonly [TimelineEntry | undefined, string][]): Evidence[] {
  const list: Evidence[] = [];
  for (const [entry, what] of items) {
    if (entry !== undefined) list.push({ packet: entry.packet, time: entry.time, what });
  }
  return list;
}

/** First timeline entry of a kind. */
export function entryOf(
  record: SessionRecord,
  what: string,
  from?: TimelineEntry['from'],
): TimelineEntry | undefined {
  return record.timeline.find((entry) => entry.what === what && (from === undefined || entry.from === from));
}

/** `certain` and so on for a sentence. */
export const CONFIDENCE_WORDS: Readonly<Record<Confidence, string>> = {
  certain: 'the packets say so',
  likely: 'the packets fit nothing else well',
  possible: 'one of several that fit',
};

/** Not a byte came from the client, nor may one lie in what the capture does not hold. */
export const isClientMute = ({ bytes, tcp }: SessionRecord): boolean =>
  bytes.clientToServer === 0 &&
  (bytes.missed === 0 || (tcp.gaps.client === 0 && tcp.last?.client.data.length === 0));

/** host:port, or [host]:port for IPv6. */
export function hostPort(endpoint: { readonly address: string; readonly port: number }): string {
  return endpoint.address.includes(':')
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`;
}
