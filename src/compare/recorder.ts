import type { SessionRecord } from '../session/record.ts';
import { ConnectionTable } from '../tcp/connection-table.ts';
import {
  ACK,
  type IcmpError,
  type NeighbourMessage,
  type Segment,
  SYN,
  type WireHandler,
} from '../wire/segment.ts';
import { PacketList, PacketLog, type PacketLogLimits } from './packet-log.ts';
import { StreamOpening } from './stream-opening.ts';
import { type SessionView, type Trace, viewOf } from './trace.ts';

/** Sessions compared at the most: each takes some kilobytes. */
const MAX_SESSIONS = 1 << 17;

/** As long as the tracker takes packets without SYN for stragglers. */
const STRAGGLERS_NS = 130e9;

/** What a recorder must be told of a session that is over: the words of its addresses stand as in a segment. */
export interface RecordedSession extends SessionRecord {
  readonly ipVersion: 4 | 6;
  readonly clientAddressWords: readonly [number, number, number, number];
  readonly serverAddressWords: readonly [number, number, number, number];
  readonly clientPort: number;
  readonly serverPort: number;
  readonly startNs: number;
  readonly endNs: number;
}

/**
 * Stands before the tracker and keeps every packet of a connection until the session is over. It is told by addresses
 * and ports which packets are a session's, and knows nothing of the tracker's connections: the tracker sees a packet
 * first, so that a session whose successor begins is over before the successor's first packet is kept.
 */
export class Recorder implements WireHandler {
  readonly log: PacketLog;
  readonly traces: Trace[] = [];
  /** Sessions that the limit kept out. */
  dropped = 0;
  private readonly inner: WireHandler;
  private readonly version4 = new ConnectionTable(3);
  private readonly version6 = new ConnectionTable(9);
  private readonly key = new Int32Array(9);
  /** By the values of the tables' entries. */
  private readonly sketches: (Sketch | undefined)[] = [undefined];

  constructor(inner: WireHandler, limits: Partial<PacketLogLimits> = {}) {
    this.inner = inner;
    this.log = new PacketLog(limits);
  }

  segment(segment: Segment): void {
    this.inner.segment(segment);
    const fromLow = this.readKeyOf(segment);
    const sketch = this.sketch(segment);
    this.log.append(sketch.list, segment, fromLow);
    sketch.opening(fromLow).add(segment);
  }

  icmpError(error: IcmpError): void {
    this.inner.icmpError(error);
  }

  neighbour(message: NeighbourMessage): void {
    this.inner.neighbour(message);
  }

  /** Takes the packets of a session that is over. */
  sessionEnded(session: RecordedSession): void {
    const clientIsLow = this.readKey(
      session.ipVersion,
      session.clientAddressWords,
      session.serverAddressWords,
      session.clientPort,
      session.serverPort,
    );
    const table = session.ipVersion === 4 ? this.version4 : this.version6;
    const entry = this.find(table);
    const sketch = entry < 0 ? undefined : this.sketches[table.value(entry)];
    if (sketch === undefined) return;
    if (sketch.isOver) this.sketches[table.value(entry)] = new Sketch();
    sketch.isOver = true;
    if (this.traces.length >= MAX_SESSIONS) {
      this.dropped++;
      return;
    }
    const view: SessionView = viewOf(session, session.startNs, session.endNs);
    const clientCookie = sketch.opening(clientIsLow).takeCookie();
    const serverCookie = sketch.opening(!clientIsLow).takeCookie();
    this.traces.push({
      view,
      log: this.log,
      list: sketch.list,
      clientIsLow,
      clientCookie,
      serverCookie,
    });
  }

