import { Case } from './case.ts';
import type { PlacedSession } from './compare-sessions.ts';
import type { JointVerdict } from './comparison.ts';
import { forgedClose } from './forged-close.ts';
import { doneByHost } from './host-verdict.ts';
import { refusedByIcmp } from './icmp-refusal.ts';
import type { JudgedCapture } from './judged-capture.ts';
import { loneVerdict, notReached } from './lone-verdict.ts';
import { lostOnTheWay } from './path-loss.ts';
import { proxiedVerdict } from './proxied-verdict.ts';

/** One session's verdict, from all captures that have it. */
export function judgeSession(placed: PlacedSession, captures: readonly JudgedCapture[]): JointVerdict {
  const case_ = new Case(placed, captures);
  if (placed.members.length === 1 || notReached(case_) !== undefined) return loneVerdict(case_);
  if (placed.proxied) return proxiedVerdict(case_);
  return refusedByIcmp(case_) ?? forgedClose(case_) ?? lostOnTheWay(case_) ?? doneByHost(case_);
}
