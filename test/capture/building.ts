import { Readable } from 'node:stream';
import type { CaptureInfo } from '../../src/capture/capture-info.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import type { Packet } from '../../src/capture/packet.ts';

/** Captures built byte by byte for the tests, and what a reader makes of them. */

/** Fields of the given widths in bytes, one after the other. */
export function fields(
  littleEndian: boolean,
  ...values: readonly (readonly [1 | 2 | 4 | 8, number | bigint])[]
): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of values) {
    if (width === 8) view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), littleEndian);
    else if (width === 4) view.setUint32(at, Number(value), littleEndian);
    else if (width === 2) view.setUint16(at, Number(value), littleEndian);
    else view.setUint8(at, Number(value));
    at += width;
  }
  return bytes;
}

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** `length` bytes that differ from one another and from those of other seeds. */
export const content = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + seed * 31 + 1) & 0xff);

export interface PcapOptions {
  readonly littleEndian?: boolean;
  readonly magic?: number;
  readonly version?: readonly [number, number];
  readonly snapLength?: number;
  readonly linkType?: number;
  /** Bytes between the file header and the first record. */
  readonly behindHeader?: Uint8Array;
}

export interface RecordOptions {
  readonly seconds?: number;
  readonly fraction?: number;
  /** Written in the place of the lengths of `bytes`. */
  readonly lengths?: readonly [number, number];
  readonly bytes?: Uint8Array;
  /** Behind the 16 bytes of the record header. */
  readonly extra?: Uint8Array;
}

export function pcap(options: PcapOptions, ...records: readonly RecordOptions[]): Uint8Array {
  const le = options.littleEndian ?? true;
  const [major, minor] = options.version ?? [2, 4];
  return joined(
    fields(le, [4, options.magic ?? 0xa1b2c3d4], [2, major], [2, minor], [4, 0], [4, 0]),
    fields(le, [4, options.snapLength ?? 262_144], [4, options.linkType ?? 1]),
    options.behindHeader ?? new Uint8Array(0),
    ...records.map((record) => pcapRecord(le, record)),
  );
}

export function pcapRecord(littleEndian: boolean, record: RecordOptions): Uint8Array {
  const bytes = record.bytes ?? content(60);
  const [third, fourth] = record.lengths ?? [bytes.length, bytes.length];
  return joined(
    fields(
      littleEndian,
      [4, record.seconds ?? 1_700_000_000],
      [4, record.fraction ?? 0],
      [4, third],
      [4, fourth],
    ),
    record.extra ?? new Uint8Array(0),
    bytes,
  );
}

/** Builders of pcapng blocks in one byte order. */
export function pcapngBlocks(littleEndian = true) {
  const f = (...values: Parameters<typeof fields> extends [boolean, ...infer Rest] ? Rest : never) =>
    fields(littleEndian, ...values);
  const padded = (bytes: Uint8Array): Uint8Array => joined(bytes, new Uint8Array(-bytes.length & 3));
  const block = (type: number, ...body: readonly Uint8Array[]): Uint8Array => {
    const inside = padded(joined(...body));
    const length = inside.length + 12;
    return joined(f([4, type], [4, length]), inside, f([4, length]));
  };
  const option = (code: number, value: Uint8Array): Uint8Array =>
    joined(f([2, code], [2, value.length]), padded(value));
  const endOfOptions = f([2, 0], [2, 0]);
  const options = (list: readonly Uint8Array[]): Uint8Array =>
    list.length === 0 ? new Uint8Array(0) : joined(...list, endOfOptions);
  const stamped = (
    type: number,
    first: Uint8Array,
    ticks: bigint,
    bytes: Uint8Array,
    lengths: readonly [number, number] | undefined,
    list: readonly Uint8Array[],
  ): Uint8Array => {
    const [captured, original] = lengths ?? [bytes.length, bytes.length];
    const time = f([4, Number(ticks >> 32n)], [4, Number(ticks & 0xffff_ffffn)]);
    return block(type, first, time, f([4, captured], [4, original]), padded(bytes), options(list));
  };
  return {
    f,
    block,
    option,
    section: (version: readonly [number, number] = [1, 0], list: readonly Uint8Array[] = []) =>
      block(0x0a0d0d0a, f([4, 0x1a2b3c4d], [2, version[0]], [2, version[1]], [8, -1n]), options(list)),
    describe: (linkType = 1, snapLength = 0, list: readonly Uint8Array[] = []) =>
      block(1, f([2, linkType], [2, 0], [4, snapLength]), options(list)),
    resolution: (value: number) => option(9, f([1, value])),
    offset: (seconds: bigint) => option(14, f([8, seconds])),
    enhanced: (
      interfaceId: number,
      ticks: bigint,
      bytes: Uint8Array,
      lengths?: readonly [number, number],
      list: readonly Uint8Array[] = [],
    ) => stamped(6, f([4, interfaceId]), ticks, bytes, lengths, list),
    obsolete: (interfaceId: number, drops: number, ticks: bigint, bytes: Uint8Array) =>
      stamped(2, f([2, interfaceId], [2, drops]), ticks, bytes, undefined, []),
    simple: (originalLength: number, bytes: Uint8Array) => block(3, f([4, originalLength]), padded(bytes)),
    statistics: (interfaceId: number, list: readonly Uint8Array[]) =>
      block(5, f([4, interfaceId], [4, 0], [4, 0]), options(list)),
    counter: (code: number, value: bigint) => option(code, f([8, value])),
  };
}

/** A packet with its bytes copied out of the reader's buffer. */
export interface ReadPacket {
  readonly number: number;
  readonly timeNs: number;
  readonly capturedLength: number;
  readonly originalLength: number;
  readonly linkType: number;
  readonly interfaceId: number;
  readonly bytes: string;
}

export const copied = (packet: Packet): ReadPacket => ({
  number: packet.number,
  timeNs: packet.timeNs,
  capturedLength: packet.capturedLength,
  originalLength: packet.originalLength,
  linkType: packet.linkType,
  interfaceId: packet.interfaceId,
  bytes: Buffer.from(packet.bytes.subarray(packet.offset, packet.offset + packet.capturedLength)).toString(
    'hex',
  ),
});

export interface ReadCapture {
  readonly info: CaptureInfo;
  readonly packets: readonly ReadPacket[];
}

/** Reads a whole capture, from a path or from bytes that arrive in these pieces. */
export async function readAll(input: string | readonly Uint8Array[]): Promise<ReadCapture> {
  const packets: ReadPacket[] = [];
  const capture = await openCapture(typeof input === 'string' ? input : Readable.from(input));
  try {
    await capture.read((packet) => packets.push(copied(packet)));
  } finally {
    capture.close();
  }
  return { info: capture.info, packets };
}

/** The bytes in pieces of the given lengths, again and again; one of 0 is left out. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const length = Math.max(1, lengths[index % lengths.length] ?? bytes.length);
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  return pieces;
}

/** For a parser without a driver. */
export const emptyInfo = (): CaptureInfo => ({
  name: 'test',
  format: undefined,
  gzip: false,
  linkTypes: [],
  precision: undefined,
  packets: 0,
  bytes: 0,
  epochNs: undefined,
  lastTimeNs: 0,
  snapLength: undefined,
  cutPackets: 0,
  drops: undefined,
  damage: undefined,
});
