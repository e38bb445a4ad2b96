import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { CaptureError } from '../../src/capture/capture-error.ts';
import { Packet } from '../../src/capture/packet.ts';
import { analyzeCapture } from '../../src/engine.ts';
import type { CaptureRecord } from '../../src/report/document.ts';
import { collectIncident } from '../../src/report/incident/collect-incident.ts';
import { renderHtml, renderJson, renderMarkdown, renderText } from '../../src/report/incident/render.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { Dissector } from '../../src/wire/dissector.ts';
import { segmentChecksum } from '../../src/wire/tcp-checksum.ts';
import { pcapngBlocks } from '../capture/building.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');

/** Small and fast, and the same everywhere: mulberry32. */
export function seeded(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

export interface Sample {
  readonly name: string;
  readonly bytes: Buffer;
}

/** All shipped captures. */
export function samples(): Sample[] {
  return readdirSync(CAPTURES)
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .sort()
    .map((name) => ({ name, bytes: readFileSync(path.join(CAPTURES, name)) }));
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** The file header and the packet records of a little-endian classic capture; undefined for another format. */
export function recordsIn(bytes: Buffer): { header: Buffer; records: Buffer[] } | undefined {
  const magic = bytes.readUInt32LE(0);
  if (magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) return undefined;
  const records: Buffer[] = [];
  for (let at = FILE_HEADER; at + RECORD_HEADER <= bytes.length; ) {
    const end = at + RECORD_HEADER + bytes.readUInt32LE(at + 8);
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return { header: bytes.subarray(0, FILE_HEADER), records };
}

/** One of many ways to break a capture. */
export function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  let broken: Buffer = Buffer.from(bytes);
  for (let times = 1 + random(4); times > 0; times--) broken = mutateOnce(broken, random);
  return broken;
}

function mutateOnce(bytes: Buffer, random: (below: number) => number): Buffer {
  if (bytes.length < FILE_HEADER + RECORD_HEADER) return bytes;
  const parts = random(2) === 0 ? undefined : recordsIn(bytes);
  if (parts === undefined || parts.records.length < 2) return damageBytes(bytes, random);
  const { header, records } = parts;
  const i = random(records.length);
  switch (random(6)) {
    case 0:
      records.splice(i, 1 + random(3));
      break;
    case 1:
      records.splice(random(records.length), 0, records[i] as Buffer);
      break;
    case 2: {
      const j = random(records.length);
      [records[i], records[j]] = [records[j] as Buffer, records[i] as Buffer];
      break;
    }
    case 3:
      records[i] = shortened(records[i] as Buffer, random);
      break;
    case 4:
      return withOddTimes(header, records, random);
    default:
      records[i] = damageBytes(Buffer.from(records[i] as Buffer), random);
  }
  return Buffer.concat([header, ...records]);
}

/** As a snap length would. */
function shortened(record: Buffer, random: (below: number) => number): Buffer {
  const captured = record.length - RECORD_HEADER;
  const kept = Buffer.from(record.subarray(0, RECORD_HEADER + random(captured + 1)));
  kept.writeUInt32LE(kept.length - RECORD_HEADER, 8);
  return kept;
}

/** As a pcapng file, which can claim any time: units, offsets and stamps of 64 bits. */
function withOddTimes(header: Buffer, records: readonly Buffer[], random: (below: number) => number): Buffer {
  const { section, describe, resolution, offset, enhanced } = pcapngBlocks();
  const any64 = () => (BigInt(random(2 ** 32)) << BigInt(random(33))) + BigInt(random(2 ** 32));
  const options = [
    ...(random(2) === 0 ? [resolution(random(2) === 0 ? random(20) : 0x80 + random(64))] : []),
    ...(random(2) === 0 ? [offset(BigInt.asIntN(64, random(2) === 0 ? any64() : -any64()))] : []),
  ];
  const from = random(records.length);
  const to = random(2) === 0 ? from + 1 : records.length;
  const leap = any64();
  const blocks = records.map((record, i) => {
    const ticks = BigInt(record.readUInt32LE(0)) * 1_000_000n + BigInt(record.readUInt32LE(4));
    const odd = i >= from && i < to ? ticks + leap : ticks;
    return enhanced(0, BigInt.asUintN(64, odd), record.subarray(RECORD_HEADER));
  });
  return Buffer.concat([section(), describe(header.readUInt32LE(20), 0, options), ...blocks]);
}

/**
 * As the receiver of a bad cable captures it: now and then a packet comes with one bit turned over, is dropped by its TCP, and
 * comes again. Undefined for a capture without checksums that could tell.
 */
export function withDamagedPackets(bytes: Buffer, random: (below: number) => number): Buffer | undefined {
  const parts = recordsIn(bytes);
  if (parts === undefined) return undefined;
  const linkType = parts.header.readUInt32LE(20);
  let checked = 0;
  let isDamaged = false;
  const records = parts.records.flatMap((record) => {
    const place = checkedBytes(record, linkType);
    // Two that are right come first, or nobody knows what is usual.
    if (place === undefined || ++checked <= 2 || random(4) > 0) return [record];
    isDamaged = true;
    const damaged = Buffer.from(record);
    const at = place.from + random(place.to - place.from);
    damaged[at] = (damaged[at] as number) ^ (1 << random(8));
    return [damaged, record];
  });
  return isDamaged ? Buffer.concat([parts.header, ...records]) : undefined;
}

/**
 * As a device between leaves it that replaces addresses or payload and not the checksums, or a driver that has its own way
 * with them: of one side of some connections, all are wrong. Undefined for a capture without checksums.
 */
export function withWrongChecksums(bytes: Buffer, random: (below: number) => number): Buffer | undefined {
  const parts = recordsIn(bytes);
  if (parts === undefined) return undefined;
  const linkType = parts.header.readUInt32LE(20);
  const areWrong = new Map<string, boolean>();
  const records = parts.records.map((record) => {
    const place = checkedBytes(record, linkType);
    if (place === undefined) return record;
    if (!areWrong.has(place.flow)) areWrong.set(place.flow, random(2) === 0);
    if (areWrong.get(place.flow) === false) return record;
    const changed = Buffer.from(record);
    const at = place.from + TCP_CHECKSUM;
    changed.writeUInt16BE(changed.readUInt16BE(at) ^ 0x5a5a, at);
    return changed;
  });
  return areWrong.size > 0 ? Buffer.concat([parts.header, ...records]) : undefined;
}

const TCP_CHECKSUM = 16;

interface CheckedBytes {
  readonly from: number;
  readonly to: number;
  /** From where to where, for comparison. */
  readonly flow: string;
}

/** Where in the record a TCP segment with the right checksum is. */
function checkedBytes(record: Buffer, linkType: number): CheckedBytes | undefined {
  let place: CheckedBytes | undefined;
  const dissector = new Dissector(
    {
      segment(segment) {
        const isInPlace = segment.bytes === record && segment.nesting.length === 0;
        if (!isInPlace || segmentChecksum(segment) !== 'good') return;
        const { source0, source3, sourcePort, destination0, destination3, destinationPort } = segment;
        place = {
          from: segment.headerOffset,
          to: segment.payloadOffset + segment.payloadLength,
          flow: [source0, source3, sourcePort, destination0, destination3, destinationPort].join(),
        };
      },
      icmpError: () => {},
      neighbour: () => {},
    },
    { ports: [], anyPort: true },
  );
  const packet = new Packet();
  packet.linkType = linkType;
  packet.bytes = record;
  packet.offset = RECORD_HEADER;
  packet.capturedLength = record.readUInt32LE(8);
  packet.originalLength = record.readUInt32LE(12);
  dissector.packet(packet);
  return place;
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff];

function damageBytes(bytes: Buffer, random: (below: number) => number): Buffer {
  const at = random(bytes.length);
  switch (random(4)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      bytes[at] = (bytes[at] as number) ^ (1 << random(8));
      return bytes;
    case 2:
      bytes[at] = INTERESTING[random(INTERESTING.length)] as number;
      return bytes;
    default:
      for (let i = at; i < Math.min(bytes.length, at + 4); i++) bytes[i] = random(256);
      return bytes;
  }
}

export interface Analysis {
  readonly records: readonly SessionRecord[];
  /** The report of it, in all formats, where it was wanted. */
  readonly reports: readonly string[];
  readonly capture: CaptureRecord | undefined;
  readonly refused: string | undefined;
}

/** Analyses bytes as they would come through a pipe. Anything but a refusal of the input is a defect and thrown. */
export async function analyzeBytes(
  bytes: Buffer,
  chunks: readonly Buffer[] = [bytes],
  { reports: wanted = false } = {},
): Promise<Analysis> {
  const records: SessionRecord[] = [];
  const collector = collectIncident();
  try {
    const capture = await analyzeCapture(Readable.from(chunks), {}, (session) => {
      records.push(JSON.parse(JSON.stringify(session)) as SessionRecord);
      if (wanted) collector.session(session);
    });
    collector.capture(capture);
    const incident = collector.incident();
    const reports = wanted
      ? [renderHtml(incident), renderMarkdown(incident), renderJson(incident), renderText(incident, 80)]
      : [];
    return { records: records.sort((a, b) => a.session - b.session), reports, capture, refused: undefined };
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return { records, reports: [], capture: undefined, refused: error.message };
  }
}

/** In a sentence; in a fingerprint the same letters may stand. */
const NO_NUMBER = /[^ ]* (NaN|-?Infinity)\b[^ ]*/;

/** What must hold of any analysis; a sentence when it does not. */
export function violation(analysis: Analysis): string | undefined {
  const { records } = analysis;
  for (const [index, record] of records.entries()) {
    if (record.session !== index + 1) return `session ${index + 1} is missing or doubled`;
    if (record.packets.first > record.packets.last) return 'a session ends before it begins';
    const { clientToServer, serverToClient } = record.packets;
    if (clientToServer + serverToClient < 1) return 'a session without a packet';
    for (const value of Object.values(record.bytes)) {
      if (!Number.isSafeInteger(value) || value < 0) return `impossible byte count ${value}`;
    }
    if (record.cause?.evidence.length === 0) return `cause ${record.cause.id} without evidence`;
    const noNumber = NO_NUMBER.exec(JSON.stringify(record));
    if (noNumber !== null) return `a session that tells '${noNumber[0]}'`;
  }
  for (const report of analysis.reports) {
    const noNumber = NO_NUMBER.exec(report);
    if (noNumber !== null) return `a report that tells '${noNumber[0]}'`;
  }
  return undefined;
}
