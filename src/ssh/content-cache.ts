/**
 * What was decoded from some bytes, found again by the bytes: the same identification strings, proposals and host
 * keys come thousands of times in one capture. Bounded: a set holds four contents, and a fifth takes the place of
 * the oldest. A look-up costs a few samples of the bytes and one comparison; nothing is copied or allocated.
 */
export class ContentCache<T> {
  private readonly mask: number;
  private readonly longest: number;
  private readonly hashes: Int32Array;
  private readonly contents: (Buffer | undefined)[];
  private readonly values: (T | undefined)[];
  /** Next place to overwrite, for each set. */
  private readonly turns: Uint8Array;

  /**
   * @param sets A power of two; the cache holds four times as many contents.
   * @param longestBytes Longer contents are not kept, so that memory stays below their product.
   */
  constructor(sets: number, longestBytes: number) {
    this.mask = sets - 1;
    this.longest = longestBytes;
    this.hashes = new Int32Array(sets * WAYS);
    this.contents = new Array<Buffer | undefined>(sets * WAYS).fill(undefined);
    this.values = new Array<T | undefined>(sets * WAYS).fill(undefined);
    this.turns = new Uint8Array(sets);
  }

  find(bytes: Uint8Array, start: number, end: number): T | undefined {
    const hash = sampleHash(bytes, start, end);
    const first = (hash & this.mask) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.hashes[slot] !== hash) continue;
      const content = this.contents[slot];
      if (content !== undefined && sameBytes(content, bytes, start, end)) return this.values[slot];
    }
    return undefined;
  }

  add(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (end - start > this.longest) return;
    const hash = sampleHash(bytes, start, end);
    const set = hash & this.mask;
    const turn = this.turns[set] as number;
    this.turns[set] = (turn + 1) % WAYS;
    const slot = set * WAYS + turn;
    const content = Buffer.allocUnsafeSlow(end - start);
    content.set(bytes.subarray(start, end));
    this.hashes[slot] = hash;
    this.contents[slot] = content;
    this.values[slot] = value;
  }
}

const WAYS = 4;
/** Below this length a loop is faster than the call of memcmp (measured: 64 bytes in about 40 ns either way). */
const SHORT = 64;
/** Contents are sorted by their length and this many samples; the comparison decides. */
const SAMPLES = 16;

function sampleHash(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const step = ((length / SAMPLES) | 0) + 1;
  let hash = length;
  for (let at = end - 1; at >= start; at -= step) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  return hash ^ (hash >>> 15);
}

function sameBytes(content: Buffer, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (content.length !== length) return false;
  if (length > SHORT) return content.compare(bytes, start, end) === 0;
  for (let at = 0; at < length; at++) if (content[at] !== bytes[start + at]) return false;
  return true;
}
