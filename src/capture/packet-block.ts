import type { Packet } from './packet.ts';
import {
  ENHANCED_PACKET,
  EPB_FLAGS,
  EPB_PACKETID,
  OPT_COMMENT,
  SIMPLE_PACKET,
  viewOf,
} from './pcapng-format.ts';
import { optionAt, optionTexts } from './pcapng-options.ts';

/** Comments of one packet that are read; a person wrote one or two. */
const MAX_COMMENTS = 64;

/** What a packet's block says beyond the packet: for those who copy it. */
export interface PacketBlock {
  /** The time stamp as written; absent in a simple packet block. */
  readonly ticks: { readonly high: number; readonly low: number } | undefined;
  readonly comments: readonly string[];
  /** epb_flags: direction, kind of reception, FCS length, errors. */
  readonly flags: number | undefined;
  /** epb_packetid. */
  readonly packetId: number | undefined;
}

/** Reads the block of a packet that a parser of pcapng hands over; `undefined` for a packet of a pcap. */
export function readPacketBlock(packet: Packet, littleEndian: boolean): PacketBlock | undefined {
  const { blockOffset: at, bytes } = packet;
  if (at < 0) return undefined;
  const view = viewOf(bytes);
  const type = view.getUint32(at, littleEndian);
  if (type === SIMPLE_PACKET)
    return { ticks: undefined, comments: [], flags: undefined, packetId: undefined };
  const ticks = { high: view.getUint32(at + 12, littleEndian), low: view.getUint32(at + 16, littleEndian) };
  const options = at + 28 + ((packet.capturedLength + 3) & ~3);
  const end = at + view.getUint32(at + 4, littleEndian) - 4;
  const flagsAt = optionAt(view, littleEndian, options, end, EPB_FLAGS, 4);
  // The obsolete packet block has no packet ids.
  const idAt = type === ENHANCED_PACKET ? optionAt(view, littleEndian, options, end, EPB_PACKETID, 8) : -1;
  return {
    ticks,
    comments: optionTexts(view, littleEndian, options, end, OPT_COMMENT, MAX_COMMENTS),
    flags: flagsAt === -1 ? undefined : view.getUint32(flagsAt, littleEndian),
    packetId: idAt === -1 ? undefined : Number(view.getBigUint64(idAt, littleEndian)),
  };
}
