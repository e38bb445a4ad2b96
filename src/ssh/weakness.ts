import type { Negotiation, Proposal } from './conversation-api.ts';
export function postureNotes(_c: Proposal | undefined, _s: Proposal | undefined, _n: Negotiation | undefined, _p: 1 | 2 | undefined): readonly string[] {
  return [];
}
