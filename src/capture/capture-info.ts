/** What was read of one input: goes into the report's `captures`. */
export interface CaptureInfo {
  /** As named by the user: a path, `-` for standard input, or an interface. */
  readonly name: string;
  /** As told by its content; undefined only while nobody knows (a live interface). */
  format: CaptureFormat | undefined;
  /** The file was compressed (gzip, told by content). */
  gzip: boolean;
  /** LINKTYPE_ values met, in order of first use. */
  linkTypes: number[];
  /** Finest unit of the time stamps, e.g. 'us', 'ns'; absent when no packet with one was read. */
  precision: string | undefined;
  /** Packet records read, of all protocols. */
  packets: number;
  /** Bytes of the headers and whole records that were read, after decompression. */
  bytes: number;
  /** Absolute time of the first packet, nanoseconds since 1970-01-01T00:00:00Z; absent without packets that have one. */
  epochNs: bigint | undefined;
  /** Of the last packet, nanoseconds since the first; 0 without packets. */
  lastTimeNs: number;
  /**
   * An evidence file of sshfate says how long the capture went on that it is taken from: nanoseconds since the first
   * packet of this file. Absent in all other captures: programs that cut packets off a capture keep what it said of its end.
   */
  untilNs?: number | undefined;
  /** Largest snap length that a header states; absent when none is stated or it is "unlimited" (0). */
  snapLength: number | undefined;
  /** Packets of which the snap length cut bytes off. */
  cutPackets: number;
  /** Packets that the capturing program says it lost (pcapng interface statistics); absent when it does not say. */
  drops: number | undefined;
  /** Present when the input ended or broke before its end: everything before was read. */
  damage: CaptureDamage | undefined;
}

/** An interface as the capture describes it. */
export interface InterfaceDescription {
  /** As packets name it: over all sections of a pcapng; 0 in a pcap. */
  readonly id: number;
  /** LINKTYPE_ value. */
  readonly linkType: number;
  /** 0 is "unlimited". */
  readonly snapLength: number;
  /** if_tsresol of pcapng: 6 for microseconds, 9 for nanoseconds, with the highest bit set a power of 2. */
  readonly resolution: number;
  /** if_tsoffset of pcapng: added to its time stamps. */
  readonly offsetSeconds: bigint;
  /** sshfate wrote its section: the ids of its packets are their numbers in the capture that they are taken from. */
  readonly isEvidence?: boolean;
  /** Byte order of its packets' blocks. */
  readonly littleEndian: boolean;
  /** if_name, if_description, if_filter, if_os and if_hardware of pcapng; absent when not given. */
  readonly name?: string;
  readonly description?: string;
  readonly filter?: string;
  readonly os?: string;
  readonly hardware?: string;
  /** Bytes of the frame check sequence at the end of its packets, where the capture says so. */
  readonly fcsLength?: number;
}

/** `pcap-modified` is Alexey Kuznetzov's variant with longer packet headers. */
export type CaptureFormat = 'pcap' | 'pcap-nanosecond' | 'pcap-modified' | 'pcapng';

/** Where and why a capture could not be read to its end. */
export interface CaptureDamage {
  /** What is broken: the file is too short, a record or block cannot be, the compression is damaged, or the disk or line failed. */
  readonly kind: 'cut-off' | 'bad-record' | 'bad-block' | 'bad-gzip' | 'read-error';
  /** One sentence for the human, with the place. */
  readonly message: string;
  /** Offset in the (decompressed) input where reading stopped: of the first record that was not read whole. */
  readonly offset: number;
}

/** Up to when it is known that nothing more came, nanoseconds since the first packet. */
export const knownUntilNs = ({ lastTimeNs, untilNs = 0 }: CaptureInfo): number =>
  Math.max(lastTimeNs, untilNs);
