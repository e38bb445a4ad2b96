import type { InterfaceDescription } from '../capture/capture-info.ts';
import { openCapture } from '../capture/open-capture.ts';
import type { Packet } from '../capture/packet.ts';
import { readPacketBlock } from '../capture/packet-block.ts';
import { readPcapTicks } from '../capture/pcap.ts';
import { PcapngBlocks, ticksOf } from '../capture/pcapng-writer.ts';
import type { PacketRewriter } from './packet-rewriter.ts';
import { SelectedCapture } from './selected-capture.ts';

export interface EvidenceToWrite {
  readonly file: string;
  /** Of the packets in the source. */
  readonly numbers: Uint32Array;
  /** Absent while packets stay as they are. */
  readonly rewriter: PacketRewriter | undefined;
  /** What the source says of itself in texts is left out. */
  readonly isAnonymous: boolean;
  readonly application: string;
  readonly sectionComment: string;
  /** By number in the evidence, given what number each has in the source. */
  readonly packetComments: (original: (packet: number) => number) => ReadonlyMap<number, readonly string[]>;
  readonly signal?: AbortSignal | undefined;
}

/** Handed on when so much has gathered. */
const CHUNK = 1 << 18;

/**
 * Writes packets as pcapng. Link type, bytes, times, lengths, interfaces and comments stay as they are in the source,
 * and each packet has its number there as its id. The capture's end stands in the interface statistics: from it an
 * analysis tells that an answer never came.
 */
export async function writeEvidence(
  evidence: EvidenceToWrite,
  write: (bytes: Uint8Array) => void,
): Promise<{ packets: number; bytes: number }> {
  const { file, numbers, rewriter, isAnonymous, application, signal } = evidence;
  const described: InterfaceDescription[] = [];
  const source = await openCapture(file, { onInterface: (one) => described.push(one) });
  const blocks = new PcapngBlocks(2 * CHUNK);
  /** By their id in the source. */
  const interfaces = new Map<number, { id: number; described: InterfaceDescription }>();
  let bytes = 0;
  const handOn = (): void => {
    const taken = blocks.take();
    bytes += taken.length;
    write(taken);
  };
  try {
    const { info } = source;
    // A source that is evidence itself knows the numbers in the first source.
    const ids = await originalIds(file, numbers, signal);
    const comments = evidence.packetComments((packet) => ids?.get(packet) ?? (numbers[packet - 1] as number));
    blocks.section({ application, comments: [evidence.sectionComment] });
    const interfaceOf = (packet: Packet) => {
      const known = interfaces.get(packet.interfaceId);
      if (known !== undefined) return known;
      const one = described[packet.interfaceId] as InterfaceDescription;
      const texts = isAnonymous
        ? {}
        : {
            name: one.name,
            description: one.description,
            filter: one.filter,
            os: one.os,
            hardware: one.hardware,
          };
      const id = blocks.interface({
        ...{ linkType: one.linkType, snapLength: one.snapLength, resolution: one.resolution },
        ...{ offsetSeconds: one.offsetSeconds, fcsLength: one.fcsLength, epochNs: info.epochNs },
        ...texts,
      });
      const added = { id, described: one };
      interfaces.set(packet.interfaceId, added);
      return added;
    };
    let packets = 0;
    const capture = new SelectedCapture(source, numbers, { keepNumbers: true });
    await capture.read(
      (packet) => {
        packets++;
        const { id, described: one } = interfaceOf(packet);
        const block = readPacketBlock(packet, one.littleEndian);
        const own = isAnonymous ? [] : (block?.comments ?? []);
        const added = comments.get(packets) ?? [];
        blocks.packet(rewriter?.rewrite(packet) ?? packet, {
          interfaceId: id,
          ticks: block === undefined ? readPcapTicks(packet, info.format, one) : block.ticks,
          comments: [...own, ...added.filter((comment) => !own.includes(comment))],
          flags: block?.flags,
          packetId: ids?.get(packets) ?? packet.number,
        });
        if (blocks.length >= CHUNK) handOn();
      },
      { ...(signal && { signal }) },
    );
    const { epochNs = 0n } = info;
    const endNs = epochNs + BigInt(Math.round(Math.max(info.lastTimeNs, info.untilNs ?? 0)));
    let drops = info.drops;
    for (const { id, described: one } of interfaces.values()) {
      const endTicks = ticksOf(endNs, one);
      blocks.statistics({
        interfaceId: id,
        ticks: endTicks,
        startTicks: ticksOf(epochNs, one),
        endTicks,
        dropped: drops,
      });
      // Of all interfaces together, so it stands once.
      drops = undefined;
    }
    handOn();
    return { packets, bytes };
  } finally {
    source.close();
  }
}

/** Numbers of the packets in the first source, by their numbers here; undefined when this source is the first. */
async function originalIds(
  file: string,
  numbers: Uint32Array,
  signal: AbortSignal | undefined,
): Promise<Map<number, number> | undefined> {
  const described: InterfaceDescription[] = [];
  const source = await openCapture(file, { onInterface: (one) => described.push(one) });
  const ids = new Map<number, number>();
  try {
    if (source.info.format !== 'pcapng') return undefined;
    let packets = 0;
    const capture = new SelectedCapture(source, numbers, { keepNumbers: true });
    const stop = new AbortController();
    await capture.read(
      (packet) => {
        packets++;
        const one = described[packet.interfaceId];
        if (!one?.isEvidence) {
          stop.abort();
          return;
        }
        const id = readPacketBlock(packet, one.littleEndian)?.packetId;
        if (id !== undefined) ids.set(packets, id);
      },
      { signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]) },
    );
  } finally {
    source.close();
  }
  return ids.size > 0 ? ids : undefined;
}
