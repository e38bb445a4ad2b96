import type { CaptureInfo, InterfaceDescription } from '../capture/capture-info.ts';
import { openCapture } from '../capture/open-capture.ts';
import type { Packet } from '../capture/packet.ts';
import { readPacketBlock } from '../capture/packet-block.ts';
import { readPcapTicks } from '../capture/pcap.ts';
import { type InterfaceToWrite, PcapngBlocks, ticksOf } from '../capture/pcapng-writer.ts';
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
    /** By their id in the source. */
    const interfaces = new Map<number, WrittenInterface>();
    const interfaceOf = ({ interfaceId }: Packet): WrittenInterface => {
      const known = interfaces.get(interfaceId);
      if (known !== undefined) return known;
      const one = described[interfaceId] as InterfaceDescription;
      const id = blocks.interface({ ...interfaceToWrite(one, isAnonymous), epochNs: info.epochNs });
      const added = { id, described: one };
      interfaces.set(interfaceId, added);
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
    signal?.throwIfAborted();
    writeStatistics(blocks, [...interfaces.values()], info);
    handOn();
    return { packets, bytes };
  } finally {
    source.close();
  }
}

/** An interface of the source that has packets in the evidence. */
interface WrittenInterface {
  /** In the evidence. */
  readonly id: number;
  readonly described: InterfaceDescription;
}

function interfaceToWrite(described: InterfaceDescription, isAnonymous: boolean): InterfaceToWrite {
  const { linkType, snapLength, resolution, offsetSeconds, fcsLength } = described;
  const clock = { linkType, snapLength, resolution, offsetSeconds, fcsLength };
  if (isAnonymous) return clock;
  const { name, description, filter, os, hardware } = described;
  return { ...clock, name, description, filter, os, hardware };
}

/** When the capture began and ended, for each interface, and what the capture lost. */
function writeStatistics(
  blocks: PcapngBlocks,
  interfaces: readonly WrittenInterface[],
  { epochNs = 0n, lastTimeNs, untilNs = 0, drops }: CaptureInfo,
): void {
  const endNs = epochNs + BigInt(Math.round(Math.max(lastTimeNs, untilNs)));
  interfaces.forEach(({ id, described }, i) => {
    const endTicks = ticksOf(endNs, described);
    blocks.statistics({
      interfaceId: id,
      ticks: endTicks,
      startTicks: ticksOf(epochNs, described),
      endTicks,
      // Of all interfaces together, so it stands once.
      dropped: i === 0 ? drops : undefined,
    });
  });
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
