import type { Fate } from '../../fate/vocabulary.ts';
import type { Confidence, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding, isClientMute } from '../cause-definition.ts';
import { isDropbear } from '../dropbear.ts';
import { isBareForm, resetForm } from '../reset-form.ts';
import { between, closeOf, count, seconds } from '../sentences.ts';

const FATES: readonly Fate[] = [
  'rst-after-syn-ack',
  'rst-before-banner',
  'fin-before-banner',
  'rst-after-banner',
  'fin-after-banner',
];
/** Intervals that are one to so much of their mean, and no shorter than a scanner's, milliseconds. */
const STEADY = 0.1;
const SHORTEST_MS = 200;
const ENOUGH_INTERVALS = 2;
const MANY_INTERVALS = 4;
/** So many sessions before this one and after it are looked at; so many packets are named. */
const LOOKED_AT = 6;
/** Who leaves later waited for something. */
const AT_ONCE_MS = 1000;
/** Nobody's check visits so many servers with one look. */
const MANY_TARGETS = 3;

export const healthCheck: CauseDefinition = {
  id: 'health-check',
  title: 'A load balancer or monitor looks whether the port is open',
  fates: FATES,
  needs:
    "a client that connects and closes without a byte of its own, also right after the server's identification string, at a steady interval (three times or more); or a reset of the client's own socket in place of its ACK, as HAProxy checks",
  says: 'A check, not a user; says the interval.',
  diagnose: (record) => (isVisit(record) ? (steady(record) ?? unacknowledged(record)) : undefined),
};

/** A second way to tell it, by nothing but one look: a scan, which is told by the same, is the better guess. */
export const singleCheck: CauseDefinition = {
  ...healthCheck,
  fates: ['fin-before-banner'],
  needs:
    'a single connect that the client ends within a second without a byte, which is only told as possible: a scan does the same',
  diagnose: (record) => (isVisit(record) ? single(record) : undefined),
};

function isVisit(record: SessionRecord): boolean {
  if (record.endedBy !== 'client' || !isClientMute(record)) return false;
  // It left because a router refused its packets.
  if (record.tcp.icmp !== undefined) return false;
  if (record.fate !== 'rst-after-syn-ack') return true;
  // A kernel that had not asked: SYN scanners make such packets, checks do not.
  const reset = record.tcp.resets?.find((each) => each.from === 'client');
  return reset !== undefined && !isBareForm(reset);
}

/** Sessions of this client that look like a check, by their start relative to this one. */
function checksOf(record: SessionRecord): readonly { readonly atMs: number; readonly packet: number }[] {
  const { earlier = [], later = [] } = record.surroundings?.client ?? {};
  const isCheck = ({ fate }: { readonly fate: Fate }) => FATES.includes(fate);
  return [
    ...earlier
      .filter(isCheck)
      .slice(-LOOKED_AT)
      .map(({ agoMs, packet }) => ({ atMs: -agoMs, packet })),
    { atMs: 0, packet: record.packets.first },
    ...later
      .filter(isCheck)
      .slice(0, LOOKED_AT)
      .map(({ inMs, packet }) => ({ atMs: inMs, packet })),
  ];
}

function steady(record: SessionRecord): Finding | undefined {
  const checks = checksOf(record);
  const intervals = checks.slice(1).map((check, n) => check.atMs - (checks[n]?.atMs ?? 0));
  if (intervals.length < ENOUGH_INTERVALS) return undefined;
  const mean = intervals.reduce((sum, value) => sum + value, 0) / intervals.length;
  if (mean < SHORTEST_MS || !intervals.every((value) => Math.abs(value - mean) <= mean * STEADY))
    return undefined;
  const every = `${(mean / 1000).toFixed(mean < 10_000 ? 1 : 0)} s`;
  return finding(
    record,
    intervals.length >= MANY_INTERVALS ? 'certain' : 'likely',
    `${record.client.address} connects every ${every} and leaves without a byte, ${count(checks.length, 'time')} around this one: a load balancer or a monitor that looks whether the port is open.`,
    `one of the checks every ${every}, which begin with packet ${checks.map(({ packet }) => packet).join(', ')}`,
  );
}

/** HAProxy connects without the last ACK of the handshake (TCP_QUICKACK off) and resets. */
function unacknowledged(record: SessionRecord): Finding | undefined {
  const reset = record.tcp.resets?.find((each) => each.from === 'client');
  if (reset === undefined || record.packets.clientToServer !== 2 || !reset.ack) return undefined;
  if (resetForm(record, reset) !== 'process') return undefined;
  // It had acknowledged, only the ACK is not in the capture.
  if (record.stage === 'tcp' && record.bytes.serverToClient === 0) return undefined;
  return finding(
    record,
    'likely',
    `${record.client.address} answered the SYN-ACK with a reset of its own socket, which is how HAProxy looks whether a port is open.`,
    'SYN of the check',
  );
}

function single(record: SessionRecord): Finding | undefined {
  const ack = entryOf(record, 'ACK');
  const close = closeOf(record, 'client');
  if (record.fate !== 'fin-before-banner' || ack === undefined || close === undefined) return undefined;
  const afterMs = between(ack, close);
  if (afterMs >= AT_ONCE_MS || (record.surroundings?.client.servers ?? 1) >= MANY_TARGETS) return undefined;
  const found = finding(
    record,
    'possible',
    `${record.client.address} connected and closed ${seconds(afterMs)} later without a byte: something looked whether the port is open.`,
    'SYN of the check',
  );
  return { ...found, nextSteps: [whoIs(record), ...found.nextSteps] };
}

const whoIs = ({ client }: SessionRecord): string =>
  `Find out what ${client.address} is: \`getent hosts ${client.address}\`, \`whois ${client.address}\` (one look is a stranger's as well as a monitor's)`;

function finding(record: SessionRecord, confidence: Confidence, summary: string, what: string): Finding {
  return {
    confidence,
    summary,
    evidence: evidence([
      [entryOf(record, 'SYN'), what],
      [closeOf(record, 'client'), 'the client closes without having sent a byte'],
    ]),
    nextSteps: [
      ...(isDropbear(record) ? [] : [exempt(record)]),
      `On ${record.client.address}, if it is yours: let the check read the identification string and close with a FIN (HAProxy: \`option tcp-check\` and \`tcp-check expect rstring ^SSH-2.0\`)`,
    ],
  };
}

/** A stranger's looks are to be punished. dropbear punishes nobody. */
const exempt = ({ client }: SessionRecord): string =>
  `If ${client.address} is your load balancer or monitor: on the server, in sshd_config, \`PerSourcePenaltyExemptList ${client.address}\`, then \`sshd -t && systemctl reload ssh\` (so that sshd 9.8 and later does not punish it as a guesser)`;
