import { createHmac } from 'node:crypto';
import { formatAddress, parseAddress } from '../wire/address.ts';
import { CryptoPan } from './crypto-pan.ts';

const MAX_KNOWN = 1 << 16;

/** What stands for addresses and keys in an anonymised capture: with the same key always the same. */
export class Pseudonyms {
  readonly #key: Uint8Array;
  readonly #addresses: CryptoPan;
  readonly #links = new Map<string, Uint8Array>();

  /** @param key 32 bytes, that of Crypto-PAn. */
  constructor(key: Uint8Array) {
    this.#key = key;
    this.#addresses = new CryptoPan(key);
  }

  /**
   * Writes over the IP address of 4 or 16 bytes at `at`. The unspecified address, IPv4's broadcast and multicast groups
   * belong to nobody: they stay.
   */
  ip(bytes: Uint8Array, at: number, length: 4 | 16): void {
    if (at + length > bytes.length) return;
    const address = bytes.subarray(at, at + length);
    if (!isGroupOrNone(address)) address.set(this.#addresses.map(address.slice()));
  }

  /** Writes over a MAC address: any of the locally administered ones. Broadcast and groups stay, and what is all zeros. */
  link(bytes: Uint8Array, at: number): void {
    if (at + LINK_LENGTH > bytes.length) return;
    const address = bytes.subarray(at, at + LINK_LENGTH);
    if (((address[0] as number) & GROUP_BIT) !== 0 || address.every((byte) => byte === 0)) return;
    const name = Buffer.from(address).toString('hex');
    let pseudonym = this.#links.get(name);
    if (pseudonym === undefined) {
      pseudonym = this.keyed('link', address, LINK_LENGTH);
      pseudonym[0] = ((pseudonym[0] as number) & ~GROUP_BIT) | LOCAL_BIT;
      if (this.#links.size < MAX_KNOWN) this.#links.set(name, pseudonym);
    }
    address.set(pseudonym);
  }

  /** An address in a text, as it stands in the anonymised capture; anything else unchanged. */
  text(text: string): string {
    const address = parseAddress(text);
    if (address === undefined) return text;
    const length = address.ipVersion === 4 ? 4 : 16;
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < length; at += 4) view.setInt32(at, address.words[at / 4] as number);
    this.ip(bytes, 0, length);
    const word = (index: number): number => (index * 4 < length ? view.getInt32(index * 4) : 0);
    return formatAddress(address.ipVersion, word(0), word(1), word(2), word(3));
  }

  /** Bytes that nobody can tell what they stand for, without the key; for other contents others. */
  keyed(use: string, content: Uint8Array, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0, counter = 0; at < length; counter++) {
      const block = createHmac('sha256', this.#key).update(`${use} ${counter} `).update(content).digest();
      bytes.set(block.subarray(0, Math.min(block.length, length - at)), at);
      at += block.length;
    }
    return bytes;
  }
}

const LINK_LENGTH = 6;
const GROUP_BIT = 0x01;
const LOCAL_BIT = 0x02;
const IPV4_GROUPS = 0xe0;
const IPV4_GROUPS_MASK = 0xf0;
const IPV6_GROUPS = 0xff;

function isGroupOrNone(address: Uint8Array): boolean {
  const first = address[0] as number;
  if (address.every((byte) => byte === 0)) return true;
  if (address.length === 16) return first === IPV6_GROUPS;
  return (first & IPV4_GROUPS_MASK) === IPV4_GROUPS || address.every((byte) => byte === 0xff);
}
