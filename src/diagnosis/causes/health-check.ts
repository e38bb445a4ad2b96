import type { Fate } from '../../fate/vocabulary.ts';
import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';
import { closeOf, count } from '../sentences.ts';

const FATES: readonly Fate[] = [
  'rst-after-syn-ack',
  'syn-abandoned',
  'rst-before-banner',
  'fin-before-banner',
  'rst-after-banner',
  'fin-after-banner',
];
/** Intervals that are one to so much of their mean. */
const STEADY = 0.1;
const ENOUGH_INTERVALS = 2;
const MANY_INTERVALS = 4;
/** So many intervals are looked at, and so many packets named. */
const LOOKED_AT = 8;
const NAMED_PACKETS = 8;

export const healthCheck: CauseDefinition = {
  id: 'health-check',
  title: 'A load balancer or monitor looks whether the port is open',
  fates: FATES,
  needs:
    "a client that connects and closes without a byte of its own, also right after the server's identification string, at a steady interval (three times or more)",
  says: 'A check, not a user; says the interval.',
  diagnose(record) {
    if (record.endedBy !== 'client' || record.bytes.clientToServer > 0) return undefined;
    const intervals = intervalsOf(record);
    if (intervals === undefined) return undefined;
    const mean = intervals.reduce((sum, value) => sum + value, 0) / intervals.length;
    const every = `${(mean / 1000).toFixed(mean < 10_000 ? 1 : 0)} s`;
    return {
      confidence: intervals.length >= MANY_INTERVALS ? 'certain' : 'likely',
      summary: `${record.client.address} connects every ${every} and leaves without a byte, ${count(intervals.length + 1, 'time')} so far: a load balancer or a monitor that looks whether the port is open.`,
      evidence: evidence([
        [
          entryOf(record, 'SYN'),
          `this check, ${every} after the one before; earlier ones begin with packet ${earlierChecks(record)
            .slice(-NAMED_PACKETS)
            .map((session) => session.packet)
            .join(', ')}`,
        ],
        [closeOf(record, 'client'), 'the client closes without having sent a byte'],
      ]),
      nextSteps: [
        `On the server, so that the check is not punished as a guesser (sshd 9.8 and later), in sshd_config: \`PerSourcePenaltyExemptList ${record.client.address}\`, then \`systemctl reload ssh\``,
        `On ${record.client.address}: let the check read the identification string and close with a FIN (HAProxy: \`option tcp-check\` and \`tcp-check expect rstring ^SSH-2.0\`)`,
      ],
    };
  },
};

function earlierChecks(record: SessionRecord) {
  return (record.surroundings?.client.earlier ?? []).filter((session) => FATES.includes(session.fate));
}

/** The steady intervals up to this session; undefined when there are too few or they are not. */
function intervalsOf(record: SessionRecord): readonly number[] | undefined {
  const ago = [
    ...earlierChecks(record)
      .slice(-LOOKED_AT)
      .map((session) => session.agoMs),
    0,
  ];
  const intervals = ago.slice(1).map((value, n) => (ago[n] as number) - value);
  if (intervals.length < ENOUGH_INTERVALS) return undefined;
  const mean = intervals.reduce((sum, value) => sum + value, 0) / intervals.length;
  if (mean < 200) return undefined;
  return intervals.every((value) => Math.abs(value - mean) <= mean * STEADY) ? intervals : undefined;
}
