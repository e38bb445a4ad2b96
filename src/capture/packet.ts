/**
 * One packet of a capture. A reader owns one instance and reuses it for every packet, and `bytes` is its read
 * buffer: whoever wants to keep something copies it before returning.
 */
export class Packet {
  /** The reader's buffer; the packet is `bytes[offset … offset + capturedLength)`. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the packet begins in `bytes`. */
  offset = 0;
  /** Bytes of the packet that are in the capture. */
  capturedLength = 0;
  /** Bytes that the packet had on the wire; larger than `capturedLength` when a snap length cut it. */
  originalLength = 0;
  /**
   * Position in the capture from 1, as Wireshark counts: every packet record, whatever its link type, and the pcapng
   * blocks without a packet that Wireshark lists among them.
   */
  number = 0;
  /**
   * Nanoseconds since the capture's first packet ({@link CaptureInfo.epochNs}); negative when out of order. A packet
   * without a time stamp (simple packet block of pcapng) has the time of the one before it.
   */
  timeNs = 0;
  /** LINKTYPE_ value, https://www.tcpdump.org/linktypes.html. */
  linkType = 0;
  /** Index of the interface in the capture, over all sections of a pcapng; 0 in a pcap. */
  interfaceId = 0;
  /** Where the packet's block begins in `bytes`, for `readPacketBlock`; -1 in a pcap. */
  blockOffset = -1;
}

/** Called for each packet, in capture order. The packet is only valid during the call. */
export type PacketSink = (packet: Packet) => void;
