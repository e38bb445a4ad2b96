import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { InterfaceDescription } from '../../src/capture/capture-info.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { type PacketBlock, readPacketBlock } from '../../src/capture/packet-block.ts';
import { type AnalyzeOptions, analyzeCapture } from '../../src/engine.ts';
import {
  type EvidenceOptions,
  type ExtractedEvidence,
  extractEvidence,
} from '../../src/evidence/extract-evidence.ts';
import type { EvidenceSelection } from '../../src/evidence/find-targets.ts';
import type { SessionRecord } from '../../src/session/record.ts';

export const CAPTURES = path.join(import.meta.dirname, '../../captures');
export const captureNames = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
export const captureNamed = (name: string): string => path.join(CAPTURES, `${name}.pcap`);

/** Any will do; the same for all tests, so that a failure comes again. */
export const KEY = Uint8Array.from({ length: 32 }, (_, index) => (index * 41 + 7) & 0xff);

export interface Extracted {
  readonly evidence: ExtractedEvidence;
  readonly file: Buffer;
}

export async function extracted(
  file: string,
  selection: EvidenceSelection,
  options: Partial<EvidenceOptions> = {},
): Promise<Extracted> {
  const parts: Uint8Array[] = [];
  const evidence = await extractEvidence(file, selection, { application: 'sshfate 0', ...options }, (bytes) =>
    parts.push(bytes),
  );
  return { evidence, file: Buffer.concat(parts) };
}

/** As `sshfate analyze` judges a capture. */
export async function judged(input: string | Buffer, options: AnalyzeOptions = {}): Promise<SessionRecord[]> {
  const records: SessionRecord[] = [];
  const capture = await openCapture(typeof input === 'string' ? input : Readable.from([input]));
  await analyzeCapture(capture, options, (session) => {
    records.push(JSON.parse(JSON.stringify(session)) as SessionRecord);
  });
  capture.close();
  return records.sort((a, b) => a.session - b.session);
}

export interface EvidencePacket extends PacketBlock {
  readonly bytes: Buffer;
  readonly originalLength: number;
  readonly timeNs: number;
}

export interface ReadEvidence {
  readonly packets: readonly EvidencePacket[];
  readonly interfaces: readonly InterfaceDescription[];
}

/** The packets of a capture with all that their blocks say. */
export async function packetsOf(input: string | Buffer): Promise<ReadEvidence> {
  const packets: EvidencePacket[] = [];
  const interfaces: InterfaceDescription[] = [];
  const capture = await openCapture(typeof input === 'string' ? input : Readable.from([input]), {
    onInterface: (described) => interfaces.push(described),
  });
  await capture.read((packet) => {
    const block = readPacketBlock(packet, interfaces[packet.interfaceId]?.littleEndian ?? true);
    packets.push({
      ...(block ?? { ticks: undefined, comments: [], flags: undefined, packetId: undefined }),
      bytes: Buffer.from(packet.bytes.subarray(packet.offset, packet.offset + packet.capturedLength)),
      originalLength: packet.originalLength,
      timeNs: Number(capture.info.epochNs) + packet.timeNs,
    });
  });
  capture.close();
  return { packets, interfaces };
}
