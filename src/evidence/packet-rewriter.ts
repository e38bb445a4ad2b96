import { Packet } from '../capture/packet.ts';
import { CLIENT, SERVER, type Side } from '../ssh/conversation-api.ts';
import type { Cursor } from '../wire/cursor.ts';
import { Dissector } from '../wire/dissector.ts';
import type { Layer } from '../wire/layer.ts';
import { type IcmpError, RST, type Segment, SYN } from '../wire/segment.ts';
import { anonymizeLayer, type LayerPlace } from './anonymize-layer.ts';
import { fold, sumOf, updated } from './internet-checksum.ts';
import type { FragmentPlace } from './packet-selection.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import type { SessionPlace, SessionPlaces } from './session-place.ts';
import type { SessionLayout, StreamLayout } from './stream-layout.ts';
import { stripPayload } from './strip-payload.ts';
import type { WatchedPorts } from './watched-ports.ts';

export interface RewriteRules {
  readonly ports: WatchedPorts;
  readonly places: SessionPlaces;
  /** By the number of a session's first packet. */
  readonly layouts: ReadonlyMap<number, SessionLayout>;
  readonly fragments: FragmentedStreams;
  /** Takes away what stands behind NEWKEYS. */
  readonly strip: boolean;
  /** Anonymises; absent: addresses and names stay. */
  readonly pseudonyms?: Pseudonyms | undefined;
}

/** Which part of which stream the fragments of IP datagrams are, by packet. Fed while packets are selected. */
export class FragmentedStreams {
  readonly #parts = new Map<number, FragmentPart>();

  note(place: SessionPlace, segment: Segment, fragments: readonly FragmentPlace[]): void {
    const side = sideOf(place, segment);
    // In the buffer of the datagram the segment begins at 0.
    const payloadAt = segment.payloadOffset;
    const payloadLength = segment.payloadCaptured;
    const sequence = firstSequence(segment);
    for (const { packet, offset } of fragments)
      this.#parts.set(packet, { place, side, payloadAt, payloadLength, sequence, offset });
  }

  of(packet: number): FragmentPart | undefined {
    return this.#parts.get(packet);
  }
}

interface FragmentPart {
  readonly place: SessionPlace;
  readonly side: Side;
  /** Of the segment's payload in the datagram, and its sequence number. */
  readonly payloadAt: number;
  readonly payloadLength: number;
  readonly sequence: number;
  /** Of the fragment in the datagram. */
  readonly offset: number;
}

/** Payload of a stream in the packet at hand. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly layout: StreamLayout | undefined;
  readonly offset: number;
}

interface SeenLayer extends Omit<LayerPlace, 'bytes' | 'next'> {
  readonly wireEnd: number;
  readonly destinationAt: number;
  readonly isFirstFragment: boolean;
}

/** A checksum and what it covers. */
interface Coverage {
  readonly field: number;
  readonly from: number;
  readonly to: number;
  /** A pseudo-header is covered, too. */
  readonly pseudo?: SeenLayer | undefined;
  readonly kind: 'tcp' | 'udp' | 'other';
  /** What is covered outside of this packet. */
  readonly beyond?: SumsBeyond | undefined;
}

/** Sums of what changes in the later fragments of a datagram whose checksum stands in the first one. */
interface SumsBeyond {
  readonly before: number;
  readonly after: number;
}

/** Gives packets without what is not to be passed on. Packets must come in capture order, with the capture's numbers. */
export class PacketRewriter {
  readonly #rules: RewriteRules;
  readonly #dissector: Dissector;
  readonly #result = new Packet();
  #scratch = new Uint8Array(1 << 16);
  #source: Packet | undefined;
  #layers: SeenLayer[] = [];
  #parts: Part[] = [];
  #ethernetAt = -1;
  #isUnderstood = false;
  #beyond: SumsBeyond | undefined;
  readonly #offsets = new Map<StreamLayout, { sequence: number; offset: number }>();

  constructor(rules: RewriteRules) {
    this.#rules = rules;
    this.#dissector = new Dissector(
      {
        segment: (segment) => this.#segment(segment),
        icmpError: (error) => this.#icmpError(error),
        neighbour: () => {
          this.#isUnderstood = true;
        },
      },
      { ...rules.ports, onLayer: (layer, cursor) => this.#layer(layer, cursor) },
    );
  }

