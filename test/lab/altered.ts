/** Classic captures of Ethernet taken apart and put together again, as capturing and anonymising change them. */
export interface CapturedPacket {
  /** Microseconds since the epoch. */
  readonly time: number;
  readonly originalLength: number;
  readonly bytes: Buffer;
}

const HEADER_BYTES = 24;
const RECORD_BYTES = 16;
const MICROSECONDS = 0xa1b2c3d4;
const ETHERNET = 1;

/** The packets of a capture; absent when it is no little-endian microsecond capture of Ethernet. */
export function takeApart(capture: Buffer): readonly CapturedPacket[] | undefined {
  if (capture.readUInt32LE(0) !== MICROSECONDS || capture.readUInt32LE(20) !== ETHERNET) return undefined;
  const packets: CapturedPacket[] = [];
  for (let at = HEADER_BYTES; at < capture.length; ) {
    const length = capture.readUInt32LE(at + 8);
    packets.push({
      time: capture.readUInt32LE(at) * 1e6 + capture.readUInt32LE(at + 4),
      originalLength: capture.readUInt32LE(at + 12),
      bytes: capture.subarray(at + RECORD_BYTES, at + RECORD_BYTES + length),
    });
    at += RECORD_BYTES + length;
  }
  return packets;
}

export function putTogether(packets: readonly CapturedPacket[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(MICROSECONDS, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(ETHERNET, 20);
  const records = packets.flatMap(({ time, originalLength, bytes }) => {
    const record = Buffer.alloc(RECORD_BYTES);
    record.writeUInt32LE(Math.floor(time / 1e6), 0);
    record.writeUInt32LE(time % 1e6, 4);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(originalLength, 12);
    return [record, bytes];
  });
  return Buffer.concat([header, ...records]);
}

type Alteration = (packets: readonly CapturedPacket[]) => readonly CapturedPacket[];

/** As two interfaces in one capture do. */
export const duplicated: Alteration = (packets) => packets.flatMap((packet) => [packet, packet]);

/** As editcap -d does. */
export const withoutDuplicates: Alteration = (packets) =>
  packets.filter(
    ({ bytes }, n) => !packets.slice(Math.max(0, n - 5), n).some((one) => one.bytes.equals(bytes)),
  );

const YEAR = 365 * 86_400 * 1e6;
export const aYearLater: Alteration = (packets) =>
  packets.map((packet) => ({ ...packet, time: packet.time + YEAR }));

export const cutTo =
  (snapLength: number): Alteration =>
  (packets) =>
    packets.map((packet) => ({ ...packet, bytes: packet.bytes.subarray(0, snapLength) }));

const MOMENT = 30;
/** As several queues of one network card do: neighbours within some microseconds change places. */
export const withNeighboursSwapped: Alteration = (packets) => {
  const swapped = [...packets];
  for (let n = 0; n + 1 < swapped.length; n++) {
    const [one, next] = [swapped[n] as CapturedPacket, swapped[n + 1] as CapturedPacket];
    if (next.time - one.time > MOMENT || one.bytes.equals(next.bytes)) continue;
    // An answer does not overtake what it answers.
    if (!sender(one).equals(sender(next))) continue;
    [swapped[n], swapped[n + 1]] = [
      { ...next, time: one.time },
      { ...one, time: next.time },
    ];
    n++;
  }
  return swapped;
};

/** The link layer address of who sent a packet, in Ethernet and in Linux cooked captures. */
const sender = ({ bytes }: CapturedPacket): Buffer => bytes.subarray(6, 12);

/**
 * Other addresses for all. What the first half of an address gains, the second loses, so that every checksum over it
 * stays right, also in what an ICMP error quotes.
 */
export const withOtherAddresses: Alteration = (packets) =>
  packets.map((packet) => {
    const bytes = Buffer.from(packet.bytes);
    renumber(bytes, 14, bytes.readUInt16BE(12));
    return { ...packet, bytes };
  });

const SHIFT = 0x0a00;

function renumber(bytes: Buffer, at: number, etherType: number): void {
  if (etherType === 0x0806) {
    shift(bytes, at + 14);
    shift(bytes, at + 24);
  } else if (etherType === 0x0800 && bytes.length >= at + 20) {
    shift(bytes, at + 12);
    shift(bytes, at + 16);
    const next = at + ((bytes[at] ?? 0) & 15) * 4;
    // What an error quotes.
    if (bytes[at + 9] === 1 && bytes[next] === 3) renumber(bytes, next + 8, 0x0800);
  } else if (etherType === 0x86dd && bytes.length >= at + 40) {
    shift(bytes, at + 8);
    shift(bytes, at + 24);
    const type = bytes[at + 40] ?? 0;
    if (bytes[at + 6] === 58 && type < 128) renumber(bytes, at + 48, 0x86dd);
    // The target of a neighbour solicitation or advertisement.
    if (bytes[at + 6] === 58 && (type === 135 || type === 136)) shift(bytes, at + 48);
  }
}

function shift(bytes: Buffer, at: number): void {
  bytes.writeUInt16BE((bytes.readUInt16BE(at) - SHIFT) & 0xffff, at);
  bytes.writeUInt16BE((bytes.readUInt16BE(at + 2) + SHIFT) & 0xffff, at + 2);
}
