import { u8, u16 } from '../bytes.ts';

/** TCP option kinds (RFC 9293 §3.1, RFC 7323, RFC 2018). */
const END = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK = 5;
const TIMESTAMPS = 8;

/**
 *   kind (1) [length (1) [value (length - 2)]]
 *
 * Where an option begins, or -1 when it is not there. A broken length ends the list.
 */
function optionAt(bytes: Uint8Array, offset: number, length: number, kind: number): number {
  const end = offset + length;
  let at = offset;
  while (at < end) {
    const here = u8(bytes, at);
    if (here === END) return -1;
    if (here === NO_OPERATION) {
      at++;
      continue;
    }
    if (at + 1 >= end) return -1;
    const optionLength = u8(bytes, at + 1);
    if (optionLength < 2 || at + optionLength > end) return -1;
    if (here === kind) return at;
    at += optionLength;
  }
  return -1;
}

/** Value of an option of `size` bytes, or -1 when it is not there or has another size. */
function optionValue(bytes: Uint8Array, offset: number, length: number, kind: number, size: number): number {
  const at = optionAt(bytes, offset, length, kind);
  if (at < 0 || u8(bytes, at + 1) !== size) return -1;
  return size === 4 ? u16(bytes, at + 2) : u8(bytes, at + 2);
}

/** Maximum segment size, or -1. */
export const mssOption = (bytes: Uint8Array, offset: number, length: number): number =>
  optionValue(bytes, offset, length, MSS, 4);

/** Window scale shift count, or -1. */
export const windowScaleOption = (bytes: Uint8Array, offset: number, length: number): number =>
  optionValue(bytes, offset, length, WINDOW_SCALE, 3);

/** Whether the time stamps option is there. */
export const hasTimestamps = (bytes: Uint8Array, offset: number, length: number): boolean =>
  optionAt(bytes, offset, length, TIMESTAMPS) >= 0;

/** Right edge of the first SACK block, or undefined without one. */
export function sackEdge(bytes: Uint8Array, offset: number, length: number): number | undefined {
  const at = optionAt(bytes, offset, length, SACK);
  if (at < 0 || u8(bytes, at + 1) < 10) return undefined;
  return (u16(bytes, at + 6) << 16) | u16(bytes, at + 8);
}
