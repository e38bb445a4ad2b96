import type { DataPacket, LastWords, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, type Finding } from '../cause-definition.ts';
import { hasAllHeaders, msBetween, otherSide, plural, type Side, seconds } from '../last-words.ts';

/** Repeats for so long, or a hole that is so old, are no chance loss and nothing that is only late. */
const LONG_MS = 1000;
const REPEATS = 3;

/** One segment that does not come through, seen where it is sent or where it should arrive. */
interface Dropped {
  readonly from: Side;
  readonly bytes: number;
  readonly passing: number;
  readonly what: string;
  readonly proof: readonly (readonly [DataPacket, string])[];
  readonly original: DataPacket | undefined;
}

export const segmentDropped: CauseDefinition = {
  id: 'segment-dropped',
  title: 'One segment never comes through, and it is not its size',
  fates: [
    ...(['stalled-before-banner', 'fin-before-banner', 'stalled-after-banner', 'fin-after-banner'] as const),
    ...(['stalled-during-kex', 'close-during-kex', 'stalled-during-auth', 'close-during-auth'] as const),
    'lost-in-session',
  ],
  needs:
    'a segment is repeated for a second or longer, or is a hole that is never filled, while the other side acknowledges larger ones behind it (SACK)',
  says: 'A device drops it for what is in it (an IPS or a firewall with application control), or damages it so that the other kernel discards it; says whose it is, and whether it is the identification string.',
  diagnose(record) {
    if (!hasAllHeaders(record) || record.tcp.icmp !== undefined) return undefined;
    for (const from of ['client', 'server'] as const) {
      const words = record.tcp.last?.[from];
      const dropped = words && (repeated(from, words) ?? missing(record, from, words));
      if (dropped !== undefined) return finding(record, dropped);
    }
    return undefined;
  },
};

function repeated(from: Side, words: LastWords): Dropped | undefined {
  const { unanswered = [], sack, data } = words;
  const [first] = unanswered;
  const last = unanswered.at(-1);
  if (first === undefined || last === undefined || sack === undefined) return undefined;
  if (unanswered.length < REPEATS || msBetween(first, last) < LONG_MS) return undefined;
  const { bytes } = first;
  if (unanswered.some((packet) => packet.bytes !== bytes)) return undefined;
  const original = data.findLast((packet) => packet.bytes === bytes && packet.packet < first.packet);
  const passing = largestBehind(data, original ?? first, sack.bytes - bytes);
  if ((original ?? first).packet > sack.packet || passing < bytes) return undefined;
  return {
    from,
    bytes,
    passing,
    what: `was sent ${plural(unanswered.length + 1, 'time')} over ${seconds(msBetween(original ?? first, last))} without being acknowledged`,
    proof: [
      [original ?? first, `the ${from} sends ${bytes} bytes`],
      [sack, `SACK: the ${otherSide(from)} has what was sent behind them`],
      [last, 'the same once more, and no answer'],
    ],
    original,
  };
}

/** Of what the other side has behind the hole, the largest segment. */
function largestBehind(data: readonly DataPacket[], hole: DataPacket, bytes: number): number {
  const behind = data.filter((packet) => packet.packet > hole.packet && packet.bytes <= bytes);
  return Math.max(0, ...behind.map((packet) => packet.bytes));
}

function missing(record: SessionRecord, from: Side, words: LastWords): Dropped | undefined {
  const { hole, sack, data } = words;
  if (hole === undefined || sack === undefined || sack.packet < hole.packet) return undefined;
  if (Date.parse(record.end) - Date.parse(hole.time) < LONG_MS && record.ending !== 'silence')
    return undefined;
  const passing = data.find((packet) => packet.packet === hole.packet)?.bytes ?? 0;
  if (passing < hole.bytes) return undefined;
  return {
    from,
    bytes: hole.bytes,
    passing,
    what: 'never arrived here',
    proof: [
      [hole, `before this packet ${hole.bytes} bytes of the ${from} are missing; they never come`],
      [sack, `SACK: the ${otherSide(from)} has what was sent behind them, and not these`],
    ],
    original: undefined,
  };
}

function finding(record: SessionRecord, dropped: Dropped): Finding {
  const { from, bytes, passing, what, proof, original } = dropped;
  const peer = otherSide(from);
  const { address, port } = record.server;
  const line = entryOf(record, 'identification string', from);
  // A hole at the start of the stream is where it was.
  const isLine = original === undefined ? line === undefined : line?.packet === original.packet;
  const name = isLine ? ` with the identification string of the ${from}` : '';
  return {
    confidence: 'likely',
    summary: `A segment of ${bytes} bytes${name} ${what}, while one of ${passing} bytes behind it passed: a device on the way to the ${peer} drops it for what is in it, or damages it so that the ${peer} discards it.`,
    evidence: proof.map(([{ packet, time }, text]) => ({ packet, time, what: text })),
    nextSteps: [
      `On the firewalls between: look for rules on contents: \`nft list ruleset | grep -E '@ih|@th'; iptables-save | grep -E 'string|u32|bpf'\`, and on an IPS or a firewall with application control for "SSH": let ${record.client.address} → ${address} pass, or exempt it from inspection`,
      `On the ${peer}: \`tcpdump -vvni any 'tcp port ${port}'\` while it happens (does the segment arrive? "cksum … incorrect": a device damages it) and \`nstat -az TcpInCsumErrors\``,
      `On the client: \`ssh -p 443 ${address}\` with sshd on that port too (a device that acts on the port shows itself), or through a VPN (one that acts on contents sees nothing)`,
    ],
  };
}
