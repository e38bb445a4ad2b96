/*
 * Checksums of packets that are changed (RFC 1071, RFC 1624): only what has changed is counted. So one that was wrong
 * stays wrong by as much, also where the snap length cut the packet and nobody can compute it anew.
 */

/** One's complement sum of the 16-bit words of `bytes[from … to)`, not folded; a last odd byte counts as the upper one. */
export function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < to; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (at < to) sum += (bytes[at] as number) << 8;
  return sum;
}

/** To 16 bits; 0 only for a sum of 0. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

/** The checksum after the words that it covers, itself not among them, went from one sum to another. */
export function updated(checksum: number, oldSum: number, newSum: number): number {
  if (oldSum % 0xffff === newSum % 0xffff) return checksum;
  const sum = fold((~checksum & 0xffff) + fold(newSum) + (0xffff - fold(oldSum)));
  return ~sum & 0xffff;
}