  private sketch({ ipVersion, flags, timeNs }: Segment): Sketch {
    const table = ipVersion === 4 ? this.version4 : this.version6;
    let entry = this.find(table);
    if (entry < 0) {
      entry = this.add(table);
      table.setValue(entry, this.sketches.length);
      this.sketches.push(new Sketch());
    }
    let sketch = this.sketches[table.value(entry)] as Sketch;
    // Stragglers belong to the session that is over.
    const isNew = (flags & (SYN | ACK)) === SYN || timeNs - sketch.lastNs > STRAGGLERS_NS;
    if (sketch.isOver && isNew) {
      sketch = new Sketch();
      this.sketches[table.value(entry)] = sketch;
    }
    sketch.lastNs = Math.max(sketch.lastNs, timeNs);
    return sketch;
  }

  private find(table: ConnectionTable): number {
    const { key } = this;
    return table.width === 3
      ? table.find3(key[0] as number, key[1] as number, key[2] as number)
      : table.find9(key);
  }

  private add(table: ConnectionTable): number {
    const { key } = this;
    return table.width === 3
      ? table.add3(key[0] as number, key[1] as number, key[2] as number)
      : table.add9(key);
  }

  /** As {@link readKey}, without an allocation for every packet. */
  private readKeyOf(segment: Segment): boolean {
    const { key } = this;
    const { source0, destination0, sourcePort, destinationPort } = segment;
    if (segment.ipVersion === 6) {
      return this.readKey(
        6,
        [source0, segment.source1, segment.source2, segment.source3],
        [destination0, segment.destination1, segment.destination2, segment.destination3],
        sourcePort,
        destinationPort,
      );
    }
    const sourceIsLow = source0 === destination0 ? sourcePort <= destinationPort : source0 < destination0;
    key[0] = sourceIsLow ? source0 : destination0;
    key[1] = sourceIsLow ? destination0 : source0;
    key[2] = sourceIsLow ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort;
    return sourceIsLow;
  }

  /** Puts the lower end first, so that both directions find the same entry; whether that is the source. */
  private readKey(
    ipVersion: 4 | 6,
    source: Words,
    destination: Words,
    sourcePort: number,
    destinationPort: number,
  ): boolean {
    const { key } = this;
    const width = ipVersion === 4 ? 1 : 4;
    const sourceIsLow = isLower(source, destination, sourcePort, destinationPort);
    const [low, high] = sourceIsLow ? [source, destination] : [destination, source];
    for (let n = 0; n < width; n++) {
      key[n] = low[n] as number;
      key[width + n] = high[n] as number;
    }
    key[2 * width] = sourceIsLow
      ? (sourcePort << 16) | destinationPort
      : (destinationPort << 16) | sourcePort;
    return sourceIsLow;
  }
}

type Words = readonly [number, number, number, number];

function isLower(a: Words, b: Words, portOfA: number, portOfB: number): boolean {
  for (let n = 0; n < 4; n++) {
    if (a[n] !== b[n]) return (a[n] as number) < (b[n] as number);
  }
  return portOfA <= portOfB;
}

/** What is kept of a connection while its session goes on. */
class Sketch {
  /** Its session was handed over. */
  isOver = false;
  lastNs = Number.NEGATIVE_INFINITY;
  readonly list = new PacketList();
  private readonly low = new Opening();
  private readonly high = new Opening();

  opening(ofLow: boolean): Opening {
    return ofLow ? this.low : this.high;
  }
}

/** The beginning of one side's stream, which a SYN gives a place. */
class Opening {
  private base: number | undefined = undefined;
  private stream: StreamOpening | undefined = new StreamOpening();

  add(segment: Segment): void {
    const isSyn = (segment.flags & SYN) !== 0;
    if (isSyn) this.base = (segment.sequence + 1) | 0;
    if (this.stream === undefined || this.base === undefined || segment.payloadCaptured === 0) return;
    const first = isSyn ? (segment.sequence + 1) | 0 : segment.sequence;
    this.stream.add((first - this.base) | 0, segment.bytes, segment.payloadOffset, segment.payloadCaptured);
  }

  /** Once, when the session is over: the bytes are not kept any longer. */
  takeCookie(): string | undefined {
    const cookie = this.stream?.cookie();
    this.stream = undefined;
    return cookie;
  }
}
