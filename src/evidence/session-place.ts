import type { Session } from '../session/session.ts';
import { type IcmpError, type Segment, SYN } from '../wire/segment.ts';

type Words = readonly [number, number, number, number];

/** Where in a capture a session's packets are: its addresses and ports, between two packets. */
export interface SessionPlace {
  readonly session: number;
  readonly ipVersion: 4 | 6;
  readonly client: Words;
  readonly clientPort: number;
  readonly server: Words;
  readonly serverPort: number;
  readonly firstPacket: number;
  /** The last that counted; stragglers may come behind it. */
  readonly lastPacket: number;
}

/** Of a session while it is handed over. */
export function placeOf(session: Session): SessionPlace {
  return {
    session: session.session,
    ipVersion: session.ipVersion,
    client: session.clientAddressWords,
    clientPort: session.clientPort,
    server: session.serverAddressWords,
    serverPort: session.serverPort,
    firstPacket: session.packets.first,
    lastPacket: session.packets.last,
  };
}

/** Which of the chosen sessions a packet belongs to. */
export class SessionPlaces {
  readonly #byTuple = new Map<string, Chosen[]>();
  readonly #chosen = new Set<number>();
  readonly #firstOfTargets = new Set<number>();
  /** Most packets of a capture are of other sessions: a bit for each hash of addresses and ports sorts them out. */
  readonly #mayBe = new Uint8Array(HASHES);

  /** @param isTarget it is not only there for another. */
  add(place: SessionPlace, isTarget = false): void {
    if (isTarget) this.#firstOfTargets.add(place.firstPacket);
    if (this.#chosen.has(place.session)) return;
    this.#chosen.add(place.session);
    const { client: c, server: s } = place;
    this.#mayBe[hashOf(c[0], c[3], place.clientPort, s[0], s[3], place.serverPort)] = 1;
    const key = keyOf(place.ipVersion, c, place.clientPort, s, place.serverPort);
    const chosen = { place, isOver: false };
    const others = this.#byTuple.get(key);
    if (others === undefined) this.#byTuple.set(key, [chosen]);
    else others.push(chosen);
  }

  isFirstOfTarget(packet: number): boolean {
    return this.#firstOfTargets.has(packet);
  }

  /** Packets must be asked for in capture order, and the capture may be read again after {@link rewind}. */
  ofSegment(segment: Segment): SessionPlace | undefined {
    const chosen = this.#find(segment);
    if (chosen === undefined) return undefined;
    const { place } = chosen;
    if (segment.packetNumber > place.lastPacket && (segment.flags & SYN) !== 0) chosen.isOver = true;
    return chosen.isOver ? undefined : place;
  }

  ofIcmpError(error: IcmpError): SessionPlace | undefined {
    return this.#find(error)?.place;
  }

  rewind(): void {
    for (const list of this.#byTuple.values()) for (const chosen of list) chosen.isOver = false;
  }

  #find(packet: Segment | IcmpError): Chosen | undefined {
    const { source0, source3, sourcePort, destination0, destination3, destinationPort } = packet;
    if (this.#mayBe[hashOf(source0, source3, sourcePort, destination0, destination3, destinationPort)] === 0)
      return undefined;
    const source: Words = [source0, packet.source1, packet.source2, source3];
    const destination: Words = [destination0, packet.destination1, packet.destination2, destination3];
    const list =
      this.#byTuple.get(keyOf(packet.ipVersion, source, sourcePort, destination, destinationPort)) ??
      this.#byTuple.get(keyOf(packet.ipVersion, destination, destinationPort, source, sourcePort));
    if (list === undefined) return undefined;
    let found: Chosen | undefined;
    for (const chosen of list) {
      if (chosen.isOver || packet.packetNumber < chosen.place.firstPacket) continue;
      if (found === undefined || chosen.place.firstPacket > found.place.firstPacket) found = chosen;
    }
    return found;
  }
}

/** A power of two. */
const HASHES = 1 << 16;

interface Chosen {
  readonly place: SessionPlace;
  /** A later session has its addresses and ports. */
  isOver: boolean;
}

/** The same for both directions. */
function hashOf(a0: number, a3: number, aPort: number, b0: number, b3: number, bPort: number): number {
  const one = Math.imul(a0 ^ Math.imul(a3, 31), 0x9e3779b1) + aPort;
  const other = Math.imul(b0 ^ Math.imul(b3, 31), 0x9e3779b1) + bPort;
  const both = Math.imul(one ^ other, 0x85ebca6b);
  return (both ^ (both >>> 16)) & (HASHES - 1);
}

const keyOf = (ipVersion: 4 | 6, a: Words, aPort: number, b: Words, bPort: number): string =>
  `${ipVersion} ${a.join()} ${aPort} ${b.join()} ${bPort}`;
