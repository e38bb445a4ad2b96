import type { SessionRecord } from '../../session/record.ts';
import type { CauseDefinition, Finding } from '../cause-definition.ts';
import { dropbearOption, isDropbear } from '../dropbear.ts';
import {
  deciding,
  lastSaid,
  msBetween,
  otherSide,
  plural,
  type SaidPacket,
  type Side,
  seconds,
} from '../last-words.ts';

/** Largest keep-alive: a global request with MAC and padding. */
const SMALL_BYTES = 120;
const SHORTEST_INTERVAL_MS = 900;
/** Timers fire a little late, never much. */
const SPREAD = 0.12;
const SPREAD_MS = 60;

interface Keepalive {
  readonly side: Side;
  readonly intervalMs: number;
  readonly packets: readonly SaidPacket[];
}

/** A side that asks at an even pace and closes after the same time without an answer. */
export function failedKeepalive(record: SessionRecord): Keepalive | undefined {
  const close = deciding(record);
  if (close === undefined || close.kind !== 'fin') return undefined;
  const said = lastSaid(record).filter((packet) => packet.packet < close.packet);
  const packets: SaidPacket[] = [];
  for (let i = said.length - 1; i >= 0; i--) {
    const packet = said[i] as SaidPacket;
    if (packet.from !== close.side || packet.bytes > SMALL_BYTES) break;
    if (packets.length > 0 && packet.bytes !== packets[0]?.bytes) break;
    packets.unshift(packet);
  }
  if (packets.length === 0) return undefined;
  // The last thing before them: from there the first interval may be counted too.
  const before = said[said.length - packets.length - 1];
  const times = [...(before ? [before] : []), ...packets, close];
  const gaps = times.slice(1).map((time, i) => msBetween(times[i] as SaidPacket, time));
  const even = evenTail(gaps);
  const [intervalMs] = even.slice(-1);
  if (even.length < 2 || intervalMs === undefined) return undefined;
  return { side: close.side, intervalMs, packets: packets.slice(-even.length) };
}

/** The last gaps that are alike. */
function evenTail(gaps: readonly number[]): readonly number[] {
  const last = gaps[gaps.length - 1] ?? 0;
  if (last < SHORTEST_INTERVAL_MS) return [];
  let from = gaps.length;
  while (from > 0 && Math.abs((gaps[from - 1] as number) - last) <= last * SPREAD + SPREAD_MS) from--;
  return gaps.slice(from);
}

export const keepaliveFailed: CauseDefinition = {
  id: 'keepalive-failed',
  title: 'Keepalives were not answered',
  fates: ['closed-in-session', 'lost-in-session', 'closed-midway', 'lost-midway', 'completed'],
  needs:
    'small packets of one side at an even pace that the other side does not answer (at most its TCP acknowledges them), then the FIN of the side that asked, after the same time again',
  says: 'ClientAliveInterval or ServerAliveInterval ended it; says which side, its interval and how often it asked.',
  diagnose(record) {
    if (record.fate === 'closed-midway' && record.endedBy !== 'server') return undefined;
    const keepalive = failedKeepalive(record);
    const close = deciding(record);
    if (keepalive === undefined || close === undefined) return undefined;
    // A client that leaves of its own will says goodbye, and hardly ever at the pace of its last packets.
    const mayBeWill =
      record.observed.clientAskedToLeave || keepalive.packets.length < 2 || isEndless(record, keepalive);
    if (record.fate === 'completed' && (keepalive.side !== 'client' || mayBeWill)) return undefined;
    return finding(record, keepalive, close);
  },
};

/** As far back as the record goes there is nothing else: a program that sends at a pace, whose client was killed. */
const isEndless = (record: SessionRecord, { side, packets }: Keepalive): boolean =>
  packets.length >= (record.tcp.last?.[side].data.length ?? 0);

function finding(
  record: SessionRecord,
  { side, intervalMs, packets }: Keepalive,
  close: { readonly packet: number; readonly time: string },
): Finding {
  const peer = otherSide(side);
  const acknowledged = !record.observed.closes[0]?.unacknowledged;
  const [setting, file] = side === 'server' ? ['ClientAlive', 'sshd_config'] : ['ServerAlive', 'ssh_config'];
  const [first] = packets;
  const last = packets[packets.length - 1];
  const interval = Math.max(1, Math.round(intervalMs / 1000));
  const count = packets.length;
  return {
    confidence: 'likely',
    summary: `The ${side} asked ${plural(count, 'time')}, every ${seconds(intervalMs)}, whether the ${peer} is alive (${setting}Interval), got ${acknowledged ? `acknowledgements of the ${peer}'s kernel but no answer of its ${peer === 'client' ? 'ssh' : 'sshd'}` : 'nothing back'}, and closed: ${acknowledged ? `the ${peer}'s process was stopped, asleep or overloaded` : 'the path or the other end was gone'}.`,
    evidence: [
      ...(first
        ? [{ packet: first.packet, time: first.time, what: `keepalive of the ${side}, ${first.bytes} bytes` }]
        : []),
      ...(last && last !== first
        ? [
            {
              packet: last.packet,
              time: last.time,
              what: `the last of ${count}, as long after the one before it`,
            },
          ]
        : []),
      { packet: close.packet, time: close.time, what: `the ${side} gives up and closes` },
    ],
    nextSteps: [
      side === 'server' && isDropbear(record)
        ? `${dropbearOption(`-K ${Math.max(2 * interval, 60)}`)} (dropbear closes when some in a row get no answer)`
        : `On the ${side}, in ${file}: \`${setting}CountMax ${Math.max(10, count * 5)}\` with \`${setting}Interval ${Math.max(interval, 60)}\` (waits ${Math.round((Math.max(10, count * 5) * Math.max(interval, 60)) / 60)} min instead of ${seconds(count * intervalMs)})${side === 'server' ? '; then `sshd -t && systemctl reload ssh`' : ''}`,
      acknowledged
        ? `On the ${peer}: \`ps -o pid,stat,wchan,etime,args -C ${peer === 'client' ? 'ssh' : isDropbear(record) ? 'dropbear' : 'sshd'}\` (T: stopped, go on with \`kill -CONT PID\`; D: stuck on a disk), and was the machine suspended? \`journalctl -b -u systemd-suspend\``
        : `On the ${side}: \`mtr -T -P ${record.server.port} ${record[peer].address}\` (where does the path end?)`,
    ],
  };
}
