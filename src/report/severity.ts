import type { Fate } from '../fate/vocabulary.ts';
import type { Severity } from './document.ts';

/** Worst first. */
export const SEVERITIES = ['high', 'medium', 'low', 'info'] as const satisfies readonly Severity[];

/** Fates of sessions that did what they should: without a cause they are no finding. */
export const HEALTHY_FATES: ReadonlySet<Fate> = new Set<Fate>(['completed', 'open', 'closed-midway']);

/**
 * How much a finding matters to somebody who runs the server: `high` when users cannot work, `medium` when some
 * lost something or may, `low` when it is theirs to mend, `info` when it is nobody's trouble.
 */
export function severityOf(fate: Fate, causeId: string | undefined): Severity {
  return (causeId === undefined ? undefined : CAUSE_SEVERITY[causeId]) ?? FATE_SEVERITY[fate];
}

const FATE_SEVERITY: Readonly<Record<Fate, Severity>> = {
  'no-syn-ack': 'high',
  'rst-after-syn': 'high',
  'syn-abandoned': 'info',
  'icmp-after-syn': 'high',
  'closed-half-open': 'info',
  'rst-after-syn-ack': 'low',
  'icmp-after-syn-ack': 'medium',
  'syn-ack-unanswered': 'medium',
  'fin-before-banner': 'high',
  'rst-before-banner': 'high',
  'icmp-before-banner': 'high',
  'stalled-before-banner': 'high',
  'not-ssh': 'medium',
  'fin-after-banner': 'medium',
  'rst-after-banner': 'medium',
  'icmp-after-banner': 'high',
  'stalled-after-banner': 'high',
  'close-during-kex': 'high',
  'icmp-during-kex': 'high',
  'stalled-during-kex': 'high',
  'close-during-auth': 'low',
  'icmp-during-auth': 'medium',
  'stalled-during-auth': 'high',
  completed: 'info',
  'closed-in-session': 'medium',
  'reset-in-session': 'medium',
  'icmp-in-session': 'medium',
  'lost-in-session': 'high',
  'closed-midway': 'info',
  'reset-midway': 'medium',
  'icmp-midway': 'medium',
  'lost-midway': 'medium',
  open: 'info',
  undetermined: 'info',
};

/** Where the cause says more than the fate. */
const CAUSE_SEVERITY: Readonly<Record<string, Severity>> = {
  scan: 'info',
  'health-check': 'info',
  'banner-grab': 'info',
  'client-not-ssh': 'info',
  'user-gave-up': 'info',
  'authentication-failed': 'low',
  'too-many-authentication-failures': 'low',
  'login-grace-expired': 'low',
  penalty: 'medium',
  'slow-banner': 'low',
  'server-restarted': 'high',
  'path-lost': 'high',
  'idle-time-out-on-path': 'high',
  'rst-injected': 'high',
  'path-mtu-black-hole': 'high',
  'keepalive-failed': 'medium',
  'server-process-died': 'medium',
};
