import type { Capture } from '../capture/capture.ts';
import { Dissector } from '../wire/dissector.ts';
import type { IcmpError, NeighbourMessage, Segment, WireHandler } from '../wire/segment.ts';
import type { SessionPlace, SessionPlaces } from './session-place.ts';
import type { WatchedPorts } from './watched-ports.ts';

export interface SelectionRequest {
  readonly ports: WatchedPorts;
  readonly signal?: AbortSignal | undefined;
  /** All that is watched, whoever it belongs to, instead of the sessions. */
  readonly everything?: boolean | undefined;
  /** Told of each segment of a chosen session, for those who look into it. */
  readonly onSegment?: (place: SessionPlace, segment: Segment, fragments: readonly FragmentPlace[]) => void;
}

export interface FragmentPlace {
  readonly packet: number;
  /** Of its first byte in the datagram. */
  readonly offset: number;
}

/** Packets of more than this many are not chosen: 16 million numbers are 64 MB. */
const MAX_SELECTED = 1 << 24;

export interface PacketSelection {
  /** In capture order, each once. */
  readonly numbers: Uint32Array;
  /** The limit left packets out. */
  readonly isLimited: boolean;
}

/**
 * Reads a capture for the packets of sessions: their segments in both directions, stragglers included, the fragments
 * that these came in, ICMP errors that quote them, what was asked and answered on the link for their servers'
 * addresses, and the first packet whose headers are cut, since by it one knows that the capture hides some.
 */
export async function selectPackets(
  capture: Capture,
  places: SessionPlaces,
  servers: ReadonlySet<string>,
  { ports, signal, everything = false, onSegment }: SelectionRequest,
): Promise<PacketSelection> {
  const numbers = new NumberList();
  const handler: WireHandler = {
    segment(segment: Segment): void {
      const place = places.ofSegment(segment);
      if (place === undefined && !everything) return;
      const { fragments } = dissector;
      numbers.add(segment.packetNumber);
      for (const { packet } of fragments) numbers.add(packet);
      if (place !== undefined) onSegment?.(place, segment, fragments);
    },
    icmpError(error: IcmpError): void {
      if (!everything && places.ofIcmpError(error) === undefined) return;
      numbers.add(error.packetNumber);
      for (const { packet } of dissector.fragments) numbers.add(packet);
    },
    neighbour(message: NeighbourMessage): void {
      const { ipVersion, address0, address1, address2, address3 } = message;
      if (everything || servers.has(addressKey(ipVersion, [address0, address1, address2, address3]))) {
        numbers.add(message.packetNumber);
      }
    },
  };
  const dissector = new Dissector(handler, { ...ports, keepFragments: true });
  let headersCut = false;
  await capture.read(
    (packet) => {
      dissector.packet(packet);
      if (headersCut || !dissector.headersCut) return;
      headersCut = true;
      numbers.add(packet.number);
    },
    { ...(signal && { signal }) },
  );
  return { numbers: numbers.sorted(), isLimited: numbers.isLimited };
}

export const addressKey = (ipVersion: 4 | 6, words: readonly number[]): string =>
  `${ipVersion} ${words.join()}`;

/** Packet numbers, nearly in order: only those of fragments come late. */
class NumberList {
  isLimited = false;
  #numbers = new Uint32Array(1 << 10);
  #length = 0;
  #isSorted = true;

  add(number: number): void {
    const last = this.#length === 0 ? -1 : (this.#numbers[this.#length - 1] as number);
    if (number === last) return;
    if (this.#length === MAX_SELECTED) {
      this.isLimited = true;
      return;
    }
    if (number < last) this.#isSorted = false;
    if (this.#length === this.#numbers.length) {
      const larger = new Uint32Array(this.#length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length++] = number;
  }

  sorted(): Uint32Array {
    const numbers = this.#numbers.subarray(0, this.#length);
    if (this.#isSorted) return numbers;
    return numbers.sort().filter((number, index, all) => index === 0 || number !== all[index - 1]);
  }
}
