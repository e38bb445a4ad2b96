import type { ClientNotes, ServerNotes } from './capture-notes.ts';
import { count, type PatternDefinition, type PatternFinding, span } from './pattern-definition.ts';

/** From one source, and from several against one server. */
const FEWEST_OF_SOURCE = 10;
const FEWEST_OF_SERVER = 30;
const FEWEST_SOURCES = 3;
/** On average no further apart: people do not fail that often for that long. */
const LARGEST_GAP_NS = 60e9;
const MAX_EXAMPLES = 5;

export const guessingBurst: PatternDefinition = {
  id: 'guessing-burst',
  title: 'Somebody guesses passwords',
  needs: `at least ${FEWEST_OF_SOURCE} sessions of one source, or ${FEWEST_OF_SERVER} of at least ${FEWEST_SOURCES} sources, that ended in authentication, no more than a minute apart on average`,
  says: 'From where, how fast, and whether one of the sources got in.',
  find: ({ servers }) => [...servers.values()].flatMap(burstOf),
};

function burstOf(server: ServerNotes): PatternFinding[] {
  const failing = [...server.clients.values()].filter(({ failed }) => failed > 0);
  if (failing.length === 0) return [];
  const sources = failing.filter((client) => isBurst(client.failed, FEWEST_OF_SOURCE, client));
  const all = sum(failing);
  const isSpread = failing.length >= FEWEST_SOURCES && isBurst(all.failed, FEWEST_OF_SERVER, all);
  const guilty = isSpread ? failing : sources;
  if (guilty.length === 0) return [];
  const { failed, firstFailedNs, lastFailedNs } = sum(guilty);
  guilty.sort((a, b) => b.failed - a.failed);
  // Somebody who mistyped twice and then got in is no guesser: only of sources that failed often is it told.
  const winners = sources.filter(({ loginAfterFailures }) => loginAfterFailures !== undefined);
  const winner = winners[0];
  const entry =
    winner?.loginAfterFailures === undefined
      ? ' No login of a source that failed that often is seen.'
      : ` ${winner.address} logged in after its failures (session ${winner.loginAfterFailures.session}): find out whether that was its owner.`;
  return [
    {
      key: server.name,
      title: `${server.name}: passwords or keys are guessed${winner === undefined ? '' : ', and one source got in'}`,
      severity: winner === undefined ? 'medium' : 'high',
      server: server.name,
      fate: 'close-during-auth',
      firstNs: firstFailedNs,
      lastNs: lastFailedNs,
      sessions: failed,
      clients: new Map(guilty.map((client) => [client.address, client.failed])),
      examples: [
        ...(winner?.loginAfterFailures === undefined ? [] : [winner.loginAfterFailures]),
        ...guilty.flatMap(({ failedExamples }) => failedExamples),
      ].slice(0, MAX_EXAMPLES),
      summary: `${count(failed, 'session')} of ${count(guilty.length, 'source')} ended without a login within ${span(firstFailedNs, lastFailedNs)}.${entry}`,
      nextSteps: [
        "On the server: `journalctl -u ssh | grep -E 'Failed|Invalid user'` (which names are tried?), and `last -i | head` (who got in?)",
        'On the server: fail2ban or PerSourcePenalties (OpenSSH 9.8 and later) against the sources; `PasswordAuthentication no` in sshd_config ends guessing for good, once all users have a key',
        'On the firewall: let only those networks reach the port that need it',
      ],
    },
  ];
}

type Failures = Pick<ClientNotes, 'failed' | 'firstFailedNs' | 'lastFailedNs'>;

function isBurst(failed: number, fewest: number, { firstFailedNs, lastFailedNs }: Failures): boolean {
  return failed >= fewest && (lastFailedNs - firstFailedNs) / (failed - 1) <= LARGEST_GAP_NS;
}

function sum(clients: readonly Failures[]): Failures {
  let failed = 0;
  let firstFailedNs = Number.POSITIVE_INFINITY;
  let lastFailedNs = Number.NEGATIVE_INFINITY;
  for (const client of clients) {
    failed += client.failed;
    firstFailedNs = Math.min(firstFailedNs, client.firstFailedNs);
    lastFailedNs = Math.max(lastFailedNs, client.lastFailedNs);
  }
  return { failed, firstFailedNs, lastFailedNs };
}
