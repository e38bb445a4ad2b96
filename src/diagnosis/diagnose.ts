import type { Cause, Confidence, SessionRecord } from '../session/record.ts';
import { causesOf } from './catalogue.ts';
import type { Finding } from './cause-definition.ts';

const RANK: Readonly<Record<Confidence, number>> = { certain: 0, likely: 1, possible: 2 };
const NO_CAUSES: readonly Cause[] = [];

/** What a definition found, under its name. */
class NamedFinding implements Cause {
  readonly id: string;
  readonly confidence: Confidence;
  private readonly found: Finding;

  constructor(id: string, found: Finding) {
    this.id = id;
    this.confidence = found.confidence;
    this.found = found;
  }

  get summary(): string {
    return this.found.summary;
  }
  get evidence(): Cause['evidence'] {
    return this.found.evidence;
  }
  get nextSteps(): readonly string[] {
    return this.found.nextSteps;
  }
}

/**
 * Why a session ended: all causes that its record shows, best first. To be read while the record lasts.
 */
export function diagnose(record: SessionRecord): readonly Cause[] {
  const definitions = causesOf(record.fate);
  if (definitions.length === 0) return NO_CAUSES;
  const causes: Cause[] = [];
  for (const definition of definitions) {
    const found = definition.diagnose(record);
    if (found !== undefined) causes.push(new NamedFinding(definition.id, found));
  }
  if (causes.length === 0) return NO_CAUSES;
  if (causes.length === 1) return causes;
  // Sorting is stable: equally sure causes keep the catalogue's order.
  const sorted = causes.sort((a, b) => RANK[a.confidence] - RANK[b.confidence]);
  // Told in two ways, a cause is named once, by the surer one.
  return sorted.filter(({ id }, index) => sorted.findIndex((other) => other.id === id) === index);
}
