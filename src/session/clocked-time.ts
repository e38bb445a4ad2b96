import type { Clock } from './clock.ts';
import type { DataPacket, Moment, TimelineEntry } from './record.ts';

/*
 * Packets of a record whose time is only written out for those who read it: every session has some twenty, and a table of
 * a hundred thousand sessions shows two hundred. They hold no connection, so they outlive their session.
 */

/** A moment of the capture. `time` is as `Clock.iso` says. */
export class ClockedTime implements Moment {
  readonly packet: number;
  readonly #timeNs: number;
  readonly #clock: Clock;

  constructor(packet: number, timeNs: number, clock: Clock) {
    this.packet = packet;
    this.#timeNs = timeNs;
    this.#clock = clock;
  }

  get time(): string {
    return this.#clock.iso(this.#timeNs);
  }

  get epochMs(): number {
    return this.#clock.epochMs(this.#timeNs);
  }

  /** The text of the time, see `Clock.write`. */
  writeTime(into: Uint8Array, start: number): number {
    return this.#clock.write(this.#timeNs, into, start);
  }
}

export class ClockedEntry extends ClockedTime implements TimelineEntry {
  readonly from: TimelineEntry['from'];
  readonly what: string;
  readonly detail: string | undefined;

  constructor(
    from: TimelineEntry['from'],
    packet: number,
    timeNs: number,
    clock: Clock,
    what: string,
    detail: string | undefined,
  ) {
    super(packet, timeNs, clock);
    this.from = from;
    this.what = what;
    this.detail = detail;
  }

  /** As a plain object. */
  toJSON(): TimelineEntry {
    const { packet, time, from, what, detail } = this;
    return { packet, time, from, what, detail };
  }
}

export class ClockedData extends ClockedTime implements DataPacket {
  readonly bytes: number;

  constructor(packet: number, timeNs: number, clock: Clock, bytes: number) {
    super(packet, timeNs, clock);
    this.bytes = bytes;
  }

  /** As a plain object. */
  toJSON(): DataPacket {
    const { packet, time, bytes } = this;
    return { packet, time, bytes };
  }
}
