import type { CaptureInfo } from '../capture/capture-info.ts';
import type { Packet } from '../capture/packet.ts';

export type Via = 'tcpdump' | 'cap';

/** Where live packets come from: one interface. */
export interface PacketSource {
  readonly interfaceName: string;
  readonly via: Via;
  /** Packets that the source says it lost, since it began; undefined where it cannot tell. */
  readonly drops: number | undefined;
  /**
   * Captures until the signal, or until the source ends by itself. Resolves in both cases, after all that was captured
   * was handed over; the answer says why it ended.
   */
  run(events: SourceEvents, signal: AbortSignal): Promise<SourceEnd>;
  /** Asks for {@link drops} to be brought up to date. */
  refresh(): void;
}

export interface SourceEvents {
  /** Capturing has begun: packets from now on are not missed. */
  onReady(): void;
  /** The packet is valid only during the call; its time counts from `info.epochNs`. */
  onPacket(packet: Packet, info: CaptureInfo): void;
}

export interface SourceEnd {
  readonly kind: 'stopped' | 'not-permitted' | 'no-interface' | 'bad-filter' | 'not-installed' | 'failed';
  /** What the program said, or how it ended; for people. */
  readonly detail: string;
}
