import { setTimeout as wait } from 'node:timers/promises';
import type { CaptureInfo } from '../capture/capture-info.ts';
import type { Packet } from '../capture/packet.ts';
import type { PacketSource, SourceEnd } from './packet-source.ts';

export interface SupervisorEvents {
  onPacket(packet: Packet, info: CaptureInfo): void;
  /** It captures for the first time. */
  onStarted(): void;
  /** It ended and is started again as soon as that works; said once until it works. */
  onInterrupted(end: SourceEnd): void;
  /** It captures again; what came in between is lost. `sinceMs`: how long that was. */
  onResumed(lostMs: number): void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** One that ran as long did work: the next failure is a new one. */
const STABLE_MS = 5000;

/**
 * Keeps a source going: an interface that goes away comes back, a program that was killed is started again. Gives up
 * only when it does not work from the start; the answer says why.
 */
export async function supervise(
  source: PacketSource,
  events: SupervisorEvents,
  signal: AbortSignal,
): Promise<SourceEnd> {
  let hasWorked = false;
  let interruptedMs: number | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const startedMs = performance.now();
    let works = false;
    const end = await source.run(
      {
        onReady() {
          works = true;
          if (!hasWorked) events.onStarted();
          if (interruptedMs !== undefined) events.onResumed(performance.now() - interruptedMs);
          hasWorked = true;
          interruptedMs = undefined;
        },
        onPacket: events.onPacket,
      },
      signal,
    );
    if (signal.aborted || !hasWorked) return end;
    if (interruptedMs === undefined) {
      interruptedMs = performance.now();
      events.onInterrupted(end);
    }
    pauseMs =
      works && performance.now() - startedMs > STABLE_MS
        ? FIRST_PAUSE_MS
        : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    try {
      await wait(pauseMs, undefined, { signal });
    } catch {
      return { kind: 'stopped', detail: '' };
    }
  }
}
