import type { Fate } from '../fate/vocabulary.ts';
import type { CauseDefinition } from './cause-definition.ts';
import { bannerGrab } from './causes/banner-grab.ts';
import { clientNotSsh } from './causes/client-not-ssh.ts';
import { disconnectMessage } from './causes/disconnect-message.ts';
import { filtered } from './causes/filtered.ts';
import { hostKeyRejected } from './causes/host-key-rejected.ts';
import { icmpCauses } from './causes/icmp.ts';
import { noCommonAlgorithmCauses } from './causes/no-common-algorithm.ts';
import { notSshCauses } from './causes/not-ssh.ts';
import { portClosed } from './causes/port-closed.ts';
import { protocolVersionMismatch } from './causes/protocol-version-mismatch.ts';
import { maxStartups } from './causes/server-refusal-text.ts';

/** Every cause, in the order in which equally good ones are ranked. One more is one more file and one line here. */
export const CAUSES: readonly CauseDefinition[] = [
  portClosed,
  filtered,
  ...icmpCauses,
  maxStartups,
  ...notSshCauses,
  clientNotSsh,
  protocolVersionMismatch,
  disconnectMessage,
  ...noCommonAlgorithmCauses,
  hostKeyRejected,
  bannerGrab,
];

const byFate = new Map<Fate, CauseDefinition[]>();
for (const cause of CAUSES) {
  for (const fate of cause.fates) {
    const list = byFate.get(fate) ?? [];
    list.push(cause);
    byFate.set(fate, list);
  }
}

/** Causes that are looked for under a fate. */
export function causesOf(fate: Fate): readonly CauseDefinition[] {
  return byFate.get(fate) ?? NONE;
}

const NONE: readonly CauseDefinition[] = [];
