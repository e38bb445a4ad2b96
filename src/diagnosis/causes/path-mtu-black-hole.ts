import type { DataPacket, IcmpRecord, LastWords, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, type Finding, hostPort } from '../cause-definition.ts';
import { lastSaid, msBetween, otherSide, plural, type Side, seconds } from '../last-words.ts';

/** A TCP payload that any path carries: RFC 1122 §3.3.3 (576 bytes less headers). */
export const ALWAYS_PASSES = 536;
/** After so much time a hole is no packet that is only late. */
const FILLED_BY_MS = 1000;
/** A burst: more segments than an interactive program sends, after a quiet. */
const BURST = 4;
const QUIET_MS = 1000;
/** Time stamps option with its padding (RFC 7323). */
const TCP_HEADER = 32;

/** Payload bytes that do not pass, those that do, and the packets that show it. */
interface Stuck {
  readonly from: Side;
  readonly bytes: number;
  readonly passing: number | undefined;
  readonly proof: readonly (readonly [DataPacket, string])[];
  readonly sure: boolean;
  /** Segments of this size have passed before. */
  readonly known?: boolean;
  readonly what: string;
}

export const pathMtuBlackHole: CauseDefinition = {
  id: 'path-mtu-black-hole',
  title: 'Large packets vanish on the path, small ones pass',
  fates: [
    ...(['stalled-after-banner', 'fin-after-banner', 'rst-after-banner'] as const),
    ...(['stalled-during-kex', 'close-during-kex', 'stalled-during-auth', 'close-during-auth'] as const),
    ...(['lost-in-session', 'closed-in-session', 'reset-in-session', 'lost-midway', 'reset-midway'] as const),
    'undetermined',
  ],
  needs:
    'the largest segment of a side is repeated and never acknowledged while smaller ones pass (SACK); or, where it should have arrived, a hole of that size before a smaller segment that is never filled; or an ICMP error "fragmentation needed" / "packet too big" that changed nothing',
  says: 'The path carries less than the ends believe and the ICMP error that should say so is dropped; says which size passes and which does not.',
  diagnose(record) {
    const tooBig = record.tcp.icmp?.findLast(isTooBig);
    // Refused for another reason than its size.
    if (tooBig === undefined && record.tcp.icmp !== undefined) return undefined;
    for (const side of SIDES) {
      const words = record.tcp.last?.[side];
      if (words === undefined) continue;
      const stuck = repeated(record, side, words) ?? missing(record, side, words);
      if (stuck !== undefined) return finding(record, stuck, tooBig);
    }
    return undefined;
  },
};

const SIDES = ['client', 'server'] as const;

const isTooBig = (note: IcmpRecord): boolean =>
  note.ipVersion === 4 ? note.type === 3 && note.code === 4 : note.type === 2;

/** Seen where it is sent: the same segment again and again. */
function repeated(record: SessionRecord, from: Side, words: LastWords): Stuck | undefined {
  const { sack, data } = words;
  const repeats = words.unanswered ?? [];
  const delivered = words.largestDeliveredBytes ?? 0;
  const bytes = Math.max(0, ...repeats.map((packet) => packet.bytes));
  if (bytes <= ALWAYS_PASSES) return undefined;
  if (bytes <= delivered) return narrowed(record, from, words, bytes, repeats);
  const original = data.find((packet) => packet.bytes >= bytes);
  // A tail loss probe repeats the last segment, which may be a small one (RFC 8985).
  const large = repeats.filter((packet) => packet.bytes === bytes);
  const [first] = large;
  const last = large[large.length - 1];
  const count = large.length;
  if (first === undefined || last === undefined || (count < 2 && sack === undefined)) return undefined;
  const smaller = data.filter((packet) => packet.bytes < bytes && packet.packet > (original?.packet ?? 0));
  // Small segments behind it were not received either: everything is lost.
  if (sack === undefined && (smaller.length > 0 || repeats.length > count)) return undefined;
  if (sack === undefined && !wasAnswered(record, from, original)) return undefined;
  const passing = Math.max(delivered, sack === undefined ? 0 : Math.max(0, ...smaller.map((p) => p.bytes)));
  const proof: (readonly [DataPacket, string])[] = [];
  if (original) proof.push([original, `the ${from} sends ${original.bytes} bytes in one segment`]);
  if (sack)
    proof.push([sack, `SACK: the ${otherSide(from)} has what was sent behind it, but not the segment`]);
  proof.push([
    last,
    `the segment again, ${count === 1 ? 'once' : `for the ${nth(count)} time`}, and no answer`,
  ]);
  return {
    from,
    bytes,
    passing: passing > 0 ? passing : undefined,
    proof,
    sure: sack !== undefined && count >= 2,
    what: `was sent ${plural(count + 1, 'time')} over ${seconds(msBetween(original ?? first, last))} without being acknowledged`,
  };
}

/** The other side spoke after what this one had said before the large segment, and waits now: its path is well. */
function wasAnswered(record: SessionRecord, from: Side, original: DataPacket | undefined): boolean {
  const peer = record.tcp.last?.[otherSide(from)];
  if (peer === undefined || peer.unanswered !== undefined || original === undefined) return false;
  const before = record.tcp.last?.[from].data.findLast((packet) => packet.packet < original.packet);
  // Of a session that the capture joined, nothing says that anything passed.
  if (before === undefined) return record.observed.handshake !== 'midway';
  return peer.data.some((packet) => packet.packet > before.packet);
}

