import { type Cipher, createCipheriv } from 'node:crypto';

/** Bytes of a key: 16 for the cipher, 16 for the padding. */
export const CRYPTO_PAN_KEY_LENGTH = 32;

const BLOCK = 16;
/** Addresses of a capture that are remembered; more are computed anew. */
const MAX_KNOWN = 1 << 16;

/**
 * Prefix-preserving anonymisation of addresses (Xu, Fan, Ammar and Moon, "Prefix-Preserving IP Address Anonymization",
 * ICNP 2002), with AES-128 as in the authors' reference implementation: two addresses that share their first n bits
 * share exactly as many afterwards, and nothing else of them is left without the key.
 *
 * Bit n of the result is bit n of the address, turned over where the first bit of the cipher says so that was given
 * the n bits before it, filled up with the padding.
 */
export class CryptoPan {
  readonly #cipher: Cipher;
  readonly #padding: Uint8Array;
  readonly #known = new Map<string, Uint8Array>();

  constructor(key: Uint8Array) {
    if (key.length !== CRYPTO_PAN_KEY_LENGTH)
      throw new RangeError(`A key has ${CRYPTO_PAN_KEY_LENGTH} bytes.`);
    this.#cipher = createCipheriv('aes-128-ecb', key.subarray(0, BLOCK), null).setAutoPadding(false);
    this.#padding = this.#cipher.update(key.subarray(BLOCK));
  }

  /** @param address 4 or 16 bytes. */
  map(address: Uint8Array): Uint8Array {
    const key = Buffer.from(address).toString('latin1');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const mapped = this.#compute(address);
    if (this.#known.size < MAX_KNOWN) this.#known.set(key, mapped);
    return mapped;
  }

  #compute(address: Uint8Array): Uint8Array {
    const bits = address.length * 8;
    // All inputs at once: they do not depend on each other's outputs.
    const inputs = new Uint8Array(bits * BLOCK);
    for (let bit = 0; bit < bits; bit++) {
      const at = bit * BLOCK;
      inputs.set(this.#padding, at);
      inputs.set(address.subarray(0, bit >> 3), at);
      const mask = (0xff00 >> (bit & 7)) & 0xff;
      const mixed = bit >> 3;
      if (mixed < address.length) {
        inputs[at + mixed] =
          ((address[mixed] as number) & mask) | ((this.#padding[mixed] as number) & ~mask & 0xff);
      }
    }
    const outputs = this.#cipher.update(inputs);
    return address.map((byte, index) => {
      let turned = 0;
      for (let bit = 0; bit < 8; bit++) {
        turned |= ((outputs[(index * 8 + bit) * BLOCK] as number) >> 7) << (7 - bit);
      }
      return byte ^ turned;
    });
  }
}
