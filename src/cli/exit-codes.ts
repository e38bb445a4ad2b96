/** API for scripts: printed in the help, and nothing else is returned. */
export const EXIT_CODES = {
  done: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'done, and --fail-on matched a session' },
  usage: { code: 2, meaning: 'wrong usage, or the output could not be written' },
  unreadable: { code: 3, meaning: 'an input could not be read; the others are still reported' },
  undelivered: {
    code: 4,
    meaning: 'a ticket or service did not take it; the same command goes on from there',
  },
  interrupted: { code: 130, meaning: 'interrupted (Ctrl-C); what was known by then was written' },
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]['code'];