  /** The packet that is returned is only valid until the next call. */
  rewrite(packet: Packet): Packet {
    const { offset, capturedLength } = packet;
    if (capturedLength > this.#scratch.length) this.#scratch = new Uint8Array(capturedLength * 2);
    const scratch = this.#scratch;
    const original = packet.bytes.subarray(offset, offset + capturedLength);
    scratch.set(original);
    this.#source = packet;
    this.#layers = [];
    this.#parts = [];
    this.#ethernetAt = -1;
    this.#isUnderstood = false;
    this.#beyond = undefined;
    this.#dissector.packet(packet);
    const end = this.#rewrite(original, scratch.subarray(0, capturedLength));
    const result = this.#result;
    Object.assign(result, packet, { bytes: scratch, offset: 0, capturedLength: end });
    return result;
  }

  /** Returns the new captured length. */
  #rewrite(original: Uint8Array, bytes: Uint8Array): number {
    const { pseudonyms } = this.#rules;
    const last = this.#layers.at(-1);
    const fragment = this.#fragmentPart(last);
    if (fragment !== undefined) this.#parts.push(fragment);
    let end = bytes.length;
    if (pseudonyms !== undefined) {
      end = this.#understoodEnd(last, fragment !== undefined);
      for (const place of this.#places(bytes.subarray(0, end))) anonymizeLayer(place, pseudonyms);
      for (const part of this.#parts) maskStream(bytes, part);
      clearTrailer(bytes, this.#layers);
    }
    const hidden = this.#parts.filter((part) => part.end > part.start && this.#hides(part));
    const whole = hidden.length > 0 ? bytes.slice() : bytes;
    const keptEnd = this.#hide(hidden, bytes, end);
    if (keptEnd === end) {
      this.#fixChecksums(original, bytes, end);
    } else {
      // Of a packet that is cut off the checksum is that of the whole one.
      this.#fixChecksums(original, whole, end);
      bytes.set(whole);
      this.#hide(hidden, bytes, end);
    }
    return keptEnd;
  }

  /** Nobody knows what an unknown stream holds, or what stands behind a place where reading stopped. */
  #hides({ layout }: Part): boolean {
    const { strip, pseudonyms } = this.#rules;
    return strip || (pseudonyms !== undefined && !(layout?.isEncrypted ?? false));
  }

  /** Blanks what is not to be seen. Returns where the packet can be cut off. */
  #hide(parts: readonly Part[], bytes: Uint8Array, end: number): number {
    let keptEnd = end;
    for (const part of parts) {
      const { layout } = part;
      const kept = layout === undefined ? blank(bytes, part) : stripPayload({ ...part, bytes }, layout);
      const isLast = this.#parts.every(({ start }) => start <= part.start);
      if (kept < part.end && isLast) keptEnd = Math.min(keptEnd, kept);
    }
    return keptEnd;
  }

  #fixChecksums(original: Uint8Array, bytes: Uint8Array, end: number): void {
    for (const coverage of coverages(this.#layers, bytes, end, this.#beyond).reverse())
      fix(coverage, original, bytes);
  }

  /** Of what is not understood nobody knows whom it names: it is cut off. */
  #understoodEnd(last: SeenLayer | undefined, isFragmentOfSession: boolean): number {
    if (last === undefined) return 0;
    if (last.layer === 'ip-fragment') return isFragmentOfSession ? last.end : last.at;
    return this.#isUnderstood ? (this.#source as Packet).capturedLength : last.at;
  }

  #layer(layer: Layer, cursor: Cursor): void {
    const packet = this.#source as Packet;
    // Of a datagram that was put together from fragments, this packet holds only a part.
    if (cursor.bytes !== packet.bytes) return;
    const { offset } = packet;
    if (layer === 'ethernet') this.#ethernetAt = cursor.at - offset;
    this.#layers.push({
      layer,
      at: cursor.at - offset,
      end: cursor.end - offset,
      wireEnd: cursor.wireEnd - offset,
      ipAt: cursor.ipAt - offset,
      ipVersion: cursor.ipVersion,
      destinationAt: cursor.destinationAt - offset,
      ethernetAt: this.#ethernetAt,
      protocol: cursor.protocol,
      isFirstFragment: layer === 'ip-fragment' && cursor.fragmentOffset === 0,
    });
  }

  #segment(segment: Segment): void {
    this.#isUnderstood = true;
    const packet = this.#source as Packet;
    const place = this.#rules.places.ofSegment(segment);
    if (segment.bytes !== packet.bytes) return;
    const start = segment.payloadOffset - packet.offset;
    // What a reset carries is no part of the stream, but words of who sent it (RFC 9293 §3.5.3).
    const isWords = this.#rules.pseudonyms !== undefined && (segment.flags & RST) !== 0;
    const layout = isWords ? undefined : place && this.#layoutOf(place, sideOf(place, segment));
    this.#parts.push({
      start,
      end: start + segment.payloadCaptured,
      layout,
      offset: layout === undefined ? 0 : this.#offsetOf(layout, firstSequence(segment)),
    });
  }

  /** A quote may reach into the payload of the packet in question. */
  #icmpError(error: IcmpError): void {
    this.#isUnderstood = true;
    const packet = this.#source as Packet;
    const last = this.#layers.at(-1);
    if (last === undefined || (last.layer !== 'icmp' && last.layer !== 'icmpv6')) return;
    const tcp = quotedTcpAt(packet, last);
    const dataOffset =
      tcp + 12 < last.end ? ((packet.bytes[packet.offset + tcp + 12] as number) >> 4) << 2 : 0;
    if (dataOffset < 20 || tcp + dataOffset >= last.end) return;
    const place = this.#rules.places.ofIcmpError(error);
    const layout = place && this.#layoutOf(place, sideOf(place, error));
    const start = tcp + dataOffset;
    const offset = layout === undefined ? 0 : this.#offsetOf(layout, error.sequence);
    this.#parts.push({ start, end: last.end, layout, offset });
  }

  #fragmentPart(last: SeenLayer | undefined): Part | undefined {
    if (last?.layer !== 'ip-fragment') return undefined;
    const part = this.#rules.fragments.of((this.#source as Packet).number);
    if (part === undefined) return undefined;
    const layout = this.#layoutOf(part.place, part.side);
    const start = last.at + Math.max(0, part.payloadAt - part.offset);
    const before = Math.max(0, part.offset - part.payloadAt);
    const offset = layout === undefined ? 0 : this.#offsetOf(layout, part.sequence) + before;
    if (layout !== undefined && part.offset === 0) {
      const segmentEnd = offset + part.payloadLength;
      this.#beyond = changeBeyond(layout, offset + last.end - start, segmentEnd, offset - part.payloadAt);
    }
    return { start: Math.min(start, last.end), end: last.end, layout, offset };
  }

  #layoutOf(place: SessionPlace, side: Side): StreamLayout | undefined {
    return this.#rules.layouts.get(place.firstPacket)?.[side];
  }

  /** Sequence numbers wrap after 4 GiB: they are followed from packet to packet. */
  #offsetOf(layout: StreamLayout, sequence: number): number {
    const known = this.#offsets.get(layout) ?? { sequence: layout.base, offset: 0 };
    const offset = known.offset + ((sequence - known.sequence) | 0);
    if (offset > known.offset || !this.#offsets.has(layout)) this.#offsets.set(layout, { sequence, offset });
    return offset;
  }

  *#places(bytes: Uint8Array): Generator<LayerPlace> {
    for (const [index, seen] of this.#layers.entries()) {
      const next = this.#layers[index + 1]?.at ?? seen.end;
      yield { ...seen, bytes, end: Math.min(seen.end, bytes.length), next: Math.min(next, bytes.length) };
    }
  }
}

