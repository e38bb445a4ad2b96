import type { StreamLayout } from './stream-layout.ts';

const LENGTH_FIELD = 4;

/** Payload of one side in a packet: `bytes[start … end)`, of which the first byte is at `offset` of the stream. */
export interface PayloadPlace {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

/**
 * Takes away what stands behind NEWKEYS: blanks it in `bytes`, except the length fields that are in clear, and says
 * where the packet can be cut off. Where reading stopped before NEWKEYS, what follows is blanked and not cut: a stream
 * with a hole that the network made is not one with a hole that the capture made.
 *
 * @returns the new end; `end` where nothing is taken away.
 */
export function stripPayload({ bytes, start, end, offset }: PayloadPlace, layout: StreamLayout): number {
  const until = offset + end - start;
  if (until <= layout.clearEnd) return end;
  const cutFrom = Math.max(offset, layout.clearEnd);
  const at = (streamOffset: number): number => start + streamOffset - offset;
  let blankFrom = cutFrom;
  const { lengthFields } = layout;
  for (let index = firstEndingBehind(lengthFields, cutFrom); index < lengthFields.length; index++) {
    const field = lengthFields[index] as number;
    if (field >= until) break;
    const from = Math.max(field, cutFrom);
    bytes.fill(0, at(blankFrom), at(from));
    blankFrom = Math.min(field + LENGTH_FIELD, until);
  }
  bytes.fill(0, at(blankFrom), end);
  return layout.isEncrypted ? at(blankFrom) : end;
}

/** Index of the first field that is not wholly before an offset. */
function firstEndingBehind(fields: readonly number[], offset: number): number {
  let low = 0;
  let high = fields.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((fields[middle] as number) + LENGTH_FIELD <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
