/** The words of sshfate. Their spelling is API: it never changes. */

/** How far a session may have come, in order; `unknown` where the capture has no start of it. */
export const STAGES = ['syn', 'syn-ack', 'tcp', 'banner', 'kex', 'auth', 'session', 'unknown'] as const;
/** See {@link STAGES}. */
export type Stage = (typeof STAGES)[number];

/** How a session may end; `open`: it was alive at the capture's end. */
export const ENDINGS = ['fin', 'rst', 'icmp', 'silence', 'open'] as const;
/** See {@link ENDINGS}. */
export type Ending = (typeof ENDINGS)[number];

/** Who may end a session; `path`: a device between; `nobody`: it fell silent, or is open. */
export const ENDED_BY = ['client', 'server', 'both', 'path', 'nobody', 'unknown'] as const;
/** See {@link ENDED_BY}. */
export type EndedBy = (typeof ENDED_BY)[number];

/** `observed`: packets show it; `inferred`: sizes, times or order do. */
export type Certainty = 'observed' | 'inferred';

/** What may become of a session, from its first packet on; `sshfate explain FATE` says what each means. */
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
/** See {@link FATES}. */
export type Fate = (typeof FATES)[number];
