import { openCapture } from '../../src/capture/open-capture.ts';
import type { PacketSink } from '../../src/capture/packet.ts';
import { formatAddress } from '../../src/wire/address.ts';
import { Dissector, type DissectorOptions } from '../../src/wire/dissector.ts';
import type { IcmpError, NeighbourMessage, Segment } from '../../src/wire/segment.ts';
import { segmentChecksum } from '../../src/wire/tcp-checksum.ts';

/** Everything that a dissector hands on, as copies that can be kept and compared. */
export class Dissected {
  readonly segments: SeenSegment[] = [];
  readonly icmpErrors: SeenIcmpError[] = [];
  readonly neighbours: SeenNeighbour[] = [];
  readonly dissector: Dissector;

  constructor(options: Partial<DissectorOptions> = {}) {
    const { ports = [], anyPort = ports.length === 0 } = options;
    this.dissector = new Dissector(
      {
        segment: (segment) => this.segments.push(seenSegment(segment)),
        icmpError: (error) => this.icmpErrors.push(seenIcmpError(error)),
        neighbour: (message) => this.neighbours.push(seenNeighbour(message)),
      },
      { ports, anyPort },
    );
  }
}

/** All TCP of a capture; `alsoTo` sees each packet as well. */
export async function dissectFile(file: string, alsoTo: PacketSink): Promise<Dissected> {
  const dissected = new Dissected();
  const capture = await openCapture(file);
  try {
    await capture.read((packet) => {
      dissected.dissector.packet(packet);
      alsoTo(packet);
    });
  } finally {
    capture.close();
  }
  return dissected;
}

export type SeenSegment = ReturnType<typeof seenSegment>;
export type SeenIcmpError = ReturnType<typeof seenIcmpError>;
export type SeenNeighbour = ReturnType<typeof seenNeighbour>;

const sourceOf = (of: Segment | IcmpError): string =>
  `${formatAddress(of.ipVersion, of.source0, of.source1, of.source2, of.source3)}:${of.sourcePort}`;

const destinationOf = (of: Segment | IcmpError): string =>
  `${formatAddress(of.ipVersion, of.destination0, of.destination1, of.destination2, of.destination3)}:${of.destinationPort}`;

function seenSegment(segment: Segment) {
  const { bytes, optionsOffset, optionsLength, payloadOffset, payloadCaptured } = segment;
  return {
    packetNumber: segment.packetNumber,
    timeNs: segment.timeNs,
    endpoints: `${sourceOf(segment)} > ${destinationOf(segment)}`,
    sequence: segment.sequence,
    acknowledgement: segment.acknowledgement,
    flags: segment.flags,
    window: segment.window,
    hopLimit: segment.hopLimit,
    trafficClass: segment.trafficClass,
    ipId: segment.ipId,
    options: Buffer.from(bytes.subarray(optionsOffset, optionsOffset + optionsLength)).toString('hex'),
    payload: Buffer.from(bytes.subarray(payloadOffset, payloadOffset + payloadCaptured)).toString('latin1'),
    payloadLength: segment.payloadLength,
    checksum: segment.checksum,
    verified: segmentChecksum(segment),
    nesting: segment.nesting,
  };
}

function seenIcmpError(error: IcmpError) {
  return {
    packetNumber: error.packetNumber,
    reporter: formatAddress(
      error.ipVersion,
      error.reporter0,
      error.reporter1,
      error.reporter2,
      error.reporter3,
    ),
    type: error.type,
    code: error.code,
    hopLimit: error.hopLimit,
    mtu: error.mtu,
    endpoints: `${sourceOf(error)} > ${destinationOf(error)}`,
    sequence: error.sequence,
  };
}

function seenNeighbour(message: NeighbourMessage) {
  return {
    packetNumber: message.packetNumber,
    kind: message.kind,
    address: formatAddress(
      message.ipVersion,
      message.address0,
      message.address1,
      message.address2,
      message.address3,
    ),
    ...(message.kind === 'request' && {
      asker: formatAddress(message.ipVersion, message.asker0, message.asker1, message.asker2, message.asker3),
    }),
  };
}
