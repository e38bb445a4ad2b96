import { count, ofTally, type PatternDefinition, span } from './pattern-definition.ts';

const FEWEST = 2;

export const penalizedSources: PatternDefinition = {
  id: 'penalized-sources',
  title: 'A server shuts sources out after what they did before',
  needs: `at least ${FEWEST} sessions of a server with the cause penalty`,
  says: 'Which sources are shut out, and how often they came back.',
  find: ({ servers }) =>
    [...servers.values()].flatMap(({ name, penalized: tally }) =>
      tally.sessions < FEWEST
        ? []
        : [
            {
              key: name,
              title: `${name}: ${count(tally.clients.size, 'source')} shut out by a penalty`,
              severity: 'medium',
              server: name,
              fate: 'fin-before-banner',
              ...ofTally(tally),
              summary: `${count(tally.sessions, 'session')} of ${count(tally.clients.size, 'source')} were turned away before the identification string within ${span(tally.firstNs, tally.lastNs)}, after failed or unfinished sessions of the same sources or while too many were open.`,
              nextSteps: [
                'On the server: `journalctl -u ssh | grep -E "drop connection|penalty"` (which of the sources, and why)',
                'On the server, in sshd_config: `PerSourcePenaltyExemptList` for monitors and management hosts that are shut out; guessers are shut out rightly',
              ],
            },
          ],
    ),
};
