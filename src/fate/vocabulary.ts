/** The words of sshfate. Their spelling is API: it never changes. */

export const STAGES = ['syn', 'syn-ack', 'tcp', 'banner', 'kex', 'auth', 'session', 'unknown'] as const;
export type Stage = (typeof STAGES)[number];

export const ENDINGS = ['fin', 'rst', 'icmp', 'silence', 'open'] as const;
export type Ending = (typeof ENDINGS)[number];

export const ENDED_BY = ['client', 'server', 'both', 'path', 'nobody', 'unknown'] as const;
export type EndedBy = (typeof ENDED_BY)[number];

export type Certainty = 'observed' | 'inferred';

export const FATES = [
  'no-syn-ack',
  'rst-after-syn',
  'syn-abandoned',
  'icmp-after-syn',
  'closed-half-open',
  'rst-after-syn-ack',
  'icmp-after-syn-ack',
  'syn-ack-unanswered',
  'fin-before-banner',
  'rst-before-banner',
  'icmp-before-banner',
  'stalled-before-banner',
  'not-ssh',
  'fin-after-banner',
  'rst-after-banner',
  'icmp-after-banner',
  'stalled-after-banner',
  'close-during-kex',
  'icmp-during-kex',
  'stalled-during-kex',
  'close-during-auth',
  'icmp-during-auth',
  'stalled-during-auth',
  'completed',
  'closed-in-session',
  'reset-in-session',
  'icmp-in-session',
  'lost-in-session',
  'closed-midway',
  'reset-midway',
  'icmp-midway',
  'lost-midway',
  'open',
  'undetermined',
] as const;
export type Fate = (typeof FATES)[number];
