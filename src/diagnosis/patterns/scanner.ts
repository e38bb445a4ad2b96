import type { Fate } from '../../fate/vocabulary.ts';
import { MAX_TARGETS } from './capture-notes.ts';
import { count, type PatternDefinition, span } from './pattern-definition.ts';

const FEWEST_TARGETS = 10;

export const scanner: PatternDefinition = {
  id: 'scanner',
  title: 'A source tries many servers or ports',
  needs: `one source, at least ${FEWEST_TARGETS} servers or ports, and no session of it that came as far as authentication`,
  says: 'Who scans, and how many servers and ports were tried.',
  find: ({ sources }) =>
    [...sources.values()].flatMap((source) => {
      const { address, tally, targets, servers, ports, serious, fates, examples } = source;
      if (targets.size < FEWEST_TARGETS || serious > 0) return [];
      const [fate = 'no-syn-ack' as Fate] = [...fates].sort((a, b) => b[1] - a[1])[0] ?? [];
      const atLeast = targets.size >= MAX_TARGETS ? 'at least ' : '';
      const what = ports.size > 1 ? `servers and ports (${count(ports.size, 'port')})` : 'servers';
      return [
        {
          key: address,
          title: `${address} scans: ${atLeast}${targets.size} ${what}, no login`,
          severity: 'info',
          server: servers[0] ?? '',
          fate,
          firstNs: tally.firstNs,
          lastNs: tally.lastNs,
          sessions: tally.sessions,
          clients: new Map([[address, tally.sessions]]),
          examples,
          summary: `${count(tally.sessions, 'session')} of ${address} to ${atLeast}${targets.size} ${what} within ${span(tally.firstNs, tally.lastNs)}; none came as far as authentication.`,
          nextSteps: [
            `Find out what ${address} is: a monitor or an inventory of your own looks the same (exempt it from penalties: PerSourcePenaltyExemptList)`,
            'On the firewall: if it is a stranger, block it, and let only those networks reach the port that need it',
          ],
        },
      ];
    }),
};
