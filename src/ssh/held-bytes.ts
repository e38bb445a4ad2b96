/**
 * Bytes kept from one segment to the next because a line or packet straddles them. Most packets lie whole in one
 * segment and never come here. Buffers of the usual size go back to a pool: a capture of short sessions with
 * 1,500-byte KEXINITs needs one for each of them, one after another.
 */
export class HeldBytes {
  bytes: Uint8Array = NOTHING;
  length = 0;

  /** Appends `bytes[start … end)`. The caller keeps the sum below its own limit. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.length + (end - start);
    if (length > this.bytes.length) this.grow(length);
    this.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.length);
    this.length = length;
  }

  clear(): void {
    if (this.bytes.length === USUAL && POOL.length < POOL_LIMIT) POOL.push(this.bytes);
    this.bytes = NOTHING;
    this.length = 0;
  }

  private grow(length: number): void {
    let capacity = USUAL;
    while (capacity < length) capacity *= 2;
    const grown = capacity === USUAL ? (POOL.pop() ?? new Uint8Array(USUAL)) : new Uint8Array(capacity);
    grown.set(this.bytes.subarray(0, this.length));
    if (this.bytes.length === USUAL && POOL.length < POOL_LIMIT) POOL.push(this.bytes);
    this.bytes = grown;
  }
}

const NOTHING = new Uint8Array(0);
/** A KEXINIT of today's OpenSSH is 1,000 to 1,700 bytes. */
const USUAL = 2048;
/** Half a megabyte kept for reuse at most. */
const POOL_LIMIT = 256;
const POOL: Uint8Array[] = [];
