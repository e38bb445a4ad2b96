import type { Fate } from '../fate/vocabulary.ts';
import type { CauseDefinition } from './cause-definition.ts';
import { acceptBacklogFull } from './causes/accept-backlog-full.ts';
import { accessDeniedEarly } from './causes/access-denied-early.ts';
import { answerUndeliverable } from './causes/answer-undeliverable.ts';
import {
  authenticationFailed,
  tooManyAuthenticationFailures,
  userGaveUp,
} from './causes/authentication-refused.ts';
import { backendDown } from './causes/backend-down.ts';
import { bannerGrab, keyScan } from './causes/banner-grab.ts';
import { clientNotSsh } from './causes/client-not-ssh.ts';
import { clientRestarted } from './causes/client-restarted.ts';
import { corruptStream } from './causes/corrupt-stream.ts';
import { disconnectMessage } from './causes/disconnect-message.ts';
import { filtered } from './causes/filtered.ts';
import { handshakeAckLost } from './causes/handshake-ack-lost.ts';
import { healthCheck, singleCheck } from './causes/health-check.ts';
import { hostKeyRejected, hostKeyRejectedLate } from './causes/host-key-rejected.ts';
import { hostNotOnLink } from './causes/host-not-on-link.ts';
import { icmpCauses } from './causes/icmp.ts';
import { idleTimeOutOnPath } from './causes/idle-time-out-on-path.ts';
import { keepaliveFailed } from './causes/keepalive-failed.ts';
import { loginGraceExpired } from './causes/login-grace-expired.ts';
import { markingDropped } from './causes/marking-dropped.ts';
import { markingDroppedLater } from './causes/marking-dropped-later.ts';
import { maxStartups } from './causes/max-startups.ts';
import { noCommonAlgorithmCauses } from './causes/no-common-algorithm.ts';
import { notSshCauses } from './causes/not-ssh.ts';
import { pathLost } from './causes/path-lost.ts';
import { pathMtuBlackHole } from './causes/path-mtu-black-hole.ts';
import { penalty } from './causes/penalty.ts';
import { portClosed } from './causes/port-closed.ts';
import { protocolVersionMismatch } from './causes/protocol-version-mismatch.ts';
import { rejectedByFirewall } from './causes/rejected-by-firewall.ts';
import { replyFromOtherAddress } from './causes/reply-from-other-address.ts';
import { returnPathDrop } from './causes/return-path-drop.ts';
import { rstInjected } from './causes/rst-injected.ts';
import { scan } from './causes/scan.ts';
import { segmentDropped } from './causes/segment-dropped.ts';
import { serverBroken } from './causes/server-broken.ts';
import { serverHung } from './causes/server-hung.ts';
import { serverProcessDied } from './causes/server-process-died.ts';
import { serverRestarted } from './causes/server-restarted.ts';
import { serverStalled } from './causes/server-stalled.ts';
import { slowBanner } from './causes/slow-banner.ts';
import { staleConnection } from './causes/stale-connection.ts';

/**
 * Every way to tell a cause, in the order in which equally good ones are ranked. One more is one more file and one
 * line here; a second way to tell a known cause, say in a later stage, is a definition with the same id.
 */
const DEFINITIONS: readonly CauseDefinition[] = [
  hostNotOnLink,
  markingDropped,
  acceptBacklogFull,
  staleConnection,
  filtered,
  rejectedByFirewall,
  portClosed,
  ...icmpCauses,
  returnPathDrop,
  answerUndeliverable,
  replyFromOtherAddress,
  handshakeAckLost,
  healthCheck,
  scan,
  singleCheck,
  // Without anybody in the way a penalty is the better guess.
  penalty,
  maxStartups,
  slowBanner,
  serverHung,
  serverBroken,
  backendDown,
  accessDeniedEarly,
  ...notSshCauses,
  clientNotSsh,
  protocolVersionMismatch,
  keyScan,
  ...noCommonAlgorithmCauses,
  hostKeyRejected,
  hostKeyRejectedLate,
  // What a side says of the faults above adds little to them.
  disconnectMessage,
  bannerGrab,
  corruptStream,
  pathMtuBlackHole,
  segmentDropped,
  markingDroppedLater,
  serverStalled,
  idleTimeOutOnPath,
  rstInjected,
  tooManyAuthenticationFailures,
  authenticationFailed,
  userGaveUp,
  loginGraceExpired,
  keepaliveFailed,
  serverRestarted,
  clientRestarted,
  pathLost,
  serverProcessDied,
];

/** What is to be said of a cause, however many ways there are to tell it. */
export type CauseSummary = Omit<CauseDefinition, 'diagnose'>;

/** Every cause once, in the same order. */
export const CAUSES: readonly CauseSummary[] = oneForEachId(DEFINITIONS);

const byFate = new Map<Fate, CauseDefinition[]>();
for (const cause of DEFINITIONS) {
  for (const fate of cause.fates) {
    const list = byFate.get(fate) ?? [];
    list.push(cause);
    byFate.set(fate, list);
  }
}

/** Ways to tell a cause that are tried under a fate. */
export function causesOf(fate: Fate): readonly CauseDefinition[] {
  return byFate.get(fate) ?? NONE;
}

const NONE: readonly CauseDefinition[] = [];

/** Title and meaning are those of the first; the fates and the evidence of all count. */
function oneForEachId(definitions: readonly CauseDefinition[]): readonly CauseSummary[] {
  const summaries = new Map<string, CauseSummary>();
  for (const { id, title, fates, needs, says } of definitions) {
    const known = summaries.get(id);
    summaries.set(id, {
      id,
      title: known?.title ?? title,
      fates: known ? [...new Set([...known.fates, ...fates])] : fates,
      needs: known && known.needs !== needs ? `${known.needs}; or ${needs}` : needs,
      says: known?.says ?? says,
    });
  }
  return [...summaries.values()];
}
