/**
 * Reads of big-endian (network order) integers from a byte array. The caller has checked the bounds: a read
 * beyond the end gives a meaningless number, never an exception. V8 inlines all of them in the hot path.
 */

export const u8 = (bytes: Uint8Array, at: number): number => bytes[at] as number;

export const u16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number);

/** Signed on purpose: `(u32(…) - other) | 0` and equality are what the hot path needs. See {@link u32}. */
export const i32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 24) |
  ((bytes[at + 1] as number) << 16) |
  ((bytes[at + 2] as number) << 8) |
  (bytes[at + 3] as number);

export const u32 = (bytes: Uint8Array, at: number): number => i32(bytes, at) >>> 0;
