import { hash } from 'node:crypto';
import { PROTOCOL_TCP } from './ip-protocol.ts';

export type AddressWords = readonly [number, number, number, number];

/**
 * Community ID version 1 of a TCP connection, as Zeek and Suricata print it
 * (https://github.com/corelight/community-id-spec). `seed` separates sites; all tools have 0 when not told otherwise.
 *
 * SHA-1 over seed (2 bytes), lower endpoint's address, higher endpoint's address, protocol, 0, and both ports in the
 * same order.
 */
export function communityId(
  ipVersion: 4 | 6,
  client: AddressWords,
  server: AddressWords,
  clientPort: number,
  serverPort: number,
  seed = 0,
): string {
  const length = ipVersion === 4 ? 4 : 16;
  const order = compare(client, server) || clientPort - serverPort;
  const input = ipVersion === 4 ? INPUT4 : INPUT6;
  input.writeUInt16BE(seed & 0xffff, 0);
  writeAddress(input, 2, order <= 0 ? client : server, length);
  writeAddress(input, 2 + length, order <= 0 ? server : client, length);
  const at = 2 + 2 * length;
  input[at] = PROTOCOL_TCP;
  input[at + 1] = 0;
  input.writeUInt16BE(order <= 0 ? clientPort : serverPort, at + 2);
  input.writeUInt16BE(order <= 0 ? serverPort : clientPort, at + 4);
  return `1:${hash('sha1', input, 'base64')}`;
}

/** Written anew by every call: a hundred thousand sessions need no hundred thousand buffers. */
const INPUT4 = Buffer.alloc(2 + 2 * 4 + 2 + 4);
const INPUT6 = Buffer.alloc(2 + 2 * 16 + 2 + 4);

function compare(a: AddressWords, b: AddressWords): number {
  for (let i = 0; i < 4; i++) {
    const difference = ((a[i] as number) >>> 0) - ((b[i] as number) >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function writeAddress(bytes: Buffer, at: number, words: AddressWords, length: number): void {
  for (let i = 0; i * 4 < length; i++) bytes.writeInt32BE(words[i] as number, at + i * 4);
}
