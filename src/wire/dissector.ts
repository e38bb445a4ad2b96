import type { Packet } from '../capture/packet.ts';
import { aMsdu } from './a-msdu.ts';
import { ah } from './ah.ts';
import { arp } from './arp.ts';
import { bsdLoop, bsdNull } from './bsd-loopback.ts';
import { ciscoHdlc } from './cisco-hdlc.ts';
import { ciscoMetadata } from './cisco-metadata.ts';
import { Cursor } from './cursor.ts';
import { erspan2, erspan3 } from './erspan.ts';
import { ethernet } from './ethernet.ts';
import { fddi } from './fddi.ts';
import { type HeldFragment, Reassembler } from './fragments.ts';
import { geneve } from './geneve.ts';
import { gre, wccp } from './gre.ts';
import { gtpU } from './gtp-u.ts';
import { icmp, icmpv6 } from './icmp.ts';
import { ieee80211 } from './ieee80211.ts';
import { ip } from './ip.ts';
import { ipPayload } from './ip-protocol.ts';
import { ipv4 } from './ipv4.ts';
import { ipv6, ipv6Extension } from './ipv6.ts';
import {
  type Anomaly,
  type Layer,
  type Next,
  nonZeroCounts,
  SKIP_REASONS,
  type SkipReason,
  zeroCounts,
} from './layer.ts';
import { LINKTYPE_ETHERNET, layerOfLinkType } from './link-type.ts';
import { linuxCooked, linuxCooked2 } from './linux-cooked.ts';
import { llc } from './llc.ts';
import { mpls } from './mpls.ts';
import { neighbourDiscovery } from './neighbour-discovery.ts';
import { nflog } from './nflog.ts';
import { pbb } from './pbb.ts';
import { pktap } from './pktap.ts';
import { PlainTcp } from './plain-tcp.ts';
import { ppi } from './ppi.ts';
import { ppp, pppHdlc } from './ppp.ts';
import { pppoe } from './pppoe.ts';
import { radiotap } from './radiotap.ts';
import { IcmpError, NeighbourMessage, Segment, type WireHandler } from './segment.ts';
import { tcp } from './tcp.ts';
import { udp } from './udp.ts';
import { eTag, vnTag } from './vn-tag.ts';
import { vxlan, vxlanGpe } from './vxlan.ts';

/**
 * Steps from decoder to decoder in one packet. Four tunnels, each in Ethernet, tags, MPLS and an IP header with
 * extensions, need about forty; what goes on is a loop that somebody built.
 */
export const MAX_STEPS = 64;

export interface DissectorOptions {
  /** TCP ports to hand on, on either side of a connection. */
  readonly ports: readonly number[];
  /** Hand on all TCP, whatever its ports. */
  readonly anyPort: boolean;
  /** For those who change packets: called with each layer, the cursor at its first byte, before it is decoded. */
  readonly onLayer?: (layer: Layer, cursor: Cursor) => void;
  /** For those who copy packets: {@link Dissector.fragments} says which packets a datagram came in. */
  readonly keepFragments?: boolean;
}

/**
 * Walks packets from their link layer through tags and tunnels to the innermost TCP segment, ICMP error or
 * neighbour message. Each decoder reads one header and names the next; nothing is allocated on the way of a plain
 * packet, and no bytes can make it throw.
 */
export class Dissector {
  readonly #handler: WireHandler;
  readonly #watched = new Uint8Array(0x10000);
  readonly #cursor = new Cursor();
  readonly #skipped = zeroCounts(SKIP_REASONS);
  readonly #reassembler: Reassembler;
  readonly #segment = new Segment();
  readonly #icmpError = new IcmpError();
  readonly #neighbour = new NeighbourMessage();
  readonly #plainTcp: PlainTcp;
  readonly #onLayer: DissectorOptions['onLayer'];
  /** Number of the packet whose fragment waits for others, the last one. */
  #heldPacket: number | undefined;

  constructor(handler: WireHandler, options: DissectorOptions) {
    this.#handler = handler;
    if (options.anyPort) this.#watched.fill(1);
    else for (const port of options.ports) this.#watched[port] = 1;
    this.#plainTcp = new PlainTcp(this.#watched, this.#cursor.nesting.names);
    this.#reassembler = new Reassembler(this.#watched, this.#skipped, this.#cursor.anomalies);
    if (options.keepFragments) this.#reassembler.keepPackets();
    this.#onLayer = options.onLayer;
  }

  packet(packet: Packet): void {
    const plain =
      packet.linkType === LINKTYPE_ETHERNET && this.#onLayer === undefined
        ? this.#plainTcp.read(packet, this.#segment)
        : undefined;
    if (plain === 'segment') {
      this.#handler.segment(this.#segment);
      return;
    }
    if (plain === 'other-port') {
      this.#skipped['other-port'] += 1;
      return;
    }
    this.#cursor.begin(packet);
    this.#walk(layerOfLinkType(packet.linkType));
  }

  /** The snap length left too little of a packet's headers to tell whose it is. */
  get headersCut(): boolean {
    return this.#skipped['header-cut'] > 0;
  }

  /** Fragments that what was handed on last came in, by packet, if it came in fragments. */
  get fragments(): readonly HeldFragment[] {
    const { bytes, packet } = this.#cursor;
    // The cursor stays where it is while plain packets come.
    const isWhole = bytes === packet?.bytes || this.#reassembler.completedBy !== packet?.number;
    return isWhole ? NO_FRAGMENTS : this.#reassembler.packets;
  }

