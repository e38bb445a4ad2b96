import type { Cause, Confidence, SessionRecord } from '../session/record.ts';
import { causesOf } from './catalogue.ts';

const RANK: Readonly<Record<Confidence, number>> = { certain: 0, likely: 1, possible: 2 };
const NO_CAUSES: readonly Cause[] = [];

/** Why a session ended: all causes that its record shows, best first. */
export function diagnose(record: SessionRecord): readonly Cause[] {
  const definitions = causesOf(record.fate);
  if (definitions.length === 0) return NO_CAUSES;
  const causes: Cause[] = [];
  for (const definition of definitions) {
    const found = definition.diagnose(record);
    if (found !== undefined) causes.push({ id: definition.id, ...found });
  }
  if (causes.length === 0) return NO_CAUSES;
  // Sorting is stable: equally sure causes keep the catalogue's order.
  const sorted = causes.sort((a, b) => RANK[a.confidence] - RANK[b.confidence]);
  // Told in two ways, a cause is named once, by the surer one.
  return sorted.filter(({ id }, index) => sorted.findIndex((other) => other.id === id) === index);
}
