import type { SessionRecord } from '../../session/record.ts';
import type { CauseDefinition } from '../cause-definition.ts';
import {
  decidingReset,
  hasAllHeaders,
  lastSaid,
  msBetween,
  otherSide,
  plural,
  type Side,
  seconds,
} from '../last-words.ts';
import { vantage } from '../vantage.ts';
import { markingDroppedLater } from './marking-dropped-later.ts';
import { ALWAYS_PASSES, pathMtuBlackHole } from './path-mtu-black-hole.ts';

/** Repeats for so long are no chance loss. */
const LONG_MS = 1000;
/** Quiet after which a forgetful firewall explains it as well. */
const IDLE_MS = 10_000;
/** Keep-alive probes without an answer. */
const PROBES = 3;

export const pathLost: CauseDefinition = {
  id: 'path-lost',
  title: 'The path between the ends broke',
  fates: [
    ...(['stalled-after-banner', 'stalled-during-kex', 'stalled-during-auth'] as const),
    ...(['lost-in-session', 'lost-midway', 'close-during-kex', 'close-during-auth', 'undetermined'] as const),
    // A kernel whose keep-alive probes stay without an answer ends the connection with a reset.
    ...(['reset-in-session', 'reset-midway'] as const),
  ],
  needs:
    'data of any size is repeated for a second or longer, or keep-alive probes are sent, and nothing comes back any more but what the other side repeats itself, without a long quiet before; other sessions over the path at the same time',
  says: 'A link, VPN or route went down, the other machine lost power, or a firewall began to drop; says for how long nothing came and how many sessions went with it.',
  diagnose(record) {
    if (record.tcp.icmp !== undefined || record.tcp.last === undefined) return undefined;
    if (!hasAllHeaders(record)) return undefined;
    const lost = (['client', 'server'] as const).map((side) => abandoned(record, side)).find(Boolean);
    if (lost === undefined) return undefined;
    const isReset = record.fate.startsWith('reset-');
    if (isReset && !(lost.probed && decidingReset(record)?.from === lost.side)) return undefined;
    const bySize = pathMtuBlackHole.diagnose(record)?.confidence;
    if (bySize !== undefined && bySize !== 'possible') return undefined;
    const { side, from, last } = lost;
    const peer = otherSide(side);
    const server = record.surroundings?.server;
    const together = server?.together?.sessions ?? 0;
    const survivors = server?.survivors ?? 0;
    const quietMs = record.timing.idleBeforeUnansweredMs ?? 0;
    const early = record.fate.startsWith('close-');
    const doubtful =
      bySize !== undefined ||
      mayBeTooLarge(record, lost) ||
      markingDroppedLater.diagnose(record) !== undefined ||
      (together === 0 && (quietMs >= IDLE_MS || survivors > 0 || early));
    const others =
      together > 0
        ? ` ${plural(together, 'other session')} of this server fell silent at the same time.`
        : survivors > 0
          ? ` ${plural(survivors, 'other session')} of this server went on.`
          : '';
    return {
      confidence: doubtful ? 'possible' : 'likely',
      summary: `${summary(record, lost, isReset)}${others}`,
      evidence: [
        ...heardLast(record, peer, last.packet),
        {
          packet: from.packet,
          time: from.time,
          what: lost.probed
            ? `the last data of the ${side}; the keep-alive probes after it are not answered`
            : `the ${side} sends ${from.bytes} bytes that nobody acknowledges`,
        },
        ...(last.packet === from.packet
          ? []
          : [
              {
                packet: last.packet,
                time: last.time,
                what: isReset
                  ? `RST: the kernel of the ${side} gives up after its keep-alive probes`
                  : lost.isHeard
                    ? 'the same again, for the last time'
                    : 'the same again, for the last time; nothing came back',
              },
            ]),
        ...(server?.together?.packets ?? []).slice(0, 3).map((packet) => ({
          packet,
          time: last.time,
          what: 'the last packet of another session that fell silent',
        })),
      ],
      nextSteps: [
        `On the ${side}: \`ping -c 3 ${record[peer].address}; ip route get ${record[peer].address}; mtr -T -P ${record.server.port} -c 5 -r ${record.server.address}\` (where does the path end now? Bring that link, tunnel or route up again: \`ip link set IFACE up\`)`,
        `On the firewalls between: \`nft list ruleset | grep -n drop\` and the VPN's state: \`wg show; ip -s link\` (a rule or a re-keyed tunnel that drops from ${last.time.slice(11, 19)} UTC on)`,
        `On the server: \`fail2ban-client status sshd\` (a ban drops sessions that are open as well: \`fail2ban-client set sshd unbanip ${record.client.address}\`)`,
        `On the client, to notice it in time: \`ssh -o ServerAliveInterval=15 -o ServerAliveCountMax=3 ${record.server.address}\`, and \`tmux new -A -s work\` on the server to go on where it broke`,
      ],
    };
  },
};