const sideOf = (place: SessionPlace, packet: Segment | IcmpError): Side =>
  packet.sourcePort === place.clientPort &&
  packet.source0 === place.client[0] &&
  packet.source1 === place.client[1] &&
  packet.source2 === place.client[2] &&
  packet.source3 === place.client[3]
    ? CLIENT
    : SERVER;

/** A SYN takes a sequence number of its own (RFC 9293 §3.4). */
const firstSequence = (segment: Segment): number =>
  (segment.flags & SYN) !== 0 ? (segment.sequence + 1) | 0 : segment.sequence;

const ICMP_HEADER = 8;
const IPV6_HEADER = 40;

/** Relative to the packet, as all offsets here. Extension headers in a quote are rare, and then it is cut with them. */
function quotedTcpAt({ bytes, offset }: Packet, { layer, at }: SeenLayer): number {
  const quote = at + ICMP_HEADER;
  if (layer === 'icmpv6') return quote + IPV6_HEADER;
  return quote + (((bytes[offset + quote] as number) & 15) << 2);
}

/**
 * Writes over what names somebody. What is not what the stream has at this place (forged, damaged, outside of any window)
 * was not read, so that nobody knows what it tells; nor is text encrypted.
 */
function maskStream(bytes: Uint8Array, { start, end, layout, offset }: Part): void {
  if (layout === undefined) return;
  const { clear, clearEnd, edits, length } = layout;
  const at = (streamOffset: number): number => Math.min(end, Math.max(start, start + streamOffset - offset));
  bytes.fill(0, start, at(0));
  bytes.fill(0, at(length), end);
  const clearUntil = clear === undefined ? start : at(clear.length);
  for (let place = at(0); place < clearUntil; place++) {
    if (bytes[place] !== clear?.[place - start + offset]) bytes[place] = 0;
  }
  if (layout.isEncrypted && isText(bytes, at(clearEnd), end)) bytes.fill(0, at(clearEnd), end);
  for (const edit of edits) {
    const from = Math.max(edit.offset, offset);
    const to = Math.min(edit.offset + edit.bytes.length, offset + end - start);
    if (from >= to) continue;
    bytes.set(edit.bytes.subarray(from - edit.offset, to - edit.offset), start + from - offset);
  }
}

