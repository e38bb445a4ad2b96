import { openCapture } from '../../src/capture/open-capture.ts';
import { LiveClock } from '../../src/live/live-clock.ts';
import { Watch, type WatchOptions } from '../../src/live/watch.ts';
import type { SessionRecord } from '../../src/session/record.ts';

export interface Told {
  readonly record: SessionRecord;
  /** When it was told, milliseconds of the watch. */
  readonly atMs: number;
}

export interface Replayed {
  /** In the order in which they were told. */
  readonly told: readonly Told[];
  /** The last one of each session, by number. */
  readonly last: ReadonlyMap<number, SessionRecord>;
  /** Records of the sessions that were over for good, before the watch ended. */
  readonly ended: readonly number[];
}

export interface ReplayOptions extends Partial<Pick<WatchOptions, 'ports' | 'anyPort' | 'silenceMs'>> {
  /** Goes on without packets for so long before it ends. */
  readonly thenMs?: number;
  /** The wall clock is set by this much at a time of the watch; packets from then on carry the new time. */
  readonly step?: { readonly atMs: number; readonly byMs: number };
  readonly each?: (watch: Watch, nowMs: number) => void;
}

const TICK_MS = 100;
/** So long after a packet ticks come as they do; then, in long silences, with longer pauses. */
const BUSY_MS = 3000;
const MOST_TICKS_A_GAP = 400;

/** Plays a capture as live traffic, with clocks that go as its packets do. */
export async function replay(file: string, options: ReplayOptions = {}): Promise<Replayed> {
  let nowMs = 0;
  let nextTickMs = TICK_MS;
  let setByMs = 0;
  const capture = await openCapture(file);
  const packets: {
    bytes: Uint8Array;
    originalLength: number;
    linkType: number;
    atMs: number;
    timeNs: number;
  }[] = [];
  await capture.read(({ bytes, offset, capturedLength, originalLength, linkType, timeNs }) => {
    packets.push({
      bytes: bytes.slice(offset, offset + capturedLength),
      originalLength,
      linkType,
      atMs: timeNs / 1e6,
      timeNs,
    });
  });
  const startMs = Number((capture.info.epochNs ?? 0n) / 1_000_000n);
  const clock = new LiveClock({ monotonicMs: () => nowMs, wallMs: () => startMs + nowMs + setByMs });
  const told: Told[] = [];
  const last = new Map<number, SessionRecord>();
  const ended: number[] = [];
  const watch = new Watch({
    name: 'replayed',
    clock,
    ...options,
    onVerdict: (session) => {
      const record = JSON.parse(JSON.stringify(session)) as SessionRecord;
      told.push({ record, atMs: nowMs });
      last.set(record.session, record);
    },
    onEnd: (session) => ended.push(session.session),
  });
  const goOnTo = (untilMs: number): void => {
    const busyUntilMs = nowMs + BUSY_MS;
    const coarseMs = Math.max(TICK_MS, (untilMs - nowMs) / MOST_TICKS_A_GAP);
    while (nextTickMs <= untilMs) {
      nowMs = nextTickMs;
      nextTickMs += nowMs < busyUntilMs ? TICK_MS : coarseMs;
      if (options.step !== undefined && nowMs >= options.step.atMs) setByMs = options.step.byMs;
      watch.tick();
      options.each?.(watch, nowMs);
    }
    nowMs = Math.max(nowMs, untilMs);
  };
  const { Packet } = await import('../../src/capture/packet.ts');
  const packet = new Packet();
  for (const { bytes, originalLength, linkType, atMs, timeNs } of packets) {
    goOnTo(atMs);
    packet.bytes = bytes;
    packet.capturedLength = bytes.length;
    packet.originalLength = originalLength;
    packet.linkType = linkType;
    packet.timeNs = timeNs + setByMs * 1e6;
    watch.take(packet, capture.info.epochNs ?? 0n, 0);
  }
  goOnTo(nowMs + (options.thenMs ?? 0));
  watch.finish();
  return { told, last, ended };
}
