import type { MarkingChange, SessionRecord } from '../../session/record.ts';
import type { CauseDefinition, Finding } from '../cause-definition.ts';
import { dropbearOption, isDropbear } from '../dropbear.ts';
import { hasAllHeaders, msBetween, otherSide, plural, type Side, seconds } from '../last-words.ts';
import { markingDropped } from './marking-dropped.ts';

/** Repeats for so long are no chance loss. */
const LONG_MS = 1000;

/**
 * A second way to tell `marking-dropped`: OpenSSH before 8.5, and every server, mark their packets only after the
 * login, so that the first marked packet is the first that is lost.
 */
export const markingDroppedLater: CauseDefinition = {
  id: markingDropped.id,
  title: markingDropped.title,
  fates: ['lost-in-session', 'lost-midway', 'stalled-during-auth', 'closed-in-session', 'undetermined'],
  needs:
    "the first packet with another DSCP is the first that is never acknowledged, however often it is repeated, while the side's packets before it came through",
  says: markingDropped.says,
  diagnose(record) {
    if (!hasAllHeaders(record) || record.tcp.icmp !== undefined) return undefined;
    return inVain(record, 'client') ?? inVain(record, 'server');
  },
};

function inVain(record: SessionRecord, side: Side): Finding | undefined {
  const change = record.tcp.markings?.[side]?.at(-1);
  const words = record.tcp.last?.[side];
  const repeats = words?.unanswered ?? [];
  const [first] = repeats;
  const last = repeats[repeats.length - 1];
  if (change === undefined || change.dscp === 0 || words === undefined || first === undefined)
    return undefined;
  // The data that is repeated first is that of the first marked packet: all before it was acknowledged.
  const marked = words.data.find((packet) => packet.packet >= change.packet);
  const before = words.data.findLast((packet) => packet.packet < change.packet);
  if (marked === undefined || before === undefined || last === undefined) return undefined;
  if (marked.packet !== change.packet || first.bytes !== marked.bytes) return undefined;
  // Another marked packet of that size may be the one that is repeated, and this one may have come through.
  if (words.data.some((packet) => packet.packet > marked.packet && packet.bytes === first.bytes))
    return undefined;
  if (repeats.length < 2 || msBetween(marked, last) < LONG_MS) return undefined;
  const peer = otherSide(side);
  const old = dscpBefore(record, side, change);
  return {
    // A path that broke at this very packet would look the same; that is rare.
    confidence: 'likely',
    summary: `From the moment the ${side} marked its packets with DSCP ${change.dscp}${old === undefined ? '' : ` instead of ${old}`} none of them was acknowledged any more, in ${plural(repeats.length, 'repeat')} over ${seconds(msBetween(marked, last))}: a device on the path drops the mark.`,
    evidence: [
      {
        packet: before.packet,
        time: before.time,
        what: `the ${side}'s last data with the old mark; it came through`,
      },
      {
        packet: marked.packet,
        time: marked.time,
        what: `its first packet with DSCP ${change.dscp}; never acknowledged`,
      },
      { packet: last.packet, time: last.time, what: 'the same data once more, and no answer' },
    ],
    nextSteps: [
      side === 'client'
        ? `On the client: \`ssh -o IPQoS=none ${record.server.address}\`, and for good \`IPQoS none\` in ~/.ssh/config`
        : isDropbear(record)
          ? dropbearOption('-z')
          : 'On the server, in sshd_config: `IPQoS none`, then `sshd -t && systemctl reload ssh`',
      side === 'client'
        ? isDropbear(record)
          ? `${dropbearOption('-z')} (its packets are marked after the login too)`
          : 'On the server, in sshd_config: `IPQoS none` (its packets are marked after the login too), then `sshd -t && systemctl reload ssh`'
        : `On the client: \`ssh -o IPQoS=none ${record.server.address}\` (its packets are marked as well)`,
      `On the path: find the device with \`traceroute -T -p ${record.server.port} -t ${change.dscp << 2} ${record[peer].address}\` against the same without \`-t\`, and let it pass or clear the mark`,
    ],
  };
}

function dscpBefore(record: SessionRecord, side: Side, change: MarkingChange): number | undefined {
  const earlier = record.tcp.markings?.[side]?.findLast(({ packet }) => packet < change.packet);
  const first = record.tcp.synTrafficClass?.[side];
  return earlier?.dscp ?? (first === undefined ? undefined : first >> 2);
}
