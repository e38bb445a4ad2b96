import type { Fate } from '../fate/vocabulary.ts';
import type { EarlierSession, SessionRecord } from '../session/record.ts';

/** What OpenSSH's listener writes instead of an identification string, from 8.2 to 9.7: MaxStartups only. */
const MAX_STARTUPS_TEXT = 'Exceeded MaxStartups';
/** Since 9.8, for MaxStartups, PerSourceMaxStartups and PerSourcePenalties alike. */
const ANY_REASON_TEXT = 'Not allowed at this time';

/** The listener's refusal in words; undefined when it said nothing of the kind. */
export function refusalOf(record: SessionRecord): 'max-startups' | 'any-reason' | undefined {
  const { identification, text } = record.server;
  if (identification !== undefined || text === undefined) return undefined;
  if (text.some((line) => line.startsWith(MAX_STARTUPS_TEXT))) return 'max-startups';
  return text.some((line) => line.startsWith(ANY_REASON_TEXT)) ? 'any-reason' : undefined;
}

/** Defaults of PerSourcePenalties in seconds (sshd_config(5) of 9.8 to 10.x). */
const PENALTY = { crash: 90, authfail: 5, noauth: 1, graceExceeded: 10 } as const;
/** A sum is enforced when it exceeds this (min:15), and grows no further than that (max:10m). */
const MIN_SECONDS = 15;
const MAX_SECONDS = 600;

const AUTHENTICATION_FAILED = new Set(['authentication-failed', 'too-many-authentication-failures']);
/** Ends without a login for which sshd counts "noauth". */
const NO_AUTHENTICATION = new Set<Fate>([
  'fin-before-banner',
  'rst-before-banner',
  'fin-after-banner',
  'rst-after-banner',
  'close-during-kex',
  'close-during-auth',
]);

export interface Penalties {
  /** Earlier sessions of this client that count, oldest first. */
  readonly sessions: readonly EarlierSession[];
  /** Seconds that are left of their penalties when this session began, by the defaults. */
  readonly leftSeconds: number;
  /** They reached the sum that is enforced. */
  readonly enforced: boolean;
}

/** What sshd's srclimit.c makes of this client's earlier sessions, with the default penalties. */
export function penaltiesOf(record: SessionRecord): Penalties {
  const sessions: EarlierSession[] = [];
  let expiresAt = Number.NEGATIVE_INFINITY;
  let enforced = false;
  for (const session of record.surroundings?.client.earlier ?? []) {
    const seconds = secondsFor(session);
    if (seconds === 0) continue;
    const at = -session.agoMs / 1000;
    if (expiresAt < at) enforced = false;
    expiresAt = Math.min(Math.max(expiresAt, at) + seconds, at + MAX_SECONDS);
    enforced ||= expiresAt - at > MIN_SECONDS;
    sessions.push(session);
  }
  return { sessions, leftSeconds: Math.max(0, expiresAt), enforced: enforced && expiresAt > 0 };
}

function secondsFor({ cause, fate }: EarlierSession): number {
  // A refused connection costs nothing.
  if (cause === 'penalty' || cause === 'max-startups') return 0;
  if (cause !== undefined && AUTHENTICATION_FAILED.has(cause)) return PENALTY.authfail;
  if (cause === 'login-grace-expired') return PENALTY.graceExceeded;
  if (cause === 'server-process-died' && NO_AUTHENTICATION.has(fate)) return PENALTY.crash;
  return NO_AUTHENTICATION.has(fate) ? PENALTY.noauth : 0;
}
