import type { ResetRecord, SessionRecord } from '../../session/record.ts';
import type { CauseDefinition, Finding } from '../cause-definition.ts';
import { dropbearOption, isDropbear } from '../dropbear.ts';
import {
  decidingReset,
  hasAllHeaders,
  isMirrored,
  lastSaid,
  msBetween,
  type SaidPacket,
  seconds,
} from '../last-words.ts';
import { isBareForm, resetForm } from '../reset-form.ts';

/** Time-outs of established connections are longer; so is what makes a keepalive worth its packets. */
const SHORTEST_MS = 10_000;
/** Home routers and load balancers begin to forget at about a minute. */
const USUAL_MS = 55_000;
/** A reset answers the packet that caused it in a round trip; this much later it would be something else. */
const ANSWER_MS = 3000;
/** `ServerAliveInterval` so much under the quiet time. */
const MARGIN = 0.5;
/** As quiet as the last time, nearly. */
const OUTLIVED = 0.9;
/** Time-outs that devices are delivered with, seconds. */
const KNOWN = [60, 120, 180, 300, 350, 600, 900, 1800, 3600, 7200] as const;

interface Quiet {
  readonly ms: number;
  /** The last data before it. */
  readonly before: SaidPacket;
  /** The first data after it. */
  readonly after: SaidPacket;
}

export const idleTimeOutOnPath: CauseDefinition = {
  id: 'idle-time-out-on-path',
  title: 'A device on the path forgot the quiet connection',
  fates: [
    'reset-in-session',
    'reset-midway',
    'lost-in-session',
    'lost-midway',
    'stalled-during-auth',
    'undetermined',
  ],
  needs:
    "after a long quiet the next data is never acknowledged, however often it is repeated, or is answered by a reset that is not the other host's own (hop limit, DSCP)",
  says: 'NAT or firewall state expired; says how long it was quiet, and a keepalive interval below that.',
  diagnose(record) {
    if (!hasAllHeaders(record)) return undefined;
    const reset = decidingReset(record);
    return reset === undefined ? unanswered(record) : wasReset(record, reset);
  },
};

function wasReset(record: SessionRecord, reset: ResetRecord): Finding | undefined {
  if (!isBareForm(reset) || resetForm(record, reset) === 'process') return undefined;
  const quiet = quietBefore(record, reset.packet, reset.from === 'server' ? 'client' : 'server');
  if (quiet === undefined || quiet.ms < SHORTEST_MS) return undefined;
  if (msBetween(quiet.after, reset) > ANSWER_MS) return undefined;
  const [own, ...others] = record.tcp.hopLimits[reset.from] ?? [];
  const foreign =
    own !== undefined &&
    own !== reset.hopLimit &&
    !isMirrored(record) &&
    others.every((value) => value === reset.hopLimit);
  const isFilter = resetForm(record, reset) === 'filter';
  const together = record.surroundings?.server.together !== undefined;
  // The host's own reset: it may have been restarted.
  if (!foreign && !isFilter && (together || quiet.ms < USUAL_MS)) return undefined;
  const why = foreign
    ? `its hop limit ${reset.hopLimit} is not the ${reset.from}'s ${own}`
    : isFilter
      ? 'it has the form of a firewall'
      : `it cannot be told from the ${reset.from}'s own`;
  return {
    confidence: foreign || isFilter ? 'likely' : 'possible',
    summary: `After ${seconds(quiet.ms)} of quiet the ${quiet.after.from}'s next data was answered with a reset (${why}): a NAT or firewall had forgotten the connection${known(quiet.ms)}.`,
    evidence: [
      { packet: quiet.before.packet, time: quiet.before.time, what: 'the last data before the quiet' },
      {
        packet: quiet.after.packet,
        time: quiet.after.time,
        what: `the ${quiet.after.from} speaks again after ${seconds(quiet.ms)}`,
      },
      { packet: reset.packet, time: reset.time, what: `RST in answer to it: ${why}` },
    ],
    nextSteps: nextSteps(record, quiet),
  };
}

