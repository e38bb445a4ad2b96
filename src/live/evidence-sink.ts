import type { CaptureInfo } from '../capture/capture-info.ts';
import { Packet } from '../capture/packet.ts';
import { HEALTHY_FATES } from '../report/severity.ts';
import type { Session } from '../session/session.ts';
import { Dissector } from '../wire/dissector.ts';
import type { IcmpError, NeighbourMessage, Segment } from '../wire/segment.ts';
import type { EvidenceFiles } from './evidence-files.ts';
import type { LiveSink } from './live-sink.ts';
import { NO_KEY, PacketRing } from './packet-ring.ts';

/** Takes packets before they are judged, and verdicts after. */
export interface EvidenceSink extends LiveSink {
  packet(packet: Packet, info: CaptureInfo, interfacePosition: number): void;
}

/** Keeps every packet. */
export function allEvidence(files: EvidenceFiles): EvidenceSink {
  return {
    packet: (packet, info, position) => files.packet(packet, info, position, packet.linkType),
    state: () => files.tick(),
    rotate: () => files.rotate(),
    end: () => files.close(),
  };
}

/** Recent packets: some minutes of a busy server. */
const RING_BYTES = 64 * 1024 * 1024;
const RING_PACKETS = 1 << 19;
/** After its verdict a session's stragglers are kept, too. */
const STRAGGLERS_NS = 20e9;
const MAX_FAILED = 10_000;

export interface FailedEvidenceOptions {
  readonly files: EvidenceFiles;
  readonly ports: readonly number[];
  readonly anyPort: boolean;
}

/** Keeps packets in memory until their session's verdict, and only those of sessions that ended badly. */
export function failedEvidence({ files, ports, anyPort }: FailedEvidenceOptions): EvidenceSink {
  const ring = new PacketRing(RING_BYTES, RING_PACKETS);
  let key = NO_FLOW;
  const dissector = new Dissector(
    {
      segment: (segment) => {
        key = keyOfSegment(segment);
      },
      icmpError: (error) => {
        key = keyOfSegment(error);
      },
      neighbour: (message) => {
        key = keyOfNeighbour(message);
      },
    },
    { ports, anyPort, keepFragments: true },
  );
  /** As the dissector sees a packet: with the number that it has in the ring. */
  const own = new Packet();
  /** Flows that failed, and until when their packets are kept at once. */
  const failed = new Map<number, number>();
  let nowNs = 0;
  const write = (flow: number): void =>
    ring.take(flow, (packet) => files.packet(packet, packet.info, packet.interfacePosition, packet.linkType));
  return {
    packet(packet, info, position) {
      key = NO_FLOW;
      copyTo(own, packet, ring.next);
      dissector.packet(own);
      if (key === NO_FLOW) {
        if (dissector.isHeld) ring.add(packet, info, position, NO_FLOW);
        return;
      }
      // Only now is it known whose fragments those before this one were.
      const earlier = dissector.fragments.filter((fragment) => fragment.packet !== own.number);
      for (const fragment of earlier) ring.giveKey(fragment.packet, key);
      const until = failed.get(key);
      if (until !== undefined && nowNs <= until) {
        if (earlier.length > 0) write(key);
        files.packet(packet, info, position, packet.linkType);
      } else ring.add(packet, info, position, key);
    },
    verdict(session) {
      if (HEALTHY_FATES.has(session.fate)) return;
      const flow = keyOfSession(session);
      write(flow);
      if (failed.size >= MAX_FAILED) failed.delete(failed.keys().next().value as number);
      failed.set(flow, nowNs + STRAGGLERS_NS);
      if (session.causeId === 'host-not-on-link')
        write(keyOfAddress(session.ipVersion, session.serverAddressWords));
    },
    state(state) {
      nowNs = state.nowNs;
      files.tick();
      for (const [flow, until] of failed) {
        if (until >= nowNs) break;
        failed.delete(flow);
      }
    },
    rotate: () => files.rotate(),
    end: () => files.close(),
  };
}

function copyTo(own: Packet, packet: Packet, number: number): void {
  own.bytes = packet.bytes;
  own.offset = packet.offset;
  own.capturedLength = packet.capturedLength;
  own.originalLength = packet.originalLength;
  own.timeNs = packet.timeNs;
  own.linkType = packet.linkType;
  own.number = number;
}

// Keys: the same for both directions, and for an ICMP error about the flow

const NO_FLOW = NO_KEY;

function keyOfSegment(segment: Segment | IcmpError): number {
  const { source0, source1, source2, source3, destination0, destination1, destination2, destination3 } =
    segment;
  const source = hash(source0, source1, source2, source3, segment.sourcePort);
  const destination = hash(destination0, destination1, destination2, destination3, segment.destinationPort);
  return combined(source, destination);
}

function keyOfSession(session: Session): number {
  const client = hash(...session.clientAddressWords, session.clientPort);
  const server = hash(...session.serverAddressWords, session.serverPort);
  return combined(client, server);
}

function keyOfNeighbour(message: NeighbourMessage): number {
  const { address0, address1, address2, address3 } = message;
  return keyOfAddress(message.ipVersion, [address0, address1, address2, address3]);
}

function keyOfAddress(ipVersion: number, words: readonly [number, number, number, number]): number {
  return hash(...words, -ipVersion) | 1;
}

/** Flows with the same key by chance (one in billions for two) are only kept together. */
const combined = (a: number, b: number): number => (a + b) | 0 || 1;

function hash(word0: number, word1: number, word2: number, word3: number, port: number): number {
  let mixed = Math.imul(word0 ^ 0x9e3779b9, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ word1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 16) ^ word2, 0x27d4eb2f);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ word3, 0x165667b1);
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ port, 0x85ebca6b);
  return mixed ^ (mixed >>> 16);
}
