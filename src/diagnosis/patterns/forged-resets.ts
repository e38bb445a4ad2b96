import { MAX_TARGETS } from './capture-notes.ts';
import { count, ofTally, type PatternDefinition } from './pattern-definition.ts';

const FEWEST = 3;

export const forgedResets: PatternDefinition = {
  id: 'forged-resets',
  title: 'A device between forges resets',
  needs: `at least ${FEWEST} sessions with the same fate whose RST was not made by the host whose address it has`,
  says: 'At which point of a session the device strikes, and how often.',
  find: ({ forgedResets: byFate }) =>
    [...byFate].flatMap(([fate, tally]) => {
      if (tally.sessions < FEWEST) return [];
      return [
        {
          key: fate,
          title: `A device between forges resets (${fate})`,
          severity: 'high',
          server: tally.servers[0] ?? '',
          fate,
          ...ofTally(tally),
          summary: `${count(tally.sessions, 'session')} of ${count(tally.clients.size, 'client')} with ${tally.servers.length === MAX_TARGETS ? 'at least ' : ''}${count(tally.servers.length, 'server')} ended at the same point with a RST that its seeming sender did not make.`,
          nextSteps: [
            'Take a capture at both ends at once: a RST that arrives at one and never left the other is forged (sshfate says which capture to take, with --session)',
            'Ask who runs the firewall, IPS or DPI between: a rule against SSH or a connection limit; its log has these addresses and times',
            'Try another port or a tunnel: a device that knows SSH by its identification string strikes there, too, one that has a rule for the port does not',
          ],
        },
      ];
    }),
};