function unanswered(record: SessionRecord): Finding | undefined {
  const { observed, surroundings, timing, tcp } = record;
  const isAbandoned =
    observed.owed?.what === 'acknowledgement' || observed.closes[0]?.unacknowledged === true;
  const quietMs = timing.idleBeforeUnansweredMs;
  if (!isAbandoned || quietMs === undefined || quietMs < SHORTEST_MS) return undefined;
  // All of them at once: that is the path.
  if (surroundings?.server.together !== undefined) return undefined;
  const side = tcp.last?.client.unanswered !== undefined ? 'client' : 'server';
  const repeats = tcp.last?.[side].unanswered;
  const [first] = repeats ?? [];
  const last = repeats?.[repeats.length - 1];
  if (first === undefined || last === undefined) return undefined;
  const quiet = quietBefore(record, first.packet, side);
  if (quiet === undefined || quiet.ms < SHORTEST_MS) return undefined;
  const survivors = surroundings?.server.survivors ?? 0;
  const others = survivors > 0 ? `, while ${survivors} other of its sessions went on` : '';
  return {
    confidence: survivors > 0 || quiet.ms >= USUAL_MS ? 'likely' : 'possible',
    summary: `After ${seconds(quiet.ms)} of quiet the ${side}'s next data was not acknowledged any more, nor were its ${repeats?.length} repeats${others}: a NAT or firewall had forgotten the connection and drops what it does not know${known(quiet.ms)}.`,
    evidence: [
      { packet: quiet.before.packet, time: quiet.before.time, what: 'the last data before the quiet' },
      {
        packet: quiet.after.packet,
        time: quiet.after.time,
        what: `the ${side} speaks again after ${seconds(quiet.ms)}`,
      },
      { packet: last.packet, time: last.time, what: 'the same data once more; nothing came back' },
    ],
    nextSteps: nextSteps(record, quiet),
  };
}

/** The longest time between data in a row that ends before a packet: what comes after it was not answered. */
function quietBefore(record: SessionRecord, packet: number, side: 'client' | 'server'): Quiet | undefined {
  const said = lastSaid(record).filter((each) => each.packet < packet);
  for (let i = said.length - 1; i > 0; i--) {
    const after = said[i] as SaidPacket;
    if (after.from !== side) return undefined;
    const before = said[i - 1] as SaidPacket;
    const ms = msBetween(before, after);
    if (ms >= SHORTEST_MS) return hasOutlived(said.slice(0, i), ms) ? undefined : { ms, before, after };
  }
  return undefined;
}

/** It was as quiet before, and went on: nothing forgets it after that time. */
function hasOutlived(said: readonly SaidPacket[], quietMs: number): boolean {
  return said.some(
    (packet, i) => i > 0 && msBetween(said[i - 1] as SaidPacket, packet) >= quietMs * OUTLIVED,
  );
}

function known(ms: number): string {
  const value = KNOWN.find((each) => Math.abs(ms / 1000 - each) <= each * 0.02 + 1);
  return value === undefined ? '' : ` (${value} s is a usual time-out)`;
}

function nextSteps(record: SessionRecord, quiet: Quiet): readonly string[] {
  const { server, client } = record;
  const interval = Math.max(1, Math.min(240, Math.floor((quiet.ms / 1000) * MARGIN)));
  const less = interval >= 30 ? Math.min(60, interval) : Math.max(1, Math.min(interval, 5));
  return [
    `On the client, in ~/.ssh/config under "Host ${server.address}": \`ServerAliveInterval ${less}\` (far below the ${seconds(quiet.ms)} that were too long; once: \`ssh -o ServerAliveInterval=${less} ${server.address}\`)`,
    isDropbear(record)
      ? `${dropbearOption(`-K ${less}`)} (for clients that cannot be changed)`
      : `On the server, for clients that cannot be changed, in sshd_config: \`ClientAliveInterval ${less}\`, then \`sshd -t && systemctl reload ssh\``,
    `On the firewall between ${client.address} and ${server.address}: \`sysctl net.netfilter.nf_conntrack_tcp_timeout_established\` (or "idle timeout" of the load balancer), and \`sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=432000\``,
  ];
}
