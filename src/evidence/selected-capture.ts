import type { Capture, ReadOptions } from '../capture/capture.ts';
import type { CaptureInfo } from '../capture/capture-info.ts';
import type { Packet, PacketSink } from '../capture/packet.ts';

/** Changes a packet before it goes on; the one that it gives back is only valid until the next call. */
export type PacketTransform = (packet: Packet) => Packet;

export interface SelectedCaptureOptions {
  readonly transform?: PacketTransform | undefined;
  /** The packets keep the numbers that they have in the source. */
  readonly keepNumbers?: boolean;
}

/**
 * Some packets of a capture, as a capture: the chosen ones in their order, numbered from 1, perhaps changed. What was
 * said of the whole capture (its end, its first packet's time) stands.
 */
export class SelectedCapture implements Capture {
  readonly info: CaptureInfo;
  readonly #source: Capture;
  readonly #numbers: Uint32Array;
  readonly #transform: PacketTransform | undefined;
  readonly #keepsNumbers: boolean;

  constructor(source: Capture, numbers: Uint32Array, options: SelectedCaptureOptions = {}) {
    this.info = source.info;
    this.#source = source;
    this.#numbers = numbers;
    this.#transform = options.transform;
    this.#keepsNumbers = options.keepNumbers ?? false;
  }

  async read(sink: PacketSink, options?: ReadOptions): Promise<void> {
    const numbers = this.#numbers;
    const transform = this.#transform;
    let next = 0;
    await this.#source.read((packet) => {
      if (packet.number !== numbers[next]) return;
      next++;
      const { number } = packet;
      const changed = transform === undefined ? packet : transform(packet);
      if (!this.#keepsNumbers) changed.number = next;
      sink(changed);
      // The reader counts on in its own packet.
      packet.number = number;
    }, options);
  }

  close(): void {
    this.#source.close();
  }
}
