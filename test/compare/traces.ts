import type { PacketLogLimits } from '../../src/compare/packet-log.ts';
import type { RecordedSession } from '../../src/compare/recorder.ts';
import { Recorder } from '../../src/compare/recorder.ts';
import type { Trace } from '../../src/compare/trace.ts';
import { ACK, FIN, PSH, RST, Segment, SYN } from '../../src/wire/segment.ts';
import { EVERYTHING } from '../report/fixtures.ts';

/** One packet of a session as a test writes it down. */
export interface Line {
  readonly from: 'client' | 'server';
  readonly what: 'SYN' | 'SYN-ACK' | 'ACK' | 'FIN' | 'RST' | 'data';
  /** Sequence and acknowledgement numbers, from the initial ones. */
  readonly seq?: number;
  readonly ack?: number;
  /** Payload; a number is so many bytes that no other packet has. */
  readonly payload?: string | number;
  /** Milliseconds. */
  readonly at: number;
  readonly hopLimit?: number;
  readonly ipId?: number;
  readonly tos?: number;
  readonly mss?: number;
}

export interface Ends {
  readonly client?: readonly [number, number];
  readonly server?: readonly [number, number];
  readonly initial?: readonly [number, number];
}

const FLAGS = { SYN, 'SYN-ACK': SYN | ACK, ACK, FIN: FIN | ACK, RST: RST | ACK, data: PSH | ACK };
const CLIENT_ADDRESS = 0x0a000001;
const SERVER_ADDRESS = 0x0a000002;
const NOBODY = { segment() {}, icmpError() {}, neighbour() {} };

/** Sessions of one capture, each from its packets. */
export function record(
  sessions: readonly (Ends & { readonly lines: readonly Line[] })[],
  limits: Partial<PacketLogLimits> = {},
): Recorder {
  const recorder = new Recorder(NOBODY, limits);
  let number = 0;
  for (const { lines, ...ends } of sessions) {
    const client = ends.client ?? ([CLIENT_ADDRESS, 50_000] as const);
    const server = ends.server ?? ([SERVER_ADDRESS, 22] as const);
    for (const line of lines)
      recorder.segment(segmentOf(line, client, server, ends.initial ?? [1000, 5000], ++number));
    recorder.sessionEnded({
      ...EVERYTHING,
      ipVersion: 4,
      clientAddressWords: [client[0], 0, 0, 0],
      serverAddressWords: [server[0], 0, 0, 0],
      clientPort: client[1],
      serverPort: server[1],
      client: { address: `c${client[0]}`, port: client[1] },
      server: { address: `s${server[0]}`, port: server[1] },
      startNs: (lines[0]?.at ?? 0) * 1e6,
      endNs: (lines.at(-1)?.at ?? 0) * 1e6,
    } as RecordedSession);
  }
  return recorder;
}

export const traceOf = (lines: readonly Line[], ends: Ends = {}): Trace =>
  record([{ ...ends, lines }]).traces[0] as Trace;

function segmentOf(
  line: Line,
  client: readonly [number, number],
  server: readonly [number, number],
  initial: readonly [number, number],
  number: number,
): Segment {
  const isClient = line.from === 'client';
  const [source, destination] = isClient ? [client, server] : [server, client];
  const [own, other] = isClient ? initial : [initial[1], initial[0]];
  const payload = bytesOf(line.payload ?? '', number);
  const options = line.mss === undefined ? [] : [2, 4, line.mss >> 8, line.mss & 0xff];
  const segment = new Segment();
  segment.bytes = Uint8Array.from([...options, ...payload]);
  segment.packetNumber = number;
  segment.timeNs = line.at * 1e6;
  [segment.source0, segment.sourcePort] = source as [number, number];
  [segment.destination0, segment.destinationPort] = destination as [number, number];
  segment.sequence = (own + (line.seq ?? 0)) | 0;
  segment.acknowledgement = (other + (line.ack ?? 0)) | 0;
  segment.flags = FLAGS[line.what];
  segment.window = 500;
  segment.hopLimit = line.hopLimit ?? 64;
  segment.ipId = line.ipId ?? 0;
  segment.trafficClass = line.tos ?? 0;
  segment.optionsLength = options.length;
  segment.payloadOffset = options.length;
  segment.payloadLength = payload.length;
  segment.payloadCaptured = payload.length;
  return segment;
}

function bytesOf(payload: string | number, seed: number): Uint8Array {
  if (typeof payload === 'string') return Buffer.from(payload, 'latin1');
  return Uint8Array.from({ length: payload }, (_, n) => (seed * 31 + n * 7 + (n >> 8)) & 0xff);
}

/** A handshake that begins at a time, in milliseconds. */
export const handshake = (at = 0): readonly Line[] => [
  { from: 'client', what: 'SYN', at, mss: 1460 },
  { from: 'server', what: 'SYN-ACK', ack: 1, at: at + 1, mss: 1460 },
  { from: 'client', what: 'ACK', seq: 1, ack: 1, at: at + 2 },
];

/** The same packets as a capture nearer to the server has them: so much later there, and back. */
export const nearServer = (lines: readonly Line[], delayMs: number, hops = 1): readonly Line[] =>
  lines.map((line) => ({
    ...line,
    at: line.at + (line.from === 'client' ? delayMs : -delayMs),
    hopLimit: (line.hopLimit ?? 64) - (line.from === 'client' ? hops : -hops),
  }));
