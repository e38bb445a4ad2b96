/** Reads for the few capture headers that are little-endian; see bytes.ts for the network's order. */

export const le16 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8);

export const le32 = (bytes: Uint8Array, at: number): number =>
  (le16(bytes, at) | (le16(bytes, at + 2) << 16)) >>> 0;