/** So many encrypted bytes are all printable once in five million times. */
const TEXT_LENGTH = 16;

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < TEXT_LENGTH) return false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if ((byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) || byte > 0x7e) return false;
  }
  return true;
}

/**
 * What edits change of the bytes of a stream from one offset to another; `datagramAt`: where the datagram would begin in
 * the stream, for an even byte of it counts 256-fold.
 */
function changeBeyond(
  { edits, clear }: StreamLayout,
  from: number,
  to: number,
  datagramAt: number,
): SumsBeyond {
  let [before, after] = [0, 0];
  for (const { offset, bytes } of edits) {
    for (let at = Math.max(from, offset); at < Math.min(to, offset + bytes.length); at++) {
      const weight = (at - datagramAt) % 2 === 0 ? 256 : 1;
      before += (clear?.[at] ?? 0) * weight;
      after += (bytes[at - offset] as number) * weight;
    }
  }
  return { before, after };
}

function blank(bytes: Uint8Array, { start, end }: Part): number {
  bytes.fill(0, start, end);
  return start;
}

/** Padding behind the outermost IP packet may be anything that lay in the sender's memory. */
function clearTrailer(bytes: Uint8Array, layers: readonly SeenLayer[]): void {
  const ip = layers.findIndex(({ layer }) => layer === 'ipv4' || layer === 'ipv6');
  const inside = layers[ip + 1];
  const arp = layers.find(({ layer }) => layer === 'arp');
  if (arp !== undefined) {
    const parties = 2 * ((bytes[arp.at + 4] ?? 0) + (bytes[arp.at + 5] ?? 0));
    bytes.fill(0, Math.min(arp.at + 8 + parties, bytes.length));
  }
  if (ip !== -1 && inside !== undefined && inside.end < bytes.length) bytes.fill(0, inside.end);
}

const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
const PROTOCOL_ICMPV6 = 58;
const GRE_HAS_CHECKSUM = 0x80;

/** Outermost first. */
function coverages(
  layers: readonly SeenLayer[],
  bytes: Uint8Array,
  end: number,
  beyond: SumsBeyond | undefined,
): Coverage[] {
  const found: Coverage[] = [];
  const add = (field: number, from: number, to: number, kind: Coverage['kind'], pseudo?: SeenLayer): void => {
    if (field + 2 <= Math.min(to, end)) found.push({ field, from, to: Math.min(to, end), kind, pseudo });
  };
  for (const [index, seen] of layers.entries()) {
    const { layer, at } = seen;
    switch (layer) {
      case 'ipv4':
        add(at + 10, at, Math.min(layers[index + 1]?.at ?? seen.end, seen.end), 'other');
        break;
      case 'tcp':
        add(at + 16, at, seen.end, 'tcp', seen);
        break;
      case 'ip-fragment':
        if (seen.isFirstFragment && seen.protocol === PROTOCOL_TCP && at + 18 <= end) {
          const to = Math.min(seen.end, end);
          found.push({ field: at + 16, from: at, to, kind: 'other', pseudo: seen, beyond });
        }
        break;
      case 'udp':
        add(at + 6, at, seen.end, 'udp', seen);
        break;
      case 'icmp':
      case 'icmpv6':
        add(at + 2, at, seen.end, 'other', layer === 'icmpv6' ? seen : undefined);
        addQuoted(seen, bytes, add);
        break;
      case 'gre':
        if (((bytes[at] as number) & GRE_HAS_CHECKSUM) !== 0) add(at + 4, at, seen.end, 'other');
        break;
      default:
    }
  }
  return found;
}

