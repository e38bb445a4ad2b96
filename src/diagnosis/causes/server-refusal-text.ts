import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';

/** What OpenSSH's listener writes instead of an identification string (8.2 to 9.7): see its drop_connection. */
const MAX_STARTUPS_TEXT = 'Exceeded MaxStartups';

export const maxStartups: CauseDefinition = {
  id: 'max-startups',
  title: 'Too many logins in progress',
  fates: ['fin-before-banner', 'rst-before-banner'],
  needs: 'the text "Exceeded MaxStartups" instead of an identification string',
  says: 'As many unauthenticated connections were open as MaxStartups allows.',
  diagnose(record) {
    const { server } = record;
    if (
      server.identification !== undefined ||
      !server.text?.some((line) => line.startsWith(MAX_STARTUPS_TEXT))
    ) {
      return undefined;
    }
    return {
      confidence: 'certain',
      summary: `${hostPort(server)} refused because MaxStartups is reached: too many connections have not logged in yet.`,
      evidence: evidence([[entryOf(record, 'text', 'server'), `the server says "${MAX_STARTUPS_TEXT}"`]]),
      nextSteps: [
        "On the server: sshd -T | grep -i maxstartups; ss -tn state established 'sport = :22' (who holds connections without logging in?)",
        'On the server: raise MaxStartups (for example MaxStartups 100:30:200) or lower LoginGraceTime, and block the guessers',
      ],
    };
  },
};