/** Of a session that the capture joined: nothing shows that so large a segment had ever passed. */
const mayBeTooLarge = ({ observed, tcp }: SessionRecord, { side, from, probed }: Abandoned): boolean =>
  observed.handshake === 'midway' &&
  !probed &&
  from.bytes > ALWAYS_PASSES &&
  from.bytes > (tcp.last?.[side].largestDeliveredBytes ?? 0);

function summary(record: SessionRecord, lost: Abandoned, isReset: boolean): string {
  const { side, from, last, repeats, probed } = lost;
  const peer = otherSide(side);
  const during = `${repeats} over ${seconds(msBetween(from, last))}`;
  if (lost.left) {
    return `From one moment on the ${peer} acknowledged nothing any more that the ${side} sent: ${during} changed nothing, and the ${peer} left without having received it. For its user the session hung: the way from the ${side} to the ${peer} broke.`;
  }
  if (lost.isHeard) {
    return `From one moment on the ${peer} acknowledged nothing any more that the ${side} sent: ${during} changed nothing, while packets of the ${peer} went on coming. The way from the ${side} to the ${peer} broke in this direction only: a rule, a route or a link.`;
  }
  if (!probed && vantage(record) === peer) {
    return `From one moment on the ${peer} gave no answer any more: ${during} came to its own link and brought nothing back. Its firewall drops them, its kernel discards them (a wrong checksum), it died, or its answers leave by another way.`;
  }
  const forgot = probed ? 'a firewall forgot the quiet connection, ' : '';
  const gaveUp = isReset ? `, and the kernel of the ${side} gave up with a reset` : '';
  return `From one moment on the ${peer} gave no answer any more: ${during} brought nothing back${gaveUp}. The path broke, ${forgot}or the ${peer} lost power.`;
}

interface Abandoned {
  readonly side: Side;
  readonly from: { readonly packet: number; readonly time: string; readonly bytes: number };
  readonly last: { readonly packet: number; readonly time: string };
  readonly repeats: string;
  /** By keep-alive probes after a quiet, not by data. */
  readonly probed: boolean;
  /** Packets of the other side still arrive. */
  readonly isHeard: boolean;
  /** The other side closed without having received it. */
  readonly left: boolean;
}

function abandoned(record: SessionRecord, side: Side): Abandoned | undefined {
  const words = record.tcp.last?.[side];
  if (words === undefined) return undefined;
  const { unanswered = [], probes = 0, sack, data } = words;
  const [first] = unanswered;
  const last = unanswered[unanswered.length - 1];
  if (first === undefined || last === undefined) {
    const [latest] = data.slice(-1);
    if (probes < PROBES || latest === undefined) return undefined;
    const end = { packet: record.packets.last, time: record.end };
    return {
      side,
      from: latest,
      last: end,
      repeats: `${probes} keep-alive probes`,
      probed: true,
      isHeard: false,
      left: false,
    };
  }
  // The other side hears some of it, or still speaks.
  if (sack !== undefined) return undefined;
  const left = hadLeft(record, otherSide(side));
  if (!left && spokeAfter(record, otherSide(side), first.packet)) return undefined;
  const from =
    data.findLast((packet) => packet.packet < first.packet && packet.bytes === first.bytes) ?? first;
  const second = unanswered[1];
  const isHeard = second !== undefined && (words.heardAfter ?? 0) > second.packet;
  if (unanswered.length < 2 || msBetween(from, last) < LONG_MS) return undefined;
  if (isHeard && !left && !isDeaf(record, otherSide(side))) return undefined;
  return { side, from, last, repeats: plural(unanswered.length, 'repeat'), probed: false, isHeard, left };
}

/**
 * The side repeats its own data, because it hears no acknowledgement. Bare ACKs, or a window of 0, are answers: it gets what is
 * repeated, and its program does not read, or its kernel does not take it (a device changed numbers or time stamps).
 */
const isDeaf = ({ tcp }: SessionRecord, side: Side): boolean =>
  tcp.retransmissions[side] > 0 && tcp.zeroWindows[side] === 0;

/** The side closed the session without what had been repeated to it for seconds. */
function hadLeft({ fate, observed }: SessionRecord, side: Side): boolean {
  const [close] = observed.closes;
  return fate === 'lost-in-session' && close?.side === side && close.unacknowledged;
}

function spokeAfter(record: SessionRecord, side: Side, packet: number): boolean {
  const words = record.tcp.last?.[side];
  const closed = record.observed.closes.some((close) => close.side === side && close.packet > packet);
  return closed || (words?.data.some((each) => each.packet > packet) ?? false);
}

function heardLast(record: SessionRecord, side: Side, before: number) {
  const last = lastSaid(record).findLast((each) => each.from === side && each.packet < before);
  return last ? [{ packet: last.packet, time: last.time, what: `the last data of the ${side}` }] : [];
}
