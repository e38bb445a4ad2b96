import type { EndedBy, Ending, Fate, Stage } from './vocabulary.ts';

/** A fate, or one for each who ended the session. */
type Cell = Fate | Readonly<Record<EndedBy, Fate>>;

/** All by whom a cell does not care for, and the exceptions. */
function byWhom(otherwise: Fate, exceptions: Partial<Record<EndedBy, Fate>>): Cell {
  return {
    client: otherwise,
    server: otherwise,
    both: otherwise,
    path: otherwise,
    nobody: otherwise,
    unknown: otherwise,
    ...exceptions,
  };
}

/**
 * The table that judges: stage × ending. It is total: a missing cell does not compile. What the README and
 * `sshfate explain` print comes from here.
 */
export const FATE_TABLE: Readonly<Record<Stage, Readonly<Record<Exclude<Ending, 'open'>, Cell>>>> = {
  syn: {
    // A FIN before any answer is no TCP: the answer must be missing from the capture.
    fin: 'undetermined',
    rst: byWhom('rst-after-syn', { client: 'syn-abandoned' }),
    icmp: 'icmp-after-syn',
    silence: 'no-syn-ack',
  },
  'syn-ack': {
    fin: 'closed-half-open',
    rst: 'rst-after-syn-ack',
    icmp: 'icmp-after-syn-ack',
    silence: 'syn-ack-unanswered',
  },
  tcp: {
    fin: 'fin-before-banner',
    rst: 'rst-before-banner',
    icmp: 'icmp-before-banner',
    silence: 'stalled-before-banner',
  },
  banner: {
    fin: 'fin-after-banner',
    rst: 'rst-after-banner',
    icmp: 'icmp-after-banner',
    silence: 'stalled-after-banner',
  },
  kex: {
    fin: 'close-during-kex',
    rst: 'close-during-kex',
    icmp: 'icmp-during-kex',
    silence: 'stalled-during-kex',
  },
  auth: {
    fin: 'close-during-auth',
    rst: 'close-during-auth',
    icmp: 'icmp-during-auth',
    silence: 'stalled-during-auth',
  },
  session: {
    fin: byWhom('completed', { server: 'closed-in-session' }),
    rst: 'reset-in-session',
    icmp: 'icmp-in-session',
    silence: 'lost-in-session',
  },
  unknown: {
    fin: 'closed-midway',
    rst: 'reset-midway',
    icmp: 'icmp-midway',
    silence: 'lost-midway',
  },
};

/** Looks a fate up. */
export function fateOf(stage: Stage, ending: Exclude<Ending, 'open'>, endedBy: EndedBy): Fate {
  const cell = FATE_TABLE[stage][ending];
  return typeof cell === 'string' ? cell : cell[endedBy];
}
