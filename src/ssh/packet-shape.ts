/**
 * How long a packet is on the wire, by cipher and MAC (RFC 4253 §6, OpenSSH's PROTOCOL §1.1, §1.6 and
 * PROTOCOL.chacha20poly1305). Implementations pad no more than they must, with few exceptions (tinyssh pads at
 * random, OpenSSH and PuTTY round passwords up), so payload sizes show through:
 *
 *     4 packet_length │ 1 padding_length │ payload │ 4 or more padding │ tag
 *     └ aligned to the block, or outside of it ┘
 */
export class PacketShape {
  readonly block: number;
  /** packet_length is not part of what is aligned to the block: AEAD ciphers and encrypt-then-MAC. */
  readonly lengthOutside: boolean;
  readonly tag: number;
  /** packet_length is in clear: AES-GCM and encrypt-then-MAC. */
  readonly readable: boolean;
  /** Payloads are compressed from the first packet on: their sizes say nothing. */
  readonly compressed: boolean;
  /** A packet with one byte of payload. */
  readonly smallest: number;
  /** By payload. */
  private readonly shortLengths = new Uint16Array(SHORT_PAYLOADS);

  constructor(block: number, lengthOutside: boolean, tag: number, readable: boolean, compressed: boolean) {
    this.block = block;
    this.lengthOutside = lengthOutside;
    this.tag = tag;
    this.readable = readable;
    this.compressed = compressed;
    for (let payload = 0; payload < SHORT_PAYLOADS; payload++) {
      this.shortLengths[payload] = this.compute(payload);
    }
    this.smallest = this.wireLength(1);
  }

  /** Bytes on the wire of a packet with this payload and no more padding than needed. */
  wireLength(payloadBytes: number): number {
    return payloadBytes < SHORT_PAYLOADS
      ? (this.shortLengths[payloadBytes] as number)
      : this.compute(payloadBytes);
  }

  private compute(payloadBytes: number): number {
    const outside = this.lengthOutside ? 4 : 0;
    const body = 4 - outside + 1 + payloadBytes;
    let padding = this.block - (body % this.block);
    if (padding < 4) padding += this.block;
    return outside + body + padding + this.tag;
  }

  /** The largest payload of a packet that long; the smallest is `block - 1` bytes less. */
  largestPayload(wireBytes: number): number {
    return wireBytes - this.tag - 4 - 1 - 4;
  }

  /** One packet can be that long. */
  isPacketLength(wireBytes: number): boolean {
    const body = wireBytes - this.tag - (this.lengthOutside ? 4 : 0);
    return body > 0 && body % this.block === 0 && wireBytes >= this.wireLength(1);
  }

  /**
   * The encrypted part is a multiple of 64 bytes: OpenSSH pads passwords and answers to prompts so
   * (sshpkt_add_padding).
   */
  isRoundedUp(wireBytes: number): boolean {
    return (wireBytes - this.shortestRoundedUp) % 64 === 0;
  }

  /** An answer to a prompt, of up to some 46 bytes. */
  get shortestRoundedUp(): number {
    return (this.lengthOutside ? 4 : 0) + 64 + this.tag;
  }
}

/** The messages whose lengths are asked for again and again. */
const SHORT_PAYLOADS = 64;

/** Undefined for names whose sizes are not known here. */
export function packetShape(
  cipher: string | undefined,
  mac: string | undefined,
  compression: string | undefined,
): PacketShape | undefined {
  if (cipher === undefined || mac === undefined || compression === undefined) return undefined;
  // zlib@openssh.com begins after authentication.
  const compressed = compression === 'zlib';
  if (cipher.startsWith('chacha20-poly1305')) return new PacketShape(8, true, 16, false, compressed);
  if (/^(?:aes(?:128|256)-gcm|AEAD_AES_)/.test(cipher))
    return new PacketShape(16, true, 16, true, compressed);
  const block = blockLength(cipher);
  const tag = MAC_LENGTHS.get(mac.replace(/-etm@openssh\.com$/, '').replace(/@openssh\.com$/, ''));
  if (block === undefined || tag === undefined) return undefined;
  const encryptThenMac = mac.endsWith('-etm@openssh.com');
  return new PacketShape(block, encryptThenMac, tag, encryptThenMac || cipher === 'none', compressed);
}

function blockLength(cipher: string): number | undefined {
  if (/^(?:aes|rijndael|twofish|serpent|camellia|seed)\d*-(?:ctr|cbc)/.test(cipher)) return 16;
  // What has no blocks counts as having blocks of 8 (RFC 4253 §6).
  if (/^(?:3des|blowfish|cast128|idea|des)-(?:ctr|cbc)|^arcfour|^none$/.test(cipher)) return 8;
  return undefined;
}

const MAC_LENGTHS = new Map([
  ['hmac-sha2-256', 32],
  ['hmac-sha2-512', 64],
  ['hmac-sha2-256-96', 12],
  ['hmac-sha2-512-96', 12],
  ['hmac-sha256', 32],
  ['hmac-sha512', 64],
  ['hmac-sha1', 20],
  ['hmac-sha1-96', 12],
  ['hmac-md5', 16],
  ['hmac-md5-96', 12],
  ['hmac-ripemd160', 20],
  ['umac-64', 8],
  ['umac-128', 16],
  ['none', 0],
]);