type Add = (field: number, from: number, to: number, kind: Coverage['kind'], pseudo?: SeenLayer) => void;

function addQuoted(seen: SeenLayer, bytes: Uint8Array, add: Add): void {
  const quote = seen.at + ICMP_HEADER;
  const isError = seen.layer === 'icmp' || (bytes[seen.at] as number) < 128;
  if (!isError || quote >= seen.end) return;
  const ipVersion = seen.layer === 'icmp' ? 4 : 6;
  const headerLength = ipVersion === 4 ? ((bytes[quote] as number) & 15) << 2 : IPV6_HEADER;
  const tcp = quote + headerLength;
  if (ipVersion === 4) add(quote + 10, quote, tcp, 'other');
  const lengthAt = quote + (ipVersion === 4 ? 2 : 4);
  const length = ((bytes[lengthAt] ?? 0) << 8) | (bytes[lengthAt + 1] ?? 0);
  const pseudo: SeenLayer = {
    ...seen,
    // Of the packet in question, of which the quote may have only the start.
    wireEnd: ipVersion === 4 ? quote + length : tcp + length,
    ipAt: quote,
    ipVersion,
    destinationAt: quote + (ipVersion === 4 ? 16 : 24),
  };
  // Also a machine's own packet may be in question, of which the network card was to make the checksum.
  add(tcp + 16, tcp, Math.min(seen.end, Math.max(pseudo.wireEnd, tcp)), 'tcp', pseudo);
}

/** Brings a checksum up to date with what has changed under it, the checksums inside among that. */
function fix(coverage: Coverage, before: Uint8Array, after: Uint8Array): void {
  const { field, from, to, pseudo, kind } = coverage;
  const checksum = ((before[field] as number) << 8) | (before[field + 1] as number);
  if (checksum === 0 && kind !== 'other' && !isGood(coverage, before)) return;
  const oldAddresses = pseudo === undefined ? 0 : addressSum(pseudo, before);
  const newAddresses = pseudo === undefined ? 0 : addressSum(pseudo, after);
  const partial = kind === 'other' ? undefined : partialOf(coverage, before, checksum);
  let result: number;
  if (partial !== undefined && !isGood(coverage, before)) {
    // Left to the network card: it holds the sum of the pseudo-header.
    result = fold(newAddresses + partial);
  } else {
    const { before: oldBeyond, after: newBeyond } = coverage.beyond ?? { before: 0, after: 0 };
    const oldSum = oldAddresses + sumOf(before, from, to) + oldBeyond - checksum;
    const written = ((after[field] as number) << 8) | (after[field + 1] as number);
    const newSum = newAddresses + sumOf(after, from, to) + newBeyond - written;
    result = updated(checksum, oldSum, newSum);
    // RFC 768: 0 would say that there is none.
    if (kind === 'udp' && result === 0) result = 0xffff;
  }
  after[field] = result >> 8;
  after[field + 1] = result & 0xff;
}

/** What the pseudo-header's sum has beside the addresses, when the field holds that sum; with and without the length. */
function partialOf(
  { pseudo, from, kind }: Coverage,
  bytes: Uint8Array,
  checksum: number,
): number | undefined {
  if (pseudo === undefined) return undefined;
  const protocol = kind === 'udp' ? PROTOCOL_UDP : PROTOCOL_TCP;
  const length = pseudo.wireEnd - from;
  const addresses = addressSum(pseudo, bytes);
  for (const rest of [protocol + (length >>> 16) + (length & 0xffff), protocol]) {
    if (fold(addresses + rest) === checksum) return rest;
  }
  return undefined;
}

/** Only where all of it was captured can that be told. */
function isGood({ pseudo, from, to, kind }: Coverage, bytes: Uint8Array): boolean {
  if (pseudo === undefined || to !== pseudo.wireEnd) return false;
  const protocol = kind === 'udp' ? PROTOCOL_UDP : kind === 'tcp' ? PROTOCOL_TCP : PROTOCOL_ICMPV6;
  const length = to - from;
  const sum =
    addressSum(pseudo, bytes) + protocol + (length >>> 16) + (length & 0xffff) + sumOf(bytes, from, to);
  return fold(sum) === 0xffff;
}

function addressSum({ ipAt, ipVersion, destinationAt }: SeenLayer, bytes: Uint8Array): number {
  const length = ipVersion === 4 ? 4 : 16;
  const source = ipAt + (ipVersion === 4 ? 12 : 8);
  return sumOf(bytes, source, source + length) + sumOf(bytes, destinationAt, destinationAt + length);
}
