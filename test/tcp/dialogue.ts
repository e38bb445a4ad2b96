import { CLIENT, SERVER, type Side, type SshStreams } from '../../src/ssh/conversation-api.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Tracker, type TrackerOptions } from '../../src/tcp/tracker.ts';
import type { TrackerLimits } from '../../src/tcp/tracker-limits.ts';
import { ACK, type Checksum, FIN, PSH, RST, Segment, SYN } from '../../src/wire/segment.ts';

/** Flag letters as tcpdump prints them. */
const FLAGS: Readonly<Record<string, number>> = { S: SYN, F: FIN, R: RST, P: PSH, '.': ACK };

export interface SegmentSpec {
  readonly from: 'client' | 'server';
  /** As tcpdump prints them, e.g. 'S', 'S.', 'P.', 'F.', 'R'. */
  readonly flags: string;
  readonly sequence: number;
  readonly acknowledgement?: number;
  readonly data?: string | Uint8Array;
  /** Payload length on the wire; default: the data's. */
  readonly length?: number;
  readonly atMs?: number;
  readonly window?: number;
  readonly hopLimit?: number;
  readonly ipId?: number;
  readonly clientPort?: number;
  /** Default 10.0.0.1. */
  readonly clientAddress?: number;
  readonly trafficClass?: number;
  /** TCP options, of a segment without data. */
  readonly options?: Uint8Array;
  /** What its checksum says; default 'unknown', as in a capture that lacks bytes of it. */
  readonly checksum?: Checksum;
}

export const CLIENT_ADDRESS = 0x0a000001;
export const SERVER_ADDRESS = 0x0a000002;

let nextIpId = 1;

/** A segment between 10.0.0.1:40000 and 10.0.0.2:22. */
export function segmentOf(spec: SegmentSpec, packetNumber: number): Segment {
  const segment = new Segment();
  const fromClient = spec.from === 'client';
  segment.packetNumber = packetNumber;
  segment.timeNs = (spec.atMs ?? packetNumber) * 1e6;
  const clientAddress = spec.clientAddress ?? CLIENT_ADDRESS;
  segment.source0 = fromClient ? clientAddress : SERVER_ADDRESS;
  segment.destination0 = fromClient ? SERVER_ADDRESS : clientAddress;
  const clientPort = spec.clientPort ?? 40000;
  segment.sourcePort = fromClient ? clientPort : 22;
  segment.destinationPort = fromClient ? 22 : clientPort;
  segment.sequence = spec.sequence | 0;
  segment.acknowledgement = (spec.acknowledgement ?? 0) | 0;
  for (const letter of spec.flags) segment.flags |= FLAGS[letter] ?? 0;
  segment.window = spec.window ?? 500;
  segment.hopLimit = spec.hopLimit ?? 64;
  segment.trafficClass = spec.trafficClass ?? 0;
  segment.ipId = spec.ipId ?? nextIpId++ & 0xffff;
  segment.checksum = spec.checksum ?? 'unknown';
  const bytes =
    typeof spec.data === 'string' ? Buffer.from(spec.data, 'latin1') : (spec.data ?? new Uint8Array(0));
  segment.bytes = bytes;
  segment.payloadCaptured = bytes.length;
  segment.payloadLength = spec.length ?? bytes.length;
  if (spec.options !== undefined) {
    segment.bytes = spec.options;
    segment.optionsLength = spec.options.length;
  }
  return segment;
}

/** Notes what the SSH layer is given, and knows nothing of SSH. */
export class Recorder implements SshStreams {
  readonly text: [string, string] = ['', ''];
  readonly midway: [boolean, boolean] = [false, false];
  readonly sides = [EMPTY_SIDE, EMPTY_SIDE] as unknown as SshStreams['sides'];
  readonly protocol = undefined;
  readonly negotiation = undefined;
  readonly anomalies = [];
  readonly authentication = {
    result: 'unknown',
    attempts: undefined,
    success: undefined,
    turn: undefined,
    clientDisconnect: undefined,
  } as const;

  data(side: Side, bytes: Uint8Array, start: number, end: number): void {
    this.text[side] += Buffer.from(bytes.subarray(start, end)).toString('latin1');
  }

  gap(side: Side, lengthBytes: number): void {
    this.text[side] += `<gap ${lengthBytes}>`;
  }

  cut(side: Side, lengthBytes: number): void {
    this.text[side] += `<cut ${lengthBytes}>`;
  }

  joinMidway(side: Side): void {
    this.midway[side] = true;
  }
}

const EMPTY_SIDE = { preIdentificationLines: [], messages: [], messagesDropped: 0, encryptedBytes: 0 };

export interface Watched {
  readonly tracker: Tracker;
  readonly ended: Connection[];
}

/** Feeds segments to a tracker; `ended` holds the connections in the order of their ends. */
export function watch(
  specs: readonly SegmentSpec[],
  limits: Partial<TrackerLimits> = {},
  options: Partial<TrackerOptions> = {},
): Watched {
  const ended: Connection[] = [];
  const tracker = new Tracker({
    ports: [22],
    anyPort: false,
    conversation: () => new Recorder(),
    onEnd: (connection) => ended.push(connection),
    limits,
    ...options,
  });
  specs.forEach((spec, index) => {
    tracker.segment(segmentOf(spec, index + 1));
  });
  return { tracker, ended };
}

/** All segments as one capture: the connections in it. */
export function connectionsOf(
  specs: readonly SegmentSpec[],
  limits: Partial<TrackerLimits> = {},
): Connection[] {
  const { tracker, ended } = watch(specs, limits);
  tracker.finish();
  return ended;
}

export function textOf(connection: Connection, side: Side): string {
  return (connection.ssh as Recorder).text[side];
}

/** SYN, SYN-ACK, ACK with initial sequence numbers 1000 and 5000. */
export const HANDSHAKE: readonly SegmentSpec[] = [
  { from: 'client', flags: 'S', sequence: 1000 },
  { from: 'server', flags: 'S.', sequence: 5000, acknowledgement: 1001 },
  { from: 'client', flags: '.', sequence: 1001, acknowledgement: 5001 },
];

export { CLIENT, SERVER };
