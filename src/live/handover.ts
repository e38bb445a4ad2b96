import type { CaptureInfo } from '../capture/capture-info.ts';
import { Packet } from '../capture/packet.ts';
import type { Manner } from './tcpdump-process.ts';

/**
 * Above this rate the buffer of the prompt manner holds less than a second, and blocks of the bulk manner fill in a
 * quarter.
 */
const BULK_ABOVE_PPS = 8000;
/** Measured over as many packets: an eighth of what the prompt buffer holds, so that none is lost before it is noticed. */
const RATE_PACKETS = 1024;
/** Kept of what the bulk stream has before the prompt one. When there is more, the prompt one is stuck. */
const MAX_AHEAD = 4096;

/** The bulk stream is late by a second; what the prompt one has not brought after twice as long it brings no more. */
const AHEAD_MS = 2000;
/** Packets of several processors come in disorder, by less; a clock that is set goes further back. */
const CLOCK_SET_NS = 1e9;

interface AheadPacket {
  readonly packet: Packet;
  readonly info: CaptureInfo;
  readonly timeNs: number;
  readonly arrivedMs: number;
}

/**
 * One stream of packets out of two that have the same: `prompt` brings each at once, but loses some in a burst; `bulk`
 * loses none, but brings them up to a second later. While few come, those of `prompt` are handed on. When many come, the
 * stream goes on with those of `bulk`, from the last one that was handed on: there `prompt` had lost nothing yet. Which
 * packets are the same is known by their time stamps, which are the kernel's.
 */
export class Handover {
  /** Whose packets are handed on. */
  manner: Manner = 'prompt';
  /** Handed on so far. */
  packets = 0;
  private readonly hand: (packet: Packet, info: CaptureInfo) => void;
  private readonly onBulk: () => void;
  private readonly nowMs: () => number;
  /** What times are counted from here. */
  private epochNs: bigint | undefined;
  /** Of the last packet that was handed on. */
  private lastNs = Number.NEGATIVE_INFINITY;
  /** While one takes over: it begins after this. */
  private skipToNs = Number.NEGATIVE_INFINITY;
  private skippedNs = Number.NEGATIVE_INFINITY;
  private countedFromNs = 0;
  private counted = 0;
  private ahead: AheadPacket[] = [];

  /** `onBulk`: told when it has gone over to the bulk stream by itself, because many packets come. */
  constructor(
    hand: (packet: Packet, info: CaptureInfo) => void,
    onBulk: () => void,
    nowMs: () => number = () => performance.now(),
  ) {
    this.hand = hand;
    this.onBulk = onBulk;
    this.nowMs = nowMs;
  }

  /** A packet of the prompt stream. */
  prompt(packet: Packet, info: CaptureInfo): void {
    if (this.manner !== 'prompt') return;
    const timeNs = this.timeOf(packet, info);
    if (!this.isNew(timeNs)) return;
    this.pass(packet, info, timeNs);
    if (this.ahead.length > 0) this.ahead = this.ahead.filter((other) => other.timeNs > timeNs);
    if (this.counted === 0) this.countedFromNs = timeNs;
    if (++this.counted < RATE_PACKETS) return;
    this.counted = 0;
    const tookNs = timeNs - this.countedFromNs;
    if (tookNs >= 0 && tookNs < (RATE_PACKETS / BULK_ABOVE_PPS) * 1e9) this.toBulk();
  }

  /** A packet of the bulk stream. */
  bulk(packet: Packet, info: CaptureInfo): void {
    const timeNs = this.timeOf(packet, info);
    if (this.manner === 'bulk') {
      if (this.isNew(timeNs)) this.pass(packet, info, timeNs);
      return;
    }
    if (timeNs <= this.lastNs) return;
    this.ahead.push({ packet: copyOf(packet), info, timeNs, arrivedMs: this.nowMs() });
    if (this.ahead.length <= MAX_AHEAD) return;
    this.dropStale();
    if (this.ahead.length > MAX_AHEAD) this.toBulk();
  }

  /** The prompt stream is there again, and the bulk one has brought all from before. */
  toPrompt(): void {
    this.manner = 'prompt';
    this.ahead = [];
    this.counted = 0;
    this.skipToLast();
  }

  /** The bulk stream goes on with another one, which has some of the same packets. */
  renewBulk(): void {
    this.skipToLast();
  }

  private toBulk(): void {
    this.manner = 'bulk';
    this.dropStale();
    const { ahead } = this;
    this.ahead = [];
    for (const { packet, info, timeNs } of ahead) this.pass(packet, info, timeNs);
    this.skipToLast();
    this.onBulk();
  }

  /** From before the clock was set. */
  private dropStale(): void {
    const sinceMs = this.nowMs() - AHEAD_MS;
    this.ahead = this.ahead.filter(({ arrivedMs }) => arrivedMs >= sinceMs);
  }

  private skipToLast(): void {
    this.skipToNs = this.lastNs;
    this.skippedNs = Number.NEGATIVE_INFINITY;
  }

  /** Whether it comes after what was handed on. Only asked until the first that does: later ones may be in disorder. */
  private isNew(timeNs: number): boolean {
    if (this.skipToNs === Number.NEGATIVE_INFINITY) return true;
    if (timeNs <= this.skipToNs && timeNs > this.skippedNs - CLOCK_SET_NS) {
      this.skippedNs = timeNs;
      return false;
    }
    this.skipToNs = Number.NEGATIVE_INFINITY;
    return true;
  }

  private pass(packet: Packet, info: CaptureInfo, timeNs: number): void {
    this.lastNs = timeNs;
    this.packets++;
    this.hand(packet, info);
  }

  private infoCached: CaptureInfo | undefined;
  private differenceNs = 0;

  private timeOf(packet: Packet, info: CaptureInfo): number {
    if (info !== this.infoCached) {
      const epochNs = info.epochNs ?? 0n;
      this.epochNs ??= epochNs;
      this.differenceNs = Number(epochNs - this.epochNs);
      this.infoCached = info;
    }
    return packet.timeNs + this.differenceNs;
  }
}

function copyOf(packet: Packet): Packet {
  const copy = new Packet();
  Object.assign(copy, packet);
  copy.bytes = packet.bytes.slice(packet.offset, packet.offset + packet.capturedLength);
  copy.offset = 0;
  return copy;
}
