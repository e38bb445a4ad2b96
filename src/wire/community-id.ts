import { createHash } from 'node:crypto';
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
  const addressLength = ipVersion === 4 ? 4 : 16;
  const clientBytes = addressBytes(client, addressLength);
  const serverBytes = addressBytes(server, addressLength);
  const order = clientBytes.compare(serverBytes) || clientPort - serverPort;
  const endpoints =
    order <= 0
      ? ([clientBytes, serverBytes, clientPort, serverPort] as const)
      : ([serverBytes, clientBytes, serverPort, clientPort] as const);

  const ports = Buffer.alloc(PORTS_LENGTH);
  ports.writeUInt16BE(endpoints[2], 0);
  ports.writeUInt16BE(endpoints[3], 2);
  const hash = createHash('sha1')
    .update(Buffer.from([(seed >> 8) & 0xff, seed & 0xff]))
    .update(endpoints[0])
    .update(endpoints[1])
    .update(Buffer.from([PROTOCOL_TCP, 0]))
    .update(ports);
  return `1:${hash.digest('base64')}`;
}

const PORTS_LENGTH = 4;

function addressBytes(words: AddressWords, length: number): Buffer {
  const bytes = Buffer.alloc(16);
  for (const [index, word] of words.entries()) bytes.writeInt32BE(word, index * 4);
  return bytes.subarray(0, length);
}
