import type { CapturedPacket } from '../lab/altered.ts';

/** Ethernet, IPv4 without options, TCP: where things are. */
const [TOTAL_LENGTH, IP_ID, TTL, IP_CHECKSUM, DESTINATION_PORT] = [16, 18, 22, 24, 36];

export interface OtherEnd {
  readonly port: number;
  /** Microseconds from this capture to the other one and back. */
  readonly delayUs: { readonly toServer: number; readonly toClient: number };
  /** The other capture's clock: what it shows more, and how much faster it runs. */
  readonly offsetUs?: number;
  readonly driftPpm?: number;
  /** Routers in between. */
  readonly hops?: number;
}

/**
 * A capture taken at the server, as one at the client would have it: what the server sends comes later there, what the
 * client sends left earlier, and the clock is another. Only the capture's own headers and the hop limit are touched.
 */
export function atOtherEnd(
  packets: readonly CapturedPacket[],
  { port, delayUs, offsetUs = 0, driftPpm = 0, hops = 0 }: OtherEnd,
): readonly CapturedPacket[] {
  const first = packets[0]?.time ?? 0;
  return packets
    .map((packet) => {
      const toServer = packet.bytes.readUInt16BE(DESTINATION_PORT) === port;
      const time = packet.time + (toServer ? -delayUs.toServer : delayUs.toClient);
      const shown = time + offsetUs + (time - first) * driftPpm * 1e-6;
      return { ...packet, time: Math.round(shown), bytes: withHops(packet.bytes, toServer ? hops : -hops) };
    })
    .sort((x, y) => x.time - y.time);
}

/** The same capture, were there so many more routers before the server. */
export const withFartherServer = (
  packets: readonly CapturedPacket[],
  { port, routers }: { readonly port: number; readonly routers: number },
): readonly CapturedPacket[] =>
  packets.map((packet) => {
    const isOfServer = packet.bytes.readUInt16BE(DESTINATION_PORT) !== port;
    return isOfServer ? { ...packet, bytes: withHops(packet.bytes, -routers) } : packet;
  });

/** What a client's capture holds, as the next router has it: all that is in it passed there. */
export const atNextRouter = (packets: readonly CapturedPacket[], port: number): readonly CapturedPacket[] =>
  atOtherEnd(packets, { port, delayUs: { toServer: -200, toClient: -200 }, hops: -1 });

function withHops(bytes: Buffer, more: number): Buffer {
  if (more === 0) return bytes;
  const copy = Buffer.from(bytes);
  const before = copy.readUInt16BE(TTL);
  copy.writeUInt8(copy.readUInt8(TTL) + more, TTL);
  // RFC 1624: the checksum takes the difference of the word.
  let sum = (~copy.readUInt16BE(IP_CHECKSUM) & 0xffff) + (~before & 0xffff) + copy.readUInt16BE(TTL);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  copy.writeUInt16BE(~sum & 0xffff, IP_CHECKSUM);
  return copy;
}

/** A capture of which the capturer dropped a part, the same one every time. */
export function withoutSome(
  packets: readonly CapturedPacket[],
  share: number,
  seed: number,
): readonly CapturedPacket[] {
  let state = seed;
  return packets.filter(() => {
    // Numerical Recipes' linear congruence: its high bits are random enough.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 >= share;
  });
}

/**
 * As a network card with segmentation offload shows what it sends: neighbouring full segments of one direction as one
 * large packet.
 */
export function withOffload(packets: readonly CapturedPacket[]): readonly CapturedPacket[] {
  const out: CapturedPacket[] = [];
  for (const packet of packets) {
    const last = out.at(-1);
    const joined = last && joinedWith(last, packet);
    if (joined) out[out.length - 1] = joined;
    else out.push(packet);
  }
  return out;
}

function joinedWith(one: CapturedPacket, next: CapturedPacket): CapturedPacket | undefined {
  const [a, b] = [one.bytes, next.bytes];
  const headers = 14 + 20 + ((a.readUInt8(46) >> 4) << 2);
  const [lengthA, lengthB] = [a.length - headers, b.length - headers];
  const isData = (bytes: Buffer): boolean => (bytes.readUInt8(47) & 0x07) === 0;
  const follows =
    lengthA > 0 &&
    lengthB > 0 &&
    isData(a) &&
    isData(b) &&
    a.readUInt16BE(34) === b.readUInt16BE(34) &&
    a.readUInt16BE(36) === b.readUInt16BE(36) &&
    ((b.readUInt32BE(38) - a.readUInt32BE(38)) | 0) === lengthA;
  if (!follows || a.readUInt16BE(IP_ID) === 0) return undefined;
  const bytes = Buffer.concat([a, b.subarray(headers)]);
  bytes.writeUInt16BE(bytes.length - 14, TOTAL_LENGTH);
  return { ...one, bytes, originalLength: bytes.length };
}
