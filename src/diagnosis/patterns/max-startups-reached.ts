import { dropbearStartupsSteps } from '../dropbear.ts';
import { count, ofTally, type PatternDefinition, span } from './pattern-definition.ts';

const FEWEST = 2;

export const maxStartupsReached: PatternDefinition = {
  id: 'max-startups-reached',
  title: 'A server turns logins away because too many are in progress',
  needs: `at least ${FEWEST} sessions of a server with the cause max-startups`,
  says: 'How many sessions were turned away, and how many connections were open without a login then.',
  find: ({ servers }) =>
    [...servers.values()].flatMap((server) => {
      const { name, port, startupsRefused: tally, mostUnauthenticated: open, isDropbear } = server;
      if (tally.sessions < FEWEST) return [];
      const held =
        open > 0
          ? `; up to ${count(open, 'connection')} without a login ${open === 1 ? 'was' : 'were'} open then`
          : '';
      const ofOneClient = isDropbear
        ? "dropbear's limit for one address"
        : 'MaxStartups or PerSourceMaxStartups';
      const ofAll = isDropbear ? "dropbear's limit" : 'MaxStartups';
      return [
        {
          key: name,
          title: `${name}: ${tally.clients.size === 1 ? ofOneClient : ofAll} is reached${open > 0 ? `, with ${open} open` : ''}`,
          severity: 'high',
          server: name,
          fate: 'fin-before-banner',
          ...ofTally(tally),
          summary: `${count(tally.sessions, 'session')} of ${count(tally.clients.size, 'client')} were turned away before the identification string within ${span(tally.firstNs, tally.lastNs)}${held}.`,
          nextSteps: isDropbear
            ? dropbearStartupsSteps(port)
            : [
                `On the server: \`ss -tn state established 'sport = :${port}' | awk 'NR>1{sub(/:[0-9]+$/,"",$4);print $4}' | sort | uniq -c | sort -n\` (who holds connections without logging in?)`,
                'On the server: `sshd -T | grep -iE "maxstartups|logingracetime"`; raise MaxStartups (for example 100:30:200) or lower LoginGraceTime, and block who guesses passwords',
              ],
        },
      ];
    }),
};