  /** The last packet was a fragment whose datagram is not complete: it may be handed on later, with another one. */
  get isHeld(): boolean {
    return this.#heldPacket !== undefined && this.#heldPacket === this.#cursor.packet?.number;
  }

  /** Packets that gave nothing, by reason; only reasons that occurred. Fragments that still wait count as such. */
  skippedPackets(): Partial<Record<SkipReason, number>> {
    const waiting = this.#reassembler.held;
    return nonZeroCounts({
      ...this.#skipped,
      'fragment-incomplete': this.#skipped['fragment-incomplete'] + waiting,
    });
  }

  /** Oddities by name; only those that occurred. */
  get anomalies(): Partial<Record<Anomaly, number>> {
    return nonZeroCounts(this.#cursor.anomalies);
  }

  #walk(first: Next): void {
    const cursor = this.#cursor;
    let next = first;
    for (let steps = 0; steps < MAX_STEPS; steps += 1) {
      if (this.#onLayer !== undefined && isLayer(next)) this.#onLayer(next, cursor);
      // The strings are compared one after the other: the common ones come first.
      switch (next) {
        case 'ethernet':
          next = ethernet(cursor);
          break;
        case 'ipv4':
          next = ipv4(cursor);
          break;
        case 'tcp':
          next = tcp(cursor, this.#watched, this.#segment);
          break;
        case 'other-port':
          this.#skipped['other-port'] += 1;
          return;
        case 'segment':
          this.#handler.segment(this.#segment);
          return;
        case 'ipv6':
          next = ipv6(cursor);
          break;
        case 'linux-cooked':
          next = linuxCooked(cursor);
          break;
        case 'ip':
          next = ip(cursor);
          break;
        case 'ip-payload':
          next = ipPayload(cursor);
          break;
        case 'udp':
          next = udp(cursor);
          break;
        case 'not-tcp':
          this.#skipped['not-tcp'] += 1;
          return;
        case 'ip-fragment':
          next = this.#reassembler.add(cursor);
          break;
        case 'fragment-held':
          this.#heldPacket = cursor.packet?.number;
          return;
        case 'icmp':
          next = icmp(cursor, this.#watched, this.#icmpError);
          break;
        case 'icmpv6':
          next = icmpv6(cursor, this.#watched, this.#icmpError);
          break;
        case 'icmp-error':
          this.#handler.icmpError(this.#icmpError);
          return;
        case 'arp':
          next = arp(cursor, this.#neighbour);
          break;
        case 'neighbour-discovery':
          next = neighbourDiscovery(cursor, this.#neighbour);
          break;
        case 'neighbour':
          this.#handler.neighbour(this.#neighbour);
          return;
        case 'a-msdu':
          this.#walkAggregate();
          return;
        default:
          if (!isRareLayer(next)) {
            this.#skipped[next] += 1;
            return;
          }
          next = RARE_LAYERS[next](cursor);
      }
    }
    this.#skipped['too-deep'] += 1;
  }

  /** Apart from the loop, where a closure would make every call allocate. */
  #walkAggregate(): void {
    aMsdu(this.#cursor, () => this.#walk('llc'));
  }
}

type RareLayer = Exclude<
  Layer,
  | 'a-msdu'
  | 'arp'
  | 'ethernet'
  | 'icmp'
  | 'icmpv6'
  | 'ip'
  | 'ip-fragment'
  | 'ip-payload'
  | 'ipv4'
  | 'ipv6'
  | 'linux-cooked'
  | 'neighbour-discovery'
  | 'tcp'
  | 'udp'
>;

const RARE_LAYERS: Readonly<Record<RareLayer, (cursor: Cursor) => Next>> = {
  ah,
  'bsd-loop': bsdLoop,
  'bsd-null': bsdNull,
  'cisco-hdlc': ciscoHdlc,
  'cisco-metadata': ciscoMetadata,
  'e-tag': eTag,
  'erspan-2': erspan2,
  'erspan-3': erspan3,
  fddi,
  geneve,
  gre,
  'gtp-u': gtpU,
  ieee80211: (cursor) => ieee80211(cursor),
  'ipv6-extension': ipv6Extension,
  'linux-cooked-2': linuxCooked2,
  llc,
  mpls,
  nflog,
  pbb,
  pktap,
  ppi,
  ppp,
  'ppp-hdlc': pppHdlc,
  pppoe,
  radiotap,
  'vn-tag': vnTag,
  vxlan,
  'vxlan-gpe': vxlanGpe,
  wccp,
};

const COMMON_LAYERS: ReadonlySet<string> = new Set<Exclude<Layer, RareLayer>>([
  'a-msdu',
  'arp',
  'ethernet',
  'icmp',
  'icmpv6',
  'ip',
  'ip-fragment',
  'ip-payload',
  'ipv4',
  'ipv6',
  'linux-cooked',
  'neighbour-discovery',
  'tcp',
  'udp',
]);

const isLayer = (next: Next): next is Layer => COMMON_LAYERS.has(next) || next in RARE_LAYERS;

const NO_FRAGMENTS: readonly HeldFragment[] = [];

const isRareLayer = (next: RareLayer | SkipReason): next is RareLayer => next in RARE_LAYERS;
