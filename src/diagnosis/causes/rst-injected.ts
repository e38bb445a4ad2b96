import type { ResetRecord, SessionRecord } from '../../session/record.ts';
import type { CauseDefinition, Finding } from '../cause-definition.ts';
import {
  decidingReset,
  hasAllHeaders,
  isMirrored,
  lacksPackets,
  lastSaid,
  msBetween,
  otherSide,
  type Side,
} from '../last-words.ts';
import { isBareForm, resetForm } from '../reset-form.ts';
import { idleTimeOutOnPath } from './idle-time-out-on-path.ts';

/** A side that spoke so shortly before has not been restarted since. */
const STILL_UP_MS = 5000;
/** What gives a forged reset away. */
interface Proof {
  readonly text: string;
  readonly strength: 'weak' | 'strong';
}

/**
 * Proofs after Weaver, Sommer and Paxson, "Detecting Forged TCP Reset Packets" (NDSS 2009), which like this prefers
 * to miss some. Window 0 without options is no proof: Linux resets so what it has no socket for.
 */
export const rstInjected: CauseDefinition = {
  id: 'rst-injected',
  title: 'A device on the path reset the connection',
  fates: [
    ...(['rst-before-banner', 'rst-after-banner', 'close-during-kex', 'close-during-auth'] as const),
    ...(['reset-in-session', 'reset-midway', 'undetermined'] as const),
  ],
  needs:
    'a RST that its side did not send: its hop limit is unlike that of all its packets, the side went on talking after it, or it has the form of a firewall (no DSCP where the packet that it answers has one); or the RST of a kernel that had lost the connection a moment after it spoke, as when a forged RST had ended it there',
  says: 'An IPS, a firewall with application control or a policy timer sent the reset; says how many hops off.',
  diagnose(record) {
    const reset = decidingReset(record);
    if (reset === undefined || !hasAllHeaders(record)) return undefined;
    const proofs = [spokeOn(reset), otherHopLimit(record, reset), firewallForm(record, reset)].filter(
      (proof) => proof !== undefined,
    );
    if (proofs.length > 0) return forged(record, reset, proofs);
    return lostTheConnection(record, reset);
  },
};

function spokeOn({ from, spokeAfter }: ResetRecord): Proof | undefined {
  if (spokeAfter === undefined) return undefined;
  return {
    text: `the ${from} went on talking after "its" reset, in packet ${spokeAfter}`,
    strength: 'strong',
  };
}

function otherHopLimit(record: SessionRecord, reset: ResetRecord): Proof | undefined {
  const [own, ...others] = record.tcp.hopLimits[reset.from] ?? [];
  if (own === undefined || own === reset.hopLimit || isMirrored(record)) return undefined;
  // Its other packets do not agree on one path either.
  if (others.some((value) => value !== reset.hopLimit)) return undefined;
  const off = Math.abs(own - reset.hopLimit);
  const where = off <= 32 ? `, ${off} ${off === 1 ? 'hop' : 'hops'} off` : '';
  return {
    text: `its hop limit is ${reset.hopLimit}, that of the ${reset.from}'s other packets ${own}${where}`,
    strength: 'strong',
  };
}

function firewallForm(record: SessionRecord, reset: ResetRecord): Proof | undefined {
  if (resetForm(record, reset) !== 'filter') return undefined;
  const marked = record.tcp.markings?.[reset.from]?.some((change) => change.dscp !== 0) ?? false;
  return {
    text: 'it has no DSCP although the packet that it answers has: a firewall writes such resets',
    // A network that clears marks gives the same.
    strength: marked ? 'strong' : 'weak',
  };
}

function forged(record: SessionRecord, reset: ResetRecord, proofs: readonly Proof[]): Finding {
  const strong = proofs.filter((proof) => proof.strength === 'strong').length;
  // Then its state had expired, which says more.
  const wasIdle = idleTimeOutOnPath.diagnose(record) !== undefined;
  const after = reset.spokeAfter === undefined ? undefined : entryAt(record, reset.spokeAfter);
  return {
    confidence: strong >= 2 && !wasIdle ? 'certain' : strong >= 1 ? 'likely' : 'possible',
    summary: `The reset was not sent by the ${reset.from} in whose name it came: ${proofs.map((proof) => proof.text).join('; ')}.`,
    evidence: [
      ...lastOf(record, otherSide(reset.from), reset),
      { packet: reset.packet, time: reset.time, what: `RST in the ${reset.from}'s name` },
      ...(after ? [{ ...after, what: `the ${reset.from} sends new data` }] : []),
    ],
    nextSteps: nextSteps(record, reset),
  };
}

/** A kernel resets what it has no socket for. Its process had sent no close: something else ended the connection there. */
function lostTheConnection(record: SessionRecord, reset: ResetRecord): Finding | undefined {
  if (reset.ack || !isBareForm(reset) || lacksPackets(record)) return undefined;
  if (record.surroundings?.server.together !== undefined || record.fate === 'rst-before-banner')
    return undefined;
  const said = lastSaid(record).filter((packet) => packet.packet < reset.packet);
  const last = said.findLast((packet) => packet.from === reset.from);
  const answered = said.findLast((packet) => packet.from !== reset.from);
  if (last === undefined || answered === undefined || answered.packet < last.packet) return undefined;
  if (msBetween(last, reset) > STILL_UP_MS) return undefined;
  const { from } = reset;
  return {
    confidence: from === 'client' ? 'likely' : 'possible',
    summary: `The kernel of the ${from} had no such connection any more ${Math.max(1, msBetween(last, reset))} ms after the ${from} had last spoken, and no close of the ${from} came before: a reset in the name of the ${otherSide(from)} that did not pass here had ended it there.`,
    evidence: [
      { packet: last.packet, time: last.time, what: `the ${from} still speaks` },
      { packet: answered.packet, time: answered.time, what: `the ${otherSide(from)} sends data` },
      { packet: reset.packet, time: reset.time, what: 'RST without ACK, window 0: no socket' },
    ],
    nextSteps: nextSteps(record, reset),
  };
}

function lastOf(record: SessionRecord, side: Side, before: ResetRecord) {
  const last = lastSaid(record).findLast(({ packet, from }) => from === side && packet < before.packet);
  return last ? [{ packet: last.packet, time: last.time, what: `the ${side}'s last data before it` }] : [];
}

function entryAt(record: SessionRecord, packet: number) {
  const at = record.timeline.find((entry) => entry.packet === packet);
  const said = lastSaid(record).find((each) => each.packet === packet);
  const time = at?.time ?? said?.time;
  return time === undefined ? undefined : { packet, time };
}

function nextSteps(record: SessionRecord, reset: ResetRecord): readonly string[] {
  const { server, client } = record;
  return [
    `On the firewalls between ${client.address} and ${server.address}: \`nft -a list ruleset | grep -i 'reject with tcp reset'\`, then take the rule out: \`nft delete rule FAMILY TABLE CHAIN handle N\` (on an IPS: exempt this pair from application control)`,
    `On both ends, at the same time: \`tcpdump -ni IFACE -w end.pcap 'host ${client.address} and host ${server.address} and tcp port ${server.port}'\` (the ${reset.from}'s own capture does not hold this reset)`,
    `On the client: \`ssh -p 443 -o ConnectTimeout=10 ${server.address}\` with sshd on that port too (a device that acts on the port or the protocol shows itself)`,
  ];
}