/**
 * Segments of this size passed before. A burst after a quiet of which nothing arrives is all that a path which has
 * become narrower shows to a sender that has nothing small to send; one that broke shows the same.
 */
function narrowed(
  record: SessionRecord,
  from: Side,
  words: LastWords,
  bytes: number,
  repeats: readonly DataPacket[],
): Stuck | undefined {
  const [first] = words.data;
  const [last] = repeats.slice(-1);
  const quietMs = record.timing.idleBeforeUnansweredMs ?? 0;
  if (first === undefined || last === undefined || quietMs < QUIET_MS || repeats.length < 2) return undefined;
  const all = [...words.data, ...repeats];
  if (words.data.length < BURST || all.some((packet) => packet.bytes <= ALWAYS_PASSES)) return undefined;
  return {
    from,
    bytes,
    passing: undefined,
    proof: [
      [first, `the ${from} begins to send large segments only`],
      [last, `${bytes} bytes once more, and no answer`],
    ],
    sure: false,
    known: true,
    what: `like all of a burst after ${seconds(quietMs)} of quiet, was never acknowledged, though segments of this size had passed before`,
  };
}

const nth = (count: number): string => (count === 2 ? '2nd' : count === 3 ? '3rd' : `${count}th`);

/** Seen where it should arrive: what was sent behind it does. */
function missing(record: SessionRecord, from: Side, words: LastWords): Stuck | undefined {
  const { hole } = words;
  if (hole === undefined) return undefined;
  const delivered = words.largestDeliveredBytes ?? 0;
  const behind = lastSaid(record).find((packet) => packet.packet === hole.packet && packet.from === from);
  if (hole.bytes <= ALWAYS_PASSES || hole.bytes <= delivered) return undefined;
  if (behind !== undefined && behind.bytes >= hole.bytes) return undefined;
  if (Date.parse(record.end) - Date.parse(hole.time) < FILLED_BY_MS && record.ending !== 'silence') {
    return undefined;
  }
  const passing = Math.max(delivered, behind?.bytes ?? 0);
  return {
    from,
    bytes: hole.bytes,
    passing: passing > 0 ? passing : undefined,
    proof: [[hole, `before this packet ${hole.bytes} bytes of the ${from} are missing; they never come`]],
    sure: true,
    what: 'never arrived, while a smaller segment behind it did',
  };
}

function finding(record: SessionRecord, stuck: Stuck, tooBig: IcmpRecord | undefined): Finding {
  const { from, bytes, passing, proof, sure, what } = stuck;
  const header = (record.client.address.includes(':') ? 40 : 20) + TCP_HEADER;
  const passes = passing === undefined ? '' : `, and ${passing} bytes passed`;
  const icmp =
    tooBig === undefined
      ? 'no ICMP error told the sender'
      : `an ICMP error (${tooBig.mtu === undefined ? 'without a size' : `next hop takes ${tooBig.mtu} bytes`}) did not help`;
  const safe = tooBig?.mtu ?? Math.max(1280, Math.min(bytes + header - 1, (passing ?? 0) + header));
  const mtu = safe < bytes + header ? safe : 576;
  return {
    // Where no large one passed before, it is the size rather than the moment.
    confidence:
      tooBig !== undefined
        ? 'certain'
        : sure || (!stuck.known && (passing ?? 0) <= ALWAYS_PASSES)
          ? 'likely'
          : 'possible',
    summary: `A segment of ${bytes} bytes (a packet of about ${bytes + header}) from the ${from} ${what}${passes}: the path to the ${otherSide(from)} drops large packets, and ${icmp}.`,
    evidence: [
      ...proof.map(([{ packet, time }, text]) => ({ packet, time, what: text })),
      ...(tooBig
        ? [{ packet: tooBig.packet, time: tooBig.time, what: `ICMP: too big, from ${tooBig.reporter}` }]
        : []),
    ],
    nextSteps: [
      "On the router or VPN gateway between them: `nft add table inet clamp; nft add chain inet clamp forward '{ type filter hook forward priority mangle; }'; nft add rule inet clamp forward tcp flags syn tcp option maxseg size set rt mtu` (both ends then send segments that fit)",
      `On the ${from}, if the router is not yours: \`ip link set dev IFACE mtu ${mtu}\` (or for this one peer: \`ip route replace ${record[otherSide(from)].address} via GATEWAY mtu lock ${mtu}\`)`,
      `On the ${from}, to find the limit: \`ping -M do -s ${bytes + 4} ${record[otherSide(from)].address}\` and smaller until it is answered`,
      'On every firewall of the path: let ICMP pass that path MTU discovery needs: `nft insert rule inet filter forward icmp type destination-unreachable accept; nft insert rule inet filter forward icmpv6 type packet-too-big accept`',
      `On the ${from}, as a last resort: \`sysctl -w net.ipv4.tcp_mtu_probing=1\` (its TCP then tries smaller segments; ${hostPort(record[otherSide(from)])} is reached after some seconds)`,
    ],
  };
}
