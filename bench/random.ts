/** A stream of unsigned 32-bit integers that is the same for the same seed (xorshift128, Marsaglia 2003). */
export function seededRandom(seed: number): () => number {
  let x = seed | 0 || 1;
  let y = 362436069;
  let z = 521288629;
  let w = 88675123;
  const next = (): number => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
  // Neighbouring seeds give the same first numbers: walk past them.
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** `length` bytes of noise, as ciphertext looks to whoever has no key. */
export function noise(random: () => number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = random();
  return bytes;
}
